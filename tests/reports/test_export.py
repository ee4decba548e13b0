"""What all exports share: a line for every finding and for every asset without one, lasting names, harmless text."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import export, make
from reports.document import Document
from reports.index import Index
from reports.words import Words
from tests.reports import documents, evidenced
from tests.reports.formats.saying import ANYTHING, NASTY


def keys(document: Document) -> list[tuple[str, str]]:
    return [(line.asset["id"], line.check) for line in export.lines(Index(document), Words("en"))]


def test_every_finding_is_one_line_in_order() -> None:
    document = documents.practice()
    assert keys(document) == sorted((f["asset"], f["check"]) for f in document["findings"])


def test_an_asset_without_any_finding_is_one_line_that_nobody_can_take_for_good() -> None:
    document = documents.practice()
    document["findings"] = [f for f in document["findings"] if f["asset"] != "dc-db-1"]
    document["assets"] = [
        {**a, "state": "unreached", "cause": "dns"} if a["id"] == "dc-db-1" else a for a in document["assets"]
    ]
    line = next(line for line in export.lines(Index(document), Words("vi")) if line.asset["id"] == "dc-db-1")
    assert (line.status, line.finding["cause"], line.card["title"]["vi"]) == ("unknown", "dns", "Tài sản được đo")


@pytest.mark.parametrize(
    "chosen", [{"assets": ["dc-log-1"]}, {"systems": ["lgsp"]}, {"level": 2}, {"checks": ["ssh.root_login_off"]}]
)
def test_an_asset_that_was_not_asked_for_is_no_line(chosen: dict[str, object]) -> None:
    document = documents.practice()
    document["run"]["selection"].update(chosen)  # type: ignore[typeddict-item]
    document["findings"] = [f for f in document["findings"] if f["asset"] != "dc-db-1"]
    assert "dc-db-1" not in {asset for asset, _ in keys(document)}


def test_names_belong_to_the_run_or_last() -> None:
    document, later = documents.practice(), documents.practice()
    later["run"]["id"] = "20261122T021500Z"
    assert export.identity(document, "a", "b") == export.identity(document, "a", "b")
    named = {export.identity(document, "a", "b"), export.identity(document, "ab"), export.identity(later, "a", "b")}
    assert len({*named, export.lasting("a", "b")}) == 4


@given(st.one_of(ANYTHING, st.sampled_from(NASTY)))
def test_plain_text_holds_nothing_that_steers_hides_or_is_no_character(text: str) -> None:
    said = export.plain(text)
    assert not [c for c in said if unicodedata.category(c)[0] == "C" and c not in "\n\t"]
    assert said.encode()
    assert export.plain(said) == said
    assert json.loads(export.encoded({text: [text, 1, None]})) == {said: [said, 1, None]}


@given(st.lists(st.integers(), max_size=4), st.lists(st.text(), max_size=4))
def test_streamed_json_is_json(numbers: list[int], texts: list[str]) -> None:
    written = "".join(export.streamed({"head": 1}, {"numbers": iter(numbers), "texts": iter(texts)}))
    assert json.loads(written) == {"head": 1, "numbers": numbers, "texts": [export.plain(one) for one in texts]}


def test_the_commands_behind_a_finding_are_told_where_the_run_is_at_hand(tmp_path: Path) -> None:
    document = documents.practice()
    run = evidenced.run(document, tmp_path)
    index = Index(document)
    for line in export.lines(index, Words("en"), (run,)):
        assert line.commands == ((f"show {line.check} <i>",) if line.finding["evidence"] else ())
    assert not any(line.commands for line in export.lines(index, Words("en")))


@pytest.mark.parametrize("name", ["junit", "sarif", "oscal", "hdf"])
def test_every_format_of_findings_carries_commands(tmp_path: Path, name: str) -> None:
    document = documents.practice()
    run = evidenced.run(document, tmp_path)
    written = make.make(document, None, tmp_path / "out", [name], Words("vi"), folders=(run,))
    told = "".join(path.read_text(encoding="utf-8") for path in written)
    marks = {"junit": "show audit.running &lt;i&gt;"}
    assert marks.get(name, "show audit.running <i>") in told
