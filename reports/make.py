"""Reports from a document, in the formats that are asked for. Nothing here touches the network."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path

from inventory.faults import BadInput
from reports import formats, results, score
from reports.document import Document
from reports.formats import Report
from reports.words import Words
from runner import runs
from runner.files import CannotKeep


def known() -> tuple[str, ...]:
    """The formats that there are: the modules of `reports.formats`."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(formats.__path__)))


def make(
    document: Document,
    previous: Document | None,
    out: Path,
    chosen: Sequence[str],
    words: Words,
    scope: str | None = None,
) -> list[Path]:
    """Write the `chosen` formats into `out` and return the files, those to open first in front.

    With `scope`, everything speaks only for that site and what is below it. Raises `BadInput` for an unknown format or
    site, before anything is written, and `CannotKeep`.
    """
    unknown = [name for name in chosen if name not in known()]
    if unknown:
        raise BadInput(f"unknown format '{unknown[0]}'. Choose from: {', '.join(known())}.")
    if scope is not None:
        document = narrowed(document, scope)
        previous = narrowed(previous, scope) if previous and _has(previous, scope) else None
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotKeep(out, error) from error
    report = Report(document, previous, words)
    return [path for name in dict.fromkeys(chosen) for path in _render(name, report, out)]


def narrowed(document: Document, scope: str) -> Document:
    """The document as it speaks for one site and all below it, its scores computed anew. Raises `BadInput`."""
    inside = _has(document, scope) and document["run"]["scope"] in _upwards(document, scope)
    if not inside:
        raise BadInput(f"site '{scope}' is not within the scope of run '{document['run']['id']}'.")
    smaller: Document = {**document, "run": {**document["run"], "scope": scope}}
    smaller["scores"] = score.scores(smaller)
    return smaller


def previous(folder: Path, run: Path) -> Document | None:
    """The latest complete run in `folder` before `run` that looked at the same: same scope, selection and mode."""
    wanted = _alike(results.read(run))
    earlier = runs.ids(folder.parent)
    for id_ in reversed(earlier[: earlier.index(run.name)]):
        if (folder / id_ / results.NAME).exists():
            document = results.read(folder / id_)
            if document["run"]["complete"] and _alike(document) == wanted:
                return document
    return None


def _alike(document: Document) -> tuple[object, ...]:
    run = document["run"]
    return run["scope"], run["selection"], run["mode"]


def _render(name: str, report: Report, out: Path) -> list[Path]:
    paths: list[Path] = importlib.import_module(f"reports.formats.{name}").render(report, out)
    return paths


def _has(document: Document, site: str) -> bool:
    return any(one["id"] == site for one in document["sites"])


def _upwards(document: Document, site: str) -> list[str]:
    parents = {one["id"]: one["parent"] for one in document["sites"]}
    found: list[str] = []
    here: str | None = site
    while here is not None:
        found.append(here)
        here = parents[here]
    return found
