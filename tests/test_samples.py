"""The samples that the READMEs show are of this program: the same sections, columns and looks. `scripts/samples` makes
them anew.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from reports import fixsheet
from reports.fixview import FixView, views
from reports.formats import Report
from reports.html import style
from reports.pdf import leadership, record
from reports.pdf.printed import attachment
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents, sighted
from tests.test_architecture import ROOT

SAMPLES = ROOT / "docs/samples"
STALE = "docs/samples is stale: make it anew with scripts/samples"


def sections(content: bytes | Path) -> set[str]:
    """The bookmarks of a report, without their numbers."""
    reader = PdfReader(content if isinstance(content, Path) else io.BytesIO(content))
    return {re.sub(r"^\d+\. ", "", str(one.title)) for one in reader.outline if not isinstance(one, list)}


def listed() -> FixView:
    return next(one for one in views(Report(sighted.practice(), None, Words("vi"))) if one.fixes.unit == "760")


def headings(book: CalamineWorkbook) -> list[str]:
    """Those of the first sheet, below its two notes."""
    return [str(cell) for cell in book.get_sheet_by_index(0).to_python()[2]]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sample_report_has_the_sections_of_today(lang: Language) -> None:
    document = sighted.practice()
    document["targets"] = documents.targets()
    today = sections(leadership.render(document, None, Words(lang)))
    file = SAMPLES / f"leadership-{lang}.pdf"
    assert today <= sections(file), STALE
    carried = attachment(file.read_bytes(), record.NAME)
    assert carried is not None
    assert record.decoded(carried) is not None, STALE


def test_the_sample_fix_list_has_the_columns_and_the_looks_of_today() -> None:
    today = CalamineWorkbook.from_filelike(io.BytesIO(fixsheet.render(listed())))
    assert headings(CalamineWorkbook.from_path(str(SAMPLES / "fix-list-760.xlsx"))) == headings(today), STALE
    assert f"<style>{style()}</style>" in (SAMPLES / "fix-list-760.html").read_text(encoding="utf-8"), STALE


def test_every_sample_that_a_readme_shows_is_there() -> None:
    for readme in ("README.md", "README.vi.md"):
        shown = set(re.findall(r"docs/samples/[\w.-]+", (ROOT / readme).read_text(encoding="utf-8")))
        assert shown
        assert all((ROOT / one).is_file() for one in shown)
