"""The complete runs of a workspace: what each of them was, and its document, as it was sealed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from inventory.workspace import Workspace
from reports import results
from reports.document import Document, day_of
from runner import canonical, kept, manifest, runs
from runner.journal import Broken


class Changed(Exception):
    """A run is not as it was sealed: no number may rest on it."""

    exit_status = 5


@dataclass(frozen=True)
class Sealed:
    """One complete run. `head` is its journal's header; `ended` is in UTC, of the first run for one judged again."""

    folder: Path
    head: Mapping[str, Any]
    ended: str

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def mode(self) -> str:
        return str(self.head["mode"])

    @property
    def standard(self) -> str:
        return str(self.head["catalogue"]["id"])

    @property
    def made_from(self) -> str | None:
        """The run that was judged again, by its id; None where this is no such."""
        return self.head["judged_again"]["id"] if self.is_judged_again else None

    @property
    def is_judged_again(self) -> bool:
        return "judged_again" in self.head

    @property
    def alike(self) -> tuple[object, ...]:
        """Equal for runs whose numbers may stand in one line: same scope, selection and mode, judged alike."""
        return alike(self.head)

    @cached_property
    def manifest_sha256(self) -> str:
        return manifest.digest(self.folder)

    def spans(self, first: date, last: date) -> bool:
        """Whether it was under way on a day (in Vietnam) from `first` to `last`."""
        return day_of(self.head["started"]) <= last and day_of(self.ended) >= first

    @property
    def is_intact(self) -> bool:
        """Whether its results are those that were sealed."""
        return _is_sealed(self.folder, (self.folder / results.NAME).read_bytes())

    def document(self) -> Document:
        """Its results. Raises `Changed` where they are not those that were sealed."""
        content = (self.folder / results.NAME).read_bytes()
        if not _is_sealed(self.folder, content):
            raise Changed(f"run '{self.id}' is not as it was sealed: see rasoat verify {self.id}. Restore its folder.")
        return results.of(content, self.folder / results.NAME)

    def days(self) -> Mapping[str, date]:
        """The day (in Vietnam) on which each asset was done with; raises `Changed` where the journal is broken."""
        try:
            return {asset: day_of(outcome.ended) for asset, outcome in kept.read(self.folder).outcomes.items()}
        except Broken as error:
            raise Changed(f"run '{self.id}' is not as it was sealed: {error}. Restore its folder.") from error

    @property
    def day(self) -> date | None:
        """The one day on which all of it was done; None where it took longer."""
        first, last = day_of(self.head["started"]), day_of(self.ended)
        return first if first == last else None


def all_runs(workspace: Path) -> list[Sealed]:
    """Every complete run whose results are kept, in the order in which they were measured.

    A run whose journal cannot be read any more is left out here, and found by `verify`.
    """
    folder = Workspace(workspace).runs
    found = [one for id_ in runs.ids(workspace) if (one := read(folder / id_)) is not None]
    return sorted(found, key=order)


def order(run: Sealed) -> tuple[str, str]:
    """By when it was measured."""
    return run.ended, run.id


def line(runs: Iterable[Sealed], mode: str, standard: str | None = None) -> list[Sealed]:
    """The runs whose results may follow one another, in the order measured: of one mode, and of one standard if named.

    A run that was judged again stands in no line, for it would replace another silently; but where it was judged by
    another standard than the run that it was made from, it is that standard's only word on it.
    """
    runs = [*runs]
    standards = {run.id: run.standard for run in runs}
    found = [
        run
        for run in runs
        if run.mode == mode
        and (not run.is_judged_again if standard is None else run.standard == standard and _follows(run, standards))
    ]
    return sorted(found, key=order)


def _follows(run: Sealed, standards: Mapping[str, str]) -> bool:
    return run.made_from is None or standards.get(run.made_from, run.standard) != run.standard


def read(folder: Path) -> Sealed | None:
    """The complete run in `folder`; None where it is not complete, or cannot be read."""
    if not ((folder / manifest.NAME).is_file() and (folder / results.NAME).is_file()):
        return None
    try:
        ended = kept.ended(folder)
        return None if ended is None else Sealed(folder, kept.header(folder), ended)
    except Broken:
        return None


def alike(run: Mapping[str, Any]) -> tuple[object, ...]:
    """Of a run as its header or its document names it: equal for those whose numbers may stand in one line."""
    return run["scope"], canonical.encode(run["selection"]), run["mode"], "judged_again" in run


def _is_sealed(folder: Path, content: bytes) -> bool:
    try:
        found = json.loads((folder / manifest.NAME).read_bytes())["results_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(found == canonical.sha256(content))
