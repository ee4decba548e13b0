"""The answers of a history, each a question for `History.ask`. Nothing is changed here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, func, or_, select

from reports.document import Run
from reports.history.tables import assets, findings, runs, tracks
from reports.trend import Mark, Pair
from runner.canonical import encode

T = TypeVar("T")
Question = Callable[[Connection], T]
Since = tuple[Mapping[Pair, date], Mapping[str, date]]


def since(run: Run) -> Question[Since]:
    """Since which day each pair failed and each asset was unreached, by all that was known when `run` had ended.

    That is what the runs of its mode and standard tell. `run` may be a month's, or one that is not held.
    """

    def ask(connection: Connection) -> Since:
        now = _when(connection, run)
        if now is None:
            return {}, {}
        failing = select(findings.c.asset, findings.c.checked, runs.c.day).join(runs, runs.c.n == findings.c.fails_from)
        dark = select(assets.c.asset, runs.c.day).join(runs, runs.c.n == assets.c.dark_from)
        return (
            {(a, c): date.fromisoformat(day) for a, c, day in connection.execute(failing.where(*_held(findings, now)))},
            {a: date.fromisoformat(day) for a, day in connection.execute(dark.where(*_held(assets, now)))},
        )

    return ask


def failed(run: Run) -> Question[frozenset[Pair]]:
    """What had failed at some time up to `run`, be it that it was put right since."""

    def ask(connection: Connection) -> frozenset[Pair]:
        now = _when(connection, run)
        if now is None:
            return frozenset()
        of = select(findings.c.asset, findings.c.checked).where(
            findings.c.track == now[0], findings.c.first <= now[1], findings.c.status == "fail"
        )
        return frozenset((asset, check) for asset, check in connection.execute(of))

    return ask


def line(run: Run, count: int) -> Question[list[Mark]]:
    """The last `count` runs before `run` that looked at the same, the earliest first."""

    def ask(connection: Connection) -> list[Mark]:
        alike = select(runs).where(
            runs.c.scope == run["scope"],
            runs.c.selection == encode(run["selection"]).decode(),
            runs.c.mode == run["mode"],
            runs.c.judged_again.is_not(None) if "judged_again" in run else runs.c.judged_again.is_(None),
            runs.c.ended <= run["ended"],
            runs.c.id != run["id"],
        )
        latest = alike.order_by(runs.c.ended.desc(), runs.c.id.desc()).limit(count)
        return [_mark(row) for row in reversed(connection.execute(latest).all())]

    return ask


def _mark(row: Row[Any]) -> Mark:
    return Mark(
        label=row.id,
        on=date.fromisoformat(row.day),
        scores=json.loads(row.scores),
        rulers=(row.catalogue_sha256,),
        inventories=(row.inventory_sha256,),
    )


def _when(connection: Connection, run: Run) -> tuple[int, int] | None:
    """The track that tells of `run`, and the number of its last run by then; None where there is none."""
    latest = (
        select(tracks.c.n, func.max(runs.c.n))
        .join(runs, runs.c.track == tracks.c.n)
        .where(tracks.c.mode == run["mode"], tracks.c.standard == run["catalogue"]["id"], runs.c.ended <= run["ended"])
        .group_by(tracks.c.n)
    )
    row = connection.execute(latest).one_or_none()
    return None if row is None else (row[0], row[1])


def _held(spells: Table, now: tuple[int, int]) -> tuple[ColumnElement[bool], ...]:
    """The spells of a track that held at a run."""
    track, number = now
    until = spells.c.until
    return spells.c.track == track, spells.c.first <= number, or_(until.is_(None), until > number)
