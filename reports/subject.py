"""What a report is of: a run or a month, the one before it to compare with, and the time before as a trend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from reports import month as months
from reports import results
from reports.document import Document, day_of
from reports.history import History, asking, composed
from reports.index import Index
from reports.month import Month, Year
from reports.sealed import Sealed, alike, line
from reports.trend import Mark, Pair, Point, Trend, mark, points

POINTS = 12


@dataclass(frozen=True)
class Subject:
    """One document with what is told beside it."""

    document: Document
    previous: Document | None
    trend: Trend | None


def of_run(runs: Sequence[Sealed], folder: Path, history: History | None) -> Subject:
    """The run in `folder`, after those of `runs` that looked at the same: same scope, selection and mode.

    Raises `BadInput` where it has no results, `Changed` where the one before is not as it was sealed, `Unavailable`.
    """
    document = results.read(folder)
    told = document["run"]
    before = [one for one in runs if one.alike == alike(told) and one.id != folder.name and one.ended <= told["ended"]]
    previous = before[-1].document() if before else None
    if history is None:
        return Subject(document, previous, None)
    return Subject(document, previous, _trend(history, history.ask(asking.line(told, POINTS - 1)), document))


def of_month(
    runs: Sequence[Sealed], name: str, mode: str, history: History | None, standard: str | None = None
) -> Subject:
    """The month `name` (`2026-10`) of the city in `mode`, after the months before it.

    It is judged by `standard`, or where that is None by that of the month's latest run.

    Raises `BadInput` where there was no run, `Changed` where one is not as it was sealed, `Unavailable`.
    """
    month = Month.of(name)
    document = months.compose(runs, month, mode, standard)
    previous = _composed(runs, month.before, mode, standard)
    if history is None:
        return Subject(document, previous, None)
    return Subject(document, previous, _trend(history, before_month(runs, month, mode, history, standard), document))


def of_year(runs: Sequence[Sealed], name: str, mode: str) -> Subject:
    """The year of reporting `name` (`2026`: from 15 December 2025 to 14 December 2026) of the city in `mode`.

    Raises `BadInput` where there was no run, and `Changed` where one is not as it was sealed.
    """
    return Subject(months.compose(runs, Year.of(name), mode), None, None)


def _composed(runs: Sequence[Sealed], month: Month, mode: str, standard: str | None) -> Document | None:
    """The month's document; None where no run was made in it."""
    return months.compose(runs, month, mode, standard) if months.runs_of(runs, month, mode, standard) else None


def before_month(
    runs: Sequence[Sealed], month: Month, mode: str, history: History, standard: str | None = None
) -> list[Mark]:
    """The months before that had a run, of the twelve up to this one, the earliest first."""
    keys = {
        months.key(runs, one, mode, standard): one
        for one in reversed([*islice(_backwards(month.before), POINTS - 1)])
        if months.runs_of(runs, one, mode, standard)
    }
    known = history.ask(composed.known(keys))
    new = {key: mark(months.compose(runs, one, mode, standard)) for key, one in keys.items() if key not in known}
    history.keep_months(mode, new)
    return [{**known, **new}[key] for key in keys]


def months_up_to(runs: Sequence[Sealed], mode: str, history: History) -> tuple[Point, ...]:
    """The line of the months up to that of the latest run; nothing where there is no run of this mode."""
    latest = line(runs, mode)[-1:]
    if not latest:
        return ()
    month = Month.of(day_of(latest[0].ended).isoformat()[:7])
    return points(before_month(runs, Month(month.last + timedelta(days=1)), mode, history))


def below(runs: Sequence[Sealed], mode: str, site: str) -> tuple[str, ...]:
    """The site and all below it, by the tree of the latest run; nothing where it is not in it."""
    latest = line(runs, mode)[-1:]
    index = Index(latest[0].document()) if latest else None
    return tuple(index.within(site)) if index and site in index.sites else ()


def _backwards(month: Month) -> Iterator[Month]:
    while True:
        yield month
        month = month.before


def _trend(history: History, before: Sequence[Mark], document: Document) -> Trend:
    failing, unreached = history.ask(asking.since(document["run"]))
    today = day_of(document["run"]["ended"])
    return Trend(
        points=points([*before, mark(document)]),
        failing_since={pair: failing.get(pair, today) for pair in _failing(document)},
        unreached_since=dict(_unreached(document, unreached, today)),
    )


def _failing(document: Document) -> Iterator[Pair]:
    return ((one["asset"], one["check"]) for one in document["findings"] if one["status"] == "fail")


def _unreached(document: Document, since: Mapping[str, date], today: date) -> Iterator[tuple[str, date]]:
    """Of what nobody tried to reach it is not known since when."""
    for asset in document["assets"]:
        if asset["state"] == "unreached" and (asset["id"] in since or asset["cause"] != "not_run"):
            yield asset["id"], since.get(asset["id"], today)
