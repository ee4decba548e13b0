"""The fix lists hold every failure once, and put first what brings the targets closest for the least work."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.document import Document
from reports.fixlist import FixList, fix_lists
from reports.index import Index
from tests.reports import documents


def lists(document: Document) -> dict[str, FixList]:
    return {fixes.unit: fixes for fixes in fix_lists(Index(document))}


@pytest.mark.parametrize("document", [documents.practice(), documents.large(400), documents.hostile()])
def test_the_sum_over_all_lists_is_all_failures(document: Document) -> None:
    rows = [(r["asset"], r["check"]) for fixes in lists(document).values() for task in fixes.tasks for r in task.rows]
    failing = [(f["asset"], f["check"]) for f in document["findings"] if f["status"] == "fail"]
    assert sorted(rows) == sorted(failing)
    assert sum(fixes.failures for fixes in lists(document).values()) == len(failing)


def test_what_could_not_be_judged_is_listed_apart_with_its_cause() -> None:
    document = documents.practice()
    unknown = [(f["asset"], f["check"], f["cause"]) for f in document["findings"] if f["status"] == "unknown"]
    listed = [
        (u.asset, check, u.cause) for fixes in lists(document).values() for u in fixes.unjudged for check in u.checks
    ]
    assert sorted(unknown) == sorted(listed)


def test_an_asset_that_was_never_asked_is_not_left_out() -> None:
    document = documents.practice()
    document["findings"] = [finding for finding in document["findings"] if finding["asset"] != "td-web-1"]
    for asset in document["assets"]:
        if asset["id"] == "td-web-1":
            asset.update({"state": "unreached", "cause": "not_run"})
    unjudged = lists(documents.scored(document))["769"].unjudged
    assert ("td-web-1", "not_run", ()) in {(one.asset, one.cause, one.checks) for one in unjudged}


def test_a_site_without_assets_is_on_the_list_of_its_district() -> None:
    document = documents.practice()
    document["sites"].append(documents.site("26999", "Phường mới", "ward", "760"))
    assert lists(documents.scored(document))["760"].bare == ("26999",)


def test_districts_see_only_their_own_and_the_city_has_a_list_too() -> None:
    document = documents.practice()
    index = Index(document)
    assert list(lists(document)) == ["79", "760", "765", "769"]
    for unit, fixes in lists(document).items():
        for task in fixes.tasks:
            assert {index.unit(index.assets[row["asset"]]["site"]) for row in task.rows} == {unit}


def test_critical_first_then_gain_for_the_work_and_waived_last() -> None:
    tasks = lists(documents.practice())["760"].tasks
    assert [task.check for task in tasks] == [
        "ssh.root_login_off",
        "packages.security_updates",
        "files.secret_files_protected",
    ]
    assert [task.waived for task in tasks] == [False, False, True]


def test_more_work_for_the_same_gain_comes_later() -> None:
    document = documents.practice()
    planted = {
        ("td-web-1", "packages.security_updates"): "",
        ("td-web-1", "firewall.default_deny"): "",
        ("td-edge-1", "link.adjacency@w26848-up"): "",
    }
    documents.judge(document, planted, {})
    tasks = lists(document)["769"].tasks
    assert [task.check for task in tasks] == ["link.adjacency", "packages.security_updates", "firewall.default_deny"]
    assert tasks[0].held.sites == 1
    assert tasks[1].held.assets == 1
    assert tasks[2].held.gain == 0


def test_what_is_held_back_is_shared_between_all_that_must_happen() -> None:
    document = documents.practice()
    planted = {("q1-edge-1", "link.up@w760-up"): "", ("q1-edge-1", "link.loss@w760-up"): ""}
    documents.judge(document, planted, {})
    assert {task.check: task.held.gain for task in lists(document)["760"].tasks} == {"link.up": 0.5, "link.loss": 0.5}


def test_commands_name_exactly_the_servers_of_the_list() -> None:
    by_check = {task.check: task for fixes in lists(documents.practice()).values() for task in fixes.tasks}
    run = "rasoat fix 20261121T021500Z"
    assert by_check["packages.security_updates"].command == f"{run} --scope 760 --check packages.security_updates"
    assert by_check["ssh.password_login_off"].command == f"{run} --asset dc-tthc-1 --check ssh.password_login_off"
    assert by_check["device.encrypted_management"].command is None
    assert by_check["link.up"].command is None


def test_a_command_leaves_out_what_is_waived() -> None:
    document = documents.practice()
    documents.judge(document, dict.fromkeys([("q1-web-1", "audit.running"), ("w26743-web-1", "audit.running")], ""), {})
    for finding in document["findings"]:
        if finding["status"] == "fail" and finding["asset"] == "q1-web-1":
            finding["waiver"] = documents.mark(valid=True)
    tasks = lists(documents.scored(document))["760"].tasks
    assert [(task.waived, len(task.rows)) for task in tasks] == [(False, 1), (True, 1)]
    assert tasks[0].command == "rasoat fix 20261121T021500Z --asset w26743-web-1 --check audit.running"


def test_in_a_month_a_command_names_the_runs_that_saw_the_failures() -> None:
    document = documents.practice()
    failing = dict.fromkeys([("q1-web-1", "audit.running"), ("w26743-web-1", "audit.running")], "")
    documents.month(documents.judge(document, failing, {}))
    for finding in document["findings"]:
        finding["run"] = "20261103T000000Z" if finding["asset"] == "q1-web-1" else "20261112T000000Z"
    (task,) = lists(document)["760"].tasks
    assert task.command == (
        "rasoat fix 20261103T000000Z --asset q1-web-1 --check audit.running && "
        "rasoat fix 20261112T000000Z --asset w26743-web-1 --check audit.running"
    )
    assert task.work == 2


def test_hostile_names_do_not_reach_the_shell() -> None:
    document = documents.practice()
    document["run"]["id"] = "x; rm -rf /"
    commands = [task.command for fixes in lists(document).values() for task in fixes.tasks if task.command]
    assert commands
    assert all(command.startswith("rasoat fix 'x; rm -rf /' ") for command in commands)


def test_a_smaller_scope_is_its_own_unit() -> None:
    document = documents.practice()
    document["run"]["scope"] = "26743"
    assert {unit: fixes.failures for unit, fixes in lists(documents.scored(document)).items()} == {"26743": 1}


SITES = [site["id"] for site in documents.practice()["sites"]]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(SITES))
def test_whatever_comes_of_the_checks_each_failure_is_on_one_list_and_each_that_went_is_closed_once(
    seed: int, scope: str
) -> None:
    """Over random results of two runs, a random part of them waived, in any scope."""
    chance = Random(seed)  # noqa: S311 - which results there are is no secret
    before, now = documents.practice(), documents.practice()
    for document in (before, now):
        document["run"]["scope"] = scope
        for finding in document["findings"]:
            finding["status"] = chance.choice(("pass", "fail", "unknown", "not_applicable"))
            finding["cause"] = "timeout" if finding["status"] == "unknown" else None
            finding["waiver"] = documents.mark(valid=True) if chance.random() < 0.5 else None
    index, earlier = Index(documents.scored(now)), Index(documents.scored(before))
    found = fix_lists(index, earlier)
    rows = [(row["asset"], row["check"]) for fixes in found for task in fixes.tasks for row in task.rows]
    assert sorted(rows) == sorted((f["asset"], f["check"]) for f in index.findings if f["status"] == "fail")
    statuses = {(f["asset"], f["check"]): f["status"] for f in index.findings}
    went = {(f["asset"], f["check"]) for f in earlier.findings if f["status"] == "fail"} - set(rows)
    closed = [(one.asset, one.check, one.fixed) for fixes in found for one in fixes.closed]
    assert sorted(closed) == sorted((*key, statuses[key] in ("pass", "not_applicable")) for key in went)
