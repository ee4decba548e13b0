"""Unlisted things: told by the findings, one for each hardware address at a site, with makers where they are known."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, cast

import pytest
from pypdf import PdfReader

from checks.connectivity.neighbour import Unlisted, read
from reports import unlisted
from reports.document import Document
from reports.formats import Report
from reports.index import Index
from reports.makers import REGISTER, makers
from reports.narrowing import narrowed
from reports.pdf import audit, leadership
from reports.site import pages
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents, sighted

PI, INTEL, LOCAL = "b8:27:eb:5a:00:17", "00:1b:21:aa:00:4d", "02:00:00:00:00:01"
CAMERA = Unlisted(("10.0.0.7", "10.0.0.9"), PI, "lan0", "camera-1")
PRINTER = Unlisted((), INTEL, "dhcp", "")


def document(*findings: tuple[str, str, str]) -> Document:
    """Sites q1 and q3 with an asset each; findings are (asset, status, actual)."""
    return cast(
        Document,
        {
            "sites": [
                {"id": id_, "name": name, "name_en": None, "kind": "district", "parent": None if id_ == "79" else "79"}
                for id_, name in (("79", "Thành phố"), ("q1", "Quận 1"), ("q3", "Quận 3"))
            ],
            "run": {"scope": "79"},
            "assets": [{"id": "r1", "site": "q1"}, {"id": "s1", "site": "q1"}, {"id": "r3", "site": "q3"}],
            "findings": [
                {"asset": asset, "check": "neighbour.listed", "status": status, "actual": actual}
                for asset, status, actual in findings
            ],
        },
    )


def test_what_a_finding_tells_is_read_back() -> None:
    assert list(read(f"{CAMERA}; {PRINTER}")) == [CAMERA, PRINTER]
    assert list(read("–")) == []


def test_each_thing_stands_once_at_its_site_with_all_who_saw_it() -> None:
    seen_by_server = Unlisted(("10.0.0.8",), PI, "eth0", "")
    found = unlisted.of(
        document(
            ("r3", "fail", str(CAMERA)), ("r1", "fail", f"{CAMERA}; {PRINTER}"), ("s1", "fail", str(seen_by_server))
        )
    )
    assert [(one["site"], one["hardware"]) for one in found] == [("q1", INTEL), ("q1", PI), ("q3", PI)]
    assert found[1]["addresses"] == ["10.0.0.7", "10.0.0.8", "10.0.0.9"]
    assert found[1]["seen_by"] == ["r1 lan0", "s1 eth0"]
    assert found[1]["name"] == "camera-1"


def test_what_was_not_measured_tells_of_nothing() -> None:
    assert unlisted.of(document(("r1", "unknown", "no answer; at all of it"), ("r3", "pass", "–"))) == []


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_list_names_site_maker_and_who_saw_it(tmp_path: Path, lang: Any) -> None:
    (tmp_path / "oui.csv").write_text('Registry,Assignment,Organization Name,A\nMA-L,B827EB,"Maker, Ltd",x\n')
    told = unlisted.lines(document(("r1", "fail", f"{CAMERA}; {PRINTER}")), Words(lang), tmp_path)
    assert " 2 " in f" {told[0]}"
    assert "Quận 1 [q1]" in told
    text = "\n".join(told)
    assert f"{PI}  (Maker, Ltd)  camera-1" in text
    assert "r1 lan0" in text
    data = unlisted.as_data(document(("r1", "fail", f"{CAMERA}; {PRINTER}")), tmp_path)
    assert [one["maker"] for one in data] == [None, "Maker, Ltd"]


def test_no_register_no_maker(tmp_path: Path) -> None:
    assert makers({PI}, tmp_path) == {}


@pytest.mark.skipif(not REGISTER.is_dir(), reason="Debian's ieee-data is not here")
def test_makers_stand_in_ieees_register() -> None:
    found = makers({PI, INTEL, LOCAL, "?10.0.0.1"})
    assert found[PI].startswith("Raspberry Pi")
    assert found[INTEL].startswith("Intel")
    assert set(found) == {PI, INTEL}


def test_how_much_was_looked_at_stands_beside_the_count() -> None:
    sight = unlisted.seen(Index(sighted.practice()))
    devices = [one for one in documents.practice()["assets"] if one["kind"] == "device"]
    looked = {one["site"] for one in devices if one["state"] != "unreached"}
    assert (sight.counts["n"], sight.counts["sites"]) == (3, 2)
    assert sight.looked == looked
    assert sight.counts["looked"] < sight.counts["of"]
    assert "3 things" in unlisted.sentence(sight, Words("en"))


def test_where_nobody_looked_nothing_is_not_said_to_be_nothing() -> None:
    blind = documents.practice()
    said = unlisted.sentence(unlisted.seen(Index(blind)), Words("en"))
    clear = unlisted.sentence(unlisted.seen(Index(sighted.practice({}))), Words("en"))
    assert "not known" in said
    assert clear.startswith("Nothing was seen")


def test_a_district_sees_only_its_own() -> None:
    whole = sighted.practice({**sighted.SEEN, "q1-edge-1": (sighted.PRINTER,)})
    assert len(unlisted.seen(Index(whole)).things) == 4
    for scope, places in (("760", {"760"}), ("765", {"765", "26905"}), ("769", set())):
        here = narrowed(whole, scope)
        assert {one["site"] for one in unlisted.seen(Index(here)).things} == places
        assert [*unlisted.seen(Index(here)).things] == here["unlisted"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_papers_and_site_tell_the_count_with_its_list(lang: Language) -> None:
    """Never a number without its list, and only the scope's own (law 3)."""
    words, whole = Words(lang), sighted.practice()
    for document in (whole, narrowed(whole, "765")):
        report = Report(document, None, words)
        made = {
            "leadership": printed(leadership.render(document, None, words)),
            "audit": printed(audit.render(report)),
            "site": "".join(html for path, html in pages.pages(report) if path == "unlisted.html"),
        }
        for name, text in made.items():
            told = bare(unlisted.sentence(unlisted.seen(Index(document)), words))
            assert told in bare(text), name
            assert all(bare(one) in bare(text) for one in (*sighted.CAMERA.addresses, sighted.PRINTER.hardware)), name
    other = Report(narrowed(whole, "760"), None, words)
    assert sighted.CAMERA.hardware not in printed(leadership.render(other.document, None, words))
    assert sighted.CAMERA.hardware not in printed(audit.render(other))
    assert all(sighted.CAMERA.hardware not in html for _, html in pages.pages(other))


def test_the_first_page_says_that_a_hundred_percent_is_of_the_list() -> None:
    first = PdfReader(io.BytesIO(leadership.render(sighted.practice(), None, Words("en")))).pages[0].extract_text()
    assert bare(Words("en")("leadership.not_listed", n=3, sites=2, of=10)) in bare(first)


def printed(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def bare(text: str) -> str:
    """Without spaces: lines and narrow columns break where they must."""
    return re.sub(r"\s+", "", text)
