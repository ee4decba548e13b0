"""The fix lists, a page for each district or department."""

from __future__ import annotations

from pathlib import Path

from reports import html
from reports.formats import Report
from runner.files import replace


def render(report: Report, out: Path) -> list[Path]:
    """`fix-lists-vi/index.html`, and a page for each unit beside it."""
    folder = out / f"fix-lists-{report.words.lang}"
    folder.mkdir(exist_ok=True)
    written = []
    for name, page in html.pages(report.document, report.words).items():
        replace(folder / name, page.encode())
        written.append(folder / name)
    return written
