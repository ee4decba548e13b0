"""A month is reported, verified and refused as a user does it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inventory import workspace as workspaces
from tests.commands.program import called
from tests.reports.kept import at, city, keep, set_status


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A live city with two runs in October 2026."""
    folder = tmp_path / "city"
    workspaces.init(folder, "hcmc-2024")
    first, second = (at(city(), f"2026-10-{day}T02:00:00Z", mode="live") for day in ("05", "12"))
    set_status(second, "q1-web-1", "unknown")
    for one in (first, second):
        keep(folder, one)
    return folder


def test_a_month_is_written_and_verified(workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told = called("report", "--month", "2026-10", "--json", at=workspace, capfd=capfd)
    written = [Path(path) for path in json.loads(told.out)]
    assert told.status == 0
    assert {path.parent for path in written if path.suffix != ".html"} == {workspace / "reports/2026-10"}
    document = workspace / "reports/2026-10/results.json"
    assert json.loads(document.read_text())["period"]["month"] == "2026-10"
    verified = called("verify", str(document), at=workspace, capfd=capfd)
    assert (verified.status, verified.out) == (0, "2026-10: OK\n")
    document.write_text(document.read_text().replace('"judged_on": "2026-10-05"', '"judged_on": "2026-10-12"', 1))
    assert called("verify", str(document), at=workspace, capfd=capfd).status == 5


def test_what_a_month_is_verified_by_is_kept_whatever_is_asked_for(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    written = called("report", "--month", "2026-10", "--format", "csv", at=workspace, capfd=capfd).out.split()
    assert [Path(path).name for path in written] == ["findings-vi.csv", "results.json"]
    assert called("verify", written[1], at=workspace, capfd=capfd).status == 0


def test_a_month_of_one_district_is_verified_too(workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ("report", "--month", "2026-10", "--scope", "760", "--format", "json")
    written = called(*words, at=workspace, capfd=capfd).out.strip()
    assert called("verify", written, at=workspace, capfd=capfd).status == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--month", "2026-13"), "'2026-13' is not a month. Write year and month: 2026-10."),
        (
            ("20261005T020000Z", "--month", "2026-10"),
            "a report is of a RUN, a --month or --annual. Leave all but one of them out.",
        ),
        (("--month", "2026-11"), "no complete run was made in 2026-11."),
        (
            ("--month", "2026-10", "--standard", "tcvn-14423-2026"),
            "no complete run was made in 2026-10 that was judged by tcvn-14423-2026 (but by tcvn-11930-2017).",
        ),
        (
            ("--standard", "tcvn-11930-2017"),
            "a run is reported by the standard that judged it. Leave --standard out, or name a --month.",
        ),
    ],
)
def test_what_cannot_be_told_is_said(
    workspace: Path, capfd: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    told = called("report", *words, at=workspace, capfd=capfd)
    assert (told.status, told.message.strip()) == (2, message)


def test_a_changed_run_ends_the_report(workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    results = workspace / "runs/20261012T020000Z/results.json"
    results.write_text(results.read_text().replace("timeout", "refused", 1))
    told = called("report", "--month", "2026-10", at=workspace, capfd=capfd)
    assert told.status == 5
    assert "20261012T020000Z" in told.message
