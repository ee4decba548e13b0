"""The leadership report, signed where the city has a key for it."""

from __future__ import annotations

from pathlib import Path

from reports.formats import Report
from reports.pdf import leadership
from runner.files import replace


def render(report: Report, out: Path) -> list[Path]:
    """`leadership-vi.pdf`."""
    path = out / f"leadership-{report.words.lang}.pdf"
    drawn = leadership.draw(report.document, report.previous, report.words, report.trend)
    agency = report.document["city"]["agency"]["name"]
    replace(path, report.seal.sign(drawn, agency, report.words) if report.seal else drawn.content)
    return [path]
