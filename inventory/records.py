"""Plain data checked into records, every fault in the words of the file's author: which key, what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from inventory.faults import BadInput, Fault
from inventory.fields import Record
from inventory.lines import Document

R = TypeVar("R", bound=Record)

_SHORT_LIST = 16
_WORDS = "Use small letters a-z, digits, '.', '_' and '-', beginning with a letter or digit."
_LEVEL = "A level is a whole number from 1 to 5."
# What to do, by field and by kind of error; the field is asked first.
_MENDS_BY_FIELD = {
    "address": "Give the IP address or the host name alone: no mask, no port, no blank.",
    "interface": "Give the interface's name as the device prints it, without blanks.",
    "level": _LEVEL,
    "unclassified_level": _LEVEL,
    "classified_levels": _LEVEL,
    "port": "A port is a whole number from 1 to 65535.",
    "ports": "List ports as whole numbers from 1 to 65535: [22, 443].",
    "format": "Write 'format: 1'.",
    "document_sha256": "Write the 64 small hexadecimal digits that 'sha256sum FILE' prints.",
}
_PROBLEMS = {
    "string_type": "is not text",
    "string_pattern_mismatch": "has characters that it may not have",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "too_short": "is empty",
    "tuple_type": "is not a list",
    "int_type": "is not a whole number",
    "less_than_equal": "is more than {le}",
    "greater_than_equal": "is less than {ge}",
    "greater_than": "is not more than {gt}",
}
_MENDS_BY_ERROR = {
    "string_type": "Write it as text; put figures, dates and yes/no in quotes.",
    "string_pattern_mismatch": _WORDS,
    "string_too_short": "Fill it in, or delete the line.",
    "string_too_long": "Shorten it.",
    "too_short": "Name at least one.",
    "tuple_type": "Write a list: [one, two].",
    "bool_parsing": "Write true or false.",
    "bool_type": "Write true or false.",
    "value_error": "Correct the record so that this holds.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record stands."""

    document: Document
    place: tuple[str | int, ...]

    def fault(self, problem: str, mend: str, *steps: str | int) -> Fault:
        return self.document.fault((*self.place, *steps), problem, mend)

    def __str__(self) -> str:
        return f"{self.document.file}:{self.document.line(self.place)}"


@dataclass
class Shelf(Generic[R]):
    """All records of one kind. A broken record keeps its place in `sources`, so that no second fault comes of it.

    `refinable` names the fields of a shipped record that the city's own may set; None leaves it all of them.
    """

    label: str
    model: type[R]
    refinable: tuple[str, ...] | None = None
    records: dict[str, R] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _shipped: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def ship(self, fields: Mapping[str, Any], source: Source) -> None:
        """Put a shipped record, which one of the city's own may refine later."""
        self._shipped[fields["id"]] = fields
        self.sources[fields["id"]] = source
        self.records[fields["id"]] = self.model.model_validate(fields)

    def put(self, fields: Any, source: Source) -> None:
        """Check and put one of the city's own records; what is wrong with it is added to `faults`."""
        if not isinstance(fields, dict):
            self.faults.append(source.fault(f"this {self.label} is not a record", "Write it as 'key: value' lines."))
            return
        id_ = str(fields.get("id", ""))
        shipped = self._shipped.pop(id_, None)
        if id_ and id_ in self.sources and shipped is None:
            problem = f"{self.label} '{id_}' is listed twice (first at {self.sources[id_]})"
            self.faults.append(source.fault(problem, "Rename one of the two, or delete it.", "id"))
            return
        self.sources[id_] = source
        if shipped is not None and self._is_refused(id_, fields, source):
            return
        confirmed = {"sample": False} if "sample" in self.model.model_fields else {}
        record = self._check({**shipped, **confirmed, **fields} if shipped else fields, source)
        if record is not None:
            self.records[id_] = record

    def _is_refused(self, id_: str, fields: Mapping[str, Any], source: Source) -> bool:
        """The record sets what stays as shipped."""
        refused = [key for key in fields if key != "id" and self.refinable is not None and key not in self.refinable]
        for key in refused:
            problem = f"{self.label} '{id_}': '{key}' stays as shipped"
            self.faults.append(source.fault(problem, f"Set only: {', '.join(self.refinable or ())}.", key))
        return bool(refused)

    def _check(self, fields: dict[str, Any], source: Source) -> R | None:
        try:
            return self.model.model_validate(fields)
        except ValidationError as error:
            self.faults += faults_of(error, self.model, f"{self.label} '{fields.get('id', '?')}'", source)
            return None


def faults_of(error: ValidationError, model: type[BaseModel], subject: str, source: Source) -> Iterator[Fault]:
    """One fault for each thing wrong with `subject`. Values are not repeated: one may be a secret."""
    for detail in error.errors(include_url=False):
        problem, mend = _said(detail, model)
        yield source.fault(f"{subject}: {problem}", mend, *detail["loc"])


def _said(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    kind, place = detail["type"], detail["loc"]
    key = ".".join(map(str, place))
    name = next((step for step in reversed(place) if isinstance(step, str)), "")
    if kind == "extra_forbidden":
        return f"unknown key '{key}'", suggestion(name, _model_at(model, place).model_fields)
    if kind == "missing" or _left_empty(detail, model, name):
        return f"'{key}' is missing", _MENDS_BY_FIELD.get(name, f"Add '{name}: …' to it.")
    if kind in ("enum", "literal_error") and name not in _MENDS_BY_FIELD:
        return f"'{key}' is none of the possible words", suggestion(str(detail["input"]), _choices(detail))
    if kind.startswith("date"):
        return f"'{key}' is not a date", "Write the date as YYYY-MM-DD, without quotes."
    mend = _MENDS_BY_FIELD.get(name) or _MENDS_BY_ERROR.get(kind, "Correct the value.")
    if kind in _PROBLEMS:
        return f"'{key}' {_PROBLEMS[kind].format(**detail.get('ctx', {}))}", mend
    said = detail["msg"].removeprefix("Value error, ")
    return (f"'{key}': {said[0].lower()}{said[1:]}" if key else said), mend


def _left_empty(detail: ErrorDetails, model: type[BaseModel], name: str) -> bool:
    known = _model_at(model, detail["loc"][:-1]).model_fields.get(name)
    return detail["input"] is None and known is not None and known.is_required()


def _choices(detail: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))


def _model_at(model: type[BaseModel], place: tuple[str | int, ...]) -> type[BaseModel]:
    """The record that the key at `place` belongs to."""
    for step in place:
        known = model.model_fields.get(step) if isinstance(step, str) else None
        model = next(_records_in(known.annotation), model) if known else model
    return model


def _records_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _records_in(part)


def refuse_unknown(kind: str, asked: Iterable[str], known: Collection[str]) -> None:
    """Raise `BadInput` for the first of `asked` that is not `known`, with what may have been meant."""
    for word in asked:
        if word not in known:
            raise BadInput(f"unknown {kind} '{word}'. {suggestion(word, known)}")


def suggestion(word: str, known: Collection[str]) -> str:
    """What to write instead of `word`: the nearest known word, or the short list of them."""
    if near := get_close_matches(word, known, 1, 0.7):
        return f"Did you mean '{near[0]}'?"
    if not known:
        return "None is listed yet: add it first."
    if len(known) <= _SHORT_LIST:
        return f"Choose from: {', '.join(sorted(known))}."
    return "Write one that is listed: 'inventory show' prints them."
