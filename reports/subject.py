"""What a report is of: a run or a month, the one before it to compare with, and the time before as a trend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from inventory.faults import BadInput
from reports import month as months
from reports import results
from reports.document import Document
from reports.month import Month
from reports.sealed import Sealed, alike, all_runs
from reports.trend import Trend, point, since

POINTS = 12


@dataclass(frozen=True)
class Subject:
    """One document with what is told beside it."""

    document: Document
    previous: Document | None
    trend: Trend


def of_run(workspace: Path, folder: Path) -> Subject:
    """The run in `folder`, after those that looked at the same: same scope, selection and mode.

    Raises `BadInput` where it has no results, and `Changed` where an earlier run is not as it was sealed.
    """
    document = results.read(folder)
    ended, wanted = document["run"]["ended"], alike(document["run"])
    earlier = [one for one in all_runs(workspace) if one.id != folder.name and one.ended <= ended]
    line = [*(one.document() for one in earlier if one.alike == wanted), document]
    return Subject(document, line[-2] if len(line) > 1 else None, _trend(line, earlier, document))


def of_month(workspace: Path, name: str, mode: str) -> Subject:
    """The month `name` (`2026-10`) of the city in `mode`, after the months before it.

    Raises `BadInput` where there was no run, and `Changed` where one is not as it was sealed.
    """
    runs, month = all_runs(workspace), Month.of(name)
    document = months.compose(runs, month, mode)
    line = [*reversed([*_before(runs, month, mode)]), document]
    previous = next((one for one in line if one["run"]["id"] == str(month.before)), None)
    return Subject(document, previous, _trend(line, runs, document))


def _before(runs: Sequence[Sealed], month: Month, mode: str) -> Iterator[Document]:
    """The documents of the months before, the latest first; a month without a run has none."""
    for _ in range(POINTS - 1):
        month = month.before
        try:
            yield months.compose(runs, month, mode)
        except BadInput:
            continue


def _trend(line: Sequence[Document], runs: Sequence[Sealed], document: Document) -> Trend:
    told = document["run"]
    measured = [
        one.document()
        for one in runs
        if one.mode == told["mode"]
        and one.standard == told["catalogue"]["id"]
        and not one.is_judged_again
        and one.ended <= told["ended"]
        and one.id != told["id"]
    ]
    failing, unreached = since([*measured, *([] if "period" in document else [document])])
    points = [point(line[0], None), *(point(later, earlier) for earlier, later in pairwise(line))]
    return Trend(tuple(points[-POINTS:]), failing, unreached)
