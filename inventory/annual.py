"""`annual.yaml`: what offices declare for the annual report of NĐ 331/2026/NĐ-CP, Art. 35-36 (Form 08; unverified).

Nothing in it changes what is measured, so it is no part of the inventory's digest: it can be filled in when the report
is due, and the report names its own digest. Every field may be left out; the report then lists it as an open point.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from inventory import lines
from inventory.faults import BadInput, Fault
from inventory.fields import Identifier, Record, Text
from inventory.records import Shelf, Source, suggestion
from inventory.workspace import Workspace

Checked = Literal["before_use", "periodically"]


class Body(Record):
    """A body as Form 08 asks for it: the document on its tasks and powers, who represents it, where to reach it."""

    mandate: Text | None = None
    representative: Text | None = None
    post: Text | None = None
    address: Text | None = None
    phone: Text | None = None
    email: Text | None = None


class Unit(Body):
    """A specialised unit for information security (đơn vị chuyên trách); it need not be a site."""

    name: Text


class Office(Body):
    """An owner of systems. `id` is its site; `specialised` the unit that answers for information security there."""

    id: Identifier
    specialised: Unit | None = None


class Paper(Record):
    """A document by number, date and body."""

    number: Text
    on: date
    body: Text


class Declared(Record):
    """What Form 08 asks of a system and no machine or dossier tells. `id` is the system's.

    `type` is its kind by function; `decision_body` the body that approved its level; `checked` when it was checked
    (column 12), the last time on `checked_on`; `national_security` that there are grounds for the list of systems
    important to national security (Art. 36.3), `follows_regulation` that it is run by its regulation (Art. 36.7).
    """

    id: Identifier
    type: Text | None = None
    operator: Text | None = None
    decision_body: Text | None = None
    regulation: Paper | None = None
    approval_expected_on: date | None = None
    implementation_expected_on: date | None = None
    checked: tuple[Checked, ...] = ()
    checked_on: date | None = None
    national_security: bool | None = None
    follows_regulation: bool | None = None

    @model_validator(mode="after")
    def _a_check_has_its_day(self) -> Self:
        if bool(self.checked) != (self.checked_on is not None):
            raise ValueError("'checked' and 'checked_on' are given together")
        return self


@dataclass(frozen=True)
class Annual:
    """All declarations; `sha256` is of the file, None where there is none."""

    offices: Mapping[str, Office] = field(default_factory=dict)
    systems: Mapping[str, Declared] = field(default_factory=dict)
    sha256: str | None = None


NOTHING = Annual()


def read(workspace: Path, sites: Collection[str], systems: Collection[str]) -> Annual:
    """The declarations of a workspace about these sites and systems. Raises `BadInput` with every fault."""
    file = Workspace(workspace).annual_file
    if not file.is_file():
        return NOTHING
    document = lines.read(file)
    offices, declared = Shelf("office", Office), Shelf("system", Declared)
    shelves: dict[str, Shelf[Any]] = {"offices": offices, "systems": declared}
    faults = [*_put(document, shelves), *offices.faults, *declared.faults]
    faults += [*_unknown(offices, "site", sites), *_unknown(declared, "system", systems)]
    if faults:
        raise BadInput(sorted(faults, key=lambda fault: fault.line or 0))
    return Annual(offices.records, declared.records, hashlib.sha256(file.read_bytes()).hexdigest())


def _put(document: lines.Document, shelves: Mapping[str, Shelf[Any]]) -> Iterator[Fault]:
    """Fill the shelves from the file; what is no list of records is a fault."""
    data = document.data
    if data is not None and not isinstance(data, dict):
        mend = f"Begin with one of these keys: {', '.join(shelves)}."
        yield document.fault((), "the file is not a mapping of lists", mend)
        return
    for key, records in (data or {}).items():
        if key not in shelves:
            yield document.fault((key,), f"unknown key '{key}'", suggestion(key, shelves))
        elif records is not None and not isinstance(records, list):
            yield document.fault((key,), f"'{key}' is not a list", "Begin each record with '- '.")
        else:
            for index, fields in enumerate(records or ()):
                shelves[key].put(fields, Source(document, (key, index)))


def _unknown(shelf: Shelf[Any], what: str, known: Collection[str]) -> Iterator[Fault]:
    for id_ in shelf.records:
        if id_ not in known:
            yield shelf.sources[id_].fault(f"unknown {what} '{id_}'", suggestion(id_, known), "id")
