"""The workbook as another program (calamine) reads it: real numbers and days, no formula, the same bytes each time."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from reports.document import Document
from reports.export import plain
from reports.formats import Report, xlsx
from reports.formats.csv import FORMULA
from reports.index import Index
from reports.words import LANGUAGES, Language, Words
from reports.workbook import book
from reports.workbook.book import Column, Sheet
from tests.reports import documents, sighted
from tests.reports.formats import saying

Rows = list[list[Any]]
VIEWS = (
    "summary", "findings", "assets", "sites", "systems", "plans", "matrix", "unlisted", "waivers", "attestations",
    "checks",
)  # fmt: skip


def written(report: Report) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (path,) = xlsx.render(report, Path(folder))
        return path.read_bytes()


def read(content: bytes) -> dict[str, Rows]:
    """sheet → its rows, the first cells of notes included."""
    opened = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: opened.get_sheet_by_name(name).to_python() for name in opened.sheet_names}


def told(document: Document, lang: Language = "en") -> dict[str, Rows]:
    """view → the rows below its headings."""
    words = Words(lang)
    sheets = read(written(Report(document, None, words)))
    names = {words(f"sheet_name.{view}"): view for view in VIEWS}
    assert set(sheets) == set(names)
    return {names[name]: rows[_top(rows) + 1 :] for name, rows in sheets.items()}


def _top(rows: Rows) -> int:
    """The headings are the first row whose second cell says something."""
    return next(number for number, row in enumerate(rows) if row[1] != "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_view_lists_what_the_document_has(lang: Language) -> None:
    document = documents.practice()
    index, views = Index(document), told(document, lang)
    assert [(row[2], row[3]) for row in views["findings"]] == [(f["asset"], f["check"]) for f in index.findings]
    assert [row[2] for row in views["assets"]] == [*index.assets]
    assert [row[0] for row in views["sites"]] == [*index.scope]
    assert [row[1] for row in views["systems"]] == [*index.systems]
    assert [row[0] for row in views["waivers"]] == ["cn-2026-01"]
    assert len(views["attestations"]) == len(document["attestations"])
    assert [row[1] for row in views["matrix"]] == [Words(lang).name(index.sites[site]) for site in index.scope]
    assert [row[0] for row in views["checks"]] == sorted(document["checks"])


def test_scores_are_numbers_and_days_are_days() -> None:
    document = documents.practice()
    views = told(document)
    score = document["scores"]["infrastructure_reviewed"]
    shares = [pytest.approx(score[part] / 100) for part in ("percent", "coverage", "target")]
    assert views["summary"][0][1:6] == [score["met"], score["total"], *shares]
    assert [row[6:8] for row in views["waivers"]] == [[date(2026, 10, 1), date(2026, 12, 15)]]
    row = next(row for row in views["systems"] if row[1] == "tthc")
    assert (row[3], row[6]) == (3, date(2025, 3, 4))


def test_what_is_not_known_is_said_and_never_a_pass() -> None:
    document = documents.practice()
    document["findings"] = [f for f in document["findings"] if f["asset"] != "dc-db-1"]
    rows = {(row[2], row[3]): row for row in told(document)["findings"]}
    assert rows["dc-db-1", "asset.measured"][6] == "Could not be judged"
    assert rows["w26956-web-1", "audit.running"][6:8] == [
        "Could not be judged",
        Words("en")("cause.timeout").capitalize(),
    ]


def test_a_waiver_stands_beside_the_failure() -> None:
    row = next(row for row in told(documents.practice())["findings"] if row[12])
    assert (row[6], row[12], row[13]) == ("Fail", "cn-2026-01", date(2026, 12, 15))


def test_plans_are_listed_by_requirement_and_those_without_approval_do_not_count() -> None:
    rows = told(documents.practice())["plans"]
    assert {row[11] for row in rows if row[0] == "Mạng nội bộ Quận Bình Thạnh"} == {"no"}
    failing = next(row for row in rows if row[0] == "Mạng nội bộ Quận 1" and "q1-web-1: ssh.root_login_off" in row[8])
    assert failing[6] == "Not met"


def test_what_is_beyond_the_list_has_a_sheet_with_each_thing() -> None:
    document = sighted.practice()
    rows = told(document)["unlisted"]
    assert [(row[1], row[3]) for row in rows] == [
        (Words("en").name(Index(document).sites[one["site"]]), one["hardware"]) for one in document["unlisted"]
    ]
    assert rows[-1][5] == "w26905-edge-1 lan0"


def test_targets_of_the_plan_tell_measured_from_declared() -> None:
    document, words = documents.practice(), Words("en")
    document["targets"] = documents.targets()
    rows = read(written(Report(document, None, words)))[words("sheet_name.targets")][2:]
    found = {row[-1]: row for row in rows}
    score = document["scores"]["infrastructure_reviewed"]
    assert [*found] == [target["id"] for target in document["targets"]]
    assert found["theme.reviewed"][3] == pytest.approx(score["percent"] / 100)
    assert found["theme.reviewed"][6] == pytest.approx(score["coverage"] / 100)
    assert found["theme.rank"][3:6] == ["", 4, "Met"]
    assert found["government.signatures"][5:8] == ["Met", "", "Declared: Báo cáo 45/BC-SNV, 31/10/2026"]
    assert found["security.missing"][3:6] == ["", "", "–"]


def test_changes_and_course_are_sheets_where_there_was_a_time_before() -> None:
    document, earlier, words = documents.practice(), documents.judge(documents.practice(), {}, {}), Words("en")
    trend = documents.course(document, ("2026-10", True, False))
    sheets = read(written(Report(document, earlier, words, trend)))
    changed = {(row[0], row[1], row[2]) for row in sheets["Changes"]}
    assert ("New failure", "q1-web-1", "ssh.root_login_off") in changed
    assert ("No longer reached", "dc-mail-1", "") in changed
    course = sheets["Course"]
    assert [row[0] for row in course[1:]] == [point.label for point in trend.points]
    assert [isinstance(row[1], date) for row in course[1:]] == [True] * len(trend.points)


def test_the_same_document_gives_the_same_bytes() -> None:
    report = Report(documents.practice(), documents.practice(), Words("vi"))
    assert written(report) == written(report)


def test_headings_stay_in_sight_and_every_column_can_be_filtered() -> None:
    parts = zipfile.ZipFile(io.BytesIO(written(Report(documents.practice(), None, Words("vi")))))
    pages = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(pages) == len(VIEWS)
    assert all('state="frozen"' in page and "<autoFilter" in page for page in pages)


def test_nothing_is_a_formula_or_a_link_and_nothing_becomes_one_when_edited() -> None:
    document = saying.document('=HYPERLINK("http://x","y")')
    content = written(Report(document, None, Words("vi")))
    parts = zipfile.ZipFile(io.BytesIO(content))
    pages = "".join(parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/"))
    assert "<f>" not in pages
    assert "<hyperlink" not in pages
    styles = re.findall(r"<xf [^>]*>", parts.read("xl/styles.xml").decode().partition("<cellXfs")[2])
    begins = re.findall(r'<c r="\w+" s="(\d+)" t="inlineStr"><is><t[^>]*>\s*([=+\-@＝＋－＠])', pages)
    assert begins
    assert all('quotePrefix="1"' in styles[int(style)] for style, _ in begins)


def test_what_is_longer_than_a_sheet_or_a_cell_goes_on_or_is_said_to_be_cut() -> None:
    rows = [(number, "a\U0001f600" * 20_000) for number in range(7)]
    out = io.BytesIO()
    sheet = Sheet("Findings", [Column("n", 5, "whole"), Column("t", 5)], rows, cut=" (cut)")
    book.write(out, [sheet], "title", "2026-11-21T02:15:42Z", most_rows=4)
    sheets = read(out.getvalue())
    assert {name: [row[0] for row in rows[1:]] for name, rows in sheets.items()} == {
        "Findings": [0, 1, 2],
        "Findings 2": [3, 4, 5],
        "Findings 3": [6],
    }
    cell = sheets["Findings"][1][1]
    assert cell.endswith(" (cut)")
    assert len(cell.encode("utf-16-le")) // 2 <= book.LONGEST_CELL


@settings(saying.WRITTEN, max_examples=15)
@given(st.one_of(saying.ANYTHING, st.sampled_from(saying.NASTY), st.sampled_from(FORMULA).map(lambda c: f"{c}1+1")))
def test_hostile_text_is_read_back_as_text(text: str) -> None:
    row = next(row for row in told(saying.document(text))["findings"] if row[3] == "audit.running")
    assert row[9] == plain(text)
