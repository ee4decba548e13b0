"""What an audit measures of the plan's targets follows from the findings; what nobody measures has no figure."""

from __future__ import annotations

from typing import Any, cast

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
        assert one.get("paths_to") in {None, *systems}
        assert one["measured_by"] == "audit" or not {"score", "paths_to", "checks"} & one.keys()
