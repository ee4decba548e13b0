"""Every server check over its recorded replies: whole, cut, and under every standard that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from checks.catalogue import HERE, INTERCONNECTION, Standard, standards
from checks.model import Question, Want
from tests.checks.protections.replay import Case, cases, function_of

CASES = tuple(cases())
# What says the same on several platforms is cut on one of them: the same replies are read by the same code.
CUT = tuple({(c.check, c.name, c.replies_told()): c for c in reversed(CASES)}.values())
RULERS = tuple(
    Standard.model_validate(yaml.safe_load((HERE / "standards" / f"{name}.yaml").read_text(encoding="utf-8")))
    for name in standards()
    if name != INTERCONNECTION
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_finds_what_is_there(case: Case) -> None:
    found = case.found()
    assert found["status"] == case.expect["status"], found
    assert found.get("cause") == case.expect.get("cause"), found
    assert case.expect.get("actual", "") in found["actual"]


@pytest.mark.parametrize("case", CUT, ids=str)
def test_no_cut_reply_makes_a_pass(case: Case) -> None:
    """Law 7: with any reply cut behind any line, no host passes or drops out that did not do so whole.

    One that did pass may do so only where it would without a word of that reply: then it did not rest on it.
    """
    for question in case.replies:
        cut = [short.found()["status"] for short in _cut(case, question)]
        assert set(cut) <= {"unknown", "fail", case.expect["status"]}, question.command
        assert set(cut) == {"pass"} or "pass" not in cut, question.command


@pytest.mark.parametrize("path", sorted((HERE / "protections").glob("*.yaml")), ids=lambda path: path.stem)
def test_shows_each_check_passing_failing_and_unable_to_tell(path: Path) -> None:
    for name in yaml.safe_load(path.read_text(encoding="utf-8")):
        check = f"{path.stem}.{name}"
        for platform in function_of(check).platforms:  # type: ignore[attr-defined]  # set by `asks`
            shown = {c.expect["status"] for c in CASES if (c.check, c.want.asset.platform) == (check, platform)}
            assert shown >= {"pass", "fail", "unknown"}, f"{check} on {platform}"


@pytest.mark.parametrize("level", range(1, 6))
@pytest.mark.parametrize("ruler", RULERS, ids=lambda ruler: ruler.id)
def test_every_parameter_is_there_wherever_its_check_is_asked(ruler: Standard, level: int) -> None:
    """A check that reads a parameter which the level does not have raises `KeyError`."""
    asked = {check for requirement in ruler.at(level) for check in requirement.checks}
    values = {name: p.by_level[level] for name, p in ruler.parameters.items() if level in p.by_level}
    for case in CASES:
        if case.check in asked:
            case.under(Want(case.want.asset, level, values)).found()


def _cut(case: Case, question: Question) -> Iterator[Case]:
    """The same host, its reply to `question` cut behind each line but the last."""
    recording = case.replies[question]
    lines = recording.stdout.splitlines(keepends=True)
    for kept in range(len(lines)):
        yield case.with_reply(question, replace(recording, stdout="".join(lines[:kept])))
