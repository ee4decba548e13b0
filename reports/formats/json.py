"""The document itself, for other programs (docs/schema/results-1.json)."""

from __future__ import annotations

import json
from pathlib import Path

from reports.formats import Report
from runner.files import replace


def render(report: Report, out: Path) -> list[Path]:
    """`results.json`, indented."""
    path = out / "results.json"
    text = json.dumps(report.document, indent=1, sort_keys=True, allow_nan=False)
    replace(path, text.encode() + b"\n")
    return [path]
