"""How each place stands by its lowest share of the infrastructure scores: units in their order, the map of the city."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from reports.document import Asset, Score, Site, Tally
from reports.index import Index
from reports.score import percent

INFRASTRUCTURE = ("infrastructure_reviewed", "infrastructure_upgraded", "infrastructure_interconnected")
HALF, MOST, ALL = 50, 75, 100
Class = Literal["all", "most", "half", "some", "none", "unmeasured"]


@dataclass(frozen=True, slots=True)
class Place:
    """A site by the lowest of its shares. `known` is False where nothing there could be judged."""

    site: str
    percent: float
    known: bool

    @property
    def class_(self) -> Class:
        """`all` is 100 %, `most` 75 and more, `half` 50 and more, `some` above 0."""
        if not self.known:
            return "unmeasured"
        steps: tuple[tuple[Class, bool], ...] = (
            ("all", self.percent >= ALL),
            ("most", self.percent >= MOST),
            ("half", self.percent >= HALF),
            ("some", self.percent > 0),
        )
        return next((name for name, holds in steps if holds), "none")


@dataclass(frozen=True, slots=True)
class Standing:
    """One district or department: its shares of the infrastructure scores (None where it counts nothing)."""

    unit: str
    shares: tuple[Tally | None, ...]
    assets: int
    unreached: int
    failures: int
    worst: Place | None

    @property
    def lowest(self) -> float:
        return min((share["percent"] for share in self.shares if share), default=0.0)


@dataclass(frozen=True, slots=True)
class Block:
    """One part of the map: a unit with what is below it. `own` is the unit's own place among the tiles.

    `kind` is the kind of sites that stand directly below the city without anything below them; None for a unit.
    """

    unit: str | None
    kind: str | None
    whole: Place | None
    tiles: tuple[Place, ...]


def standings(index: Index) -> tuple[Standing, ...]:
    """Every unit, the best first: by its lowest share, then by all of them. What stands at the city itself is last."""
    by_unit: dict[str, list[Asset]] = defaultdict(list)
    for asset in index.assets.values():
        by_unit[index.unit(asset["site"])].append(asset)
    failed: Counter[str] = Counter()
    for finding in index.findings:
        if finding["status"] == "fail":
            failed[index.unit(index.assets[finding["asset"]]["site"])] += 1
    found = [_standing(index, unit, by_unit[unit], failed[unit]) for unit in index.units()]
    return tuple(sorted(found, key=lambda one: _best_first(index, one)))


def _best_first(index: Index, one: Standing) -> tuple[object, ...]:
    total = sum(share["percent"] for share in one.shares if share)
    return (one.unit == index.city["id"], -one.lowest, -total, one.failures, one.unit)


def _standing(index: Index, unit: str, assets: Sequence[Asset], failures: int) -> Standing:
    own = unit == index.city["id"]
    shares = tuple(alone(score, unit) if own else score["by_site"].get(unit) for score in _scores(index).values())
    unreached = sum(asset["state"] == "unreached" for asset in assets)
    below = () if own else tuple(site for site in index.within(unit) if site != unit)
    worst = min((place(index, site) for site in below), key=_worst_first, default=None)
    return Standing(unit, shares, len(assets), unreached, failures, worst)


def _worst_first(one: Place) -> tuple[object, ...]:
    return one.percent, one.known, one.site


def _scores(index: Index) -> Mapping[str, Score]:
    scores = cast(Mapping[str, Score], index.document["scores"])
    return {name: scores[name] for name in INFRASTRUCTURE}


def alone(score: Score, site: str) -> Tally | None:
    """The share of what stands at the site itself, without what is below it; None where it counts nothing."""
    own = [item for item in score["items"] if item["site"] == site]
    met, judged = sum(item["met"] for item in own), sum(item["judged"] for item in own)
    total = len(own)
    return (
        {"met": met, "total": total, "percent": percent(met, total), "coverage": percent(judged, total)}
        if own
        else None
    )


def place(index: Index, site: str) -> Place:
    """A site with all below it."""
    return _placed(site, [score["by_site"].get(site) for score in _scores(index).values()])


def _placed(site: str, shares: Sequence[Tally | None]) -> Place:
    there = [share for share in shares if share]
    lowest = min((share["percent"] for share in there), default=0.0)
    return Place(site, lowest, any(share["coverage"] > 0 for share in there))


def blocks(index: Index) -> Iterator[Block]:
    """The map: first what stands directly at the top, by its kind, then each unit with what is below it."""
    top = index.document["run"]["scope"]
    below = [index.sites[site] for site in index.scope if index.sites[site]["parent"] == top]
    parents = {index.sites[site]["parent"] for site in index.scope}
    single: dict[str, list[Site]] = defaultdict(list)
    for site in below:
        if site["id"] not in parents:
            single[site["kind"]].append(site)
    own = _alone(index, top)
    if own is not None:
        yield Block(top, None, place(index, top), (own,))
    for kind, sites in single.items():
        yield Block(None, kind, None, tuple(place(index, site["id"]) for site in sites))
    for site in below:
        if site["id"] in parents:
            yield _block(index, site["id"])


def _block(index: Index, unit: str) -> Block:
    own = _alone(index, unit)
    wards = tuple(place(index, site) for site in index.within(unit) if site != unit)
    return Block(unit, None, place(index, unit), (*((own,) if own else ()), *wards))


def _alone(index: Index, site: str) -> Place | None:
    shares = [alone(score, site) for score in _scores(index).values()]
    return _placed(site, shares) if any(shares) else None
