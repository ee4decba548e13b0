"""The fix lists to hand out, one for each district or department."""

from __future__ import annotations

from pathlib import Path

from reports import fixpages
from reports.fixview import views
from reports.formats import Report
from runner.files import replace


def render(report: Report, out: Path) -> list[Path]:
    """`fix-lists-vi/index.html`, and for each unit a page beside it."""
    folder = out / f"fix-lists-{report.words.lang}"
    folder.mkdir(exist_ok=True)
    written = []
    for name, page in fixpages.pages(report, views(report)).items():
        replace(folder / name, page.encode())
        written.append(folder / name)
    return written
