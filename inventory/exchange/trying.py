"""Entries tried before they are taken in: the whole workspace is loaded with them, in a copy."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from inventory.exchange import cells, writing
from inventory.exchange.columns import sheets
from inventory.exchange.origins import Entry
from inventory.faults import BadInput, Fault
from inventory.workspace import Workspace

Judge = Callable[[Path], object]  # loads the workspace at a path; raises `BadInput`
_ROUNDS = 3
_MISSING = re.compile(r"'([\w.]+)' is missing")
_OWN = re.compile(
    r"unknown |the parameter |\w+ '[^']*': "
)  # what is said of a record's own field, whatever stands in its others


def faults(paths: Workspace, target: Path, entries: Sequence[Entry], head: str, judge: Judge) -> Iterator[Fault]:
    """Everything that keeps `entries` from being the file `target` of the workspace, each at the cell it is about.

    The loader does not ask where the references of a broken record lead. So that all is said at once, broken records
    are tried again with examples in the places that were wrong.
    """
    wrong: dict[int, set[str]] = {}
    for again in range(_ROUNDS):
        mended = [_mended(entry, index, wrong.get(index, set())) for index, entry in enumerate(entries)]
        fresh: list[tuple[int, str]] = []
        for fault, place in _loaded(paths, target, mended, head, judge):
            if place is None or not again:
                yield fault if place is None else entries[place[0]].origin.of(fault, place[1])
            elif place[0] in wrong and place[1] not in wrong[place[0]] and _OWN.match(fault.problem):
                yield entries[place[0]].origin.of(fault, place[1])
            if place is not None and (not again or place[0] in wrong):
                fresh.append(place)
        if all(field in wrong.get(index, ()) for index, field in fresh):
            return
        for index, field in fresh:
            wrong.setdefault(index, set()).add(field)


def _mended(entry: Entry, index: int, wrong: set[str]) -> Entry:
    """The entry with an example in each field that is wrong; one that is no column's is left out."""
    fields: dict[str, Any] = {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in entry.fields.items()
    }
    for name in sorted(wrong):
        column = sheets()[entry.kind].at(name)
        above, _, last = (column.field if column else name).rpartition(".")
        holder = fields.setdefault(above, {}) if above else fields
        if name == "id":
            fields["id"] = f"x-{index}"
        elif column is None or not isinstance(holder, dict):
            fields.pop(above or last, None)
        else:
            holder[last] = cells.read(column.example, column)
    return replace(entry, fields=fields)


def _loaded(
    paths: Workspace, target: Path, entries: Sequence[Entry], head: str, judge: Judge
) -> Iterator[tuple[Fault, tuple[int, str] | None]]:
    """What the loader says, with the entry and the field that it is about; None where that is elsewhere."""
    text, places = writing.text(entries, head)
    with _copy(paths, target) as copy:
        # Read last, so that of two records with one id the new one is named.
        new = copy.inventory_dir / f"~{target.name}"
        new.write_text(text, encoding="utf-8")
        try:
            judge(copy.root)
        except BadInput as error:
            for fault in error.faults:
                problem = _renamed(fault.problem, new, entries, places).replace(str(copy.root), str(paths.root))
                if fault.file == new and fault.line is not None and fault.line in places:
                    missing = _MISSING.search(problem)
                    index, field = places[fault.line]
                    yield replace(fault, problem=problem), (index, missing[1] if missing else field)
                else:
                    yield Fault(paths.root / fault.file.relative_to(copy.root), fault.line, problem, fault.mend), None


def _renamed(problem: str, new: Path, entries: Sequence[Entry], places: Mapping[int, tuple[int, str]]) -> str:
    """The text with lines of the tried file told as the cells that they came from."""
    return re.sub(rf"{re.escape(str(new))}:(\d+)", lambda found: str(entries[places[int(found[1])][0]].origin), problem)


@contextmanager
def _copy(paths: Workspace, without: Path) -> Iterator[Workspace]:
    """A private copy of all that the loader reads, but for one file."""
    with tempfile.TemporaryDirectory(prefix="rasoat-import-") as folder:
        copy = Workspace(Path(folder).resolve())
        copy.inventory_dir.mkdir()
        settled = (paths.city_file, paths.attestations_file, paths.waivers_file)
        listed = (file for file in paths.inventory_dir.glob("*") if file.is_file() and file != without)
        for file in (*(one for one in settled if one.exists()), *listed):
            shutil.copyfile(file, copy.root / file.relative_to(paths.root))
        yield copy
