"""Records taken into a workspace: all of them, once the whole workspace loads with them without a fault, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inventory.exchange import rows, tables, trying, writing
from inventory.exchange.columns import plain
from inventory.exchange.keeping import keep
from inventory.exchange.origins import CellFault, Entry
from inventory.exchange.tables import Table
from inventory.exchange.trying import Judge
from inventory.faults import BadInput, Fault
from inventory.workspace import opened

_HEAD = (
    "Nhập từ {source}. Lần nhập sau thay toàn bộ tệp này: hãy sửa ở nguồn.\n"
    "Taken in from {source}. The next import replaces this whole file: edit the source."
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken in, or would be: how many of each kind, into which file; `left` says what was passed over."""

    file: Path
    counts: Mapping[str, int]
    left: tuple[str, ...] = ()


def from_files(workspace: Path, files: Sequence[Path], judge: Judge, *, dry: bool) -> Imported:
    """Take in every row of CSV and XLSX files (or folders of CSV files); with `dry`, only see if it can be.

    `judge` loads the workspace as it would be, and raises `BadInput` where it must not become so; that is raised with
    every fault of every row.
    """
    faults: list[Fault] = []
    found: list[Table] = []
    for file in files:
        try:
            found += tables.read(file)
        except BadInput as error:
            faults += error.faults
    taken = rows.take(found)
    faults += taken.faults
    source = ", ".join(file.name for file in files)
    return put(workspace, taken.entries, faults, files[0].stem, source, judge, dry=dry)


def put(
    workspace: Path,
    entries: Sequence[Entry],
    faults: Sequence[Fault],
    name: str,
    source: str,
    judge: Judge,
    *,
    dry: bool,
) -> Imported:
    """Write `entries` to `inventory/imported-NAME.yaml`, in place of an earlier import of that name.

    Raises `BadInput` with `faults` and all that the loader finds; nothing is written then.
    """
    paths = opened(workspace)
    target = paths.inventory_dir / f"imported-{plain(name).replace(' ', '-') or 'file'}.yaml"
    if not entries and not faults:
        raise BadInput(f"{source}: there is no record to take in.")
    head = _HEAD.format(source=source.replace("\n", " "))
    found = _once([*faults, *trying.faults(paths, target, entries, head, judge)])
    if found:
        raise BadInput(found)
    if not dry:
        keep(target, writing.text(entries, head)[0].encode())
    return Imported(target, Counter(entry.kind for entry in entries))


def _once(faults: Sequence[Fault]) -> list[Fault]:
    """The faults by place, what was said of a cell first standing for all that follows from it."""
    known: dict[tuple[object, ...], Fault] = {}
    for fault in faults:
        cell = isinstance(fault, CellFault) and fault.column is not None
        place = (fault.file, getattr(fault, "sheet", None), fault.line, getattr(fault, "column", None))
        known.setdefault(place if cell else (place, fault.problem), fault)
    return sorted(known.values(), key=lambda one: (str(one.file), str(getattr(one, "sheet", "")), one.line or 0))
