"""The full audit on paper: every finding under its asset, with its evidence and waiver; an outline; the same bytes."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from reports.document import Document
from reports.formats import Report
from reports.pdf import audit
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents


def render(document: Document, lang: Language = "vi") -> PdfReader:
    return PdfReader(io.BytesIO(audit.render(Report(document, None, Words(lang)))))


def text_of(reader: PdfReader) -> str:
    """The text of all pages with every space taken out: a narrow column breaks names where it must."""
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in reader.pages))


def titles(outline: list[Any]) -> list[Any]:
    return [titles(one) if isinstance(one, list) else one.title for one in outline]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_stands_there_with_its_evidence(lang: Language) -> None:
    document = documents.practice()
    text = text_of(render(document, lang))
    for finding in document["findings"]:
        assert finding["check"] in text
        assert all(digest.removeprefix("sha256:")[:12] in text for digest in finding["evidence"])
    for asset in document["assets"]:
        judged = sum(f["asset"] == asset["id"] for f in document["findings"])
        assert f"{asset['id']}{asset['address']}" in text
        assert judged


def test_a_waiver_stands_beside_its_finding() -> None:
    assert "Chấpnhậnrủirocn-2026-01đến15/12/2026" in text_of(render(documents.practice()))


def test_the_outline_leads_from_unit_to_site_to_asset() -> None:
    outline = titles(render(documents.practice()).outline)
    assert outline[2] == "Quận 1"
    assert outline[3][:2] == ["Quận 1 (2 tài sản)", ["q1-edge-1", "q1-web-1"]]
    assert outline[3][-1] == ["w26743-edge-1", "w26743-web-1"]


def test_hostile_text_is_drawn_as_text() -> None:
    text = text_of(render(documents.hostile()))
    assert "<script>alert('x')</script>&" in text
    assert "[U+202E]" in text


def test_a_device_with_hundreds_of_findings_breaks_over_pages() -> None:
    document = documents.practice()
    template = next(f for f in document["findings"] if f["check"] == "link.up@w760-up" and f["asset"] == "dc-core-1")
    document["findings"] += [{**template, "check": f"link.up@w760-up-{n}"} for n in range(600)]
    text = text_of(render(document))
    assert all(f"link.up@w760-up-{n}" in text for n in range(600))


def test_the_same_document_gives_the_same_bytes() -> None:
    first, second = (audit.render(Report(documents.practice(), None, Words("vi"))) for _ in range(2))
    assert first == second
