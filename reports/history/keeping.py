"""The history held against `runs/`: what is missing is taken in, what is wrong or damaged is built anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, delete, func, insert, select

from inventory.faults import BadInput
from inventory.history import HistoryPlace
from inventory.workspace import Workspace
from reports.history.composed import keep
from reports.history.feeding import feed
from reports.history.place import Place, Unavailable
from reports.history.schema import Damaged, drop, ready
from reports.history.tables import assets, findings, months, runs, seal, tracks
from reports.sealed import Changed, Sealed, all_runs, line, order
from reports.trend import Mark
from runner import canonical, manifest

T = TypeVar("T")
HASHED = (tracks, runs, months)
SUMMED = (
    (assets, assets.c.state, ("first", "last", "until", "seen", "dark_from")),
    (findings, findings.c.status, ("first", "until", "fails_from", "times")),
)
"""Small tables are hashed; of large ones these numbers are added up, apart for each word of a column."""


EMPTY = "{}"


@dataclass(frozen=True)
class History:
    """A history that holds what `runs/` holds. `notices` tell what had to be done for it, and what it leaves out."""

    place: Place
    runs: Sequence[Sealed]
    notices: tuple[str, ...]

    def ask(self, question: Callable[[Connection], T]) -> T:
        """The answer to a question of `asking`. Raises `Unavailable`."""
        try:
            with self.place.begun() as connection:
                return question(connection)
        except Damaged as damaged:
            raise Unavailable(str(damaged)) from damaged

    def keep_months(self, mode: str, found: Mapping[str, Mark]) -> None:
        """Remember months that were composed, by their keys. Raises `Unavailable`."""

        def kept(connection: Connection) -> None:
            keep(connection, mode, found)
            _seal(connection)

        if found:
            self.ask(kept)


@contextmanager
def opened(workspace: Path, setting: HistoryPlace, *, anew: bool = False) -> Iterator[History]:
    """The history of the workspace, made or mended first where need be, and `anew` where that is asked for.

    Raises `Unavailable` where it cannot be.
    """
    place = Place(Workspace(workspace), setting)
    with place.locked():
        sealed = all_runs(workspace)
        yield History(place, sealed, tuple(_ready(place, sealed, anew=anew)))


def _ready(place: Place, sealed: Sequence[Sealed], *, anew: bool) -> list[str]:
    try:
        with place.begun() as connection:
            if anew:
                raise _Asked("it was asked for")
            place.check(connection)
            if ready(connection):
                _seal(connection)  # of the tables as they are now
            _refuse_unsealed(connection)
            _refuse_wrong(place, connection, sealed)
            return _catch_up(connection, sealed)
    except _Sound as why:
        return [*_told(place, why), *_emptied(place, sealed)]
    except Damaged as why:
        return [*_told(place, why), *_built(place, sealed)]


class _Sound(Damaged):
    """Its place is sound, but not what is in it."""


class _Asked(_Sound):
    """Nothing is known to be wrong; whoever called wants it built anew."""


class _Behind(_Sound):
    """The history is not that of these runs."""


def _told(place: Place, why: Damaged) -> list[str]:
    if isinstance(why, _Asked):
        return []
    if isinstance(why, _Behind):
        return [f"The history did not hold what runs/ holds ({why}): it was built anew."]
    aside = f" The old file is {place.workspace.history_damaged.name}." if place.is_file else ""
    return [f"The history could not be read as it was ({why}): it was built anew from runs/.{aside}"]


def _emptied(place: Place, sealed: Sequence[Sealed]) -> list[str]:
    """A new history of all runs, instead of what was in its place; all or nothing."""
    try:
        with place.begun() as connection:
            drop(connection)
            ready(connection)
            return _catch_up(connection, sealed)
    except Damaged:
        return _built(place, sealed)


def _built(place: Place, sealed: Sequence[Sealed]) -> list[str]:
    """A new history of all runs, in a new place."""
    try:
        place.clear()
        with place.begun() as connection:
            ready(connection)
            return _catch_up(connection, sealed)
    except Damaged as damaged:
        raise Unavailable(f"it could not be built anew: {damaged}") from damaged


def _refuse_wrong(place: Place, connection: Connection, sealed: Sequence[Sealed]) -> None:
    """Raise `_Behind` where a run that is held is not in `runs/`, or was another, or one is missing in between."""
    held = {
        row.id: row
        for row in connection.execute(
            select(runs.c.id, runs.c.manifest_sha256, runs.c.ended, runs.c.mode, runs.c.standard, runs.c.track)
        )
    }
    for id_, row in held.items():
        folder = place.workspace.runs / id_  # of a run that was cleared away, the manifest is left
        if not (folder / manifest.NAME).is_file():
            raise _Behind(f"run '{id_}' is not there")
        if manifest.digest(folder) != row.manifest_sha256:
            raise _Behind(f"run '{id_}' was another")
    lines, latest = _in_lines(sealed), dict[tuple[str, str], tuple[str, str]]()
    for id_, row in held.items():
        if row.track is not None:
            latest[row.mode, row.standard] = max(latest.get((row.mode, row.standard), ("", "")), (row.ended, id_))
    for run in sealed:
        is_earlier = run.id in lines and order(run) < latest.get((run.mode, run.standard), ("", ""))
        if run.id not in held and is_earlier and run.is_intact:
            raise _Behind(f"run '{run.id}' was missing")


def _in_lines(sealed: Sequence[Sealed]) -> set[str]:
    """The runs that follow others of their mode and standard, by their ids."""
    return {
        run.id
        for mode, standard in {(one.mode, one.standard) for one in sealed}
        for run in line(sealed, mode, standard)
    }


def _catch_up(connection: Connection, sealed: Sequence[Sealed]) -> list[str]:
    """Take in the runs that are not held yet, in the order measured; one not as it was sealed is left out, and said."""
    held = set(connection.scalars(select(runs.c.id)))
    missing, left_out = [run for run in sealed if run.id not in held], []
    lines = _in_lines(sealed)
    for run in missing:
        try:
            feed(connection, run, run.document(), follows=run.id in lines)
        except (Changed, BadInput) as changed:
            left_out.append(f"The history leaves out a run: {changed}")
    if len(left_out) < len(missing):
        _seal(connection)
    return left_out


def _sums(connection: Connection) -> str:
    """What the tables add up to; nothing where they are empty."""
    found: dict[str, object] = {}
    for table in HASHED:
        rows = [list(row) for row in connection.execute(select(table).order_by(table.c.n))]
        found |= {table.name: canonical.sha256(canonical.encode(rows))} if rows else {}
    for table, word, numbers in SUMMED:
        sums = (func.sum(table.c[name]) for name in ("n", *numbers))
        for row in connection.execute(select(word, func.count(), *sums).group_by(word)):
            found[f"{table.name} {row[0]}"] = [int(number or 0) for number in row[1:]]
    return json.dumps(found, sort_keys=True)


def _seal(connection: Connection) -> None:
    connection.execute(delete(seal))
    connection.execute(insert(seal), [{"n": 1, "sums": _sums(connection)}])


def _refuse_unsealed(connection: Connection) -> None:
    """Raise `Damaged` where rows were lost, added or changed since the history was last written."""
    if (connection.scalar(select(seal.c.sums)) or EMPTY) != _sums(connection):
        raise Damaged("rows are missing or were changed")
