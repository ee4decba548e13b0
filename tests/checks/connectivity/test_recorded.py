"""Every device check over its recorded replies: whole, cut, and spoilt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.connectivity import __path__ as home
from checks.model import Question, Unknown
from checks.protections.questions import LINUX as SERVERS
from inventory.model import AssetKind
from tests.checks.connectivity.cuts import passes
from tests.checks.connectivity.replay import Case, cases, demand
from tests.checks.connectivity.replay import asked as asked_of
from tests.checks.connectivity.test_ruler import FAMILY
from tests.checks.connectivity.vendors import PLATFORMS

CASES = tuple(cases())
LINUX = ("frr", *SERVERS)
SHORT = 400
CUTS = 60


@pytest.mark.parametrize("case", CASES, ids=str)
def test_finds_what_is_there(case: Case) -> None:
    found = case.found()
    assert found["status"] == case.expect["status"], found
    assert found.get("cause") == case.expect.get("cause"), found
    assert case.expect.get("actual", "") in found["actual"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_cut_is_noticed_or_changes_nothing(case: Case) -> None:
    """Law 7, and more: no reply that lacks its end makes another verdict, neither a better nor a worse one."""
    whole = case.found()
    for cut in _cut(case):
        found = cut.found()
        assert found["status"] == "unknown" or found == whole, found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_passes_that_was_cut(case: Case) -> None:
    """Law 7 as it stands."""
    for question, text in case.replies.items():

        def judge(cut: str, question: Question = question) -> tuple[str, str]:
            found = case.with_reply(question, cut).found()
            return found["status"], found["actual"]

        assert not [*passes(judge, text)], question.command


@pytest.mark.parametrize("case", CASES, ids=str)
def test_line_ends_of_a_terminal_change_nothing(case: Case) -> None:
    returned = case
    for question, text in case.replies.items():
        returned = returned.with_reply(question, text.replace("\n", "\r\n"))
    assert {**returned.found(), "actual": ""} == {**case.found(), "actual": ""}


def test_every_check_is_shown_to_pass_to_fail_and_not_to_know_on_every_platform() -> None:
    shown: dict[tuple[str, str], set[str]] = {}
    for case in CASES:
        shown.setdefault((case.want.asset.platform, case.check), set()).add(case.expect["status"])
    asked = {(platform, check) for platform in LINUX for check in FAMILY if _askable(check, platform)}
    assert {check for _, check in asked} == FAMILY.keys()
    lacking = {
        pair: shown.get(pair, set()) for pair in asked if not {"pass", "fail", "unknown"} <= shown.get(pair, set())
    }
    assert not lacking


def test_there_is_no_platform_without_recordings() -> None:
    files = {path.stem for path in (Path(home[0]) / "platforms").glob("*.py")} - {"__init__"}
    assert files == {*LINUX, *PLATFORMS}


def _askable(check: str, platform: str) -> bool:
    """The check fits what runs this platform, and the platform can tell what it asks."""
    kind = AssetKind.DEVICE if platform == "frr" else AssetKind.SERVER
    if not FAMILY[check].card.fits(kind):
        return False
    try:
        return bool(asked_of(check, demand(check, {"asset": {"kind": kind, "platform": platform}})))
    except Unknown:
        return False


def _cut(case: Case) -> Iterator[Case]:
    """The case with each reply cut behind every line, and behind many a character."""
    for question, text in case.replies.items():
        lines = text.splitlines(keepends=True)
        ends = {len("".join(lines[:kept])) for kept in range(len(lines))}
        step = 1 if len(text) <= SHORT else len(text) // CUTS
        for end in sorted(ends | set(range(0, len(text), step))):
            yield case.with_reply(question, text[:end])
