"""Sheets written as XLSX or CSV: the template to fill in, and what an inventory holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inventory.exchange import cells, guide
from inventory.exchange.columns import Column, Sheet, sheets
from inventory.exchange.keeping import keep
from inventory.exchange.origins import DEEPER
from inventory.exchange.tables import GUARDED
from inventory.faults import BadInput

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
_LAST_ROW = 5000
_LONGEST_CELL = 32_767
_LONGEST_LIST = 255  # of characters, in Excel's lists of a cell
_WIDE = (34, 60, 90, 50)


def csv_files(folder: Path, records: Rows, lang: str) -> list[Path]:
    """A CSV file for each kind of record, in the form in which spreadsheets know UTF-8. Raises `BadInput`."""
    return [keep(folder / f"{kind}.csv", _csv(kind, rows, lang)) for kind, rows in records.items()]


def csv_template(folder: Path, lang: str) -> list[Path]:
    """An empty CSV file for each kind of record, its columns explained above the headings. Raises `BadInput`."""
    return [keep(folder / f"{kind}.csv", _csv(kind, (), lang, explained=True)) for kind in sheets()]


def _csv(kind: str, rows: Sequence[Mapping[str, Any]], lang: str, *, explained: bool = False) -> bytes:
    sheet, text = sheets()[kind], io.StringIO(newline="")
    table = csv.writer(text)
    if explained:
        table.writerow([f"# {sheet.about.of(lang)}"])
        table.writerows([f"# {c.title.of(lang)}: {c.says.of(lang)} ({c.example})"] for c in sheet.columns)
    table.writerow([column.title.of(lang) for column in sheet.columns])
    table.writerows([_guarded(cells.write(row.get(c.field), c, lang)) for c in sheet.columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _guarded(cell: str | float) -> str | float:
    """The cell, behind an apostrophe where a spreadsheet would compute it; reading takes exactly that one away."""
    return f"'{cell}" if isinstance(cell, str) and GUARDED.match(f"'{cell}") else cell


def xlsx(file: Path, records: Rows, lang: str) -> Path:
    """One sheet a kind of record. Raises `BadInput`."""
    return keep(file, _book(records, lang, (), explained=False))


def xlsx_template(file: Path, lang: str, platforms: Sequence[str]) -> Path:
    """The empty sheets with explained headings and lists to choose from, behind a guide. Raises `BadInput`."""
    return keep(file, _book(dict.fromkeys(sheets(), ()), lang, platforms, explained=True))


def _book(records: Rows, lang: str, platforms: Sequence[str], *, explained: bool) -> bytes:
    import xlsxwriter  # noqa: PLC0415  # a tenth of a second

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        if explained:
            _guide(book, lang)
        for kind, rows in records.items():
            sheet = sheets()[kind]
            page = book.add_worksheet(sheet.title.of(lang))
            _heads(book, page, sheet, lang, explained=explained)
            if explained:
                _lists(page, sheet, lang, platforms)
            for number, row in enumerate(rows, 1):
                for index, column in enumerate(sheet.columns):
                    _cell(page, number, index, cells.write(row.get(column.field), column, lang))
    return out.getvalue()


def _guide(book: Workbook, lang: str) -> None:
    page = book.add_worksheet(guide.guide().title.of(lang))
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True})
    for index, width in enumerate(_WIDE):
        page.set_column(index, index, width, wrapped)
    for number, row in enumerate(guide.rows(lang)):
        for index, cell in enumerate(row):
            # Sentences of the introduction run over the whole page; headings and names of sheets stand out.
            page.write_string(number, index, cell, bold if row[0] and len(row) > 1 else None)


def _heads(book: Workbook, page: Worksheet, sheet: Sheet, lang: str, *, explained: bool) -> None:
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EEF4", "bottom": 1})
    typed = book.add_format({"num_format": "@"})
    for index, column in enumerate(sheet.columns):
        title = column.title.of(lang)
        # Typed as text, so that Excel makes no number, date or formula of an id or an address.
        plain_number = column.form in ("whole", "decimal")
        page.set_column(index, index, max(14, min(40, len(title) + 6)), None if plain_number else typed)
        page.write_string(0, index, title, head)
        if explained:
            note = f"{column.says.of(lang)}\n→ {column.example}"
            page.write_comment(0, index, note, {"x_scale": 2.5, "y_scale": 1.2, "author": ""})
    page.freeze_panes(1, 1)


def _lists(page: Worksheet, sheet: Sheet, lang: str, platforms: Sequence[str]) -> None:
    for index, column in enumerate(sheet.columns):
        choices = _offered(column, lang, platforms)
        if choices:
            strict = "stop" if column.choices else "warning"
            rule = {"validate": "list", "source": choices, "error_type": strict, "error_message": _short(column, lang)}
            page.data_validation(1, index, _LAST_ROW, index, rule)


def _short(column: Column, lang: str) -> str:
    return column.says.of(lang)[:_LONGEST_LIST]


def _offered(column: Column, lang: str, platforms: Sequence[str]) -> list[str]:
    """What can be chosen in a cell. A word with a comma is offered by its key: Excel's lists end at commas."""
    if column.form == "yes_no":
        return ["yes", "no"] if lang == "en" else ["có", "không"]
    if column.platforms:
        return list(platforms) if len(",".join(platforms)) <= _LONGEST_LIST else []
    return [str(cells.write(word, column, lang)).replace(",", "") for word in column.choices]


def _cell(page: Worksheet, row: int, index: int, value: str | float) -> None:
    if isinstance(value, str):
        if len(value) > _LONGEST_CELL:
            raise BadInput("A field is longer than a cell of XLSX can be. Choose csv or yaml.")
        if value:
            page.write_string(row, index, value)
    elif float(f"{value:.16G}") == value:
        page.write_number(row, index, value)
    else:
        page.write_string(row, index, repr(value))  # a cell's number has a figure less than ours


def rows_of(dumped: Iterator[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Records as flat rows: what lies deeper stands under its dotted name."""
    return [dict(_flat(record)) for record in dumped]


def _flat(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if name in DEEPER and isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", deep) for inner, deep in value.items())
        else:
            yield name, value
