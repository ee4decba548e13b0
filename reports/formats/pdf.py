"""The leadership report."""

from __future__ import annotations

from pathlib import Path

from reports.formats import Report
from reports.pdf import leadership
from runner.files import replace


def render(report: Report, out: Path) -> list[Path]:
    """`leadership-vi.pdf`."""
    path = out / f"leadership-{report.words.lang}.pdf"
    replace(path, leadership.render(report.document, report.previous, report.words, report.trend))
    return [path]
