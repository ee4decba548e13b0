"""The fix lists to hand out: for each district or department a page, a PDF and a spreadsheet, with only its assets."""

from __future__ import annotations

from pathlib import Path

from reports import fixpages, fixsheet
from reports.fixview import views
from reports.formats import Report
from reports.pdf import fixlist
from runner.files import replace


def render(report: Report, out: Path) -> list[Path]:
    """`fix-lists-vi/index.html`, which leads to the others."""
    folder = out / f"fix-lists-{report.words.lang}"
    folder.mkdir(exist_ok=True)
    listed = views(report)
    for name, page in fixpages.pages(report, listed).items():
        replace(folder / name, page.encode())
    for view in listed:
        replace(folder / view.file_as("pdf"), fixlist.render(view))
        replace(folder / view.file_as("xlsx"), fixsheet.render(view))
    return [folder / "index.html"]
