"""Sheets of typed columns as an XLSX file: frozen headings, filters, real numbers and dates, text that stays text.

Rows are written as they come and kept in no memory; nothing in the file comes from the clock. A sheet longer than
XLSX allows goes on in a further sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO, Literal

from reports.document import VIETNAM
from reports.export import plain
from reports.workbook.heights import LINE, height

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

Kind = Literal["text", "mono", "whole", "percent", "points", "day", "moment"]
Tone = Literal["good", "bad", "open", "part"]
MOST_ROWS = 1_048_576
LONGEST_CELL = 32_767
LONGEST_TITLE = 31
A3, A4 = 8, 9  # as the format numbers papers
WIDEST_A4 = 200  # characters of all columns: more than that is too small to be read on A4
MONO, BOLD = 0.8, 0.85  # signs that fit, of a column's width in figures of the usual type
FORMULA = tuple("=+-@\t＝＋－＠")
NUMBER_FORMATS: Mapping[Kind, str] = {
    "whole": "#,##0_)",
    "percent": "0.0%_)",
    "points": "+0.0_);-0.0_);0.0_)",
    "day": "dd/mm/yyyy_)",
    "moment": "hh:mm dd/mm/yyyy_)",
}
"""Each with the width of a bracket behind it, so that no figure touches the text of the next column."""
FILLS: Mapping[Tone, str] = {"good": "#E3F1E5", "bad": "#F8DCD8", "open": "#FBEFC9", "part": "#EDF1F6"}


@dataclass(frozen=True, slots=True)
class Toned:
    """A text with a meaning that a colour repeats; a `part` heads the rows below it."""

    text: str
    tone: Tone | None


Value = str | int | float | Toned | None


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, the width in characters, and what stands below: days and moments in ISO form, percents up to 100."""

    title: str
    width: int
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One view. `notes` are lines above the headings; with `filtered` each column can be filtered."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    notes: Sequence[str] = ()
    filtered: bool = True
    cut: str = "…"


def write(file: BinaryIO, sheets: Iterable[Sheet], title: str, made: str, most_rows: int = MOST_ROWS) -> None:
    """Write the sheets into `file`, dated by the instant `made` (ISO, UTC)."""
    import xlsxwriter  # noqa: PLC0415  # a tenth of a second

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": plain(title)[:255], "created": datetime.fromisoformat(made).replace(tzinfo=None)})
        pen = Pen(book)
        for sheet in sheets:
            _write(book, pen, sheet, most_rows)


class Pen:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        head = {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#DCE6F1", "bottom": 1}
        self.head = book.add_format(head)
        self.head_right = book.add_format({**head, "align": "right", "indent": 1})
        self.note = book.add_format({"italic": True, "font_color": "#444444"})
        self._book = book
        self._made: dict[tuple[Kind, Tone | None, bool], Format] = {}

    def of(self, kind: Kind, value: Value) -> Format:
        """How a value of a column of this kind looks; what a spreadsheet would compute is marked as text for good."""
        tone = value.tone if isinstance(value, Toned) else None
        key = (kind, tone, _text(value).lstrip().startswith(FORMULA))
        if key not in self._made:
            self._made[key] = self._book.add_format(dict(_look(*key)))
        return self._made[key]


def _look(kind: Kind, tone: Tone | None, quoted: bool) -> Iterator[tuple[str, object]]:
    yield "valign", "top"
    yield "num_format", NUMBER_FORMATS.get(kind, "@")
    yield "text_wrap", kind not in NUMBER_FORMATS
    yield "quote_prefix", quoted
    if kind in NUMBER_FORMATS:
        yield "align", "right"
    if kind == "mono":
        yield "font_name", "Consolas"
    if tone:
        yield "bg_color", FILLS[tone]


def _text(value: Value) -> str:
    return value.text if isinstance(value, Toned) else value if isinstance(value, str) else ""


def _write(book: Workbook, pen: Pen, sheet: Sheet, most_rows: int) -> None:
    """The sheet, and further ones as long as there are rows."""
    rows, number = iter(sheet.rows), 1
    first = next(rows, None)
    while first is not None or number == 1:
        page = book.add_worksheet(_title(sheet.title, number))
        top = _heads(page, pen, sheet)
        last = top
        while first is not None and last + 1 < most_rows:
            last += 1
            _row(page, pen, sheet, last, first)
            first = next(rows, None)
        if sheet.filtered:
            page.autofilter(top, 0, max(last, top + 1), len(sheet.columns) - 1)
        number += 1


def _title(title: str, number: int) -> str:
    """A title of a sheet, with its number from the second on."""
    ending = f" {number}" if number > 1 else ""
    return plain(title)[: LONGEST_TITLE - len(ending)] + ending


def _heads(page: Worksheet, pen: Pen, sheet: Sheet) -> int:
    """Notes and headings; the row of the headings, which stays in sight and is printed on every page."""
    for index, column in enumerate(sheet.columns):
        page.set_column(index, index, column.width)
    for number, note in enumerate(sheet.notes):
        page.write_string(number, 0, plain(note), pen.note)
    top = len(sheet.notes)
    fitting = [(column.title, column.width * BOLD) for column in sheet.columns]
    page.set_row(top, max(2 * LINE, height(fitting) or 0))
    for index, column in enumerate(sheet.columns):
        head = pen.head_right if column.kind in NUMBER_FORMATS else pen.head
        page.write_string(top, index, plain(column.title), head)
    page.freeze_panes(top + 1, 1)
    page.repeat_rows(top)
    page.set_landscape()
    page.set_paper(A3 if sum(column.width for column in sheet.columns) > WIDEST_A4 else A4)
    page.fit_to_pages(1, 0)
    page.set_footer("&C&P/&N")
    return top


def _row(page: Worksheet, pen: Pen, sheet: Sheet, number: int, values: Sequence[Value]) -> None:
    wrapped = [
        (_text(value), column.width * (MONO if column.kind == "mono" else 1))
        for column, value in zip(sheet.columns, values, strict=True)
        if column.kind not in NUMBER_FORMATS
    ]
    page.set_row(number, height(wrapped))
    for index, (column, value) in enumerate(zip(sheet.columns, values, strict=True)):
        if value is None or value == "":
            continue
        look = pen.of(column.kind, value)
        if isinstance(value, int | float):
            page.write_number(number, index, value / 100 if column.kind == "percent" else value, look)
        elif column.kind == "day":
            page.write_datetime(number, index, datetime.fromisoformat(_text(value)), look)
        elif column.kind == "moment":
            local = datetime.fromisoformat(_text(value)).astimezone(VIETNAM).replace(tzinfo=None)
            page.write_datetime(number, index, local, look)
        else:
            page.write_string(number, index, _fitting(plain(_text(value)), sheet.cut), look)


def _fitting(text: str, cut: str) -> str:
    """As much as a cell can hold, which counts in UTF-16; what is left out is said."""
    if len(text) <= LONGEST_CELL // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) // 2 <= LONGEST_CELL:
        return text
    return units[: 2 * (LONGEST_CELL - len(cut) - 1)].decode("utf-16-le", errors="ignore") + cut


def joined(parts: Iterable[str]) -> str:
    """Several values of one cell, a line each."""
    return "\n".join(parts)
