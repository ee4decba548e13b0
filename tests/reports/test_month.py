"""A month's document: the latest judged result counts, its age is told, and nothing unmeasured looks good."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.faults import BadInput
from reports import month as months
from reports import score
from reports.document import Asset, Document, Finding, Score, Scores, Unlisted
from reports.month import Month
from reports.narrowing import narrowed
from reports.sealed import Changed, all_runs
from tests.reports import documents
from tests.reports.kept import SMALL, at, city, keep, set_status

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/results-1.json").read_text(encoding="utf-8"))
OCTOBER = Month.of("2026-10")
ROOT_LOGIN = "ssh.root_login_off"


def compose(workspace: Path, mode: str = "lab", month: Month = OCTOBER) -> Document:
    return months.compose(all_runs(workspace), month, mode)


def asset_of(document: Document, id_: str) -> Asset:
    return next(one for one in document["assets"] if one["id"] == id_)


def finding_of(document: Document, asset: str, check: str) -> Finding:
    return next(one for one in document["findings"] if (one["asset"], one["check"]) == (asset, check))


def only(document: Document, *assets: str, checks: Sequence[str] = ()) -> Document:
    """The document of a run that was asked for these assets or checks alone."""
    kept = [
        f for f in document["findings"] if (not assets or f["asset"] in assets) and (not checks or f["check"] in checks)
    ]
    document["findings"] = kept
    document["run"]["selection"].update({"assets": [*assets], "checks": [*checks]})
    for one in document["assets"]:
        if one["id"] not in {f["asset"] for f in kept}:
            one.update({"state": "unreached", "cause": "not_run"})
        elif checks:
            one["state"] = "partly"
    return document


def test_one_run_is_its_month(tmp_path: Path) -> None:
    kept = at(city(), "2026-10-05T02:00:00Z")
    keep(tmp_path, kept)
    document = compose(tmp_path)
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(documents.plain(document))
    assert document["scores"] == kept["scores"] == score.scores(document)
    assert (document["run"]["id"], document["period"]["from"], document["period"]["to"]) == (
        "2026-10",
        "2026-10-01",
        "2026-10-31",
    )
    assert [one["id"] for one in document["period"]["runs"]] == ["20261005T020000Z"]
    assert {(one["judged_on"], one["run"], one["tried"]) for one in document["assets"]} == {
        ("2026-10-05", "20261005T020000Z", None)
    }


def test_the_latest_judged_result_counts_and_a_vain_attempt_is_told(tmp_path: Path) -> None:
    first, second, third = (at(city(), f"2026-10-{day}T02:00:00Z") for day in ("05", "12", "19"))
    set_status(first, "q1-web-1", "fail", ROOT_LOGIN)
    set_status(second, "dc-log-1", "fail", ROOT_LOGIN)
    set_status(third, "dc-log-1", "unknown")
    for one in (first, second, third):
        keep(tmp_path, one)
    document = compose(tmp_path)
    assert finding_of(document, "q1-web-1", ROOT_LOGIN)["status"] == "pass"
    assert finding_of(document, "dc-log-1", ROOT_LOGIN)["status"] == "fail"
    assert finding_of(document, "dc-log-1", ROOT_LOGIN).get("run") == second["run"]["id"]
    told = asset_of(document, "dc-log-1")
    assert (told["state"], told["judged_on"], told["run"]) == ("reviewed", "2026-10-12", second["run"]["id"])
    assert told["tried"] == {"run": third["run"]["id"], "on": "2026-10-19", "cause": "timeout"}
    assert asset_of(document, "q1-web-1")["tried"] is None


def test_a_failure_does_not_go_away_by_cutting_the_machine_off(tmp_path: Path) -> None:
    first, second = at(city(), "2026-10-05T02:00:00Z"), at(city(), "2026-10-06T02:00:00Z")
    set_status(first, "q1-web-1", "fail", ROOT_LOGIN)
    set_status(second, "q1-web-1", "unknown", cause="refused")
    for one in (first, second):
        keep(tmp_path, one)
    assert finding_of(compose(tmp_path), "q1-web-1", ROOT_LOGIN)["status"] == "fail"


def test_what_was_never_judged_has_the_cause_of_the_latest_attempt(tmp_path: Path) -> None:
    first, second = at(city(), "2026-10-05T02:00:00Z"), at(city(), "2026-10-06T02:00:00Z")
    set_status(first, "q1-web-1", "unknown", cause="dns")
    set_status(second, "q1-web-1", "unknown", cause="refused")
    for one in (first, second):
        keep(tmp_path, one)
    document = compose(tmp_path)
    assert asset_of(document, "q1-web-1")["cause"] == "refused"
    assert asset_of(document, "q1-web-1")["judged_on"] is None
    assert {f["cause"] for f in document["findings"] if f["asset"] == "q1-web-1"} == {"refused"}


def test_a_run_of_a_few_checks_takes_nothing_from_the_others(tmp_path: Path) -> None:
    keep(tmp_path, at(city(), "2026-10-05T02:00:00Z"))
    second = only(at(city(), "2026-10-20T02:00:00Z"), checks=[ROOT_LOGIN])
    set_status(second, "q1-web-1", "fail", ROOT_LOGIN)
    second["assets"] = [{**one, "state": "partly", "cause": None} for one in second["assets"]]
    keep(tmp_path, second)
    document = compose(tmp_path)
    assert finding_of(document, "q1-web-1", ROOT_LOGIN)["status"] == "fail"
    assert asset_of(document, "q1-web-1")["state"] == "reviewed"
    assert asset_of(document, "q1-web-1")["judged_on"] == "2026-10-05"
    assert document["run"]["selection"] == {"systems": [], "assets": [], "checks": [], "level": None}


def test_an_asset_not_seen_in_the_month_is_a_column_of_unknown(tmp_path: Path) -> None:
    keep(tmp_path, at(city(), "2026-09-20T02:00:00Z"))
    keep(tmp_path, only(at(city(), "2026-10-05T02:00:00Z"), "q1-web-1"))
    document = compose(tmp_path)
    column = [f for f in document["findings"] if f["asset"] == "dc-log-1"]
    assert len(column) == len([f for f in city()["findings"] if f["asset"] == "dc-log-1"]) > 0
    assert {(f["status"], f["cause"], f.get("run")) for f in column} == {("unknown", "not_run", None)}
    assert all(f["requirements"] for f in column if not f["check"].startswith("service"))
    assert asset_of(document, "dc-log-1")["cause"] == "not_run"
    assert {item["id"] for item in document["scores"]["infrastructure_reviewed"]["items"] if item["met"]} == {
        "q1-web-1"
    }


def test_a_run_of_one_district_does_not_shrink_the_city(tmp_path: Path) -> None:
    keep(tmp_path, at(city(), "2026-09-20T02:00:00Z"))
    part = at(city(), "2026-10-05T02:00:00Z", scope="760")
    part["assets"] = [one for one in part["assets"] if not one["id"].startswith("dc-")]
    part["findings"] = [one for one in part["findings"] if not one["asset"].startswith("dc-")]
    keep(tmp_path, part)
    document = compose(tmp_path)
    assert document["run"]["scope"] == "79"
    assert {one["id"] for one in document["assets"]} == set(SMALL)
    assert asset_of(document, "dc-log-1")["cause"] == "not_run"
    assert [one["id"] for one in document["period"]["runs"]] == ["20260920T020000Z", "20261005T020000Z"]


def test_what_is_unlisted_follows_from_the_months_own_findings(tmp_path: Path) -> None:
    stranger: Unlisted = {"site": "760", "hardware": "b8:27:eb:00:00:01", "name": "", "addresses": [], "seen_by": []}
    told = at(city(), "2026-10-05T02:00:00Z")
    told["unlisted"] = [stranger]
    keep(tmp_path, told)
    assert compose(tmp_path)["unlisted"] == []


def test_a_document_of_one_site_has_the_strangers_of_that_site_alone() -> None:
    document = documents.practice()
    document["unlisted"] = [
        {"site": site, "hardware": "b8:27:eb:00:00:01", "name": "", "addresses": [], "seen_by": []}
        for site in ("760", "26740", "769")
    ]
    assert [one["site"] for one in narrowed(document, "760")["unlisted"]] == ["760", "26740"]


def test_a_result_counts_only_for_the_same_machine(tmp_path: Path) -> None:
    keep(tmp_path, at(city(), "2026-10-05T02:00:00Z"))
    second = only(at(city(), "2026-10-06T02:00:00Z"), "q1-web-1")
    asset_of(second, "dc-log-1")["address"] = "10.9.9.9"
    asset_of(second, "dc-core-1")["level"] = 4
    keep(tmp_path, second)
    document = compose(tmp_path)
    assert asset_of(document, "dc-log-1")["judged_on"] is None
    assert asset_of(document, "dc-core-1")["judged_on"] is None
    assert asset_of(document, "w26743-web-1")["judged_on"] == "2026-10-05"


def test_a_month_is_a_month_in_vietnam(tmp_path: Path) -> None:
    keep(tmp_path, at(city(), "2026-09-30T17:00:00Z"))
    keep(tmp_path, at(city(), "2026-10-31T17:00:00Z"))
    document = compose(tmp_path)
    assert [one["id"] for one in document["period"]["runs"]] == ["20260930T170000Z"]
    assert {one["judged_on"] for one in document["assets"]} == {"2026-10-01"}


def test_a_run_over_two_months_gives_each_what_was_done_in_it(tmp_path: Path) -> None:
    run = at(city(), "2026-11-01T02:00:00Z", started="2026-10-31T02:00:00Z")
    keep(tmp_path, run, days={"q1-web-1": "2026-10-31T03:00:00Z", "dc-log-1": "2026-10-31T16:59:59Z"})
    judged = [one["id"] for one in compose(tmp_path)["assets"] if one["judged_on"] == "2026-10-31"]
    assert sorted(judged) == ["dc-log-1", "q1-web-1"]
    assert compose(tmp_path)["run"]["ended"] == "2026-10-31T16:59:59.000Z"
    later = compose(tmp_path, month=Month.of("2026-11"))
    assert sorted(one["id"] for one in later["assets"] if one["judged_on"]) == sorted({*SMALL} - {*judged})


def test_modes_never_mix(tmp_path: Path) -> None:
    keep(tmp_path, at(city(), "2026-10-05T02:00:00Z"))
    live = at(city(), "2026-10-06T02:00:00Z", mode="live")
    set_status(live, "q1-web-1", "fail")
    keep(tmp_path, live)
    assert finding_of(compose(tmp_path), "q1-web-1", ROOT_LOGIN)["status"] == "pass"
    assert finding_of(compose(tmp_path, "live"), "q1-web-1", ROOT_LOGIN)["status"] == "fail"
    with pytest.raises(BadInput, match=r"in mode simulated, which city.yaml names \(but in mode lab, live\)"):
        compose(tmp_path, "simulated")


def test_what_was_judged_again_replaces_nothing(tmp_path: Path) -> None:
    keep(tmp_path, at(city(), "2026-10-05T02:00:00Z"))
    before = compose(tmp_path)
    again = at(city(), "2026-10-05T02:00:00Z")
    again["run"].update({"id": "20261105T020000Z"})
    again["run"]["judged_again"] = {
        "id": "20261005T020000Z",
        "manifest_sha256": "0" * 64,
        "on": "2026-11-05T02:00:00.000Z",
    }
    set_status(again, "q1-web-1", "fail")
    keep(tmp_path, again)
    assert compose(tmp_path) == before


def test_runs_by_another_standard_are_left_out_by_name(tmp_path: Path) -> None:
    other = at(city(), "2026-10-05T02:00:00Z")
    other["run"]["catalogue"]["id"] = "tcvn-14423-2026"
    keep(tmp_path, other)
    keep(tmp_path, only(at(city(), "2026-10-06T02:00:00Z"), "q1-web-1"))
    document = compose(tmp_path)
    assert document["period"]["left_out"] == ["20261005T020000Z"]
    assert asset_of(document, "dc-log-1")["judged_on"] is None


def judged_again(document: Document, standard: str) -> Document:
    """The same measurement, judged by another standard a minute later."""
    again = copy.deepcopy(document)
    run = again["run"]
    mark = {"id": run["id"], "manifest_sha256": "0" * 64, "on": "2026-11-05T02:00:00.000Z"}
    run.update(cast(Any, {"id": run["id"].replace("T0200", "T0201"), "judged_again": mark}))
    run["catalogue"] = {**run["catalogue"], "id": standard}
    return again


def test_a_month_can_be_judged_by_either_standard(tmp_path: Path) -> None:
    first, second = at(city(), "2026-10-05T02:00:00Z"), at(city(), "2026-10-06T02:00:00Z")
    again = judged_again(first, "tcvn-14423-2026")
    set_status(again, "q1-web-1", "fail", ROOT_LOGIN)
    for one in (first, again, second):
        keep(tmp_path, one)
    usual = compose(tmp_path)
    assert finding_of(usual, "q1-web-1", ROOT_LOGIN)["status"] == "pass"
    assert [one["id"] for one in usual["period"]["runs"]] == [first["run"]["id"], second["run"]["id"]]
    other = months.compose(all_runs(tmp_path), OCTOBER, "lab", "tcvn-14423-2026")
    assert finding_of(other, "q1-web-1", ROOT_LOGIN)["status"] == "fail"
    assert other["run"]["catalogue"]["id"] == "tcvn-14423-2026"
    assert "judged_again" not in other["run"]
    (source,) = other["period"]["runs"]
    assert (source["id"], source["judged_again"]) == (again["run"]["id"], first["run"]["id"])
    assert other["period"]["left_out"] == [second["run"]["id"]]
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(documents.plain(other))
    assert months.problems(usual, tmp_path) == []
    assert months.problems(other, tmp_path) == []
    with pytest.raises(BadInput, match=r"that was judged by x \(but by tcvn-11930-2017, tcvn-14423-2026\)"):
        months.compose(all_runs(tmp_path), OCTOBER, "lab", "x")


def test_a_city_that_changed_its_standard_fills_in_what_was_judged_again_by_it(tmp_path: Path) -> None:
    first = at(city(), "2026-10-05T02:00:00Z")
    last = only(at(city(), "2026-10-20T02:00:00Z"), "q1-web-1")
    last["run"]["catalogue"] = {**last["run"]["catalogue"], "id": "tcvn-14423-2026"}
    for one in (first, judged_again(first, "tcvn-14423-2026"), last):
        keep(tmp_path, one)
    document = compose(tmp_path)
    assert document["period"]["left_out"] == []
    assert asset_of(document, "dc-log-1")["judged_on"] == "2026-10-05"
    assert months.problems(document, tmp_path) == []


def test_waivers_are_those_of_the_latest_run_on_its_day(tmp_path: Path) -> None:
    first = at(city(), "2026-10-05T02:00:00Z")
    set_status(first, "q1-web-1", "fail", ROOT_LOGIN)
    second = only(at(city(), "2026-10-20T02:00:00Z"), "dc-log-1")
    named = {name: value for name, value in documents.mark(valid=True).items() if name != "valid"}
    second["waivers"] = [cast(Any, {**named, "check": "ssh", "asset": None, "site": "760", "system": None})]
    for one in (first, second):
        keep(tmp_path, one)
    waiver = finding_of(compose(tmp_path), "q1-web-1", ROOT_LOGIN)["waiver"]
    assert waiver == documents.mark(valid=True)


@pytest.mark.parametrize("text", ["2026-13", "2026", "10-2026", "2026-1", "20261", "2026-10-01", "2026W40", ""])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a month"):
        Month.of(text)


def test_a_month_without_a_run_is_said(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with pytest.raises(BadInput, match="no complete run was made in 2026-10"):
        compose(tmp_path)


def test_a_run_that_was_changed_is_no_ground_for_a_number(tmp_path: Path) -> None:
    run = keep(tmp_path, at(city(), "2026-10-05T02:00:00Z"))
    path = run / "results.json"
    path.write_text(path.read_text().replace('"pass"', '"fail"', 1))
    with pytest.raises(Changed, match="20261005T020000Z"):
        compose(tmp_path)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    first, second = at(city(), "2026-10-05T02:00:00Z"), at(city(), "2026-10-12T02:00:00Z")
    set_status(first, "q1-web-1", "fail", ROOT_LOGIN)
    set_status(second, "q1-web-1", "unknown")
    for one in (first, second):
        keep(tmp_path, one)
    return tmp_path


def test_a_month_follows_from_its_runs(two: Path) -> None:
    assert months.problems(compose(two), two) == []
    assert months.problems(narrowed(compose(two), "760"), two) == []


def test_a_later_run_does_not_make_an_earlier_report_wrong(two: Path) -> None:
    document = compose(two)
    keep(two, at(city(), "2026-10-28T02:00:00Z"))
    assert months.problems(document, two) == []


def test_every_change_to_a_month_is_found(two: Path) -> None:
    for change in (_raise_number, _mend_finding, _forget_age, _forget_run):
        document = copy.deepcopy(compose(two))
        change(document)
        assert months.problems(document, two), change.__name__


def _raise_number(document: Document) -> None:
    document["scores"]["plans_implemented"]["met"] += 1


def _mend_finding(document: Document) -> None:
    finding_of(document, "q1-web-1", ROOT_LOGIN)["status"] = "pass"
    document["scores"] = score.scores(document)


def _forget_age(document: Document) -> None:
    asset_of(document, "q1-web-1")["judged_on"] = "2026-10-12"


def _forget_run(document: Document) -> None:
    del document["period"]["runs"][0]


def test_a_changed_or_missing_run_is_found_from_its_month(two: Path) -> None:
    document = compose(two)
    path = two / "runs/20261012T020000Z/journal.jsonl"
    path.write_bytes(path.read_bytes()[:-2])
    assert months.problems(document, two)
    (two / "runs/20261005T020000Z").rename(two / "elsewhere")
    assert any("is not in this workspace" in line for line in months.problems(document, two))


def percents(scores: Scores) -> dict[tuple[str, str], float]:
    names = ("percent", "percent_with_waivers", "percent_without_attestations")
    by_name = cast(dict[str, Score], scores)
    return {(name, key): by_name[name][key] for name in by_name for key in names}  # type: ignore[literal-required]


PAIRS = [(f["asset"], f["check"]) for f in city()["findings"]]
Changes = dict[tuple[str, str], str]
changed = st.dictionaries(st.sampled_from(PAIRS), st.sampled_from(["fail", "not_applicable", "unknown"]), max_size=6)


def drawn(changes: Changes, ended: str) -> Document:
    document = at(city(), ended)
    for (asset, check), status in changes.items():
        set_status(document, asset, status, check)
    return document


def _several(all_changes: Sequence[Changes]) -> Iterator[Document]:
    for day, changes in enumerate(all_changes, 3):
        yield drawn(changes, f"2026-10-{day:02}T02:00:00Z")


@settings(max_examples=40, deadline=None)
@given(runs=st.lists(changed, min_size=1, max_size=3), asset=st.sampled_from(SMALL), day=st.integers(1, 28))
def test_an_unreachable_result_never_raises_a_headline(runs: list[Changes], asset: str, day: int) -> None:
    """Wherever in the month the vain attempt falls."""
    with TemporaryDirectory() as folder:
        workspace = Path(folder)
        for document in _several(runs):
            keep(workspace, document)
        before = percents(compose(workspace)["scores"])
        vain = only(drawn({}, f"2026-10-{day:02}T09:00:00Z"), asset)
        set_status(vain, asset, "unknown")
        keep(workspace, vain)
        after = compose(workspace)
        assert all(percents(after["scores"])[key] <= value for key, value in before.items())
        assert after["scores"] == score.scores(after)


@settings(max_examples=25, deadline=None)
@given(runs=st.lists(changed, min_size=1, max_size=4), data=st.data())
def test_the_order_of_the_runs_never_matters(runs: list[Changes], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        for document in _several(runs):
            keep(Path(folder), document)
        sealed = all_runs(Path(folder))
        shuffled = data.draw(st.permutations(sealed))
        assert months.compose(shuffled, OCTOBER, "lab") == months.compose(sealed, OCTOBER, "lab")


@settings(max_examples=25, deadline=None)
@given(runs=st.lists(changed, min_size=1, max_size=3))
def test_every_pair_has_exactly_one_finding(runs: list[Changes]) -> None:
    with TemporaryDirectory() as folder:
        for document in _several(runs):
            keep(Path(folder), document)
        assert [(f["asset"], f["check"]) for f in compose(Path(folder))["findings"]] == sorted(PAIRS)
