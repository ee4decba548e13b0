"""Bound checks and replies in, findings out: exactly one for each check, whatever a check does (law 1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from checks.catalogue import BoundCheck
from checks.connectivity.view import Device
from checks.model import Cause, Finding, Question, Reply, Status, Unknown, Verdict
from inventory.model import AssetKind
from runner.evidence import Record
from runner.sessions.backend import host_from
from runner.sessions.causes import detail_of

View = Callable[[Mapping[Question, Reply]], Any]


def questions(bound: Sequence[BoundCheck]) -> tuple[Question, ...]:
    """All that `bound` may ask, each once, in a stable order: the allow-list of a session."""
    return tuple(dict.fromkeys(question for check in bound for question in _asked(check)))


def judge(bound: Sequence[BoundCheck], records: Mapping[Question, Record]) -> tuple[Finding, ...]:
    """One finding for each check of one asset, from the replies that it asked for."""
    return tuple(_finding(check, records) for check in bound)


def column(bound: Sequence[BoundCheck], cause: Cause, detail: str = "") -> tuple[Finding, ...]:
    """`unknown` with one cause for each check: an asset that could not be asked is a column, not a gap."""
    return tuple(_unknown(check, Unknown(cause, detail)) for check in bound)


def _asked(check: BoundCheck) -> tuple[Question, ...]:
    """What a check asks; nothing where it cannot even say that, which its finding will tell."""
    try:
        return check.questions()
    except Exception:  # noqa: BLE001 - a check is foreign code; `_finding` meets the same error and reports it
        return ()


def _finding(check: BoundCheck, records: Mapping[Question, Record]) -> Finding:
    evidence: tuple[str, ...] = ()
    try:
        asked = {question: records[question] for question in check.questions()}
        evidence = tuple(record.name for record in asked.values())
        verdict = check.check.function(_view(check, asked), check.want)
        if not isinstance(verdict, Verdict):
            raise TypeError("the check gave no verdict")
    except Unknown as unknown:
        return _unknown(check, unknown, evidence)
    except Exception as error:  # noqa: BLE001 - a check is foreign code
        return _unknown(check, Unknown(Cause.CRASHED, detail_of(error)), evidence)
    return Finding(
        asset=check.want.asset.id,
        check=check.id,
        requirements=check.requirements,
        status=verdict.status,
        expected=verdict.expected,
        actual=verdict.actual,
        evidence=evidence,
    )


def _view(check: BoundCheck, asked: Mapping[Question, Record]) -> Any:
    """The asset as a check sees it: the replies to its own questions, and nothing else."""
    replies = {question: record.reply for question, record in asked.items()}
    if check.want.asset.kind is not AssetKind.SERVER:
        return Device(replies.values())
    return host_from(replies, check.want.asset.address)


def _unknown(check: BoundCheck, unknown: Unknown, evidence: tuple[str, ...] = ()) -> Finding:
    return Finding(
        asset=check.want.asset.id,
        check=check.id,
        requirements=check.requirements,
        status=Status.UNKNOWN,
        expected="",
        actual=unknown.detail,
        cause=unknown.cause,
        evidence=evidence,
    )
