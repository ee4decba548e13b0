"""Every endpoint check over what two real services said: whole, changed, and cut at every place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks import catalogue
from checks.catalogue import BoundCheck
from checks.connectivity.view import Device
from checks.endpoints import questions
from checks.model import Cause, Question, Reply, Status, Unknown, Want
from inventory.model import Asset, AssetKind
from tests.runner.city import WHEN

RECORDED = Path(__file__).parent / "recorded"
CATALOGUE = catalogue.load("tcvn-14423-2026")
PARAMETERS = {name: one.by_level[4] for name, one in CATALOGUE.parameters.items() if 4 in one.by_level}
ENDPOINTS = {id_ for id_, check in CATALOGUE.checks.items() if check.card.fits(AssetKind.ENDPOINT)}
ASSET = {
    "id": "page",
    "site": "79",
    "systems": ["tthc"],
    "kind": "endpoint",
    "platform": "web",
    "address": "192.0.2.1",
    "names": ["dich-vu.example"],
    "ports": [80],
}


@dataclass(frozen=True)
class Case:
    """One check before one service."""

    check: str
    number: int
    want: Want
    replies: Mapping[str, str | None]
    expect: str
    actual: str

    def __str__(self) -> str:
        return f"{self.check}-{self.number}-{self.expect}"

    @property
    def asked(self) -> tuple[Question, ...]:
        return BoundCheck(CATALOGUE.checks[self.check], self.want, ()).questions()

    def found(self) -> tuple[str, str]:
        device = Device(_reply(question, self.replies.get(question.command)) for question in self.asked)
        try:
            verdict = CATALOGUE.checks[self.check].function(device, self.want)
        except Unknown as unknown:
            return Status.UNKNOWN.value, unknown.detail
        return verdict.status.value, verdict.actual


def _reply(question: Question, stdout: str | None) -> Reply:
    cause, detail = (None, "") if stdout is not None else (Cause.TIMEOUT, "not recorded")
    return Reply(question, stdout or "", "", 0, WHEN, 0.0, "-", cause, detail)


@cache
def recording(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return content


def cases() -> Iterator[Case]:
    told = yaml.safe_load((RECORDED / "cases.yaml").read_text(encoding="utf-8"))
    for check, rows in told.items():
        for number, row in enumerate(rows):
            parameters = {**PARAMETERS, "watched_ports": [22, 8443], **row.get("parameters", {})}
            want = Want(Asset.model_validate(ASSET | row.get("asset", {})), 4, parameters)
            replies = dict(recording(row.get("of", "good")))
            for words, values in row.get("change", {}).items():
                replies |= _changed(replies, words, values)
            texts = {command: None if told is None else json.dumps(told) for command, told in replies.items()}
            yield Case(check, number, want, texts, row["expect"], row["actual"])


def _changed(replies: Mapping[str, Any], words: str, values: Mapping[str, Any] | None) -> dict[str, Any]:
    meant = [command for command in replies if words in command]
    assert meant, words
    return {command: None if values is None else {**replies[command], **values} for command in meant}


CASES = tuple(cases())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_finds_what_is_there(case: Case) -> None:
    status, actual = case.found()
    assert status == case.expect, actual
    assert case.actual in actual


@pytest.mark.parametrize("case", [case for case in CASES if case.expect in ("pass", "fail")], ids=str)
def test_a_cut_reply_is_no_reply(case: Case) -> None:
    """Law 7: each reply that a verdict rests on, cut anywhere, makes it `unknown`."""
    whole = case.found()
    for question in case.asked:
        text = case.replies[question.command]
        if text is None:
            continue
        for end in {*range(0, len(text), max(1, len(text) // 20))}:
            found = replace(case, replies={**case.replies, question.command: text[:end]}).found()
            assert found[0] == "unknown" or found == whole, (question.command, end)
            assert found[0] != "pass" or not _rests_on(case, question), (question.command, end)


def _rests_on(case: Case, question: Question) -> bool:
    """Without this reply the verdict is another one."""
    return replace(case, replies={**case.replies, question.command: None}).found() != case.found()


def test_every_check_is_shown_to_pass_to_fail_and_not_to_know() -> None:
    shown: dict[str, set[str]] = {}
    for case in CASES:
        shown.setdefault(case.check, set()).add(case.expect)
    assert set(shown) == ENDPOINTS
    assert not {check: found for check, found in shown.items() if not {"pass", "fail", "unknown"} <= found}


def test_a_service_of_another_kind_is_asked_for_no_page() -> None:
    want = Want(Asset.model_validate(ASSET | {"platform": "tls"}), 3, PARAMETERS)
    asked = [q.command for id_ in sorted(ENDPOINTS) for q in BoundCheck(CATALOGUE.checks[id_], want, ()).questions()]
    assert {command.split()[0] for command in asked} == {"connect", "tls", "certificate"}


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    want = Want(Asset.model_validate(ASSET | {"names": [], "address": "2001:db8::1", "port": 8443}), 3, PARAMETERS)
    assert questions.certificate(want).command == "certificate [2001:db8::1]:8443"
    assert questions.page(want, "/").command == "GET https://[2001:db8::1]:8443/"
