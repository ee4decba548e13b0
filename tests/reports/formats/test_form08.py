"""The annual report as its readers open it: systems and open points in the letter, numbers as numbers in the sheets."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from inventory.annual import NOTHING
from reports.document import Document
from reports.export import plain
from reports.formats import Report, form08
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents
from tests.reports.formats import saying


def written(document: Document, lang: Language = "vi") -> tuple[bytes, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        letter, table = form08.render(Report(document, None, Words(lang), declared=NOTHING), Path(folder))
        return letter.read_bytes(), table.read_bytes()


def pages(content: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_letter_says_period_counts_and_that_the_form_was_not_verified(lang: Language) -> None:
    words, document = Words(lang), documents.practice()
    first, *_ = found = pages(written(document, lang)[0])
    assert words("form08.opening", start="15/12/2025", end="14/12/2026") in first
    assert words("form08.early", moment=words.moment(document["run"]["ended"])) in first
    assert words("form08.line", number=1, text=words("form08_line.managed"), value="9") in first
    whole = " ".join(found)
    assert words("form08.unverified") in whole
    assert words("form08_annex.open") in whole
    assert document["run"]["inventory_sha256"] in whole.replace(" ", "")
    assert "leadership" not in whole


def test_the_workbook_lists_every_system_with_numbers_as_numbers() -> None:
    document = documents.practice()
    found = sheets(written(document)[1])
    rows = found["Mẫu số 08"][2:]
    assert [row[0] for row in rows] == list(range(1, len(document["systems"]) + 1))
    assert {row[1] for row in rows} == {one["name"] for one in document["systems"]}
    assert {row[4] for row in rows} == {2, 3, "(chưa có thông tin)"}
    assert not [cell for row in rows for cell in row if cell == ""]
    criteria = [row for row in found["Từng tiêu chí"] if row[0] == "Mạng nội bộ Quận 1"]
    assert {row[4] for row in criteria} == {"Chưa đáp ứng", "Đáp ứng"}


def test_the_same_document_gives_the_same_bytes() -> None:
    assert written(documents.practice()) == written(documents.practice())


def test_no_signature_stands_alone_on_its_page() -> None:
    """However long the table is, the page of the signature has rows of it."""
    for systems in range(6, 20):
        document = documents.practice()
        named = [f"Hệ thống số {n:02}" for n in range(systems)]
        document["systems"] = [documents.system(f"s-{name[-2:]}", name, "79", 3, "approved") for name in named]
        found = pages(written(documents.scored(document))[0])
        assert named[-1] in next(text for text in found if "Nơi nhận" in text)


def test_a_city_without_systems_is_a_report_too() -> None:
    assert Words("vi")("form08.no_systems") in " ".join(pages(written(documents.scored(documents.blank()))[0]))


@pytest.mark.parametrize("text", saying.NASTY)
def test_hostile_text_stays_text(text: str) -> None:
    letter, table = written(saying.document(text))
    assert len(pages(letter)) > 2
    assert plain(text) in {cell for row in sheets(table)["Mẫu số 08"] for cell in row}
