"""Root's questions of a device beside its terminal, by a real sshd and a real sudo: whole answers, or none."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paramiko
import pytest

from checks import privileges
from checks.model import Question, Reply
from runner.sessions import beside, identity
from runner.sessions.base import Limits
from tests.runner import peers

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="who may use sudo without a password is root")
LIMITS = Limits(connect=2.0, output=1 << 16)
WHO = Question("/usr/bin/id -un", root=True)
WRONG = Question("/usr/bin/ls -d / /nowhere", root=True)
HANGS = Question("/usr/bin/sleep 60", root=True, seconds=1.0)
FLOODS = Question("/usr/bin/yes", root=True)


@contextmanager
def client(server: peers.Sshd) -> Iterator[paramiko.SSHClient]:
    found = identity.client(server.host, server.known().keys(server.host))
    found.connect(
        server.host.address, server.host.port, server.login.user, key_filename=str(server.login.key), allow_agent=False
    )
    try:
        yield found
    finally:
        found.close()


def soon(seconds: float = 30.0) -> float:
    return time.monotonic() + seconds


def answered(server: peers.Sshd, questions: Sequence[Question]) -> dict[Question, Reply]:
    with client(server) as connection:
        return beside.answered(connection, "audit", privileges.order(questions), LIMITS, soon())


def test_both_streams_and_the_status_are_told_apart(server: peers.Sshd) -> None:
    replies = answered(server, [WHO, WRONG])
    assert (replies[WHO].stdout, replies[WHO].stderr, replies[WHO].exit_status) == ("root\n", "", 0)
    assert (replies[WRONG].stdout, replies[WRONG].exit_status) == ("/\n", 2)
    assert "nowhere" in replies[WRONG].stderr
    assert {reply.cause for reply in replies.values()} == {None}


@pytest.mark.parametrize("trouble", [HANGS, FLOODS])
def test_what_has_no_end_costs_no_answer_before_it_and_is_no_answer(
    trouble: Question, server: peers.Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privileges, "ALLOWANCE", 0.0)
    quick = Question(WHO.command, root=True, seconds=1.0)
    begun = time.monotonic()
    assert list(answered(server, [trouble, quick])) == [quick]
    assert time.monotonic() - begun < 10


def test_where_no_second_channel_is_allowed_nothing_is_answered(tmp_path: Path) -> None:
    with peers.sshd(tmp_path / "narrow", "MaxSessions 1") as narrow, client(narrow) as connection:
        connection.invoke_shell()
        assert beside.answered(connection, "audit", privileges.order([WHO, WRONG]), LIMITS, soon()) == {}


def test_a_connection_that_is_gone_answers_nothing(server: peers.Sshd) -> None:
    with client(server) as connection:
        connection.close()
        assert beside.answered(connection, "audit", privileges.order([WHO, WRONG]), LIMITS, soon()) == {}
    assert beside.answered(None, "audit", privileges.order([WHO, WRONG]), LIMITS, soon()) == {}


def test_a_request_that_is_never_answered_and_a_hanging_question_end_with_the_hosts_time(server: peers.Sshd) -> None:
    class Dumb:
        """A channel whose request for a shell is never answered."""

        def __init__(self) -> None:
            self.closed = threading.Event()

        def exec_command(self, _command: str) -> None:
            assert self.closed.wait(10)
            raise paramiko.SSHException("Channel closed.")

        def close(self) -> None:
            self.closed.set()

    transport = SimpleNamespace(open_session=lambda **_: Dumb())
    dumb: Any = SimpleNamespace(get_transport=lambda: transport)
    asked, begun = privileges.order([HANGS, WHO]), time.monotonic()
    assert beside.answered(dumb, "audit", asked, LIMITS, soon(0.3)) == {}
    with client(server) as connection:
        replies = beside.answered(connection, "audit", privileges.order([WRONG, HANGS]), LIMITS, soon(0.5))
    assert list(replies) == [WRONG]
    assert time.monotonic() - begun < 8
