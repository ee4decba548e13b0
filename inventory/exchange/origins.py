"""Where a record to be taken in came from, so that what is wrong with it is said at its own cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inventory.faults import Fault

DEEPER = ("dossier", "child", "parent")  # fields that are records themselves


@dataclass(frozen=True, slots=True)
class CellFault(Fault):
    """A fault in one cell. `line` is the row; `column` is its letter with its heading."""

    sheet: str | None = None
    column: str | None = None

    def __str__(self) -> str:
        inside = ", ".join(
            part
            for part in (self.sheet and f"sheet '{self.sheet}'", f"row {self.line}" if self.line else "", self.column)
            if part
        )
        return f"{self.file}{': ' if inside else ''}{inside}: {self.problem}. {self.mend}"


@dataclass(frozen=True, slots=True)
class Origin:
    """A row of a sheet, or an object of a NetBox. `columns` name the cell of each field that it has."""

    file: Path
    row: int | None = None
    sheet: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def fault(self, problem: str, mend: str, column: str | None = None) -> CellFault:
        return CellFault(self.file, self.row, problem, mend, self.sheet, column)

    def of(self, fault: Fault, field_: str) -> CellFault:
        """What the loader says about a field, said at its cell."""
        return self.fault(fault.problem, fault.mend, self._column(field_))

    def _column(self, place: str) -> str | None:
        """The cell of the field, or of the one that it lies in."""
        while place and place not in self.columns:
            place = place.rpartition(".")[0]
        return self.columns.get(place)

    def __str__(self) -> str:
        sheet = f", sheet '{self.sheet}'" if self.sheet else ""
        return f"{self.file}{sheet}{f', row {self.row}' if self.row else ''}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to be taken in: its kind, its fields as an inventory file would have them, where it came from."""

    kind: str
    fields: Mapping[str, Any]
    origin: Origin
