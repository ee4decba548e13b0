"""JUnit XML as junitparser reads it: nothing unknown is skipped, no waiver hides a failure, all text is text."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Properties, Skipped, TestCase

from reports import make
from reports.document import Document
from reports.export import plain
from reports.formats import Report, junit
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents
from tests.reports.formats import saying

STATUS = {Failure: "fail", Error: "unknown", Skipped: "not_applicable"}


def read(document: Document, lang: Language = "en") -> JUnitXml:
    with tempfile.TemporaryDirectory() as folder:
        (path,) = junit.render(Report(document, None, Words(lang)), Path(folder))
        return JUnitXml.fromfile(str(path))


def cases(xml: JUnitXml) -> dict[tuple[str, str], TestCase]:
    return {(suite.name, case.name): case for suite in xml for case in suite}


def about(case: TestCase) -> dict[str, list[str]]:
    """The case's properties: name → values."""
    found: dict[str, list[str]] = {}
    for one in next(case.iterchildren(Properties)):
        found.setdefault(one.name, []).append(one.value)
    return found


def status(case: TestCase) -> str:
    return STATUS[type(case.result[0])] if case.result else "pass"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_is_a_case_with_its_own_outcome(lang: Language) -> None:
    document = documents.practice()
    document["findings"][0].update({"status": "not_applicable", "cause": None, "actual": "no such part"})
    xml = read(document, lang)
    assert {key: status(case) for key, case in cases(xml).items()} == {
        (f["asset"], f["check"]): f["status"] for f in document["findings"]
    }
    counts = Counter(f["status"] for f in document["findings"])
    told = (xml.tests, xml.failures, xml.errors, xml.skipped)
    assert told == (counts.total(), counts["fail"], counts["unknown"], counts["not_applicable"])
    assert sum(suite.errors for suite in xml) == counts["unknown"]


def test_an_error_names_its_cause_and_a_skipped_case_its_reason() -> None:
    document = documents.practice()
    document["findings"][0].update({"status": "not_applicable", "cause": None, "actual": "no such part"})
    found = cases(read(document))
    for finding in document["findings"]:
        outcome = found[finding["asset"], finding["check"]].result
        if finding["status"] == "unknown":
            assert outcome[0].type == finding["cause"]
        if finding["status"] == "not_applicable":
            assert "no such part" in outcome[0].message


def test_a_waived_failure_is_a_failure_that_tells_of_its_waiver() -> None:
    case = cases(read(documents.practice()))["w26743-web-1", "files.secret_files_protected"]
    assert status(case) == "fail"
    assert "cn-2026-01" in case.result[0].text
    properties = about(case)
    assert (properties["waiver.valid"], properties["waiver.approver"]) == (["True"], ["Phạm Quốc Khánh"])


def test_evidence_clauses_and_place_are_carried() -> None:
    document = documents.practice()
    found = cases(read(document))
    for finding in document["findings"]:
        properties = about(found[finding["asset"], finding["check"]])
        assert properties.get("evidence", []) == finding["evidence"]
        assert properties.get("requirement", []) == finding["requirements"]
    assert found["w26743-web-1", "audit.running"].classname == "79.760.26743.w26743-web-1"


def test_what_was_not_measured_is_an_error_and_what_was_not_asked_is_said() -> None:
    document = documents.practice()
    document["findings"] = [f for f in document["findings"] if f["asset"] != "dc-db-1"]
    assert status(cases(read(document))["dc-db-1", "asset.measured"]) == "unknown"
    document["run"]["selection"]["assets"] = ["dc-log-1"]
    document["assets"] = [
        {**a, "state": "unreached", "cause": "not_run"} if a["id"] == "dc-db-1" else a for a in document["assets"]
    ]
    suite = next(suite for suite in read(document) if suite.name == "dc-db-1")
    assert suite.tests == 0
    assert {"not_run", "unreached"} <= {one.value for one in suite.iterchildren(Properties) for one in one}


def test_the_same_document_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        make.make(documents.practice(), None, tmp_path / name, ["junit"], Words("vi"))
        written.append((tmp_path / name / "findings-vi.junit.xml").read_bytes())
    assert written[0] == written[1]


@saying.WRITTEN
@given(st.one_of(saying.ANYTHING, st.sampled_from(saying.NASTY)))
def test_hostile_text_is_read_back_as_text(text: str) -> None:
    document, said = saying.document(text), plain(text)
    found = cases(read(document))
    assert len(found) == len(document["findings"])
    assert said in found["one", "audit.running"].result[0].text
    assert about(found["one", "audit.running"])["title"] == [said]
    assert about(found["one", "logs.retention"])["waiver.reason"] == [said]
