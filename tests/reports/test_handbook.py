"""docs/checks.md says what the catalogue says, of every check, and leads nowhere wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checks import catalogue, coverage, reads
from checks.catalogue import Catalogue, Requirement
from reports import handbook
from reports.coverage import lines
from reports.words import Words

PAGE = Path(__file__).parent.parent.parent / "docs/checks.md"
LOADED = catalogue.load("tcvn-11930-2017")


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == handbook.text(), "run scripts/docs"


def test_every_check_is_there_in_both_languages_with_its_requirements() -> None:
    sections = {
        part.partition("\n")[0]: part for part in PAGE.read_text(encoding="utf-8").split("\n## ") if "." in part
    }
    for id_, check in LOADED.checks.items():
        said = sections[id_].replace("\\", "")
        for both in (check.card.title, check.card.why, check.card.remedy):
            assert both.vi in said
            assert both.en in said
        assert re.search(r"\[Q\d+\]", said)
        for standard in catalogue.standards():
            asking = any(id_ in one.checks for one in catalogue.load(standard).standard.requirements)
            assert (f"\n- {standard}: " in said) is asking


def test_every_link_leads_to_a_heading() -> None:
    page = PAGE.read_text(encoding="utf-8")
    headings = {re.sub(r"[^\w -]", "", line.lstrip("# ")).lower() for line in page.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= headings


@pytest.mark.parametrize(
    ("check", "parameters"),
    [
        ("logs.retention", ("log_retention_days",)),
        ("packages.security_updates", ("package_lists_max_age_days",)),
        ("device.time_sync", ("max_time_offset_seconds", "time_sources")),
        ("kernel.address_randomisation", ()),
    ],
)
def test_the_parameters_of_a_check_are_found_in_its_code(check: str, parameters: tuple[str, ...]) -> None:
    assert reads.parameters_of(LOADED.checks[check]) == parameters


def test_every_parameter_that_a_check_reads_is_one_of_its_standard() -> None:
    for standard in map(catalogue.load, catalogue.standards()):
        asked = {
            name
            for ruler in (standard.standard, standard.interconnection)
            for one in ruler.requirements
            for name in one.checks
        }
        read = {name for id_ in asked for name in reads.parameters_of(standard.checks[id_])}
        assert read <= standard.parameters.keys()


def test_every_check_can_be_asked_on_some_platform() -> None:
    assert all(reads.commands(check, LOADED) for check in LOADED.checks.values())
    assert {"debian", "frr"} <= set(reads.platforms(LOADED))


@pytest.fixture(params=catalogue.standards())
def loaded(request: pytest.FixtureRequest) -> Catalogue:
    return catalogue.load(request.param)


def test_every_requirement_is_counted_once_at_each_of_its_levels(loaded: Catalogue) -> None:
    rows = coverage.of(loaded.standard)
    for level in coverage.LEVELS:
        counted = [coverage.total(rows, level, kind) for kind in ("technical", "management")]
        assert sum(total for total, *_ in counted) == len([*loaded.standard.at(level)])
        assert all(total == sum(parts) for total, *parts in counted)
    named = {id_ for row in rows for id_ in row.neither}
    assert named == {one.id for one in loaded.standard.requirements if coverage.answered_by(one) == "neither"}


@pytest.mark.parametrize(
    ("more", "by"),
    [
        ({"checks": ["time.synchronised"]}, "checks"),
        ({"kind": "management"}, "attestation"),
        ({"attested": {"vi": "Chỉ người mới biết", "en": "Only a person can tell"}}, "attestation"),
        ({"checks": ["time.synchronised"], "attested": {"vi": "Một phần", "en": "A part"}}, "both"),
        ({}, "neither"),
    ],
)
def test_who_answers(more: dict[str, object], by: str) -> None:
    plain = {
        "id": "x",
        "clause": "1",
        "kind": "technical",
        "group": "g",
        "title": {"vi": "x", "en": "x"},
        "levels": [1],
    }
    assert coverage.answered_by(Requirement.model_validate({**plain, **more})) == by


def test_it_is_told_by_level_and_group(loaded: Catalogue) -> None:
    told = lines([loaded.standard], Words("vi"))
    assert sum(f"{loaded.standard.id}, cấp độ" in line for line in told) == 5
    for row in coverage.of(loaded.standard):
        assert any(line.startswith(f"{row.group} (") for line in told)
