"""From replies to findings: one for each check, whatever it does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from checks.model import Cause, Finding, Question, Reply, Status, Unknown
from runner.evidence import Record
from runner.judge import column, judge, questions
from runner.sessions.backend import host_from
from runner.sessions.base import Undeclared
from tests.runner import city

ASSETS = (city.asset("server"), city.asset("device", kind="device", platform="frr"))


@pytest.fixture(params=ASSETS, ids=lambda asset: str(asset.id))
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Finding]:
    asset = request.param
    inventory = city.inventory(tmp_path_factory.mktemp("city"), [asset])
    bound = city.catalogue(city.ALL).bind(asset, inventory)
    records = records_of(asset.id, *city.good_replies(asset.id))
    findings = judge(bound, records)
    assert [finding.check for finding in findings] == [one.id for one in bound]
    return {finding.check.removeprefix("test."): finding for finding in findings}


def records_of(asset: str, *replies: Reply) -> dict[Question, Record]:
    return {reply.question: Record(asset, reply) for reply in replies}


def test_a_verdict_becomes_a_finding_with_its_evidence(found: Mapping[str, Finding]) -> None:
    finding = found["is_named"]
    assert (finding.status, finding.cause, finding.requirements) == (Status.PASS, None, ("2.1",))
    names = [Record(finding.asset, reply).name for reply in city.good_replies(finding.asset)[:2]]
    assert list(finding.evidence) == names


def test_a_crash_is_unknown_and_says_what_it_was(found: Mapping[str, Finding]) -> None:
    finding = found["crashes"]
    assert (finding.status, finding.cause) == (Status.UNKNOWN, Cause.CRASHED)
    assert finding.actual == "RuntimeError: the check has a fault"
    assert finding.evidence


def test_a_check_sees_only_what_it_declared(found: Mapping[str, Finding]) -> None:
    assert found["peeks"].cause is Cause.CRASHED


def test_what_a_check_cannot_tell_keeps_its_cause(found: Mapping[str, Finding]) -> None:
    assert (found["cannot_tell"].cause, found["cannot_tell"].actual) == (Cause.UNREADABLE, "no sense in it")
    assert found["asks_nothing"].cause is Cause.UNSUPPORTED_PLATFORM
    assert found["does_not_arise"].status is Status.NOT_APPLICABLE


def test_a_reply_with_a_cause_is_unknown_with_that_cause(tmp_path: Path) -> None:
    inventory = city.inventory(tmp_path, ASSETS)
    for asset in ASSETS:
        broken = records_of(asset.id, city.reply(city.HELLO, "hello\n", cause=Cause.TIMEOUT, detail="too late"))
        (finding,) = judge(city.catalogue([city.says_hello]).bind(asset, inventory), broken)
        assert (finding.status, finding.cause, finding.actual) == (Status.UNKNOWN, Cause.TIMEOUT, "too late")
        assert finding.evidence == (broken[city.HELLO].name,)


def test_an_unreached_asset_is_a_column_of_one_cause(tmp_path: Path) -> None:
    bound = city.catalogue(city.ALL).bind(ASSETS[0], city.inventory(tmp_path, ASSETS))
    findings = column(bound, Cause.DNS, "who?")
    assert [finding.check for finding in findings] == [one.id for one in bound]
    assert {(finding.status, finding.cause) for finding in findings} == {(Status.UNKNOWN, Cause.DNS)}


def test_each_question_is_on_the_list_once(tmp_path: Path) -> None:
    bound = city.catalogue(city.ALL).bind(ASSETS[0], city.inventory(tmp_path, ASSETS))
    assert sorted(q.command for q in questions(bound)) == sorted(
        [city.HELLO.command, city.NAME.command, city.SECRET.command]
    )


def test_a_testinfra_host_answers_what_was_replied_and_nothing_else() -> None:
    quoted = Question("cat '/etc/a b'")
    host = host_from({quoted: city.reply(quoted, "đây\n", exit_status=3, stderr="e")}, "server")
    result = host.run("cat %s", "/etc/a b")
    assert (result.rc, result.stdout, result.stderr, host.backend.get_hostname()) == (3, "đây\n", "e", "server")
    with pytest.raises(Undeclared):
        host.run("true")
    with pytest.raises(Undeclared):
        host.check_output("id")
    broken = host_from({quoted: city.reply(quoted, "", cause=Cause.UNREADABLE)}, "server")
    with pytest.raises(Unknown):
        broken.run(quoted.command)
