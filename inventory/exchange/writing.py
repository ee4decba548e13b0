"""Records as an inventory file, every value on a line of its own, so that a fault's line leads back to its cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inventory.exchange.origins import DEEPER, Entry

_ESCAPED = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_EXPONENT = re.compile(r"^(-?\d+)(e[+-]?\d+)$")


def text(entries: Sequence[Entry], head: str) -> tuple[str, Mapping[int, tuple[int, str]]]:
    """The file's text below the comment `head`, and for each line which of `entries` and which field stand there."""
    lines = [f"# {line}" for line in head.splitlines()]
    places: dict[int, tuple[int, str]] = {}
    for kind in dict.fromkeys(entry.kind for entry in entries):
        lines.append(f"{kind}:")
        for index, entry in enumerate(entries):
            for field, line in _record(entry.fields) if entry.kind == kind else ():
                lines.append(f"{'  - ' if field == 'id' else '    '}{line}")
                places[len(lines)] = (index, field)
    return "\n".join(lines) + "\n", places


def _record(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, line) of everything in a record, its id first; one without an id says so, for the loader to refuse."""
    yield "id", f"id: {flow(fields.get('id'))}"
    for name, value in fields.items():
        if name == "id":
            continue
        if name in DEEPER and isinstance(value, Mapping):
            yield name, f"{name}:"
            yield from ((f"{name}.{inner}", f"  {inner}: {flow(deep)}") for inner, deep in value.items())
        else:
            yield name, f"{name}: {flow(value)}"


def flow(value: Any) -> str:
    """Any plain value on one line of YAML, which reads back as the same value."""
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, float):
        return _EXPONENT.sub(r"\1.0\2", repr(value))  # without a point YAML takes it for text
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(str(key))}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(flow, value)) + "]"
    return json.dumps(value)
