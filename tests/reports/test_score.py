"""The five scores follow the table of the contract; the laws of measuring hold for every document."""

from __future__ import annotations

import copy
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import score
from reports.document import Document, Score, Scores
from tests.reports import documents

NAMES = tuple(score.TARGETS)
HEADLINES = ("percent", "percent_with_waivers", "percent_without_attestations")


def practice() -> Document:
    return documents.practice()


def of(document: Document, name: str) -> Score:
    return cast(dict[str, Score], score.scores(document))[name]


def met(document: Document, name: str) -> set[str]:
    return {item["id"] for item in of(document, name)["items"] if item["met"]}


def put(document: Document, asset: str, status: str, *, check: str | None = None) -> None:
    """Give the findings of an asset (or one of them) another status."""
    for finding in document["findings"]:
        if finding["asset"] == asset and check in (None, finding["check"]):
            finding.update({"status": status, "cause": "timeout" if status == "unknown" else None})  # type: ignore[typeddict-item]
    if status == "unknown":
        darken(document, asset, "partly" if check else "unreached")


def darken(document: Document, asset: str, state: str) -> None:
    for one in document["assets"]:
        if one["id"] == asset:
            one.update({"state": state, "cause": "timeout"})  # type: ignore[typeddict-item]


def test_reviewed_counts_assets_and_the_sites_without_one() -> None:
    document = practice()
    before = of(document, "infrastructure_reviewed")
    document["sites"].append(documents.site("26999", "Phường không có tài sản", "ward", "760"))
    after = of(document, "infrastructure_reviewed")
    assert (after["met"], after["total"]) == (before["met"], before["total"] + 1)
    assert {"26999"} <= {item["id"] for item in after["items"] if not item["met"] and item["kind"] == "site"}
    assert after["by_site"]["26999"] == {"met": 0, "total": 1, "percent": 0.0, "coverage": 0.0}


def test_an_asset_with_one_unknown_or_missing_finding_is_not_reviewed() -> None:
    document = practice()
    assert "q1-edge-1" in met(document, "infrastructure_reviewed")
    document["findings"] = [f for f in document["findings"] if (f["asset"], f["check"]) != ("q1-edge-1", "route.hub")]
    assert "q1-edge-1" not in met(document, "infrastructure_reviewed")


def test_upgraded_needs_review_support_and_no_outstanding_update() -> None:
    document = practice()
    assert "q1-web-1" not in met(document, "infrastructure_upgraded")
    put(document, "q1-web-1", "pass", check="packages.security_updates")
    assert "q1-web-1" in met(document, "infrastructure_upgraded")
    put(document, "q1-web-1", "unknown", check="ssh.root_login_off")
    assert "q1-web-1" not in met(document, "infrastructure_upgraded")


def test_interconnected_needs_both_ends_the_hub_and_every_service() -> None:
    for asset, check in (
        ("q1-edge-1", "link.loss@w760-up"),
        ("dc-core-1", "link.loss@w760-up"),
        ("q1-edge-1", "route.hub"),
        ("q1-edge-1", "service.answers@lgsp"),
        ("q1-web-1", "service.answers@lgsp"),
    ):
        for status in ("fail", "unknown"):
            document = practice()
            assert "760" in met(document, "infrastructure_interconnected")
            put(document, asset, status, check=check)
            assert "760" not in met(document, "infrastructure_interconnected"), (asset, check, status)


def test_one_good_link_to_the_parent_is_enough() -> None:
    document = practice()
    document["assets"].append(documents.asset("q1-edge-2", "760", "device", ["metronet"]))
    second = documents.link("760", "q1-edge-2", "dc-core-2")
    document["links"].append({**second, "id": "w760-second"})
    documents.judge(document, {("q1-edge-1", "link.up@w760-up"): ""}, {})
    assert "760" in met(document, "infrastructure_interconnected")
    put(document, "dc-core-2", "fail", check="link.up@w760-second")
    assert "760" not in met(document, "infrastructure_interconnected")


def test_a_ward_below_a_dead_district_is_judged_by_its_own_path_to_its_parent() -> None:
    document = practice()
    put(document, "dc-core-1", "fail", check="link.up@w760-up")
    connected = met(document, "infrastructure_interconnected")
    assert "760" not in connected
    assert {"26740", "26743"} <= connected


