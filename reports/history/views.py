"""What the verb `history` shows: lines of runs, and what one asset, check or site was from run to run."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from reports.history.tables import assets, findings, runs, tracks

Shares = Mapping[str, Mapping[str, float]]
COUNTS = ("assets", "unreached", "failing", "reopened", "fixed")
NUMBERS = ("met", "total", "percent", "coverage")


@dataclass(frozen=True)
class Ran:
    """One run. `scores` and `checks` are those asked for: of the whole scope or one site; of every check or one.

    The counts are of the whole run; None where one site was asked for.
    """

    id: str
    day: str
    standard: str
    judged_again: str | None
    scores: Shares
    checks: Mapping[str, Mapping[str, int]]
    assets: int | None
    unreached: int | None
    failing: int | None
    reopened: int | None
    fixed: int | None
    ruler_changed: bool
    inventory_changed: bool


@dataclass(frozen=True)
class Line:
    """Runs that looked at the same, and compare with one another but where ruler or inventory changed."""

    mode: str
    scope: str
    selection: Mapping[str, Any]
    judged_again: bool
    runs: tuple[Ran, ...]


@dataclass(frozen=True)
class Spell:
    """An asset's state, from one run to the next that found it otherwise."""

    standard: str
    state: str
    cause: str | None
    site: str
    day: str
    run: str
    until: str | None
    last_seen: str | None


@dataclass(frozen=True)
class Failing:
    """A failure that was not seen to be good since. `status` is what it is now: unknown where it cannot be measured."""

    standard: str
    asset: str
    check: str
    status: str
    day: str
    run: str
    times: int


def lines(connection: Connection, site: str | None = None, check: str | None = None) -> list[Line]:
    """All runs, in the order measured, apart by what they looked at; of one site, those that speak for it."""
    groups: dict[tuple[str, str, str, bool], list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(select(runs).order_by(runs.c.ended, runs.c.id)):
        groups[row.mode, row.scope, row.selection, row.judged_again is not None].append(row)
    found = []
    for (mode, scope, selection, again), rows in groups.items():
        ran = [_ran(row, before, site, check) for before, row in zip([None, *rows], rows, strict=False)]
        kept = tuple(one for one in ran if (one.scores or not site) and (one.checks or not check))
        found += [Line(mode, scope, json.loads(selection), again, kept)] if kept else []
    return found


def _ran(row: Row[Any], before: Row[Any] | None, site: str | None, check: str | None) -> Ran:
    checks: Mapping[str, Mapping[str, int]] = json.loads(row.checks)
    return Ran(
        id=row.id,
        day=row.day,
        standard=row.standard,
        judged_again=row.judged_again,
        scores=_shares(json.loads(row.scores), site),
        checks={id_: counts for id_, counts in checks.items() if check in {None, id_}},
        **{name: getattr(row, name) if site is None else None for name in COUNTS},
        ruler_changed=before is not None and before.catalogue_sha256 != row.catalogue_sha256,
        inventory_changed=before is not None and before.inventory_sha256 != row.inventory_sha256,
    )


def _shares(scores: Mapping[str, Any], site: str | None) -> Shares:
    tallies = {name: score if site is None else score["by_site"].get(site) for name, score in scores.items()}
    return {name: {key: tally[key] for key in NUMBERS} for name, tally in tallies.items() if tally is not None}


def spells(connection: Connection, asset: str, mode: str) -> list[Spell]:
    """What the asset was, in the order measured, by each standard that judged it."""
    begun, ended, seen = (runs.alias(name) for name in ("begun", "ended", "last_seen"))
    of = (
        select(assets, tracks.c.standard, begun.c.day, begun.c.id.label("run"))
        .add_columns(ended.c.day.label("to"), seen.c.day.label("last_seen"))
        .join(tracks, tracks.c.n == assets.c.track)
        .join(begun, begun.c.n == assets.c["first"])
        .outerjoin(ended, ended.c.n == assets.c.until)
        .outerjoin(seen, seen.c.n == assets.c.seen)
        .where(assets.c.asset == asset, tracks.c.mode == mode)
        .order_by(tracks.c.standard, assets.c["first"])
    )
    return [
        Spell(row.standard, row.state, row.cause, row.site, row.day, row.run, row.to, row.last_seen)
        for row in connection.execute(of)
    ]


def failing(
    connection: Connection, mode: str, asset: str | None = None, check: str | None = None, sites: Collection[str] = ()
) -> list[Failing]:
    """What fails now, the longest first: of one asset, of one check, at these sites; of all where none is named."""
    of = (
        select(findings, tracks.c.standard, runs.c.day, runs.c.id.label("run"))
        .join(tracks, tracks.c.n == findings.c.track)
        .join(runs, runs.c.n == findings.c.fails_from)
        .where(tracks.c.mode == mode, findings.c.until.is_(None))
        .order_by(runs.c.ended, findings.c.asset, findings.c.checked)
    )
    if asset is not None:
        of = of.where(findings.c.asset == asset)
    if check is not None:
        of = of.where((findings.c.checked == check) | findings.c.checked.startswith(f"{check}@", autoescape=True))
    if sites:
        here = select(assets.c.asset).where(assets.c.until.is_(None), assets.c.site.in_(sites))
        of = of.where(findings.c.asset.in_(here))
    return [
        Failing(row.standard, row.asset, row.checked, row.status, row.day, row.run, row.times)
        for row in connection.execute(of)
    ]
