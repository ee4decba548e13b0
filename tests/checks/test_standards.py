"""The rulers: complete, consistent, and honest about what was not read in the standard itself."""

from __future__ import annotations

import unicodedata

import pytest

from checks import catalogue, coverage
from checks.catalogue import Standard

GOAL = 60.0  # per cent of the technical requirements that checks answer, alone or with a person
NOT_IN_2026 = {"ssh.port_changed"}  # 7.2.2.2 c of 2017 has no line like it
MACHINES_ARE_ASKED_FROM = dict.fromkeys(
    (
        "device.central_syslog",
        "device.separate_rights",
        "firewall.connections_limited",
        "logs.central",
        "logs.central_delivered",
        "logs.collector_receives",
    ),
    3,
) | {"ssh.multi_factor": 4}
ONLY_IN_2026 = {
    "backup.three_copies",
    "device.central_authentication",
    "device.flow_export",
    "device.port_control",
    "device.time_authenticated",
    "directory.accounts_central",
    "firewall.outbound_limited",
    "firewall.segmented",
    "logs.flow_collector",
    "mail.domains_authenticated",
    "packages.central_server",
    "resolver.servers_declared",
    "web.firewall",
    "zone.jump_hosts_only",
    "zone.managed_from_within",
}


@pytest.fixture(params=catalogue.standards())
def ruler(request: pytest.FixtureRequest) -> Standard:
    return catalogue.load(request.param).standard


def asked(ruler: Standard, level: int) -> set[str]:
    return {check for requirement in ruler.at(level) for check in requirement.checks}


@pytest.mark.parametrize("level", [2, 3, 4, 5])
def test_the_ruler_of_2017_asks_for_every_check_of_servers_and_devices(level: int) -> None:
    loaded = catalogue.load("tcvn-11930-2017")
    known = {id_ for id_, check in loaded.checks.items() if check.card.each is None}
    known -= {check for requirement in loaded.interconnection.requirements for check in requirement.checks}
    known -= ONLY_IN_2026
    missing = known - asked(loaded.standard, level)
    assert missing == {check for check, first in MACHINES_ARE_ASKED_FROM.items() if level < first}


def test_a_parameter_of_one_ruler_is_known_to_the_other() -> None:
    """Else what a city declares for the one would be refused under the other, and it could not be judged by both."""
    first, *others = [{*catalogue.load(name).standard.parameters} for name in catalogue.standards()]
    assert all(one == first for one in others)


def test_log_retention_is_demanded_from_level_two(ruler: Standard) -> None:
    assert ruler.parameters["log_retention_days"].by_level == {2: 30, 3: 90, 4: 180, 5: 365}
    assert [level for level in range(1, 6) if "logs.retention" in asked(ruler, level)] == [2, 3, 4, 5]


def test_ids_are_unique_and_exceptions_stand_at_demanded_levels(ruler: Standard) -> None:
    ids = [requirement.id for requirement in ruler.requirements]
    assert len(ids) == len(set(ids))
    for requirement in ruler.requirements:
        assert set(requirement.clauses) <= set(requirement.levels), requirement.id


def test_clauses_are_printed_behind_their_chapter(ruler: Standard) -> None:
    for level, chapter in ruler.chapters.items():
        for requirement in ruler.at(level):
            assert ruler.clause(requirement, level).startswith(f"{chapter}."), requirement.id


def test_nothing_is_called_verified(ruler: Standard) -> None:
    """The text of neither standard was at hand (law 9)."""
    assert not [requirement.id for requirement in ruler.requirements if requirement.verified]


def test_every_number_names_its_clause_or_says_that_there_is_none(ruler: Standard) -> None:
    assert not [name for name, parameter in ruler.parameters.items() if not (parameter.clause or parameter.note)]


def test_a_person_is_needed_for_a_reason_and_only_where_the_standard_asks(ruler: Standard) -> None:
    for requirement in ruler.requirements:
        assert set(requirement.every_months) <= set(requirement.levels), requirement.id
        assert requirement.kind == "technical" or not requirement.checks, requirement.id


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_no_requirement_is_left_without_an_answer(ruler: Standard, level: int) -> None:
    rows = coverage.of(ruler)
    assert coverage.total(rows, level, "technical")[-1] == 0
    assert coverage.total(rows, level, "management")[-1] == 0


@pytest.mark.parametrize("level", [2, 3, 4])
def test_checks_answer_what_they_are_to_answer(ruler: Standard, level: int) -> None:
    requirements, checks, both, *_ = coverage.total(coverage.of(ruler), level, "technical")
    assert coverage.share(checks + both, requirements) >= GOAL


def test_every_check_is_asked_for_by_a_ruler_in_force() -> None:
    """Under the ruler of 2026 too: a check that it does not ask for would be forgotten when the old one ends."""
    new = catalogue.load("tcvn-14423-2026")
    rulers = (new.standard, new.interconnection)
    asked_for = {check for one in rulers for requirement in one.requirements for check in requirement.checks}
    assert new.checks.keys() - asked_for == NOT_IN_2026


def test_what_has_no_source_is_called_unconfirmed_or_inferred(ruler: Standard) -> None:
    for requirement in ruler.requirements:
        assert requirement.source or requirement.confidence in ("inferred", "unconfirmed"), requirement.id


def test_words_are_normal_vietnamese(ruler: Standard) -> None:
    for requirement in ruler.requirements:
        for words in filter(None, (requirement.title, requirement.attested)):
            assert unicodedata.is_normalized("NFC", words.vi)
            assert words.vi != words.en
