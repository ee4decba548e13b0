"""The fix lists as pages: whole in themselves, in both languages, and hostile text stays text."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import pytest

from reports import fixpages, html
from reports.document import Document
from reports.fixview import views
from reports.formats import Report
from reports.text import printable
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents

VOID = {"meta", "br", "col", "link", "img", "hr", "input"}


class Reader(HTMLParser):
    """Reads a page strictly: every element closed in turn; keeps tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def pages(document: Document, lang: Language = "vi", previous: Document | None = None) -> dict[str, str]:
    report = Report(document, previous, Words(lang))
    return fixpages.pages(report, views(report))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_there_is_a_page_for_each_unit_and_an_index_to_them(lang: Language) -> None:
    written = pages(documents.practice(), lang)
    assert list(written) == ["index.html", "79.html", "760.html", "765.html", "769.html"]
    links = [value for name, value in read(written["index.html"]).attributes if name == "href"]
    assert [link for link in links if link.endswith(".html")] == list(written)[1:]
    assert {f"{unit}.{ending}" for unit in (79, 760, 765, 769) for ending in ("pdf", "xlsx")} <= {*links}


@pytest.mark.parametrize("document", [documents.practice(), documents.hostile()])
def test_a_page_needs_nothing_but_itself_and_runs_nothing(document: Document) -> None:
    for page in pages(document).values():
        reader = read(page)
        assert not {"script", "link", "iframe", "img", "object", "form"} & set(reader.tags)
        outside = [value for name, value in reader.attributes if name in {"src", "href"} and "//" in value]
        assert outside == []
        assert not [name for name, _ in reader.attributes if name.startswith("on")]
        assert not re.search(r"url\(|@import", page)


def test_hostile_text_is_only_text() -> None:
    clean, hostile = pages(documents.practice()), pages(documents.hostile())
    for name, page in hostile.items():
        assert read(page).tags == read(clean[name]).tags
        assert printable(documents.HOSTILE) in read(page).text
        assert not [c for c in page if unicodedata.category(c)[0] == "C" and c != "\n"]


def test_a_row_says_what_was_seen_why_it_matters_and_how_to_mend_it() -> None:
    document = documents.practice()
    text = read(pages(document)["760.html"]).text
    finding = next(f for f in document["findings"] if f["asset"] == "q1-web-1" and f["check"] == "ssh.root_login_off")
    for said in (
        "q1-web-1",
        "PermitRootLogin yes",
        "PermitRootLogin no",
        "Không cho phép root đăng nhập từ xa qua SSH",
        "Tài khoản root là đích dò mật khẩu đầu tiên",
        "6.2.1",
        "rasoat fix 20261121T021500Z --scope 760 --check ssh.root_login_off",
        finding["evidence"][0].removeprefix("sha256:")[:12],
        "Chấp nhận rủi ro cn-2026-01 đến 15/12/2026",
    ):
        assert said in text


def test_unverified_clauses_are_marked_and_explained() -> None:
    text = read(pages(documents.practice())["760.html"]).text
    assert "6.2.9*" in text
    assert "6.2.1*" not in text
    assert "chưa đối chiếu" in text


def test_other_districts_are_not_shown() -> None:
    text = read(pages(documents.practice())["760.html"]).text
    assert "bt-web-1" not in text
    assert "td-web-1" not in text


def test_what_could_not_be_judged_has_cause_and_remedy_in_words() -> None:
    text = read(pages(documents.practice(), "en")["769.html"]).text
    assert "host key changed" in text
    assert "otherwise treat it as an incident" in text


@pytest.mark.parametrize(("mode", "said"), [("lab", "thành phố thực hành"), ("simulated", "mô phỏng"), ("live", "")])
def test_a_city_that_is_not_the_real_one_is_named_so(mode: str, said: str) -> None:
    document = documents.practice()
    document["run"]["mode"] = mode  # type: ignore[typeddict-item]
    for page in pages(document).values():
        reader = read(page)
        assert (("role", "note") in reader.attributes) == bool(said)
        assert said in reader.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_reader_without_eyes_finds_the_way(lang: Language) -> None:
    for page in pages(documents.practice(), lang).values():
        reader = read(page)
        assert ("lang", lang) in reader.attributes
        assert reader.tags.count("h1") == 1
        assert reader.tags.count("main") == 1
        named = {value for name, value in reader.attributes if name == "aria-labelledby"}
        assert named <= {value for name, value in reader.attributes if name == "id"}


def test_file_names_come_from_no_path_and_no_two_are_the_same() -> None:
    assert html.file_name("760") == "760.html"
    ids = ["760", "index", "a/b", "a_2f_b", "../../etc/passwd", ".", "..", "A", "a", "a\\b", "a\0b", "Quận", "CON"]
    names = [html.file_name(id_) for id_ in ids]
    assert all(re.fullmatch(r"[a-z0-9_-][a-z0-9._-]*\.html", name) for name in names)
    assert len({*names, "index.html"}) == len(ids) + 1
