"""OSCAL assessment results under NIST's schema and as Markdown: nothing unmeasured is satisfied, no risk forgotten."""

from __future__ import annotations

import html
import json
import tempfile
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reports import planning
from reports.document import Document
from reports.formats import Report, oscal
from reports.index import Index
from reports.oscal import markup, string, token
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents
from tests.reports.formats import saying

SCHEMAS = Path(__file__).parent / "schemas"
SCHEMA = jsonschema_rs.validator_for(
    json.loads((SCHEMAS / "oscal_assessment-results_schema-1.1.3.json").read_text()), validate_formats=True
)


def read(document: Document, lang: Language = "en") -> dict[str, Any]:
    """The one result, which the schema accepts."""
    with tempfile.TemporaryDirectory() as folder:
        (path,) = oscal.render(Report(document, None, Words(lang)), Path(folder))
        made = json.loads(path.read_text(encoding="utf-8"))
    SCHEMA.validate(made)
    (result,) = made["assessment-results"]["results"]
    assert isinstance(result, dict)
    return result


def props(part: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in part.get("props", [])}


def probed(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in result["observations"] if one["methods"] == ["TEST"]]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_is_an_observation_of_its_asset(lang: Language) -> None:
    document = documents.practice()
    result = read(document, lang)
    assets = {one["uuid"]: props(one)["asset-id"] for one in result["local-definitions"]["inventory-items"]}
    told = {
        (assets[one["subjects"][0]["subject-uuid"]], props(one)["check"]): (
            props(one)["status"],
            props(one).get("cause"),
        )
        for one in probed(result)
    }
    assert told == {(f["asset"], f["check"]): (f["status"], f["cause"]) for f in document["findings"]}


def test_a_requirement_is_satisfied_only_where_the_plan_is_met() -> None:
    document = documents.practice()
    index = Index(document)
    expected = {
        (system, token(row.id)): row.met
        for system in index.systems
        if index.systems[system]["level"]
        for row in planning.view(index, system).rows
    }
    states = {"met": "satisfied", "not_met": "not-satisfied", "unknown": "not-satisfied"}
    found = {
        (props(one)["system-id"], one["target"]["target-id"]): one["target"]["status"]
        for one in read(document)["findings"]
    }
    assert {key: one["state"] for key, one in found.items()} == {key: states[met] for key, met in expected.items()}
    assert {one["reason"] for key, one in found.items() if expected[key] == "unknown"} == {"other"}
    assert {one["reason"] for key, one in found.items() if expected[key] == "not_met"} == {"fail"}


def test_a_plan_that_nobody_approved_says_so() -> None:
    found = {props(one)["system-id"]: props(one)["plan-approved"] for one in read(documents.practice())["findings"]}
    assert (found["tthc"], found["lan-765"]) == ("true", "false")


def test_everything_that_is_not_good_is_part_of_one_risk() -> None:
    document = documents.practice()
    result = read(document)
    by_uuid = {one["uuid"]: props(one) for one in probed(result)}
    related = [one["observation-uuid"] for risk in result["risks"] for one in risk["related-observations"]]
    bad = {uuid for uuid, one in by_uuid.items() if one["status"] in {"fail", "unknown"}}
    assert sorted(related) == sorted(bad)


def test_only_a_valid_waiver_approves_a_deviation_and_the_finding_stays() -> None:
    document = documents.practice()
    for finding in document["findings"]:
        if finding["status"] in {"fail", "unknown"} and finding["waiver"] is None:
            finding["waiver"] = documents.mark(valid=finding["status"] == "unknown")
    result = read(document)
    approved = [one for one in result["risks"] if one["status"] == "deviation-approved"]
    assert [props(one)["check"] for one in approved] == ["files.secret_files_protected"]
    assert approved[0]["deadline"] == "2026-12-15T23:59:59+07:00"
    (uuid,) = [one["observation-uuid"] for one in approved[0]["related-observations"]]
    assert [props(one)["status"] for one in probed(result) if one["uuid"] == uuid] == ["fail"]
    assert {one["status"] for one in result["risks"]} == {"open", "deviation-approved"}


def test_evidence_and_attestations_are_carried() -> None:
    document = documents.practice()
    result = read(document)
    named = {props(one)["evidence"] for test in probed(result) for one in test.get("relevant-evidence", [])}
    assert named == {name for finding in document["findings"] for name in finding["evidence"]}
    vouched = [one for one in result["observations"] if one["methods"] == ["EXAMINE"]]
    assert len(vouched) == len(document["attestations"])
    assert {one["expires"] for one in vouched} == {"2026-12-05T23:59:59+07:00", "2027-01-05T23:59:59+07:00"}


def test_evidence_of_a_month_is_verified_in_the_run_that_keeps_it() -> None:
    document = documents.practice()
    for finding in document["findings"]:
        finding["run"] = "20261005T020000Z"
    told = {one["description"] for test in probed(read(document)) for one in test.get("relevant-evidence", [])}
    assert len(told) == 1
    assert "rasoat verify 20261005T020000Z" in told.pop()


def test_what_refers_finds_what_it_refers_to() -> None:
    result = read(documents.practice())
    parts = ("observations", "risks", "findings")
    uuids = [one["uuid"] for name in parts for one in result[name]]
    assert len({*uuids}) == len(uuids)
    seen = {name: {one["uuid"] for one in result[name]} for name in parts}
    for finding in result["findings"]:
        assert {one["observation-uuid"] for one in finding.get("related-observations", [])} <= seen["observations"]
        assert {one["risk-uuid"] for one in finding.get("related-risks", [])} <= seen["risks"]


def test_a_city_with_nothing_in_it_is_valid_too() -> None:
    assert "findings" not in read(documents.scored(documents.blank()))
    silent = documents.blank()
    silent["requirements"] = []
    assert "include-all" in read(documents.scored(silent))["reviewed-controls"]["control-selections"][0]


@saying.WRITTEN
@given(st.one_of(saying.ANYTHING, st.sampled_from(saying.NASTY)))
def test_hostile_text_is_valid_and_stays_text(text: str) -> None:
    result = read(saying.document(text))
    assert markup(text) in {one["title"] for one in probed(result)}


@given(st.one_of(saying.ANYTHING, st.sampled_from(saying.NASTY), st.text("\\`*_{}[]<>()#+-.=!|~&^\"' ab1\n")))
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    shown = MarkdownIt("commonmark").render(markup(text)).removeprefix("<p>").removesuffix("</p>\n")
    assert html.unescape(shown) == string(text)
    assert "<" not in shown


@given(saying.ANYTHING)
def test_a_token_is_a_name(text: str) -> None:
    assert jsonschema_rs.is_valid({"type": "string", "pattern": r"^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$"}, token(text))
