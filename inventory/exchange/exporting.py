"""An inventory written for others: spreadsheets, one YAML file, Ansible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from inventory.exchange import ansible, spreadsheet, writing
from inventory.exchange.columns import sheets
from inventory.exchange.keeping import keep
from inventory.exchange.origins import DEEPER, Entry, Origin
from inventory.faults import BadInput
from inventory.fields import Record
from inventory.model import Inventory

FORMATS = ("csv", "xlsx", "yaml", "ansible")


def export(inventory: Inventory, format_: str, out: Path, lang: str) -> list[Path]:
    """What was written: the folder's files for csv, else the one file. Raises `BadInput`."""
    if format_ == "csv":
        return spreadsheet.csv_files(out, _rows(inventory), lang)
    if format_ == "xlsx":
        return [spreadsheet.xlsx(_named(out, ".xlsx"), _rows(inventory), lang)]
    text = _TEXTS[format_](inventory)
    return [keep(_named(out, ".yaml", ".yml"), text.encode())]


def text(inventory: Inventory, format_: str) -> str:
    """The inventory in a format that is plain text: yaml, ansible."""
    return _TEXTS[format_](inventory)


def _named(out: Path, *endings: str) -> Path:
    if out.suffix not in endings:
        raise BadInput(f"{out}: name a file that ends in {' or '.join(endings)}.")
    return out


def _dumped(inventory: Inventory) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Each kind of record as an inventory file has it, without what is left out there."""
    kinds: Mapping[str, Iterable[Record]] = {kind: getattr(inventory, kind).values() for kind in sheets()}
    return {kind: [_filled(one.model_dump(mode="json")) for one in records] for kind, records in kinds.items()}


def _filled(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields that say something, also within a dossier or the end of a link."""
    return {
        name: _filled(value) if name in DEEPER and isinstance(value, Mapping) else value
        for name, value in record.items()
        if value is not None
    }


def _rows(inventory: Inventory) -> spreadsheet.Rows:
    return {kind: spreadsheet.rows_of(iter(records)) for kind, records in _dumped(inventory).items()}


def _yaml(inventory: Inventory) -> str:
    entries = [
        Entry(kind, record, Origin(Path())) for kind, records in _dumped(inventory).items() for record in records
    ]
    return writing.text(entries, inventory.settings.name)[0]


_TEXTS: Mapping[str, Callable[[Inventory], str]] = {"yaml": _yaml, "ansible": ansible.text}
