"""The history held against `runs/`: what is missing is taken in, what is wrong or damaged is built anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, delete, func, insert, select

from inventory.faults import BadInput
from inventory.model import HistoryPlace
from inventory.workspace import Workspace
from reports.history.feeding import feed
from reports.history.place import Place, Unavailable
from reports.history.schema import Damaged, ready
from reports.history.tables import assets, findings, runs, seal
from reports.sealed import Changed, Sealed, all_runs
from runner import manifest

T = TypeVar("T")
SUMMED = {
    runs: (runs.c.n, runs.c.assets, runs.c.findings, runs.c.failing, runs.c.reopened, runs.c.fixed),
    assets: (assets.c.first, assets.c.last, assets.c.until, assets.c.seen, assets.c.dark_from),
    findings: (findings.c.first, findings.c.until, findings.c.fails_from, findings.c.times),
}


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
            ready(connection)
            _refuse_unsealed(connection)
            _refuse_wrong(place, connection, sealed)
            return _catch_up(connection, sealed)
    except Damaged as why:
        return [*_told(place, why), *_build(place, sealed)]


class _Asked(Damaged):
    """Nothing is wrong; whoever called wants it built anew."""


class _Behind(Damaged):
    """The history is sound, but not that of these runs."""


def _told(place: Place, why: Damaged) -> list[str]:
    if isinstance(why, _Asked):
        return []
    if isinstance(why, _Behind):
        return [f"The history did not hold what runs/ holds ({why}): it was built anew."]
    aside = f" The old file is {place.workspace.history_damaged.name}." if place.is_file else ""
    return [f"The history could not be read as it was ({why}): it was built anew from runs/.{aside}"]


def _build(place: Place, sealed: Sequence[Sealed]) -> list[str]:
    """A new history of all runs, from nothing."""
    try:
        place.clear()
        with place.begun() as connection:
            ready(connection)
            return _catch_up(connection, sealed)
    except Damaged as damaged:
        raise Unavailable(f"it could not be built anew: {damaged}") from damaged


def _refuse_wrong(place: Place, connection: Connection, sealed: Sequence[Sealed]) -> None:
    """Raise `_Behind` where a run that is held is not in `runs/`, or was another, or one is missing in between."""
    held = {row.id: row for row in connection.execute(select(runs.c.id, runs.c.manifest_sha256, runs.c.ended))}
    for id_, row in held.items():
        folder = place.workspace.runs / id_  # of a run that was cleared away, the manifest is left
        if not (folder / manifest.NAME).is_file():
            raise _Behind(f"run '{id_}' is not there")
        if manifest.digest(folder) != row.manifest_sha256:
            raise _Behind(f"run '{id_}' was another")
    latest = max(((row.ended, id_) for id_, row in held.items()), default=("", ""))
    for run in sealed:
        if run.id not in held and not run.is_judged_again and (run.ended, run.id) < latest and run.is_intact:
            raise _Behind(f"run '{run.id}' was missing")


def _catch_up(connection: Connection, sealed: Sequence[Sealed]) -> list[str]:
    """Take in the runs that are not held yet, in the order measured; one not as it was sealed is left out, and said."""
    held = set(connection.scalars(select(runs.c.id)))
    missing, left_out = [run for run in sealed if run.id not in held], []
    for run in missing:
        try:
            feed(connection, run, run.document())
        except (Changed, BadInput) as changed:
            left_out.append(f"The history leaves out a run: {changed}")
    if len(left_out) < len(missing):
        _seal(connection)
    return left_out


def _sums(connection: Connection) -> str:
    """What the tables add up to."""
    found = {
        table.name: [*connection.execute(select(func.count(), *(func.sum(column) for column in columns))).one()]
        for table, columns in SUMMED.items()
    }
    return json.dumps({name: [int(number or 0) for number in row] for name, row in found.items()}, sort_keys=True)


def _seal(connection: Connection) -> None:
    connection.execute(delete(seal))
    connection.execute(insert(seal), [{"n": 1, "sums": _sums(connection)}])


def _refuse_unsealed(connection: Connection) -> None:
    """Raise `Damaged` where rows were lost, added or changed since the history was last written."""
    said, true = connection.scalar(select(seal.c.sums)), _sums(connection)
    is_new = said is None and not any(number for row in json.loads(true).values() for number in row)
    if said != true and not is_new:
        raise Damaged("rows are missing or were changed")
