"""The annual report as an office asks for it: of the runs of its year, with what annual.yaml declares."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from inventory import workspace as workspaces
from tests.commands.program import called
from tests.reports.kept import at, city, keep


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A live city with a run at each end of the year of reporting 2026, and one after it."""
    folder = tmp_path / "city"
    workspaces.init(folder, "hcmc-2024")
    for moment in ("2025-12-15T02:00:00Z", "2026-12-14T02:00:00Z", "2026-12-16T02:00:00Z"):
        keep(folder, at(city(), moment, mode="live"))
    return folder


def sources(table: Path) -> list[str]:
    rows = CalamineWorkbook.from_path(str(table)).get_sheet_by_name("Sources").to_python()
    return [str(row[1]) for row in rows if row[0] == "Run"]


def test_the_year_is_told_of_its_own_runs(workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (workspace / "annual.yaml").write_text("systems:\n  - {id: tthc, operator: Phòng Hạ tầng}\n", encoding="utf-8")
    told = called("report", "--annual", "2026", "--lang", "en", "--json", at=workspace, capfd=capfd)
    letter, table = (Path(path) for path in json.loads(told.out))
    assert told.status == 0
    assert (letter, table.name) == (workspace / "reports/2026/form08-en.pdf", "form08-en.xlsx")
    runs = [source.split()[0] for source in sources(table)]
    assert runs
    assert set(runs) <= {"20251215T020000Z", "20261214T020000Z"}
    rows = CalamineWorkbook.from_path(str(table)).get_sheet_by_name("Form 08").to_python()
    assert "Phòng Hạ tầng" in {row[3] for row in rows}


def test_one_run_can_be_told_so_too(workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ("report", "20261216T020000Z", "--format", "form08", "--lang", "en", "--scope", "760")
    told = called(*words, at=workspace, capfd=capfd)
    assert told.status == 0
    assert sources(workspace / "reports/20261216T020000Z/form08-en.xlsx") == ["20261216T020000Z"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--annual", "26"), "'26' is not a year. Write four figures: 2026."),
        (("--annual", "2024"), "no complete run was made in 2024."),
        (("--annual", "2026", "--month", "2026-10"), "Leave all but one of them out."),
        (("--annual", "2026", "--format", "pdf"), "--annual is written as form08 alone. Leave --format out."),
    ],
)
def test_what_cannot_be_told_is_said(
    workspace: Path, capfd: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    told = called("report", *words, at=workspace, capfd=capfd)
    assert told.status == 2
    assert message in told.message


def test_a_faulty_declaration_is_said_by_the_check_and_by_the_report(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (workspace / "annual.yaml").write_text("systems:\n  - {id: tthc, operater: A}\n", encoding="utf-8")
    for words in (("report", "--annual", "2026"), ("inventory", "check")):
        told = called(*words, at=workspace, capfd=capfd)
        assert told.status == 2
        assert "annual.yaml:2" in told.message
        assert "operater" in told.message
