"""Reports from a document, in the formats that are asked for. Nothing here touches the network."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.annual import NOTHING, Annual
from inventory.faults import BadInput
from reports import formats
from reports.document import Document
from reports.formats import Report
from reports.narrowing import has, narrowed
from reports.trend import Trend
from reports.words import Words
from runner.files import CannotKeep

if TYPE_CHECKING:
    from reports.pdf.signing import Seal


def known() -> tuple[str, ...]:
    """The formats that there are: the modules of `reports.formats`."""
    return tuple(sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(formats.__path__)))


def make(
    document: Document,
    previous: Document | None,
    out: Path,
    chosen: Sequence[str],
    words: Words,
    scope: str | None = None,
    trend: Trend | None = None,
    folders: Sequence[Path] = (),
    declared: Annual = NOTHING,
    seal: Seal | None = None,
) -> list[Path]:
    """Write the `chosen` formats into `out` and return the files, those to open first in front.

    `trend` is what the history knows, the reported document its last point. `folders` are the runs whose evidence
    stands behind the document, `declared` what offices declare for the annual report; `seal` signs PDFs. With `scope`,
    everything speaks only for that site and what is below it. Raises `BadInput` for an unknown format or site, before
    anything is written, or where nothing can be signed, and `CannotKeep`.
    """
    unknown = [name for name in chosen if name not in known()]
    if unknown:
        raise BadInput(f"unknown format '{unknown[0]}'. Choose from: {', '.join(known())}.")
    if scope is not None:
        document = narrowed(document, scope)
        previous = narrowed(previous, scope) if previous and has(previous, scope) else None
        trend = trend and trend.narrowed(scope)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotKeep(out, error) from error
    report = Report(document, previous, words, trend, tuple(folders), declared, seal)
    return [path for name in dict.fromkeys(chosen) for path in _render(name, report, out)]


def _render(name: str, report: Report, out: Path) -> list[Path]:
    paths: list[Path] = importlib.import_module(f"reports.formats.{name.replace('-', '_')}").render(report, out)
    return paths
