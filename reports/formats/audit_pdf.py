"""The full audit, for the security officer."""

from __future__ import annotations

from pathlib import Path

from reports.formats import Report
from reports.pdf import audit
from runner.files import replace


def render(report: Report, out: Path) -> list[Path]:
    """`audit-vi.pdf`."""
    path = out / f"audit-{report.words.lang}.pdf"
    replace(path, audit.render(report))
    return [path]
