"""The history as a user asks it: from run to run, of one asset, check or site; and what it costs when it is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inventory import workspace as workspaces
from tests.commands.places import closed
from tests.commands.program import Told, called
from tests.reports.kept import at, city, keep, set_status

WEB, CHECK = "q1-web-1", "ssh.root_login_off"
RULER = {"id": "tcvn-11930-2017", "version": "2026.2", "sha256": "1" * 64}
FIRST, SECOND, THIRD, FOURTH = (f"2026{day}T020000Z" for day in ("0905", "1005", "1012", "1019"))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A live city: a failure put right and failing again, another ruler, a server that goes dark, a run of a part."""
    folder = tmp_path_factory.mktemp("history") / "city"
    workspaces.init(folder, "hcmc-2024")
    days = ("2026-09-05", "2026-10-05", "2026-10-12", "2026-10-19")
    first, second, third, fourth = (at(city(), f"{day}T02:00:00Z", mode="live") for day in days)
    third["run"]["catalogue"] = fourth["run"]["catalogue"] = RULER  # type: ignore[typeddict-item]
    for document in (first, third, fourth):
        set_status(document, WEB, "fail", CHECK)
    set_status(fourth, "dc-log-1", "unknown")
    part = at(city(), "2026-10-20T02:00:00Z", mode="live", scope="760")
    part["assets"] = [asset for asset in part["assets"] if not asset["id"].startswith("dc-")]
    part["findings"] = [finding for finding in part["findings"] if not finding["asset"].startswith("dc-")]
    set_status(part, WEB, "fail", CHECK)
    other = at(city(), "2026-10-21T02:00:00Z", mode="lab")
    for document in (first, second, third, fourth, part, other):
        keep(folder, document)
    return folder


@pytest.fixture
def ask(workspace: Path, capfd: pytest.CaptureFixture[str]) -> Any:
    def call(*words: str) -> Told:
        return called(*words, at=workspace, capfd=capfd)

    return call


def asked(ask: Any, *words: str) -> Any:
    told = ask("history", "--json", *words)
    assert told.status == 0, told.err
    return json.loads(told.out)


def test_runs_that_looked_at_other_things_stand_apart(ask: Any) -> None:
    lines = asked(ask)["lines"]
    assert [(line["mode"], line["scope"], [run["id"] for run in line["runs"]]) for line in lines] == [
        ("live", "79", [FIRST, SECOND, THIRD, FOURTH]),
        ("live", "760", ["20261020T020000Z"]),
        ("lab", "79", ["20261021T020000Z"]),
    ]
    moved = [[run[name] for name in ("failing", "reopened", "fixed", "unreached")] for run in lines[0]["runs"]]
    assert moved == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert [run["ruler_changed"] for run in lines[0]["runs"]] == [False, False, True, False]


def test_the_months_are_a_line_of_their_own(ask: Any) -> None:
    months = asked(ask)["months"]
    assert [(one["label"], one["ruler_changed"]) for one in months] == [("2026-09", False), ("2026-10", True)]
    assert months[0]["scores"]["infrastructure_reviewed"]["percent"] > 0


def test_it_is_said_in_lines(ask: Any) -> None:
    told = ask("history", "--lang", "en")
    lines = told.out.splitlines()
    assert "By month" in lines
    assert "Scope 79 · everything · live systems" in lines
    assert any(line.startswith(THIRD) and line.endswith("other ruler") for line in lines)
    assert "Failing now, the longest first (1):" in lines
    assert f"12/10/2026  {WEB}  {CHECK}  2      fail" in lines
    assert "Theo tháng" in ask("history").out.splitlines()


def test_one_asset_is_told_from_run_to_run(ask: Any) -> None:
    found = asked(ask, "--asset", "dc-log-1")
    assert [(one["state"], one["cause"], one["day"], one["until"], one["last_seen"]) for one in found["asset"]] == [
        ("reviewed", None, "2026-09-05", "2026-10-19", "2026-10-12"),
        ("unreached", "timeout", "2026-10-19", None, "2026-10-12"),
    ]
    assert (found["lines"], found["months"], found["failing"]) == ([], [], [])
    assert "12/10/2026" in ask("history", "--asset", "dc-log-1").out
    (failing,) = asked(ask, "--asset", WEB)["failing"]
    assert (failing["check"], failing["day"], failing["times"], failing["run"]) == (CHECK, "2026-10-12", 2, THIRD)


def test_one_check_is_counted_from_run_to_run(ask: Any) -> None:
    found = asked(ask, "--check", CHECK)
    assert [run["checks"][CHECK].get("fail", 0) for run in found["lines"][0]["runs"]] == [1, 0, 1, 1]
    assert [one["asset"] for one in found["failing"]] == [WEB]
    told = ask("history", "--check", CHECK, "--lang", "en").out.splitlines()
    assert any(line.split() == [FOURTH, "19/10/2026", "1", "1", "1"] for line in told), told


