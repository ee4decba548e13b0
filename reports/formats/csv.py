"""Every finding as a row, for a spreadsheet. A cell that one would compute is kept from it by an apostrophe."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from reports.document import Finding
from reports.formats import Report
from reports.index import Index, base
from runner.files import replace

COLUMNS = (
    "unit", "site", "asset", "check", "title", "severity", "requirements", "status", "cause", "expected", "actual",
    "waiver", "waiver_valid", "evidence",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def render(report: Report, out: Path) -> list[Path]:
    """`findings-vi.csv`, with the mark by which spreadsheets know UTF-8."""
    path = out / f"findings-{report.words.lang}.csv"
    text = io.StringIO(newline="")
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    table.writerow(COLUMNS)
    table.writerows(_rows(report))
    replace(path, text.getvalue().encode("utf-8-sig", errors="backslashreplace"))
    return [path]


def _rows(report: Report) -> Iterator[list[str]]:
    index = Index(report.document)
    for finding in index.findings:
        yield [guarded(cell) for cell in _row(index, report, finding)]


def _row(index: Index, report: Report, finding: Finding) -> tuple[str, ...]:
    words, waiver = report.words, finding["waiver"]
    site = index.assets[finding["asset"]]["site"]
    card = report.document["checks"][base(finding["check"])]
    return (
        words.name(index.sites[index.unit(site)]),
        words.name(index.sites[site]),
        finding["asset"],
        finding["check"],
        words.of(card["title"]),
        card["severity"],
        " ".join(finding["requirements"]),
        finding["status"],
        finding["cause"] or "",
        finding["expected"],
        finding["actual"],
        waiver["id"] if waiver else "",
        str(waiver["valid"]).lower() if waiver else "",
        " ".join(finding["evidence"]),
    )


def guarded(cell: str) -> str:
    """The cell, so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell
