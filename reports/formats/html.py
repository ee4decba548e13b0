"""The web site of a run, to be opened from its folder."""

from __future__ import annotations

from pathlib import Path

from reports.formats import Report
from reports.site import folder
from reports.site.pages import pages


def render(report: Report, out: Path) -> list[Path]:
    """`site-vi/index.html`; what it leads to lies below the same folder."""
    site = out / f"site-{report.words.lang}"
    folder.replace(site, pages(report))
    return [site / "index.html"]
