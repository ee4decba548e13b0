"""Each cause of law 1, met on a real peer, by both SSH stacks."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from checks.model import Cause, Question, Reply
from runner.sessions import shell, trust
from runner.sessions.base import HostPort, Limits, Undeclared, Unreached
from runner.sessions.credentials import Credentials
from tests.runner import peers
from tests.runner.peers import PASSWORD
from tests.runner.sessions import QUICK, STACKS, ask

NOBODY_KNOWN = trust.KnownHosts()
HELLO = Question("echo hello")


def unreached(stack: str, host: HostPort, login: Credentials, known: trust.KnownHosts = NOBODY_KNOWN) -> Unreached:
    with pytest.raises(Unreached) as caught:
        asyncio.run(ask(stack, host, login, known, [HELLO]))
    return caught.value


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_closed_port_refuses(stack: str, server: peers.Sshd) -> None:
    assert unreached(stack, HostPort(peers.LOOPBACK, peers.free_port()), server.login).cause is Cause.REFUSED


def test_a_black_hole_costs_one_connect_timeout(stack: str, server: peers.Sshd) -> None:
    with peers.black_hole() as host:
        begun = time.monotonic()
        assert unreached(stack, host, server.login).cause is Cause.TIMEOUT
        assert QUICK.connect <= time.monotonic() - begun < QUICK.connect + 0.5


def test_a_port_that_says_nothing_costs_one_login_timeout(stack: str, server: peers.Sshd) -> None:
    with peers.silent() as host:
        begun = time.monotonic()
        assert unreached(stack, host, server.login).cause is Cause.TIMEOUT
        assert time.monotonic() - begun < QUICK.login + 1


def test_a_name_that_does_not_resolve(stack: str, server: peers.Sshd) -> None:
    assert unreached(stack, HostPort("khong-co-may-nay.invalid", 22), server.login).cause is Cause.DNS


def test_a_banner_without_an_end(stack: str, server: peers.Sshd) -> None:
    begun = time.monotonic()
    with peers.tar_pit() as host:
        cause = unreached(stack, host, server.login).cause
    assert cause in {Cause.TIMEOUT, Cause.REFUSED, Cause.UNREADABLE}
    assert time.monotonic() - begun < QUICK.login + 1


def test_an_unknown_key_stops_before_anybody_logs_in(stack: str, tmp_path: Path) -> None:
    with peers.sshd(tmp_path) as server:
        assert unreached(stack, server.host, server.login).cause is Cause.HOST_KEY_UNKNOWN
        assert "userauth-request" not in server.log


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa"])
def test_a_changed_key_stops_before_anybody_logs_in(stack: str, kind: str, tmp_path: Path) -> None:
    with peers.sshd(tmp_path) as server:
        other = peers.new_key(tmp_path / "other", kind).export_public_key("openssh").decode()
        (tmp_path / "known_hosts").write_text(f"{server.host} {other}")
        changed = unreached(stack, server.host, server.login, trust.read(tmp_path / "known_hosts"))
        assert changed.cause is Cause.HOST_KEY_CHANGED
        assert "Connection from" in server.log
        assert "userauth-request" not in server.log


def test_no_secret_is_sent_to_a_host_with_a_changed_key(stack: str, tmp_path: Path) -> None:
    async def meet() -> list[str]:
        async with peers.peer(peers.real_shell) as peer:
            other = peers.new_key(tmp_path / "other").export_public_key("openssh").decode()
            (tmp_path / "known_hosts").write_text(f"{peer.host} {other}")
            known = trust.read(tmp_path / "known_hosts")
            with pytest.raises(Unreached) as caught:
                await ask(stack, peer.host, Credentials("audit", password=PASSWORD), known, [HELLO])
            assert caught.value.cause is Cause.HOST_KEY_CHANGED
            return peer.recorder.attempts

    assert asyncio.run(meet()) == []


def test_a_refused_password_is_tried_once(stack: str, tmp_path: Path) -> None:
    async def meet() -> list[str]:
        async with peers.peer(peers.real_shell) as peer:
            login = Credentials("audit", password="wrong-guess")
            with pytest.raises(Unreached) as caught:
                await ask(stack, peer.host, login, peer.known(tmp_path), [HELLO])
            assert caught.value.cause is Cause.AUTH_REFUSED
            return peer.recorder.attempts

    assert asyncio.run(meet()) == ["user audit", "password wrong-guess"]


def test_a_refused_key_is_tried_once_and_nothing_after_it(stack: str, tmp_path: Path) -> None:
    key = peers.new_key(tmp_path / "key")

    async def meet() -> list[str]:
        async with peers.peer(peers.real_shell) as peer:
            login = Credentials("audit", key=tmp_path / "key", password=PASSWORD)
            with pytest.raises(Unreached) as caught:
                await ask(stack, peer.host, login, peer.known(tmp_path), [HELLO])
            assert caught.value.cause is Cause.AUTH_REFUSED
            return peer.recorder.attempts

    assert asyncio.run(meet()) == ["user audit", f"key {key.get_fingerprint()}"]


def test_a_server_that_ends_after_one_failure_has_refused_the_login(stack: str, tmp_path: Path) -> None:
    with peers.sshd(tmp_path, "MaxAuthTries 1") as server:
        peers.new_key(tmp_path / "stranger")
        login = replace(server.login, key=tmp_path / "stranger")
        assert unreached(stack, server.host, login, server.known()).cause is Cause.AUTH_REFUSED


def test_the_right_password_is_let_in(tmp_path: Path) -> None:
    async def meet() -> Reply:
        async with peers.peer(peers.real_shell) as peer:
            login = Credentials("audit", password=PASSWORD)
            return (await ask("shell", peer.host, login, peer.known(tmp_path), [HELLO]))[HELLO]

    assert asyncio.run(meet()).stdout == "hello\n"


@pytest.mark.skipif(os.getuid() != 0, reason="the peer gives up its rights, so it must have some")
def test_sudo_that_wants_a_password_is_no_privilege(tmp_path: Path) -> None:
    question = Question("cat /etc/shadow", root=True)

    async def meet(*, sudo: bool) -> Reply:
        async with peers.peer(peers.real_shell) as peer:
            login = Credentials("nobody", password=PASSWORD, sudo=sudo)
            return (await ask("shell", peer.host, login, peer.known(tmp_path), [question]))[question]

    refused = asyncio.run(meet(sudo=True))
    assert (refused.cause, refused.exit_status) == (Cause.NO_PRIVILEGE, 1)
    assert "password is required" in refused.detail
    assert asyncio.run(meet(sudo=False)).cause is Cause.NO_PRIVILEGE


def test_a_login_without_a_shell_gives_no_prompt(stack: str, tmp_path: Path) -> None:
    with peers.sshd(tmp_path, "ForceCommand /bin/echo This account is currently not available.") as server:
        reply = asyncio.run(ask(stack, server.host, server.login, server.known(), [HELLO]))[HELLO]
        assert reply.cause is Cause.NO_PROMPT


def test_a_missing_tool_is_told_by_its_exit_status(stack: str, server: peers.Sshd) -> None:
    question = Question("khong-co-lenh-nay")
    reply = asyncio.run(ask(stack, server.host, server.login, server.known(), [question]))[question]
    assert (reply.exit_status, reply.cause) == (127, None)


def test_output_without_an_end_is_cut_and_unreadable(stack: str, server: peers.Sshd) -> None:
    endless, after = Question("yes", seconds=1), Question("echo after")
    replies = asyncio.run(ask(stack, server.host, server.login, server.known(), [endless, after]))
    assert replies[endless].cause is Cause.UNREADABLE
    assert len(replies[endless].stdout) == QUICK.output
    assert (replies[after].stdout, replies[after].cause) == ("after\n", None)


def test_output_of_exactly_the_limit_is_whole(stack: str, server: peers.Sshd) -> None:
    full, over = (Question(f"head -c {size} /dev/zero | tr '\\0' x") for size in (QUICK.output, QUICK.output + 1))
    replies = asyncio.run(ask(stack, server.host, server.login, server.known(), [full, over]))
    assert replies[full].cause is None
    assert replies[over].cause is Cause.UNREADABLE


@pytest.mark.parametrize("output", [r"caf\351", r"a\0b"])
def test_output_that_is_no_text_is_unreadable(stack: str, output: str, server: peers.Sshd) -> None:
    question = Question(f"printf '{output}'")
    reply = asyncio.run(ask(stack, server.host, server.login, server.known(), [question]))[question]
    assert reply.cause is Cause.UNREADABLE


def test_a_command_without_an_end_times_out_and_the_next_is_answered(stack: str, server: peers.Sshd) -> None:
    stuck, after = Question("echo begun; sleep 60", seconds=1), Question("echo after")
    replies = asyncio.run(ask(stack, server.host, server.login, server.known(), [stuck, after]))
    assert (replies[stuck].cause, replies[stuck].stdout) == (Cause.TIMEOUT, "begun\n")
    assert replies[after].stdout == "after\n"


def test_all_questions_together_have_a_deadline(stack: str, server: peers.Sshd) -> None:
    first, stuck, never = HELLO, Question("sleep 60", seconds=60), Question("echo never")
    limits, begun = replace(QUICK, host=2.0), time.monotonic()
    replies = asyncio.run(ask(stack, server.host, server.login, server.known(), [first, stuck, never], limits=limits))
    assert replies[first].cause is None
    assert replies[stuck].cause is Cause.TIMEOUT
    assert replies[never].cause in {Cause.TIMEOUT, Cause.NOT_RUN}
    assert time.monotonic() - begun < 20


def test_a_connection_dropped_in_the_middle_keeps_what_was_answered(stack: str, tmp_path: Path) -> None:
    began = tmp_path / "began"
    first, dropped, never = Question("echo one"), Question(f"echo two; touch {began}; sleep 9"), HELLO
    with peers.sshd(tmp_path / "sshd") as server, ThreadPoolExecutor(1) as threads:
        threads.submit(peers.await_true, began.exists).add_done_callback(lambda _: server.drop())
        replies = asyncio.run(ask(stack, server.host, server.login, server.known(), [first, dropped, never]))
    assert (replies[first].stdout, replies[first].cause) == ("one\n", None)
    assert (replies[dropped].stdout, replies[dropped].cause) == ("two\n", Cause.UNREADABLE)
    assert replies[never].cause is Cause.NOT_RUN


def test_what_is_not_declared_is_refused_before_a_byte_leaves(server: peers.Sshd) -> None:
    async def meet(seen: Path) -> None:
        session = await shell.connect(server.host, server.login, server.known(), frozenset([HELLO]), Limits())
        with pytest.raises(Undeclared):
            await session.ask([HELLO, Question(f"touch {seen}")])
        await session.close()

    seen = server.folder / "seen"
    asyncio.run(meet(seen))
    assert not seen.exists()
