"""Device output read by the TextFSM templates of ntc-templates, each of which ends in an error for an unknown line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from checks.reading import unreadable

Row = Mapping[str, Any]


def rows(template: str, text: str, strict: str = "") -> list[Row]:
    """The rows that a template makes of a reply. Raises `Unknown` for a line that it does not know.

    Some templates let unknown lines pass; with `strict`, a reply without a single row is unknown: it names what is
    missing.
    """
    import textfsm  # noqa: PLC0415  # loads when the first such device is judged

    machine = _machine(template)
    machine.Reset()
    try:
        found: list[Row] = machine.ParseTextToDicts(text)
    except textfsm.TextFSMError as error:
        raise unreadable(template, str(error)) from None
    if strict and not found:
        raise unreadable(template, strict)
    return found


@cache
def _machine(template: str) -> Any:
    import ntc_templates  # noqa: PLC0415  # as textfsm
    import textfsm  # noqa: PLC0415  # as above

    folder = Path(str(ntc_templates.__file__)).parent / "templates"
    with (folder / f"{template}.textfsm").open(encoding="utf-8") as file:
        machine: Any = textfsm.TextFSM  # it ships no types
        return machine(file)
