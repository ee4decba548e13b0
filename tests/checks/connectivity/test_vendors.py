"""Devices of makers from recordings: each check passes, breaks and cannot tell, and no cut makes it better."""

from __future__ import annotations

import importlib

import pytest

from checks.connectivity import facts
from checks.connectivity.facts import Fact, Reading
from checks.model import Cause, Question, Unknown
from inventory.model import AssetKind
from tests.checks.connectivity import replay, vendors
from tests.checks.connectivity.cuts import passes
from tests.checks.connectivity.test_ruler import FAMILY
from tests.checks.connectivity.vendors import PLATFORMS, Case, cases, judged

CASES = tuple(cases())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_finds_what_is_there(case: Case) -> None:
    status, actual = judged(case.check, case.want, case.replies())
    assert (status, case.actual in actual) == (case.status, True), actual


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_passes_that_was_cut(case: Case) -> None:
    """Law 7, of what passes, fails or cannot be told when whole: behind every line and at many a character."""
    replies = case.replies()
    unread = vendors.recorded(case.platform).get("unread", {})
    for question, text in replies.items():

        def judge(cut: str, question: Question = question) -> tuple[str, str]:
            return judged(case.check, case.want, {**replies, question: cut})

        assert not [*passes(judge, text, unread.get(question.command, ""))], question.command


def test_little_is_not_read() -> None:
    """The exceptions to law 7's cuts: lists of boards behind the release, public keys behind what SSH offers, a line's
    speed behind who introduced himself on it."""
    assert {p: [*vendors.recorded(p).get("unread", {})] for p in PLATFORMS if "unread" in vendors.recorded(p)} == {
        "cisco_ios": ["show ip ssh"],
        "cisco_xe": ["show ip ssh"],
        "huawei_vrp": ["display version", "display lldp neighbor"],
    }


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_check_is_shown_or_said_to_be_unsupported(platform: str) -> None:
    told = vendors.recorded(platform)
    statuses: dict[str, set[str]] = {}
    for case in CASES:
        if case.platform == platform:
            statuses.setdefault(case.check, set()).add(case.status)
    shown = {check for check, found in statuses.items() if {"pass", "fail", "unknown"} <= found}
    asked = {id_ for id_, check in FAMILY.items() if check.card.fits(AssetKind.DEVICE)}
    assert shown | set(told["unsupported"]) >= asked
    assert not shown & set(told["unsupported"])
    for check in told["unsupported"]:
        with pytest.raises(Unknown) as unknown:
            replay.asked(check, vendors.want(platform, check))
        assert unknown.value.cause is Cause.UNSUPPORTED_PLATFORM


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_tells_known_facts_by_commands_that_only_show(platform: str) -> None:
    module = importlib.import_module(f"checks.connectivity.platforms.{platform}")
    known = {fact.name for fact in vars(facts).values() if isinstance(fact, Fact)} | {
        "traffic",
        "route",
        "ping",
        "whole_packet",
        "tcp_answer",
    }
    readings = {name for name, reading in vars(module).items() if isinstance(reading, Reading)}
    assert readings
    assert readings <= known
