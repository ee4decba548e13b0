"""One cell read into what a record holds, and written from it. What Excel made of a text is undone where it can be."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from inventory.exchange.columns import Column, Form, plain

Cell = Any  # a string, a number, a truth value, a date, a time: as the spreadsheet has it
_LARGEST = 10**15  # beyond, Excel has replaced the last figures by zeros
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_DAYS = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
    re.compile(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})"),
)
_YES_NO: Mapping[str, bool] = {
    **dict.fromkeys(("co", "yes", "true", "x", "1", "dung", "y"), True),
    **dict.fromkeys(("khong", "no", "false", "0", "sai", "n"), False),
}
_AS_TEXT = "Format the column as text and type the value again."


class Misread(Exception):
    """A cell that does not say what its column asks for."""

    def __init__(self, problem: str, mend: str) -> None:
        self.problem = problem
        self.mend = mend
        super().__init__(problem)


def read(cell: Cell, column: Column) -> Any:
    """The field's value; None where the cell is empty. Raises `Misread`."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    return _READERS[column.form](cell, column)


def text(cell: Cell) -> str:
    """The cell as it was typed. Raises `Misread` where Excel has changed it beyond repair."""
    if isinstance(cell, bool):
        raise Misread("Excel took the text for TRUE or FALSE", _AS_TEXT)
    if isinstance(cell, int | float):
        if abs(cell) >= _LARGEST:
            raise Misread("Excel took the text for a number and has lost figures of it", _AS_TEXT)
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if not isinstance(cell, str):
        raise Misread("Excel took the text for a date or a time", _AS_TEXT)
    if found := _CONTROL.search(cell):
        raise Misread(f"holds the control character U+{ord(found[0]):04X}", "Delete that character.")
    return unicodedata.normalize("NFC", cell.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _whole(cell: Cell, _column: Column) -> int:
    try:
        number = float(text(cell))
        if number == int(number):
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise Misread(f"'{cell}' is not a whole number", "Write figures alone, without unit, comma or point.")


def _decimal(cell: Cell, _column: Column) -> float:
    try:
        return float(text(cell).removesuffix("%").strip().replace(",", "."))
    except ValueError:
        raise Misread(f"'{cell}' is not a number", "Write figures alone, without unit.") from None


def _day(cell: Cell, _column: Column) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    typed = text(cell)
    for form in _DAYS:
        if found := form.fullmatch(typed):
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
            except ValueError:
                break
    raise Misread(f"'{typed}' is not a date", "Write day/month/year (30/06/2024) or YYYY-MM-DD.")


def _yes_no(cell: Cell, _column: Column) -> bool:
    if isinstance(cell, bool):
        return cell
    said = _YES_NO.get(plain(text(cell)))
    if said is None:
        raise Misread(f"'{cell}' is neither yes nor no", "Write có or không (yes or no).")
    return said


def _choice(cell: Cell, column: Column) -> str:
    wanted = plain(text(cell))
    for word, shown in column.choices.items():
        if wanted in (plain(word), plain(shown)):
            return word
    listed = ", ".join(f"{shown} ({word})" for word, shown in column.choices.items())
    raise Misread(f"'{text(cell)}' is none of the possible words", f"Choose from: {listed}.")


def _words(cell: Cell, _column: Column) -> list[str]:
    return [word for word in re.split(r"[,;\s]+", text(cell)) if word]


def _wholes(cell: Cell, column: Column) -> list[int]:
    return [_whole(word, column) for word in _words(cell, column)]


def _json(cell: Cell, _column: Column) -> Any:
    try:
        value = json.loads(text(cell))
    except (ValueError, RecursionError):
        raise Misread("is not JSON", 'Write it as in this example: {"password_min_length": 14}') from None
    return value


_READERS: Mapping[Form, Callable[[Cell, Column], Any]] = {
    "text": lambda cell, _: text(cell),
    "whole": _whole,
    "decimal": _decimal,
    "day": _day,
    "yes_no": _yes_no,
    "choice": _choice,
    "words": _words,
    "wholes": _wholes,
    "json": _json,
}


def write(value: Any, column: Column, lang: str) -> str | int | float:
    """The cell for a field's value, empty for what is not there; `read` gives the value back."""
    if value in (None, [], {}) or (column.form == "yes_no" and not value):
        return ""
    if column.form == "yes_no":
        return "yes" if lang == "en" else "có"
    if column.form == "choice":
        return str(value) if lang == "en" else column.choices[value]
    if column.form in ("words", "wholes"):
        return (", " if column.form == "words" else "; ").join(map(str, value))
    if column.form == "json":
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, int | float) else str(value)
