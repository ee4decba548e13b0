"""Fix lists as PDF and spreadsheet: the same rows as the list, nobody else's, text that stays text, the same bytes."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from reports import fixsheet
from reports.document import Document
from reports.export import plain
from reports.fixview import FixView, views
from reports.formats import Report
from reports.pdf import fixlist
from reports.trend import Trend
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents


def listed(document: Document, previous: Document | None = None, lang: Language = "vi") -> dict[str, FixView]:
    return {one.fixes.unit: one for one in views(Report(document, previous, Words(lang)))}


def earlier() -> Document:
    """A run before, in which two checks failed that do not fail now; one of them cannot be judged now."""
    document = documents.practice()
    planted = {("td-edge-1", "device.time_sync"): "", ("w26848-edge-1", "device.time_sync"): ""}
    return documents.judge(document, {**documents.OPEN, **planted}, {})


def sheets(view: FixView) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(fixsheet.render(view)))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def text_of(view: FixView) -> str:
    reader = PdfReader(io.BytesIO(fixlist.render(view)))
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


@pytest.mark.parametrize("document", [documents.practice(), documents.hostile()])
def test_the_sheets_of_all_units_hold_every_failure_once(document: Document) -> None:
    rows = [row for view in listed(document).values() for row in next(iter(sheets(view).values()))[3:]]
    failing = [(f["asset"], f["check"], plain(f["actual"])) for f in document["findings"] if f["status"] == "fail"]
    assert sorted((row[3], row[15], row[6]) for row in rows) == sorted(failing)


def test_a_row_of_the_sheet_says_what_the_list_says() -> None:
    row = next(r for r in sheets(listed(documents.practice())["760"])["Cần khắc phục"] if "q1-web-1" in r)
    said = dict(zip(sheets(listed(documents.practice())["760"])["Cần khắc phục"][2], row, strict=True))
    assert said["Thứ tự"] == 1
    assert said["Mức độ"] == "Nghiêm trọng"
    assert said["Thực tế"] == "PermitRootLogin yes"
    assert said["Lệnh"] == "rasoat fix 20261121T021500Z --scope 760 --check ssh.root_login_off"
    assert said["Chủ quản"] == "Quận 1"
    assert re.fullmatch(r"[0-9a-f]{12}", said["Bằng chứng"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_paper_names_every_failure_of_the_unit_and_nobody_elses(lang: Language) -> None:
    document = documents.practice()
    for unit, view in listed(document, lang=lang).items():
        text = text_of(view)
        rows = [row for task in view.fixes.tasks for row in task.rows]
        assert all(row["asset"] in text for row in rows)
        assert all(task.command in text for task in view.fixes.tasks if task.command)
        others = {a["id"] for a in document["assets"]} - {a for a in view.index.assets if view.index.unit(
            view.index.assets[a]["site"]) == unit}  # fmt: skip
        assert not [asset for asset in others if asset in text]


def test_what_was_closed_is_told_and_what_is_dark_is_not_called_closed() -> None:
    view = listed(documents.practice(), earlier())["769"]
    assert [(one.asset, one.fixed) for one in view.fixes.closed] == [("td-edge-1", True), ("w26848-edge-1", False)]
    rows = sheets(view)["Đã khắc phục"][2:]
    assert [(row[0], row[-1]) for row in rows] == [
        ("td-edge-1", "đã khắc phục"),
        ("w26848-edge-1", "không đo lại được"),
    ]
    assert "Đã khắc phục từ lượt trước: 1 lỗi" in text_of(view)
    assert "không đo lại được" in text_of(view)


def test_since_when_is_known_from_the_run_before_and_said_no_surer_than_it_is() -> None:
    document, before = documents.practice(), earlier()
    before["run"]["ended"] = "2026-10-21T02:15:42Z"
    before["findings"] = [f for f in before["findings"] if f["check"] != "time.synchronised"]
    view = listed(document, before)["769"]
    said = {row["check"]: view.since(row) for task in view.fixes.tasks for row in task.rows}
    assert said == {"logs.retention": "21/10/2026 hoặc trước đó", "time.synchronised": "21/11/2026 (mới)"}


def test_without_a_run_before_nothing_is_said_of_the_time_before() -> None:
    rows = [
        (view, row) for view in listed(documents.practice()).values() for task in view.fixes.tasks for row in task.rows
    ]
    assert rows
    assert {view.since(row) for view, row in rows} == {""}


def test_the_history_knows_best_since_when() -> None:
    trend = Trend((), {("td-web-1", "logs.retention"): date(2026, 3, 4)}, {})
    (view,) = (v for v in views(Report(documents.practice(), earlier(), Words("vi"), trend)) if v.fixes.unit == "769")
    said = {row["check"]: view.since(row) for task in view.fixes.tasks for row in task.rows}
    assert said["logs.retention"] == "04/03/2026"


def test_the_same_list_gives_the_same_bytes() -> None:
    first, second = (listed(documents.practice(), earlier())["769"] for _ in range(2))
    assert fixlist.render(first) == fixlist.render(second)
    assert fixsheet.render(first) == fixsheet.render(second)
