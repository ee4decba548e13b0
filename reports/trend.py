"""How the five scores went from report to report: what a chart draws and what a list says of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from reports.document import Document, Score, Scores, day_of
from reports.judging import GOOD

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


def point(document: Document, before: Document | None) -> Point:
    """The point that a document is on a line, behind the one of `before`."""
    run, earlier = document["run"], before and before["run"]
    return Point(
        label=run["id"],
        on=day_of(run["ended"]),
        scores=slim(document["scores"]),
        ruler_changed=bool(earlier and earlier["catalogue"]["sha256"] != run["catalogue"]["sha256"]),
        inventory_changed=bool(earlier and earlier["inventory_sha256"] != run["inventory_sha256"]),
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


def since(documents: Iterable[Document]) -> tuple[Mapping[Pair, date], Mapping[str, date]]:
    """Since which day each pair fails and each asset is unreached, after these documents, the earliest first."""
    failing: dict[Pair, date] = {}
    unreached: dict[str, date] = {}
    for document in documents:
        day, tried = day_of(document["run"]["ended"]), set[str]()
        for finding in document["findings"]:
            pair = finding["asset"], finding["check"]
            tried.add(finding["asset"])
            if finding["status"] == "fail":
                failing.setdefault(pair, day)
            elif finding["status"] in GOOD:
                failing.pop(pair, None)
        for asset in document["assets"]:
            if asset["state"] != "unreached":
                unreached.pop(asset["id"], None)
            elif asset["id"] in tried or asset["cause"] != "not_run":
                unreached.setdefault(asset["id"], day)
    return failing, unreached
