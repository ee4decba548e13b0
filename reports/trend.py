"""How the five scores went from report to report: what a chart draws and what a list says of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import cast

from reports.document import Document, Score, Scores, day_of

Pair = tuple[str, str]
"""An asset's id and a check's."""


@dataclass(frozen=True, slots=True)
class Point:
    """The scores as one month (`2026-10`) or one run had them, and what changed since the point before.

    Of each score only the numbers and each site's tally: `items` is empty. Where ruler or inventory changed, a line
    between the two points compares what is not alike, and says so.
    """

    label: str
    on: date
    scores: Scores
    ruler_changed: bool
    inventory_changed: bool

    def narrowed(self, site: str) -> Point:
        """As it speaks for one site and all below it; what it does not know of a site is nothing of nothing."""
        scores = cast(Mapping[str, Score], self.scores)
        return replace(self, scores=cast(Scores, {name: _at(score, site) for name, score in scores.items()}))


@dataclass(frozen=True, slots=True)
class Trend:
    """The points, oldest first, the reported one last; and since which day something has been so without a break.

    A failure lasts until it is seen to be good: a time in which it could not be measured is no break. An asset is
    unreached until something of it is judged.
    """

    points: tuple[Point, ...]
    failing_since: Mapping[Pair, date]
    unreached_since: Mapping[str, date]

    def narrowed(self, site: str) -> Trend:
        """As it speaks for one site and all below it. Whom the days are of, the document says."""
        return replace(self, points=tuple(point.narrowed(site) for point in self.points))


@dataclass(frozen=True, slots=True)
class Mark:
    """What makes a point: one month or run, and the digests of the rulers and inventories that it was made with.

    A run has one of each; a month one for each of its runs, in the order measured.
    """

    label: str
    on: date
    scores: Scores
    rulers: tuple[str, ...]
    inventories: tuple[str, ...]


def mark(document: Document) -> Mark:
    """The mark of a document, be it a run's or a month's."""
    run = document["run"]
    rulers, inventories = made_with(document)
    return Mark(run["id"], day_of(run["ended"]), slim(document["scores"]), rulers, inventories)


def made_with(document: Document) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The digests of the rulers and inventories that a document was made with: a month's, of each run in the month."""
    run, period = document["run"], document.get("period")
    sources = period["runs"] if period else []
    during = [one for one in sources if period and day_of(one["ended"]).isoformat() >= period["from"]]
    return (
        tuple(one["catalogue_sha256"] for one in during) or (run["catalogue"]["sha256"],),
        tuple(one["inventory_sha256"] for one in during) or (run["inventory_sha256"],),
    )


def points(marks: Sequence[Mark]) -> tuple[Point, ...]:
    """The line of `marks`, the earliest first; nothing has changed at the first of them."""
    return tuple(_point(earlier, later) for earlier, later in pairwise((None, *marks)) if later is not None)


def _point(earlier: Mark | None, later: Mark) -> Point:
    return Point(
        label=later.label,
        on=later.on,
        scores=later.scores,
        ruler_changed=earlier is not None and len({*earlier.rulers, *later.rulers}) > 1,
        inventory_changed=earlier is not None and len({*earlier.inventories, *later.inventories}) > 1,
    )


def slim(scores: Scores) -> Scores:
    """The scores without the lists behind them, which their documents keep."""
    return cast(Scores, {name: {**score, "items": []} for name, score in cast(Mapping[str, Score], scores).items()})


def _at(score: Score, site: str) -> Score:
    """What a score is at one site: waivers and attestations are not told by site, so both are as the floor."""
    tally = score["by_site"].get(site) or {"met": 0, "total": 0, "percent": 0.0, "coverage": 0.0}
    return {
        **tally,
        "target": score["target"],
        "by_site": {site: tally},
        "items": [],
        "met_with_waivers": tally["met"],
        "percent_with_waivers": tally["percent"],
        "met_without_attestations": tally["met"],
        "percent_without_attestations": tally["percent"],
    }
