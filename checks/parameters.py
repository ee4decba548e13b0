"""The values that a standard demands by level, of which a city may set some: each has a type, and is held to it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from ipaddress import ip_network
from typing import Any, Literal, Self

from pydantic import TypeAdapter, ValidationError, model_validator

from inventory.fields import Address, Level, Record, Text

# Accounts by name; sudo writes groups as %name, numbers as #0.
NAME = re.compile(r"[%+#A-Za-z0-9_][A-Za-z0-9_.@+-]*")
# Commands and folders become words of a sudo rule: no spaces, no wildcards, nothing that could be an option.
WORD = re.compile(r"(?!-)[A-Za-z0-9_./+-]*[A-Za-z0-9_][A-Za-z0-9_./+-]*")
# A path of a URL (RFC 3986 §3.3), which the front page's is, too.
PAGE = re.compile(r"/[A-Za-z0-9_.~%+/-]*")
LAST_PORT = 65_535
ADDRESS: TypeAdapter[str] = TypeAdapter(Address)

Type = Literal["integer", "number", "networks", "addresses", "names", "commands", "paths", "dates", "ports", "pages"]


class Parameter(Record):
    """A value by level; where a level has none, the parameter is not demanded there. `adjustable` by the city."""

    by_level: Mapping[Level, Any]
    adjustable: bool = False
    type: Type | None = None
    clause: Text | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _is_of_its_type(self) -> Self:
        for value in self.by_level.values():
            if wrong := self.problem(value):
                raise ValueError(wrong[0])
        return self

    def problem(self, value: Any) -> tuple[str, str] | None:
        """What is wrong with `value`, and how to mend it; None where nothing is."""
        return None if self.type is None else problem(self.type, value)


def problem(type_: Type, value: Any) -> tuple[str, str] | None:
    """Why `value` is not of this type, and what to write instead; None where it is."""
    what, mend = WRITTEN[type_]
    single = SINGLE.get(type_)
    if single is not None:
        return None if single(value) else (f"{value!r} is not {what}", mend)
    if type_ == "dates":
        return _no_dates(value, mend)
    if not isinstance(value, list | tuple):
        return f"{value!r} is not a list", mend
    if type_ == "ports":
        wrong = [one for one in value if not _is_port(one)]
        return (f"{wrong[0]!r} is not {what}", mend) if wrong else None
    strange = [one for one in value if not (isinstance(one, str) and OF_A_LIST[type_](one))]
    return (f"{strange[0]!r} is not {what}", mend) if strange else None


def _no_dates(value: Any, mend: str) -> tuple[str, str] | None:
    if not isinstance(value, Mapping):
        return f"{value!r} is not a mapping", mend
    strange = [day for release, day in value.items() if not (isinstance(release, str) and _is_day(day))]
    return (f"{strange[0]!r} is not a day", mend) if strange else None


def _is_whole(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_port(value: Any) -> bool:
    return _is_whole(value) and value <= LAST_PORT


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and value > 0


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        ADDRESS.validate_python(text)
    except ValidationError:
        return False
    return True


def _is_day(value: Any) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


SINGLE: Mapping[str, Callable[[Any], bool]] = {"integer": _is_whole, "number": _is_number}
OF_A_LIST: Mapping[str, Callable[[str], object]] = {
    "networks": _is_network,
    "addresses": _is_address,
    "names": NAME.fullmatch,
    "commands": WORD.fullmatch,
    "paths": lambda text: text.startswith("/") and WORD.fullmatch(text),
    "pages": PAGE.fullmatch,
}
WRITTEN: Mapping[str, tuple[str, str]] = {
    "integer": ("a whole number", "Write a whole number from 1, without quotes."),
    "number": ("a number above 0", "Write a number above 0, without quotes."),
    "networks": ("a network", "Write a list of networks, such as [10.10.0.0/24]."),
    "addresses": ("an address or host name", "Write a list of addresses or host names, such as [10.10.0.5]."),
    "names": ("the name of an account", "Write a list of account names, such as [ansible]."),
    "commands": (
        "the name of a program",
        "Write a list of programs, such as [restic]: letters, digits, ./+-_ only.",
    ),
    "paths": ("a folder", "Write a list of folders that begin with /, such as [/srv/backup], without spaces."),
    "pages": ("a page", "Write a list of pages that begin with /, such as [/, /dang-nhap]."),
    "ports": ("a port", "Write a list of port numbers, such as [80, 8443]."),
    "dates": ("a day", 'Write each release with its last day of support, such as {debian-12: "2028-06-30"}.'),
}
