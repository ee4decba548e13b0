"""Facts: who can tell them, what is sent for them, and that nothing else ever is."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
import testinfra

from checks.catalogue import load
from checks.connectivity import facts, linux
from checks.connectivity.facts import TcpAnswer
from checks.connectivity.platforms import frr
from checks.connectivity.replies import shell
from checks.connectivity.service import answers
from checks.connectivity.view import Device
from checks.model import Cause, Question, Reply, Status, Unknown
from checks.reading import LAST, closed
from checks.reads import commands
from inventory.model import Service
from tests.checks.connectivity.replay import SERVICE, demand

PROOFS = ('; echo "rc=$?"', closed(""), f" {LAST}")  # that nothing is missing before the end
ABOUT: Mapping[str, tuple[object, ...]] = {
    "ping": ("10.0.0.1",),
    "route": ("10.0.0.1",),
    "traffic": ("10.0.0.1",),
    "whole_packet": ("10.0.0.1", 1500),
    "tcp_answer": ("10.0.0.1", 65535),
    "extra_services": (frozenset({22}),),
}
ECHO_WIDTH = 500  # a terminal's line, beyond which its echo is wrapped
HOSTILE = (
    "10.0.0.1; reboot",
    "$(reboot)",
    "`reboot`",
    "10.0.0.1\nreboot",
    "fe80::1%$(reboot)",
    "fe80::1%eth0",
    "-f",
    "a b",
    "a'b",
    "a/../b",
    "",
)


@pytest.mark.parametrize("address", HOSTILE)
@pytest.mark.parametrize("name", ["ping", "route", "whole_packet", "tcp_answer"])
def test_an_address_that_could_be_more_than_one_is_never_sent(address: str, name: str) -> None:
    about = (address, *ABOUT[name][1:])
    with pytest.raises(Unknown) as unknown:
        getattr(frr, name).ask(*about)
    assert unknown.value.cause is Cause.DNS


@pytest.mark.parametrize("address", ["10.0.0.1", "2001:db8::1", "dich-vu.tphcm.example"])
def test_an_address_or_name_is_sent_as_it_is(address: str) -> None:
    assert linux.ping.ask(address) == shell(f"LC_ALL=C ping -n -q -c 10 -i 0.02 -W 1 {address}")


def test_ipv6_is_asked_as_ipv4_is() -> None:
    assert frr.route.ask("2001:db8::1") == shell("ip -j route get fibmatch 2001:db8::1 2>&1")


def test_a_platform_that_cannot_tell_a_fact_is_not_supported() -> None:
    for platform in ("debian", "cisco_nxos", "facts", "../frr", "class"):
        want = demand("device.idle_timeout", {})
        asset = want.asset.model_copy(update={"platform": platform})
        with pytest.raises(Unknown) as unknown:
            facts.IDLE_TIMEOUT(type(want)(asset, 3, {}))
        assert unknown.value.cause is Cause.UNSUPPORTED_PLATFORM


def test_every_question_fits_into_a_terminal_line_and_root_gets_plain_words() -> None:
    readings = {name: reading for name, reading in vars(frr).items() if isinstance(reading, facts.Reading)}
    assert readings.keys() >= {fact.name for fact in vars(facts).values() if isinstance(fact, facts.Fact)}
    for question in (question for name, reading in readings.items() for question in _questions(name, reading)):
        assert len(question.command) < ECHO_WIDTH
        assert not question.root or re.fullmatch(r"/[\w/-]+( [\w/.+-]+)*", question.command)
        assert question.root or question.command.endswith(PROOFS)


def test_what_two_facts_ask_alike_is_told_once() -> None:
    catalogue = load("tcvn-11930-2017")
    for check in catalogue.checks.values():
        for told in commands(check, catalogue).values():
            assert len(told) == len(set(told)), check.id


def test_a_reply_that_did_not_come_back_keeps_its_cause() -> None:
    reply = Reply(Question("ss"), "", "", None, datetime.now(UTC), 10.0, "rasoat-audit", Cause.TIMEOUT, "10 s")
    with pytest.raises(Unknown) as unknown:
        Device([reply]).run("ss")
    assert (unknown.value.cause, unknown.value.detail) == (Cause.TIMEOUT, "10 s")


def test_a_device_answers_nothing_that_was_not_asked() -> None:
    with pytest.raises(LookupError):
        Device([]).run("reboot")


def test_a_server_is_asked_the_same_in_its_own_shell() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert _answer_of_server(port) == (Status.PASS, f"TCP 127.0.0.1:{port} {TcpAnswer.CONNECTED}")
    assert _answer_of_server(port) == (Status.FAIL, f"TCP 127.0.0.1:{port} {TcpAnswer.REFUSED}")


def _answer_of_server(port: int) -> tuple[Status, str]:
    want = demand("service.answers", {"asset": {"kind": "server", "platform": "debian"}})
    service = Service.model_validate({**SERVICE, "address": "127.0.0.1", "port": port})
    verdict = answers(testinfra.get_host("local://"), type(want)(want.asset, 3, {}, service))
    return verdict.status, verdict.actual


def _questions(name: str, reading: facts.Reading[object]) -> tuple[Question, ...]:
    about = ABOUT.get(name, ())
    asked = reading.ask(*about)
    return (asked,) if isinstance(asked, Question) else asked
