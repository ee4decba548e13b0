"""What an audit measures of the plan's targets follows from the findings; what nobody measures has no figure."""

from __future__ import annotations

from typing import Any, cast

import pytest

from checks import catalogue
from inventory import lines
from inventory.workspace import SHIPPED
from reports import targets
from reports.document import Document, Target
from reports.index import Index
from tests.reports import documents

PLAN = {one["id"]: one for one in lines.read(SHIPPED / "hcmc-2024/targets.yaml").data["targets"]}


def target(**fields: Any) -> Target:
    return cast(Target, {"id": "t", "score": None, "figure": None, "measured_by": "audit", **fields})


def path_to_mail(document: Document) -> Any:
    service = document["services"][0]
    return targets.measured(Index(document), target(paths_to=service["system"]))


def test_a_score_is_taken_as_it_stands() -> None:
    document = documents.practice()
    found = targets.measured(Index(document), target(score="plans_implemented"))
    told = document["scores"]["plans_implemented"]
    assert found == {name: told[name] for name in ("met", "total", "percent", "coverage")}


def test_a_path_counts_the_sites_from_which_every_service_of_the_system_answers() -> None:
    document = documents.practice()
    below = len(document["sites"]) - 1
    before = path_to_mail(document)
    assert before["total"] == below
    assert 0 < before["met"] < below
    met = next(f for f in document["findings"] if f["check"].startswith("service.answers@") and f["status"] == "pass")
    for finding in document["findings"]:
        if finding["asset"] == met["asset"] and finding["check"].startswith("service.answers@"):
            finding["status"] = "unknown"
    after = path_to_mail(document)
    assert (after["met"], after["total"]) == (before["met"] - 1, below)
    assert after["coverage"] < before["coverage"]


def with_outside_end(**finding: Any) -> Document:
    """The practice city whose mail system, which stands at the city itself, uses an outside end; `finding` of it."""
    document = documents.practice()
    asset = next(one for one in document["assets"] if one["kind"] == "server" and one["site"] == "79")
    asset["systems"] = [*asset["systems"], "bao-cao"]
    document["services"].append(
        {"id": "quoc-gia", "name": "Quốc gia", "name_en": None, "system": "bao-cao", "used_by": ["bao-cao"]}
    )
    made: Any = {**document["findings"][0], "asset": asset["id"], "check": "service.answers@quoc-gia", **finding}
    if finding:
        document["findings"].append(made)
    return document


@pytest.mark.parametrize(
    ("finding", "met", "coverage"),
    [({"status": "pass"}, 1, 100.0), ({"status": "fail"}, 0, 100.0), ({"status": "unknown"}, 0, 0.0), ({}, 0, 0.0)],
)
def test_an_outside_end_counts_from_where_its_systems_stand(finding: dict[str, Any], met: int, coverage: float) -> None:
    index = Index(with_outside_end(**finding))
    for field in ("outside_ends_of", "paths_to"):
        found = targets.measured(index, target(**{field: "bao-cao"}))
        assert found is not None
        assert (found["met"], found["total"], found["coverage"]) == (met, 1, coverage)


def test_a_system_s_shared_services_are_no_outside_ends() -> None:
    document = documents.practice()
    system = document["services"][0]["system"]
    assert targets.measured(Index(document), target(outside_ends_of=system)) is None


def test_checks_count_the_assets_that_face_them() -> None:
    document = documents.practice()
    checks = ["ssh.root_login_off", "ssh.password_login_off"]
    found = targets.measured(Index(document), target(checks=checks))
    servers = [one for one in document["assets"] if one["kind"] == "server"]
    assert found is not None
    assert found["total"] == len(servers)
    failing = {f["asset"] for f in document["findings"] if f["check"] in checks and f["status"] != "pass"}
    assert found["met"] == len(servers) - len(failing)


def test_without_a_service_or_an_asset_there_is_no_figure_which_is_not_nought() -> None:
    index = Index(documents.blank())
    for one in (target(paths_to="thanh-toan"), target(checks=["ssh.root_login_off"]), target()):
        assert targets.measured(index, one) is None


def test_what_the_shipped_plan_measures_by_exists() -> None:
    checks = catalogue.load("tcvn-11930-2017").checks
    systems = {one["id"] for one in lines.read(SHIPPED / "systems.yaml").data["systems"]}
    for one in PLAN.values():
        assert set(one.get("checks", ())) <= set(checks)
        ways = {"score", "paths_to", "outside_ends_of", "checks"} & one.keys()
        assert {one.get("paths_to"), one.get("outside_ends_of")} <= {None, *systems}
        assert len(ways) == (one["measured_by"] == "audit")
