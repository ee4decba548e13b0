"""Tables read into entries: headings understood in both languages, every cell that says nothing clear named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inventory.exchange import cells
from inventory.exchange.cells import Cell, Misread
from inventory.exchange.columns import Column, kind_of, sheets
from inventory.exchange.guide import is_guide
from inventory.exchange.origins import CellFault, Entry, Origin
from inventory.exchange.tables import Table
from inventory.records import suggestion

_HEAD_ROWS = 20
_LETTERS = 26


@dataclass(frozen=True)
class Head:
    """The row of headings: what it makes of the table, and which column stands where."""

    kind: str
    row: int
    columns: Mapping[int, Column]
    shown: Mapping[int, str]
    unknown: frozenset[int]


@dataclass
class Taken:
    """What the tables hold, and what is wrong in them."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)


def take(tables: Sequence[Table]) -> Taken:
    """Every row of every table. A cell that cannot be read stays in its entry as it is, besides its fault."""
    taken = Taken()
    for table in tables:
        if is_guide(table.name) or not table.rows:
            continue
        head = _head(table, taken.faults)
        if head is not None:
            rows = [row for row in table.rows if row[0] > head.row]
            taken.entries += [_entry(table, head, number, row, taken.faults) for number, row in rows]
    return taken


def _head(table: Table, faults: list[CellFault]) -> Head | None:
    origin = Origin(table.file, None, table.sheet)
    named = kind_of(table.name)
    found = [(_score(row, kind), kind, n, row) for n, row in table.rows[:_HEAD_ROWS] for kind in sheets()]
    fitting = [one for one in found if (named in (None, one[1])) and one[0] > 1]
    best = max((one[0] for one in fitting), default=0)
    chosen = [one for one in fitting if one[0] == best]
    if not chosen or len({kind for _, kind, _, _ in chosen}) > 1:
        names = ", ".join(f"{sheet.title.vi} ({kind})" for kind, sheet in sheets().items())
        problem = "it is not clear which records these are" if chosen else "has no row of headings that is understood"
        faults.append(
            origin.fault(problem, f"Name the sheet or file one of: {names}; take the headings of the template.")
        )
        return None
    _, kind, number, row = chosen[0]
    return _columns(Origin(table.file, number, table.sheet), kind, row, faults)


def _score(row: Sequence[Cell], kind: str) -> int:
    """How many cells are headings of the kind; none where its id is not among them."""
    columns = [sheets()[kind].column(cell) for cell in row if isinstance(cell, str)]
    named = {column.field for column in columns if column is not None}
    return len(named) if "id" in named else 0


def _columns(origin: Origin, kind: str, row: Sequence[Cell], faults: list[CellFault]) -> Head:
    columns: dict[int, Column] = {}
    shown: dict[int, str] = {}
    headed = {index for index, cell in enumerate(row) if str(cell).strip()}
    for index, cell in enumerate(row):
        heading = str(cell).strip()
        if not heading:
            continue
        place = f"column {letter(index)} '{' '.join(heading.split())}'"
        column = sheets()[kind].column(heading)
        if column is None:
            known = [one.title.vi for one in sheets()[kind].columns]
            faults.append(origin.fault("unknown heading", suggestion(heading, known), place))
        elif column in columns.values():
            faults.append(origin.fault("a second column with this heading", "Keep one of the two.", place))
        else:
            columns[index], shown[index] = column, place
    return Head(kind, origin.row or 1, columns, shown, frozenset(headed - columns.keys()))


def letter(index: int) -> str:
    """The name of a column: A, …, Z, AA."""
    above, own = divmod(index, _LETTERS)
    return (letter(above - 1) if above else "") + chr(ord("A") + own)


def _entry(table: Table, head: Head, number: int, row: Sequence[Cell], faults: list[CellFault]) -> Entry:
    places = {column.field: head.shown[index] for index, column in head.columns.items()}
    origin = Origin(table.file, number, table.sheet, places)
    fields: dict[str, Any] = {}
    for index, cell in enumerate(row):
        column = head.columns.get(index)
        if column is None:
            faults += _stray(cell, index, head, origin)
            continue
        try:
            value = cells.read(cell, column)
        except Misread as error:
            faults.append(origin.fault(error.problem, error.mend, head.shown[index]))
            value = str(cell)
        if value is not None:
            _put(fields, column.field, value)
    return Entry(head.kind, fields, origin)


def _stray(cell: Cell, index: int, head: Head, origin: Origin) -> Iterator[CellFault]:
    """A value below no heading; those below an unknown one are told of at the heading."""
    if str(cell).strip() and index not in head.unknown:
        mend = "Delete it, or give the column its heading."
        yield origin.fault("a value stands where no heading is", mend, f"column {letter(index)}")


def _put(fields: dict[str, Any], name: str, value: Any) -> None:
    """Put a value at a dotted name."""
    *above, last = name.split(".")
    for step in above:
        fields = fields.setdefault(step, {})
    fields[last] = value
