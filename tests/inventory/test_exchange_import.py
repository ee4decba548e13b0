"""Rows come in all or none; what Excel made of a cell is understood, or named with its sheet, row, column and mend."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from pydantic import BaseModel

from inventory import model
from inventory.exchange import importing, spreadsheet
from inventory.exchange.columns import kind_of, plain, sheets
from inventory.exchange.importing import Imported
from inventory.exchange.origins import CellFault
from inventory.faults import BadInput
from inventory.load import load
from inventory.workspace import init
from tests.cities import small_city

judge = partial(load, adjustable=frozenset({"password_min_length"}))
ASSETS = ["Mã tài sản", "Mã địa điểm", "Mã hệ thống", "Loại tài sản", "Nền tảng", "Địa chỉ"]
ROW = ["may-1", "79", "tthc", "Máy chủ", "debian", "192.0.2.9"]


def book(file: Path, pages: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """An XLSX file with these sheets; dates are written as Excel keeps them."""
    with xlsxwriter.Workbook(file) as out:
        day = out.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in pages.items():
            page = out.add_worksheet(name)
            for number, row in enumerate(rows):
                for index, cell in enumerate(row):
                    if isinstance(cell, date):
                        page.write_datetime(number, index, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001
                    elif isinstance(cell, str):
                        page.write_string(number, index, cell)
                    elif cell is not None:
                        page.write(number, index, cell)
    return file


def taken(workspace: Path, *files: Path, dry: bool = False) -> Imported:
    return importing.from_files(workspace, files, judge, dry=dry)


def refused(workspace: Path, *files: Path) -> list[CellFault]:
    """The faults, each in a cell; nothing was written."""
    before = {file: file.read_bytes() for file in workspace.rglob("*") if file.is_file()}
    with pytest.raises(BadInput) as error:
        taken(workspace, *files)
    assert {file: file.read_bytes() for file in workspace.rglob("*") if file.is_file()} == before
    return [fault for fault in error.value.faults if isinstance(fault, CellFault)]


def csv(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_every_field_of_a_record_has_its_column() -> None:
    kinds: dict[str, type[BaseModel]] = {
        "sites": model.Site,
        "systems": model.System,
        "assets": model.Asset,
        "links": model.Link,
        "services": model.Service,
    }
    deeper: dict[str, type[BaseModel]] = {"dossier": model.Dossier, "child": model.LinkEnd, "parent": model.LinkEnd}
    for kind, record in kinds.items():
        fields = {
            f"{name}.{inner}" if (kind, name) != ("sites", "parent") and name in deeper else name
            for name in record.model_fields
            for inner in (deeper[name].model_fields if name in deeper else {"": None})
        }
        assert {column.field for column in sheets()[kind].columns} == fields


def test_no_heading_means_two_columns_and_every_sheet_is_known_by_its_names() -> None:
    for kind, sheet in sheets().items():
        names = [name for column in sheet.columns for name in column.names()]
        assert len(names) == len(set(names))
        assert kind_of(sheet.title.vi) == kind_of(sheet.title.en.upper()) == kind_of(kind) == kind


def test_headings_are_understood_without_accents_in_any_case_and_in_english(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    head = ["MA TAI SAN *", "dia diem", "Systems", "LOẠI", "platform", "Địa chỉ IP"]
    out = taken(workspace, book(tmp_path / "a.xlsx", {"tài sản": [["Danh sách"], [], head, ROW]}))
    assert out.counts == {"assets": 1}
    assert out.file == workspace / "inventory/imported-a.yaml"
    assert load(workspace).assets["may-1"].kind == "server"


def test_what_excel_made_of_cells_is_understood(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    systems: list[list[Any]] = [
        ["Mã hệ thống", "Tên hệ thống", "Đơn vị chủ quản", "Cấp độ", "Tình trạng hồ sơ", "Cấp độ trong hồ sơ",
         "Tiêu chuẩn", "Số quyết định", "Ngày phê duyệt", "Dữ liệu mẫu"],
        [1022, "Cổng 1022", 79.0, 3.0, "đã phê duyệt", "3", "tcvn-11930-2017", 45, date(2024, 6, 30), True],
        ["bao-cao", " Báo cáo ", "760", None, "Approved", 2, "tcvn-11930-2017", "7/QĐ", "1/7/2024", "không"],
    ]  # fmt: skip
    assets: list[list[Any]] = [
        [*ASSETS, "Cổng", "Các cổng được mở"],
        [*ROW[:2], "1022; bao-cao", *ROW[3:], 2222.0, 443],
        [7, 760, "bao-cao", "device", "frr", "192.0.2.8", "", "22;\n80"],
    ]
    links: list[list[Any]] = [
        [
            "mã",
            "Child asset",
            "Child interface",
            "Child address",
            "Parent asset",
            "Parent interface",
            "Parent address",
            "Mất gói tối đa",
        ],
        ["l", "r-ward", "eth9", "192.0.2.1", "r-dc", "eth8", "192.0.2.2", "1,5 %"],
    ]
    taken(
        workspace,
        book(tmp_path / "a.xlsx", {"Hệ thống": systems, "Tài sản": assets, "Links": links, "Hướng dẫn": [["x"]]}),
    )
    city = load(workspace)
    dossier = city.systems["1022"].dossier
    assert dossier is not None
    assert (dossier.decision, dossier.approved_on, city.systems["1022"].sample) == ("45", date(2024, 6, 30), True)
    assert (city.systems["bao-cao"].name, city.systems["bao-cao"].level) == ("Báo cáo", None)
    assert (city.assets["may-1"].port, city.assets["may-1"].ports, city.assets["may-1"].systems) == (
        2222,
        (443,),
        ("1022", "bao-cao"),
    )
    assert (city.assets["7"].site, city.assets["7"].ports) == ("760", (22, 80))
    assert city.links["l"].max_loss_percent == 1.5


def test_all_that_is_wrong_is_said_at_once_each_at_its_cell(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    assets: list[list[Any]] = [
        [*ASSETS, "Cổng", "Màu sắc", "Tham số riêng"],
        ["May 1", "79", "tthc", "máy in", "debian", "192.0.2.9", "hai", "đỏ", ""],
        ["may-2", "99", "tthx", "Máy chủ", "debian", "192.0.2.9/24", 70000, "", "{x"],
        ["s-tthc", date(2024, 5, 7), "tthc", "Máy chủ", "", "192.0.2.9", "", "", '{"password_max_length": 3}'],
        ["", "79", "tthc", "Máy chủ", "debian", 10**16, True, "", "", "lạc"],
    ]
    systems: list[list[Any]] = [
        ["Mã hệ thống", "Tên", "Chủ quản", "Cấp độ", "Ngày phê duyệt"],
        ["moi", "", "79", 9, "31/02/2024"],
    ]
    file = book(tmp_path / "a.xlsx", {"Tài sản": assets, "Hệ thống": systems, "Linh tinh": [["a", "b"]]})
    faults = refused(workspace, file, tmp_path / "absent.csv")
    found = {
        (fault.sheet, fault.line, (fault.column or "").partition(" '")[0].removeprefix("column ")) for fault in faults
    }
    assert found >= {
        ("Tài sản", 1, "H"), ("Tài sản", 2, "A"), ("Tài sản", 2, "D"), ("Tài sản", 2, "G"), ("Tài sản", 3, "B"),
        ("Tài sản", 3, "C"), ("Tài sản", 3, "F"), ("Tài sản", 3, "G"), ("Tài sản", 3, "I"), ("Tài sản", 4, "A"),
        ("Tài sản", 4, "B"), ("Tài sản", 4, "E"), ("Tài sản", 4, "I"), ("Tài sản", 5, "A"), ("Tài sản", 5, "F"),
        ("Tài sản", 5, "G"), ("Tài sản", 5, "J"), ("Hệ thống", 2, "B"), ("Hệ thống", 2, "D"), ("Hệ thống", 2, "E"),
        ("Linh tinh", None, ""),
    }  # fmt: skip
    told = "\n".join(map(str, faults))
    assert "Did you mean 'tthc'?" in told
    assert f"{workspace / 'inventory/assets.yaml'}" in told
    assert str(tmp_path / "absent.csv") in told
    assert "rasoat-import" not in told
    assert all(fault.mend for fault in faults)


def test_a_workspace_that_is_faulty_takes_nothing_in_and_says_why(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    (workspace / "inventory/more.yaml").write_text("sites: [{id: x}]\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"more\.yaml:1: site 'x': 'name' is missing"):
        taken(workspace, book(tmp_path / "a.xlsx", {"Tài sản": [ASSETS, ROW]}))


def test_an_import_replaces_the_earlier_one_of_its_name_and_can_be_tried_first(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    file = book(tmp_path / "Tài sản Q1.xlsx", {"Tài sản": [ASSETS, ROW]})
    assert not taken(workspace, file, dry=True).file.exists()
    taken(workspace, file)
    book(file, {"Tài sản": [ASSETS, ["may-2", *ROW[1:]]]})
    assert taken(workspace, file).file.name == "imported-tai-san-q1.yaml"
    assert {"may-1", "may-2"} & load(workspace).assets.keys() == {"may-2"}
    assert not list((workspace / "inventory").glob(".*"))


def test_a_row_with_a_shipped_id_refines_it(tmp_path: Path) -> None:
    init(tmp_path / "w", "hcmc-2024")
    taken(tmp_path / "w", csv(tmp_path / "systems.csv", "Mã hệ thống,Cấp độ\ntthc,4\n"))
    system = load(tmp_path / "w").systems["tthc"]
    assert (system.level, system.name, system.sample) == (4, "Hệ thống thông tin giải quyết thủ tục hành chính", False)


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_csv_is_read_with_any_sign_notes_above_and_rows_over_several_lines(tmp_path: Path, sign: str) -> None:
    workspace = small_city(tmp_path)
    rows = [["# a note", "x"], ASSETS, [*ROW[:2], '"tthc\nlan-26734"', *ROW[3:]], ["xấu", *ROW[1:]]]
    text = "\ufeff" + "\r\n".join(sign.join(row) for row in rows)
    fault = refused(workspace, csv(tmp_path / "x.csv", text))[0]
    assert (fault.sheet, fault.line, fault.column) == (None, 5, "column A 'Mã tài sản'")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "Mã\u0110".encode("cp1258", "replace") + b"\xff", "is not UTF-8 text"),
        ("a.csv", b'"a\n', "is not whole CSV"),
        ("sites.csv", b"id,name\na\0b,c\n", r"control character U\+0000"),
        ("a.csv", b"", "no record"),
        ("a.csv", b"a,b\n1,2\n", "no row of headings"),
        ("a.csv", "Mã,Tên\n1,2\n".encode(), "not clear which records"),
        ("a.xlsx", b"PK\x03\x04", "is not an XLSX file"),
        ("a.xls", b"", "neither CSV nor XLSX"),
        ("sites.csv", "Mã địa điểm,Tên,Tên\nx,y,z\n".encode(), "a second column"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=said):
        taken(small_city(tmp_path), tmp_path / name)


def test_errors_and_far_cells_of_excel_are_refused_before_they_are_passed_over(tmp_path: Path) -> None:
    workspace, file = small_city(tmp_path), tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(file) as out:
        page = out.add_worksheet("Tài sản")
        page.write_row(0, 0, ASSETS)
        page.write_row(1, 0, ROW)
        page.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    with pytest.raises(BadInput, match=r"cells B2 of sheet1 hold an error"):
        taken(workspace, file)
    book(file, {"Tài sản": [ASSETS, ROW]})
    far = io.BytesIO()
    with zipfile.ZipFile(file) as parts, zipfile.ZipFile(far, "w") as out_:
        for part in parts.namelist():
            out_.writestr(part, parts.read(part).replace(b'r="B2"', b'r="XFD1048576"'))
    file.write_bytes(far.getvalue())
    with pytest.raises(BadInput, match="cells beyond row"):
        taken(workspace, file)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_template_explains_every_heading_and_offers_lists(tmp_path: Path, lang: str) -> None:
    file = spreadsheet.xlsx_template(tmp_path / "mau.xlsx", lang, ["debian", "frr"])
    with zipfile.ZipFile(file) as parts:
        texts = {part: parts.read(part).decode() for part in parts.namelist() if part.endswith(".xml")}
    columns = [column for sheet in sheets().values() for column in sheet.columns]
    notes = "".join(text for part, text in texts.items() if "comments" in part)
    assert notes.count("<comment ") == len(columns)
    assert 'type="list"' in texts["xl/worksheets/sheet4.xml"]
    lists = "".join(texts.values())
    assert '"debian,frr"' in lists.replace("&quot;", '"')
    assert ("Máy chủ" if lang == "vi" else "server,device,endpoint") in lists
    with pytest.raises(BadInput, match="no record"):
        taken(small_city(tmp_path), file)


def test_the_csv_template_is_filled_in_below_its_notes(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    files = spreadsheet.csv_template(tmp_path / "mau", "vi")
    assert {file.stem for file in files} == sheets().keys()
    with (tmp_path / "mau/services.csv").open("a", encoding="utf-8") as out:
        out.write("thu,Thư điện tử,,tthc,192.0.2.5,25\r\n")
    assert taken(workspace, tmp_path / "mau").counts == {"services": 1}
    assert load(workspace).services["thu"].port == 25


def test_plain() -> None:
    assert plain("  Đường   TRUYỀN (ms) *") == "duong truyen ms"
