"""The audit workbook: one sheet a view, every number of the report with the rows that it counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reports.formats import Report
from reports.workbook import book, course, measured, promised
from reports.workbook.book import Sheet
from reports.workbook.told import Told
from runner.files import whole


def render(report: Report, out: Path) -> list[Path]:
    """`audit-vi.xlsx`."""
    path = out / f"audit-{report.words.lang}.xlsx"
    run = report.document["run"]
    with whole(path) as file:
        book.write(file, sheets(report), report.words("sheet.title", run=run["id"]), run["ended"])
    return [path]


def sheets(report: Report) -> Iterator[Sheet]:
    """Every view, the summary first; those of the time before only where there is one."""
    told = Told(report)
    for view in (measured.summary, measured.findings, measured.assets, measured.sites, promised.systems):
        yield view(told)
    yield promised.plans(told)
    yield measured.matrix(told)
    yield measured.unlisted(told)
    if "targets" in report.document:
        yield promised.targets(told)
    yield promised.waivers(told)
    yield promised.attestations(told)
    if report.previous is not None:
        yield course.changes(told, report.previous)
    if report.trend is not None:
        yield course.trend(told, report.trend)
    yield measured.checks(told)