def test_a_site_without_a_link_is_not_interconnected_and_not_judged() -> None:
    document = practice()
    document["links"] = [link for link in document["links"] if link["id"] != "w26740-up"]
    items = {item["id"]: item for item in of(document, "infrastructure_interconnected")["items"]}
    assert (items["26740"]["met"], items["26740"]["judged"]) == (False, False)


def test_classified_counts_the_levels_in_scope_and_those_without_level() -> None:
    document = practice()
    assert of(document, "systems_classified")["total"] == 9
    document["classified_levels"] = [3, 4, 5]
    narrowed = of(document, "systems_classified")
    assert (narrowed["met"], narrowed["total"]) == (5, 7)
    assert "lan-769" in {item["id"] for item in narrowed["items"]}


def test_plans_are_fully_partly_or_not_implemented() -> None:
    document = practice()
    states = {item["id"]: item.get("state") for item in of(document, "plans_implemented")["items"]}
    assert states["lgsp"] == "fully"
    assert states["tthc"] == "partly"
    assert "lan-765" not in states
    document["attestations"] = []
    for asset in ("dc-mail-1", "dc-lgsp-1"):
        put(document, asset, "unknown")
    states = {item["id"]: item.get("state") for item in of(document, "plans_implemented")["items"]}
    assert states["thu-dien-tu"] == "not"


def test_an_attestation_counts_only_between_its_days() -> None:
    document = practice()
    document["run"]["ended"] = "2026-12-05T16:59:59Z"
    assert "lgsp" in met(document, "plans_implemented")
    document["run"]["ended"] = "2026-12-05T17:00:00Z"
    assert "lgsp" not in met(document, "plans_implemented")
    document["run"]["ended"] = "2026-01-04T00:00:00Z"
    assert not met(document, "plans_implemented")


def test_a_plan_may_attest_what_a_machine_could_see_but_not_leave_out_what_nobody_vouches_for() -> None:
    document = practice()
    tthc = next(system for system in document["systems"] if system["id"] == "tthc")
    assert tthc["dossier"] is not None
    tthc["dossier"]["plan"].append({"requirement": "r-02", "how": "attested", "reason": None})
    assert "tthc" not in met(document, "plans_implemented")
    document["attestations"].append({**document["attestations"][0], "id": "xn-r-02", "requirement": "r-02"})
    assert "tthc" in met(document, "plans_implemented")


def test_scores_are_given_with_and_without_waivers_and_attestations() -> None:
    document = practice()
    waiver = next(f["waiver"] for f in document["findings"] if f["waiver"])
    for finding in document["findings"]:
        if finding["status"] == "fail":
            finding["waiver"] = waiver
    result = of(document, "plans_implemented")
    assert result["met_without_attestations"] < result["met"] < result["met_with_waivers"]
    waiver["valid"] = False
    assert of(document, "plans_implemented")["met_with_waivers"] == result["met"]


def test_a_waiver_does_not_stand_in_for_a_measurement() -> None:
    document = practice()
    waiver = next(f["waiver"] for f in document["findings"] if f["waiver"])
    for finding in document["findings"]:
        if finding["status"] == "unknown":
            finding["waiver"] = waiver
    for name in NAMES:
        assert of(document, name)["met_with_waivers"] == of(practice(), name)["met_with_waivers"]


def test_a_scope_speaks_only_for_what_is_below_it() -> None:
    document = practice()
    document["run"]["scope"] = "760"
    assert of(document, "infrastructure_reviewed")["total"] == 5
    assert of(document, "infrastructure_interconnected")["total"] == 3
    assert {item["id"] for item in of(document, "plans_implemented")["items"]} == {"lan-760"}
    assert set(of(document, "infrastructure_reviewed")["by_site"]) == {"760", "26740", "26743"}


def test_a_scope_that_is_no_site_is_refused() -> None:
    document = practice()
    document["run"]["scope"] = "nowhere"
    with pytest.raises(ValueError, match="nowhere"):
        score.scores(document)


def test_an_empty_city_has_met_nothing() -> None:
    document = documents.blank()
    for name in NAMES:
        assert of(document, name)["percent"] == 0.0


def test_cutting_off_a_server_whose_service_fails_does_not_connect_its_site() -> None:
    document = documents.judge(practice(), {("q1-web-1", "service.answers@lgsp"): ""}, {})
    assert "760" not in met(document, "infrastructure_interconnected")
    put(document, "q1-web-1", "unknown")
    assert "760" not in met(document, "infrastructure_interconnected")


@given(total=st.integers(1, 10_000), data=st.data())
def test_percent_is_rounded_down(total: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, total))
    shown = score.percent(part, total)
    assert (shown == 100.0) == (part == total)
    assert (shown >= 90.0) == (part * 10 >= total * 9)
    assert 0 <= part * 100 / total - shown < 0.1 + 1e-9


FINDINGS = len(practice()["findings"])
Changes = dict[int, str]
redrawn = st.dictionaries(
    st.integers(0, FINDINGS - 1), st.sampled_from(["fail", "not_applicable", "unknown"]), min_size=1, max_size=10
)


def drawn(changes: Changes) -> Document:
    """The practice city where everything passes but what is changed; what fails in the data centre is waived."""
    document = documents.judge(practice(), {}, {})
    for number, status in changes.items():
        finding = document["findings"][number]
        finding["status"] = status  # type: ignore[typeddict-item]
        finding["cause"] = "timeout" if status == "unknown" else None
        waived = status == "fail" and finding["asset"].startswith("dc-")
        finding["waiver"] = documents.mark(valid=True) if waived else None
    return document


def headlines(scores: Scores) -> dict[tuple[str, str], float]:
    by_name = cast(dict[str, Score], scores)
    return {(name, key): by_name[name][key] for name in NAMES for key in HEADLINES}  # type: ignore[literal-required]


def totals(scores: Scores) -> dict[str, int]:
    return {name: result["total"] for name, result in cast(dict[str, Score], scores).items()}


@settings(max_examples=150, deadline=None)
@given(changes=redrawn, data=st.data())
def test_unreachable_never_raises(changes: Changes, data: st.DataObject) -> None:
    document = drawn(changes)
    before = score.scores(document)
    changed = sorted({document["findings"][number]["asset"] for number in changes})
    asset = data.draw(st.sampled_from(changed))
    put(document, asset, "unknown")
    after = score.scores(document)
    assert totals(after) == totals(before)
    assert all(headlines(after)[key] <= value for key, value in headlines(before).items())


@settings(max_examples=40, deadline=None)
@given(changes=redrawn, data=st.data())
def test_fixing_a_failure_never_lowers(changes: Changes, data: st.DataObject) -> None:
    document = drawn(changes)
    failing = [finding for finding in document["findings"] if finding["status"] == "fail"]
    before = score.scores(document)
    if failing:
        data.draw(st.sampled_from(failing))["status"] = "pass"
    after = score.scores(document)
    assert all(headlines(after)[key] >= value for key, value in headlines(before).items())


@settings(max_examples=20, deadline=None)
@given(changes=redrawn, data=st.data())
def test_order_never_matters(changes: Changes, data: st.DataObject) -> None:
    document = drawn(changes)
    before = score.scores(document)
    shuffled = cast(dict[str, list[object]], copy.deepcopy(document))
    for key in ("sites", "systems", "assets", "links", "services", "requirements", "findings", "attestations"):
        shuffled[key] = data.draw(st.permutations(shuffled[key]))
    assert score.scores(cast(Document, shuffled)) == before


@settings(max_examples=20, deadline=None)
@given(changes=redrawn, missing=st.sets(st.integers(0, FINDINGS - 1), max_size=20))
def test_leaving_findings_out_never_raises_and_the_total_never_shrinks(changes: Changes, missing: set[int]) -> None:
    document = drawn(changes)
    before = score.scores(document)
    document["findings"] = [f for n, f in enumerate(document["findings"]) if n not in missing]
    after = score.scores(document)
    assert totals(after) == totals(before)
    assert all(headlines(after)[key] <= value for key, value in headlines(before).items())


@settings(max_examples=20, deadline=None)
@given(changes=redrawn)
def test_a_number_is_its_list(changes: Changes) -> None:
    for result in cast(dict[str, Score], score.scores(drawn(changes))).values():
        assert result["met"] == sum(item["met"] for item in result["items"])
        assert result["total"] == len(result["items"])
        assert result["by_site"].get("79", {"met": 0})["met"] == result["met"]
        assert all(item["judged"] for item in result["items"] if item["met"])
