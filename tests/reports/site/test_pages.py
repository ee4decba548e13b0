"""The site as files: every link leads to something that is there, everything in scope has its page, nobody else has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest

from reports import make
from reports.document import Document
from reports.formats import Report, html
from reports.narrowing import narrowed
from reports.site import pages
from reports.words import LANGUAGES, Language, Words
from runner import evidence
from tests.reports import documents, evidenced

RUNS = {"script", "iframe", "object", "embed", "img", "form", "style"}


class Reader(HTMLParser):
    """Keeps tags, ids and what is linked or loaded."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in {"href", "src"}:
                self.links.append(value or "")
            elif name.startswith("on") or name == "style":
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        self.text += data


def written(document: Document, lang: Language = "vi", folder: Path | None = None) -> dict[str, str]:
    runs = (evidenced.run(document, folder),) if folder else ()
    return dict(pages.pages(Report(document, documents.practice(), Words(lang), runs=runs)))


def month() -> Document:
    return documents.month(documents.practice())


@pytest.mark.parametrize("make_document", [documents.practice, documents.hostile, month])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_link_leads_to_something_that_is_there(
    make_document: Callable[[], Document], lang: Language, tmp_path: Path
) -> None:
    check(written(make_document(), lang, tmp_path))


@pytest.mark.parametrize("scope", ["760", "26743"])
def test_a_smaller_scope_has_only_its_own_pages(scope: str) -> None:
    made = written(narrowed(documents.practice(), scope))
    check(made)
    assert {path for path in made if path.startswith("sites/")} == {
        f"sites/{site}.html" for site in ("760", "26740", "26743") if scope in {site, "760"}
    }
    assert not [path for path in made if path.startswith("assets/bt-")]


def check(made: dict[str, str]) -> None:
    """No page links to what is not there, and no page has two of one id."""
    readers = {path: Reader(page) for path, page in made.items() if path.endswith(".html")}
    lost = set()
    for path, reader in readers.items():
        assert len(reader.ids) == len({*reader.ids}), path
        for link in reader.links:
            target, _, anchor = link.partition("#")
            there = normpath(join(dirname(path), target)) if target else path
            if there not in made or (anchor and anchor not in readers[there].ids):
                lost.add((path, link))
    assert not lost


def test_everything_in_scope_has_its_page() -> None:
    document = documents.practice()
    made = written(document)
    for kind, ids in (
        ("sites", [one["id"] for one in document["sites"]]),
        ("assets", [one["id"] for one in document["assets"]]),
        ("systems", [one["id"] for one in document["systems"]]),
    ):
        assert {path for path in made if path.startswith(f"{kind}/")} == {f"{kind}/{id_}.html" for id_ in ids}
    assert sum(path.startswith("checks/") for path in made) == len(document["checks"])
    assert sum(path.startswith("scores/") for path in made) == 5


def test_every_finding_stands_on_its_assets_page() -> None:
    document = documents.practice()
    made = written(document)
    for finding in document["findings"]:
        reader = read(made[f"assets/{finding['asset']}.html"])
        assert finding["actual"] in reader.text
        assert document["checks"][finding["check"].partition("@")[0]]["title"]["vi"] in reader.text


@cache
def read(page: str) -> Reader:
    return Reader(page)


@pytest.mark.parametrize("document", [documents.practice(), documents.hostile()])
def test_nothing_runs_but_the_search_and_nothing_comes_from_outside(document: Document) -> None:
    for path, page in written(document).items():
        if not path.endswith(".html"):
            continue
        reader = Reader(page)
        allowed = {"script", "form"} if path == "search.html" else set()
        assert not (reader.tags & RUNS) - allowed
        assert not reader.handlers
        assert not [link for link in reader.links if re.match(r"[a-z]+:|//", link)]
        assert "default-src 'none'" in page


def test_the_data_of_the_search_is_plain_ascii_and_whole() -> None:
    document = documents.hostile()
    made = written(document)
    findings = 0
    for path, text in made.items():
        if path.startswith("data/"):
            call = re.fullmatch(r"rasoat\.(name|take)\((.*)\);\n", text)
            assert call is not None
            assert text.isascii()
            findings += len(json.loads(call[2]).get("findings", ())) // 3
    assert findings == len(document["findings"])


def test_a_reply_that_cannot_be_read_is_said_to_be_missing(tmp_path: Path) -> None:
    document = documents.practice()
    run = evidenced.run(document, tmp_path)
    for bundle in (run / evidence.FOLDER).iterdir():
        bundle.write_bytes(b"\0" + bundle.read_bytes()[1:])
    page = dict(pages.pages(Report(document, None, Words("en"), runs=(run,))))["replies/q1-web-1.html"]
    digest = next(f["evidence"][0] for f in document["findings"] if f["asset"] == "q1-web-1")
    assert "Evidence that is not here" in page
    assert digest in page
    assert "rasoat-audit" not in page


def test_a_changed_journal_shows_no_reply_and_stops_nothing(tmp_path: Path) -> None:
    document = documents.practice()
    run = evidenced.run(document, tmp_path)
    journal = run / "journal.jsonl"
    journal.write_text(journal.read_text().replace("pass", "fail", 1))
    made = dict(pages.pages(Report(document, None, Words("en"), runs=(run,))))
    assert "rasoat-audit" not in made["replies/q1-web-1.html"]


def test_a_site_written_again_keeps_nothing_of_the_old_one(tmp_path: Path) -> None:
    document = documents.practice()
    html.render(Report(document, None, Words("vi")), tmp_path)
    (tmp_path / "site-vi/assets/gone.html").write_text("old")
    make.make(document, None, tmp_path, ["html"], Words("vi"))
    assert not (tmp_path / "site-vi/assets/gone.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site-vi"]


def test_the_same_document_gives_the_same_site() -> None:
    assert written(documents.practice()) == written(documents.practice())