def test_one_site_has_the_runs_that_speak_for_it(ask: Any) -> None:
    found = asked(ask, "--site", "760")
    assert [len(line["runs"]) for line in found["lines"]] == [4, 1, 1]
    assert found["lines"][0]["runs"][0]["failing"] is None
    assert [one["asset"] for one in found["failing"]] == [WEB]
    assert asked(ask, "--site", "79")["failing"] == found["failing"]
    assert asked(ask, "--site", "26740")["failing"] == []


@pytest.mark.parametrize("words", [("--asset", "no-such"), ("--check", "no.such"), ("--site", "nowhere")])
def test_what_no_run_knows_of_is_said(ask: Any, words: tuple[str, str]) -> None:
    told = ask("history", *words)
    assert (told.status, told.message.strip()) == (2, f"no run knows of '{words[1]}'.")


def test_a_workspace_without_runs_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    workspaces.init(tmp_path / "city", "hcmc-2024")
    told = called("history", at=tmp_path / "city", capfd=capfd)
    assert (told.status, told.message.strip()) == (2, "there is no complete run in this workspace yet.")


def test_it_can_be_built_anew(ask: Any, workspace: Path) -> None:
    before = asked(ask)
    (workspace / "history.db").write_bytes(b"")
    assert asked(ask, "--rebuild") == before


def test_a_difference_tells_new_from_again_and_names_the_ruler(ask: Any) -> None:
    found = json.loads(ask("diff", SECOND, THIRD, "--json").out)
    assert found["reopened"] == [[WEB, CHECK]]
    assert (found["ruler"], found["inventory"], found["scope"]) == (True, False, False)
    lines = ask("diff", SECOND, THIRD, "--lang", "en").out.splitlines()
    assert "Failing again (1):" in lines
    assert "New failures (0):" not in lines
    assert any("do not compare directly" in line for line in lines)


def test_months_can_be_compared(ask: Any) -> None:
    found = json.loads(ask("diff", "2026-09", "2026-10", "--json").out)
    assert (found["earlier"], found["failing"], found["ruler"]) == ("2026-09", [], True)


def test_runs_that_looked_at_other_things_are_not_compared_as_if_alike(ask: Any) -> None:
    found = json.loads(ask("diff", THIRD, "20261020T020000Z", "--json").out)
    assert (found["scope"], found["scores"], found["unreached"]) == (True, {}, [])
    assert "scores are not compared" in ask("diff", THIRD, "20261020T020000Z", "--lang", "en").out


def test_modes_do_not_compare(ask: Any) -> None:
    told = ask("diff", THIRD, "20261021T020000Z")
    assert told.status == 2
    assert "they do not compare" in told.message


BROKEN = "history: {url: 'postgresql://rasoat@127.0.0.1:1/none'}\n"


def _unreachable(folder: Path) -> None:
    with (folder / "city.yaml").open("a", encoding="utf-8") as file:
        file.write(BROKEN)


def _in_the_way(folder: Path) -> None:
    (folder / "history.db").mkdir()


@pytest.mark.parametrize("harm", [_unreachable, _in_the_way])
def test_a_history_that_cannot_be_used_fails_no_audit_and_no_report(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], harm: Any
) -> None:
    folder = closed(tmp_path / "city")
    harm(folder)
    told = called("run", "--quiet", at=folder, capfd=capfd)
    assert told.status == 3
    assert told.err.startswith("The run is kept, but the history cannot be used (")
    assert called("verify", at=folder, capfd=capfd).status == 0
    told = called("report", "--format", "json", at=folder, capfd=capfd)
    assert told.status == 0
    assert "The report is made without it." in told.err
    told = called("history", at=folder, capfd=capfd)
    assert (told.status, told.out) == (2, "")
    assert "Nothing of any run is lost." in told.message


def test_a_run_is_taken_in_when_it_is_made(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = closed(tmp_path / "city")
    assert called("run", "--quiet", at=folder, capfd=capfd).err == ""
    assert (folder / "history.db").is_file()
    found = json.loads(called("history", "--json", at=folder, capfd=capfd).out)
    assert [len(line["runs"]) for line in found["lines"]] == [1]
    found = json.loads(called("history", "--asset", "closed-1", "--json", at=folder, capfd=capfd).out)
    assert [(one["state"], one["cause"], one["last_seen"]) for one in found["asset"]] == [
        ("unreached", "refused", None)
    ]


def test_a_damaged_history_is_said_and_mended(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = closed(tmp_path / "city")
    called("run", "--quiet", at=folder, capfd=capfd)
    (folder / "history.db").write_text("x" * 5000)
    told = called("history", "--quiet", at=folder, capfd=capfd)
    assert told.status == 0
    assert told.err.startswith("The history could not be read as it was (file is not a database): it was built anew")
