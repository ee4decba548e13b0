"""CSV and XLSX files as tables: rows of cells with the numbers that a spreadsheet shows."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inventory.exchange.cells import Cell
from inventory.exchange.columns import plain, sheets
from inventory.exchange.origins import CellFault
from inventory.faults import BadInput

_LARGEST_BYTES = 200_000_000
_LAST_ROW, _LAST_COLUMN = 200_000, 2  # rows; letters of a column's name
_ERROR = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]*\bt="e"')
_CELL = re.compile(rb'<c r="([A-Z]+)([0-9]+)"')
GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet; a CSV file is a table without a sheet's name. Each row stands with its number, empty rows left out."""

    file: Path
    sheet: str | None
    rows: Sequence[tuple[int, Sequence[Cell]]]

    @property
    def name(self) -> str:
        return self.file.stem if self.sheet is None else self.sheet


def read(file: Path) -> tuple[Table, ...]:
    """The tables of a file, or of every CSV file in a folder. Raises `BadInput`."""
    if file.is_dir():
        found = sorted(file.glob("*.csv"))
        if not found:
            raise _refused(
                file, "there is no CSV file in this folder", "Name a folder with sites.csv, assets.csv and so on."
            )
        return tuple(table for one in found for table in read(one))
    readers = {".csv": _csv, ".xlsx": _xlsx}
    if file.suffix.lower() not in readers:
        raise _refused(file, "is neither CSV nor XLSX", "Save it as .xlsx, or as 'CSV UTF-8'.")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _refused(
            file, f"cannot be read ({error.strerror})", "Check that it exists and who may read it."
        ) from error
    return tuple(readers[file.suffix.lower()](file, content))


def _refused(file: Path, problem: str, mend: str, row: int | None = None) -> BadInput:
    return BadInput([CellFault(file, row, problem, mend)])


def _csv(file: Path, content: bytes) -> Iterator[Table]:
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise _refused(
            file, "is not UTF-8 text", "In Excel choose the file type 'CSV UTF-8', or save as .xlsx.", row
        ) from error
    lines = csv.reader(io.StringIO(decoded, newline=""), delimiter=_delimiter(decoded), strict=True)
    rows: list[tuple[int, Sequence[Cell]]] = []
    number = 1
    try:
        for cells in lines:
            if any(cell.strip() for cell in cells):
                rows.append((number, [_unguarded(cell) for cell in cells]))
            number = lines.line_num + 1
    except csv.Error as error:
        raise _refused(file, f"is not whole CSV ({error})", "Check the quotes on this row.", number) from error
    yield Table(file, None, rows)


def _delimiter(decoded: str) -> str:
    """The sign that splits off the most headings: Excel writes semicolons where commas are decimal."""
    known = {name for sheet in sheets().values() for column in sheet.columns for name in column.names()}
    head = decoded[:10_000].splitlines()[:20]

    def found(sign: str) -> int:
        return max((sum(plain(cell.strip('"')) in known for cell in line.split(sign)) for line in head), default=0)

    return max(",;\t", key=found)


def _unguarded(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from computing the cell."""
    return cell[1:] if GUARDED.match(cell) else cell


def _xlsx(file: Path, content: bytes) -> Iterator[Table]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum  # noqa: PLC0415  # native code

    _refuse_unreadable(file, content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for sheet in book.sheets_metadata:
            cells = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
            rows = [(n, row) for n, row in enumerate(cells, 1) if any(str(cell).strip() for cell in row)]
            if rows and sheet.visible is SheetVisibleEnum.Visible:
                yield Table(file, sheet.name, rows)
    except CalamineError as error:
        raise _refused(
            file, f"is not a readable XLSX file ({error})", "Open it in Excel and save it as .xlsx."
        ) from error


def _refuse_unreadable(file: Path, content: bytes) -> None:
    """Refuse what the reader would choke on or pass over in silence: bombs, far cells, cells that hold an error."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > _LARGEST_BYTES:
                raise _refused(file, "is larger than any inventory", "Delete what does not belong to it.")
            for part in parts.namelist():
                if part.startswith("xl/worksheets/"):
                    _refuse_cells(file, part, parts.read(part))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        problem = "is not an XLSX file, or is protected by a password"
        raise _refused(file, problem, "Open it in Excel and save it as .xlsx without a password.") from error


def _refuse_cells(file: Path, part: str, content: bytes) -> None:
    if errors := [cell.decode() for cell in _ERROR.findall(content)]:
        where = f"cells {', '.join(errors[:20])} of {Path(part).stem}"
        raise _refused(file, f"{where} hold an error such as #N/A", "Put the value itself there.")
    if any(len(column) > _LAST_COLUMN or int(row) > _LAST_ROW for column, row in _CELL.findall(content)):
        problem = f"{Path(part).stem} has cells beyond row {_LAST_ROW} or column ZZ"
        raise _refused(file, problem, "Delete the rows and columns that do not belong to the table.")
