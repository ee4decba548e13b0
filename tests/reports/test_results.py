"""A run becomes its document: every asset and applicable check is in it, with waivers beside the findings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from checks.catalogue import Card, Catalogue, Check, Requirement, Standard
from checks.model import Cause, Finding, Status, Verdict, judged
from inventory.faults import BadInput
from inventory.fields import Words
from inventory.model import (
    Agency,
    Asset,
    AssetKind,
    Dossier,
    DossierState,
    Inventory,
    Link,
    LinkEnd,
    Service,
    Settings,
    Site,
    SiteKind,
    System,
)
from inventory.statements import Attestation, Target, Waiver
from reports import results
from reports.document import Document
from runner import kept, manifest, runs
from runner.journal import Journal
from runner.outcome import Outcome, State
from runner.walk import RunOutcome

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/results-1.json").read_text(encoding="utf-8"))
RUN = "20261121T170000Z"
ENDED = "2026-11-21T17:30:00.123Z"
TITLE = Words(vi="Tên", en="Title")


def passes(_host: Any, _want: Any) -> Verdict:
    return judged(True, "", "")


def check(id_: str, **card: Any) -> Check:
    words = {"title": TITLE, "why": TITLE, "remedy": TITLE}
    return Check(id_, Card(**{"kind": "server", "severity": "high", **words, **card}), passes, (), ())


def requirement(id_: str, checks: Sequence[str], levels: Sequence[int] = (1, 2, 3, 4, 5)) -> Requirement:
    return Requirement(
        id=id_, clause=f"2.{id_}", kind="technical", group="g", title=TITLE, levels=tuple(levels), checks=tuple(checks)
    )


def catalogue() -> Catalogue:
    checks = [
        check("ssh.root_login_off", playbook="ssh-hardening"),
        check("ssh.idle_timeout"),
        check("packages.security_updates", counts_for="upgraded"),
        check("link.up", kind="device", each="link", counts_for="interconnected"),
        check("service.answers", kind=("server", "device"), each="service", counts_for="interconnected"),
    ]
    standard = Standard(
        id="tcvn-11930-2017",
        version="1",
        title=TITLE,
        source="s",
        chapters={2: "6", 3: "7"},
        requirements=(
            requirement("1", ["ssh.root_login_off", "packages.security_updates"]),
            requirement("2", ["ssh.idle_timeout"], [3, 4, 5]),
        ),
    )
    own = Standard(
        id="lien-thong",
        version="1",
        title=TITLE,
        source="s",
        requirements=(requirement("9", ["link.up", "service.answers"]),),
    )
    return Catalogue({one.id: one for one in checks}, standard, own, "c" * 64)


def waiver(id_: str, check_: str, end: str, **scope: str) -> Waiver:
    return Waiver(
        id=id_,
        check=check_,
        reason="r",
        owner="A",
        approver="B",
        start=date(2026, 1, 1),
        end=date.fromisoformat(end),
        **scope,
    )


DECLARED = Target(
    id="it",
    group="economy",
    title=Words(vi="Kinh tế số", en="Digital economy"),
    goal=25,
    measured_by="declared",
    figure=21.5,
    source="Niên giám",
    on=date(2026, 3, 1),
)


def inventory(workspace: Path, waivers: Sequence[Waiver] = ()) -> Inventory:
    dossier = Dossier(
        state=DossierState.APPROVED, level=2, standard="tcvn-11930-2017", decision="1/QĐ", approved_on=date(2026, 1, 1)
    )
    sites = [
        Site(id="79", name="Thành phố", kind=SiteKind.CITY),
        Site(id="760", name="Quận 1", kind=SiteKind.DISTRICT, parent="79"),
    ]
    systems = [System(id="lan", name="Mạng nội bộ", owner="760", level=2, dossier=dossier)]
    assets = [
        Asset(id="core", site="79", systems=("lan",), kind=AssetKind.DEVICE, platform="frr", address="10.0.0.1"),
        Asset(id="edge", site="760", systems=("lan",), kind=AssetKind.DEVICE, platform="frr", address="10.0.1.1"),
        Asset(id="web", site="760", systems=("lan",), kind=AssetKind.SERVER, platform="debian", address="10.0.1.2"),
    ]
    ends = {name: LinkEnd(asset=name, interface="eth0", address="10.1.0.1") for name in ("core", "edge")}
    attested = Attestation(
        id="xn",
        system="lan",
        requirement="1",
        officer="Đ",
        document="QĐ",
        signed_on=date(2026, 1, 1),
        expires_on=date(2027, 1, 1),
    )
    return Inventory(
        workspace=workspace,
        settings=Settings(format=1, name="Thành phố", agency=Agency(recipients=("Lưu",))),
        sites={one.id: one for one in sites},
        systems={one.id: one for one in systems},
        assets={one.id: one for one in assets},
        links={"up": Link(id="up", child=ends["edge"], parent=ends["core"])},
        services={"lgsp": Service(id="lgsp", name="LGSP", system="lan", address="10.0.0.9", port=443)},
        logins={},
        attestations=(attested,),
        waivers=tuple(waivers),
        sha256="1" * 64,
        targets=(DECLARED,),
    )


def outcome(listed: Inventory, asset: str, statuses: Mapping[str, Status] | None = None) -> Outcome:
    """Every check that the asset must face passes, but those named."""
    wanted = statuses or {}
    findings = []
    for one in catalogue().bind(listed.assets[asset], listed):
        status = wanted.get(one.id, Status.PASS)
        cause = Cause.TIMEOUT if status is Status.UNKNOWN else None
        findings.append(Finding(asset, one.id, one.requirements, status, "e", "a", cause))
    return Outcome(asset, State.REVIEWED, None, tuple(findings), None, ENDED)


def walked(
    listed: Inventory, outcomes: Sequence[Outcome], *, complete: bool = True, scope: str = "79", **selection: Any
) -> RunOutcome:
    """A run folder with a real journal of these outcomes."""
    header = {
        "id": RUN,
        "started": "2026-11-21T17:00:00.000Z",
        "scope": scope,
        "selection": {"systems": [], "assets": [], "checks": [], "level": None, **selection},
        "mode": "lab",
        "inventory_sha256": "1" * 64,
        "catalogue": {"id": "tcvn-11930-2017", "version": "1", "sha256": "c" * 64},
        "program": "rasoat 0.1.0",
        "previous": None,
    }
    (listed.workspace / "runs" / RUN / "evidence").mkdir(parents=True)
    folder = listed.workspace / "runs" / RUN
    journal = Journal(folder, None)
    journal.append("run", header)
    for one in outcomes:
        journal.append("asset", one.as_data())
    if complete:
        journal.append("end", {"ended": ENDED, "assets": len(outcomes)})
    journal.close()
    return RunOutcome(folder, complete)


def built(listed: Inventory, outcomes: Sequence[Outcome], **how: Any) -> Document:
    document = results.build(listed, catalogue(), kept.read(walked(listed, outcomes, **how).folder))
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document)))
    return document


def everything(listed: Inventory, **statuses: Mapping[str, Status]) -> list[Outcome]:
    return [outcome(listed, asset, statuses.get(asset)) for asset in listed.assets]


def test_declared_figures_are_carried_as_they_were_declared(tmp_path: Path) -> None:
    listed = inventory(tmp_path)
    assert built(listed, everything(listed))["targets"] == [DECLARED.model_dump(mode="json")]


def test_a_run_becomes_a_valid_document_with_scores(tmp_path: Path) -> None:
    listed = inventory(tmp_path)
    document = built(listed, everything(listed))
    assert document["run"]["ended"] == ENDED
    assert document["run"]["complete"]
    assert [asset["id"] for asset in document["assets"]] == ["core", "edge", "web"]
    assert len(document["findings"]) == 7
    assert document["scores"]["infrastructure_reviewed"]["percent"] == 100.0
    assert document["requirements"][0]["clauses"]["2"] == "6.2.1"
    assert document["checks"]["ssh.idle_timeout"]["levels"] == [3, 4, 5]
    assert document["checks"]["service.answers"]["kind"] == ["server", "device"]


def test_the_document_knows_what_every_asset_must_face(tmp_path: Path) -> None:
    from reports.index import Index  # noqa: PLC0415

    listed = inventory(tmp_path)
    index = Index(built(listed, everything(listed)))
    for asset in index.assets.values():
        bound = [one.id for one in catalogue().bind(listed.assets[asset["id"]], listed)]
        assert sorted(index.expected(asset)) == sorted(bound)


def test_another_inventory_or_ruler_is_refused(tmp_path: Path) -> None:
    listed = inventory(tmp_path)
    run = kept.read(walked(listed, everything(listed)).folder)
    with pytest.raises(BadInput, match="inventory has changed"):
        results.build(replace(listed, sha256="2" * 64), catalogue(), run)
    with pytest.raises(BadInput, match="catalogue has changed"):
        results.build(listed, replace(catalogue(), sha256="d" * 64), run)


def test_what_an_interrupted_run_did_not_come_to_is_unknown(tmp_path: Path) -> None:
    listed = inventory(tmp_path)
    document = built(listed, [outcome(listed, "web")], complete=False)
    assert not document["run"]["complete"]
    assert {(f["asset"], f["status"], f["cause"]) for f in document["findings"]} == {
        ("core", "unknown", "interrupted"),
        ("edge", "unknown", "interrupted"),
        ("web", "pass", None),
    }
    assert results.exit_status(document) == 4


def test_what_was_not_selected_is_listed_as_not_run_and_lowers_the_headline(tmp_path: Path) -> None:
    listed = inventory(tmp_path)
    document = built(listed, [outcome(listed, "web")], assets=["web"])
    assert [(a["id"], a["state"], a["cause"]) for a in document["assets"]] == [
        ("core", "unreached", "not_run"),
        ("edge", "unreached", "not_run"),
        ("web", "reviewed", None),
    ]
    assert document["scores"]["infrastructure_reviewed"]["met"] == 1
    assert document["scores"]["infrastructure_reviewed"]["total"] == 3
    assert results.exit_status(document) == 0


def test_an_asset_asked_only_some_checks_is_partly_reviewed(tmp_path: Path) -> None:
    listed = inventory(tmp_path)
    whole = outcome(listed, "web")
    document = built(listed, [replace(whole, findings=whole.findings[:1])], checks=["packages"])
    assert [asset["state"] for asset in document["assets"] if asset["id"] == "web"] == ["partly"]
    assert document["scores"]["infrastructure_reviewed"]["met"] == 0


def test_a_scope_leaves_out_what_is_above_it(tmp_path: Path) -> None:
    listed = inventory(tmp_path)
    document = built(listed, [outcome(listed, "edge"), outcome(listed, "web")], scope="760")
    assert [asset["id"] for asset in document["assets"]] == ["edge", "web"]
    assert document["scores"]["infrastructure_reviewed"]["percent"] == 100.0


@pytest.mark.parametrize(
    ("accepted", "marked"),
    [
        (waiver("w", "ssh.root_login_off", "2026-12-31", asset="web"), ("w", True)),
        (waiver("w", "ssh", "2026-12-31", site="79"), ("w", True)),
        (waiver("w", "ssh", "2026-12-31", system="lan"), ("w", True)),
        (waiver("w", "ssh", "2026-11-22", asset="web"), ("w", True)),
        (waiver("w", "ssh", "2026-11-21", asset="web"), ("w", False)),
        (waiver("w", "ssh", "2026-12-31", asset="edge"), None),
        (waiver("w", "ss", "2026-12-31", asset="web"), None),
        (waiver("w", "ssh.root", "2026-12-31", asset="web"), None),
    ],
)
def test_waivers_stand_beside_failures_in_their_scope(
    tmp_path: Path, accepted: Waiver, marked: tuple[str, bool] | None
) -> None:
    listed = inventory(tmp_path, [accepted])
    document = built(listed, everything(listed, web={"ssh.root_login_off": Status.FAIL}))
    found = {f["check"]: f for f in document["findings"] if f["asset"] == "web"}
    mark = found["ssh.root_login_off"]["waiver"]
    assert (mark and (mark["id"], mark["valid"])) == marked
    assert found["ssh.root_login_off"]["status"] == "fail"
    assert found["packages.security_updates"]["waiver"] is None
    assert results.exit_status(document) == (0 if marked and marked[1] else 1)


def test_a_valid_waiver_is_shown_before_an_ended_one(tmp_path: Path) -> None:
    both = [waiver("old", "ssh", "2026-11-01", asset="web"), waiver("new", "ssh", "2026-12-01", asset="web")]
    for order in (both, both[::-1]):
        listed = inventory(tmp_path / order[0].id, order)
        document = built(listed, everything(listed, web={"ssh.root_login_off": Status.FAIL}))
        assert [f["waiver"]["id"] for f in document["findings"] if f["waiver"]] == ["new"]


def test_unknown_outranks_failure_and_a_waiver_does_not_answer_for_it(tmp_path: Path) -> None:
    listed = inventory(tmp_path, [waiver("w", "ssh", "2026-12-31", asset="web")])
    statuses = {"ssh.root_login_off": Status.UNKNOWN, "packages.security_updates": Status.FAIL}
    assert results.exit_status(built(listed, everything(listed, web=statuses))) == 3


def test_no_finding_is_no_success(tmp_path: Path) -> None:
    listed = inventory(tmp_path)
    document = built(listed, everything(listed))
    document["findings"] = []
    assert results.exit_status(document) == 3


def test_written_results_are_read_again_sealed_and_without_problems(tmp_path: Path) -> None:
    listed = inventory(tmp_path)
    run = walked(listed, everything(listed, web={"ssh.root_login_off": Status.FAIL}))
    document = results.write(run, listed, catalogue())
    assert results.read(run.folder) == json.loads(json.dumps(document))
    assert manifest.verify(run.folder) == []
    assert results.problems(run.folder) == []
    assert runs.find(tmp_path) == run.folder
    assert {path.name for path in run.folder.iterdir()} == {
        "journal.jsonl",
        "evidence",
        "results.json",
        "manifest.json",
    }


def test_an_interrupted_run_is_written_but_not_sealed(tmp_path: Path) -> None:
    listed = inventory(tmp_path)
    run = walked(listed, [outcome(listed, "web")], complete=False)
    results.write(run, listed, catalogue())
    assert not (run.folder / manifest.NAME).exists()
    assert results.problems(run.folder) == []


@pytest.mark.parametrize("lie", ["number", "finding", "missing", "invented"])
def test_numbers_and_findings_that_do_not_follow_from_the_run_are_found(tmp_path: Path, lie: str) -> None:
    listed = inventory(tmp_path)
    run = walked(listed, everything(listed, web={"ssh.root_login_off": Status.FAIL}))
    document = results.write(run, listed, catalogue())
    if lie == "number":
        document["scores"]["infrastructure_upgraded"]["percent"] = 99.9
    elif lie == "finding":
        next(f for f in document["findings"] if f["status"] == "fail")["status"] = "pass"
    elif lie == "missing":
        document["findings"].pop()
    else:
        document["findings"].append({**document["findings"][0], "check": "ssh.invented"})
    results.keep(run.folder, document)
    assert results.problems(run.folder)


def test_what_is_no_document_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"{}", b"[]", b"\xff", b'{"schema": "rasoat/results/2"}'):
        (tmp_path / "results.json").write_bytes(content)
        with pytest.raises(BadInput):
            results.read(tmp_path)
        assert results.problems(tmp_path)
    with pytest.raises(BadInput):
        results.read(tmp_path / "nowhere")
