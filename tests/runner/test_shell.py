"""Servers: one connection, one shell, the questions of a host in one go."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import asyncssh
import pytest

from checks import privileges
from checks.model import Cause, Question, Reply
from runner.sessions import shell, wire
from runner.sessions.answers import Asked
from runner.sessions.base import Limits, Unreached
from runner.sessions.conversation import Conversation, Ended, Flooded
from runner.sessions.credentials import Credentials
from runner.sessions.shell import ShellSession
from tests.runner import peers
from tests.runner.sessions import STACKS, ask


def test_replies_are_what_the_commands_did(server: peers.Sshd) -> None:
    question = Question("echo out; echo err >&2; exit 3")
    reply = asyncio.run(ask("shell", server.host, server.login, server.known(), [question]))[question]
    assert (reply.stdout, reply.stderr, reply.exit_status, reply.login) == ("out\n", "err\n", 3, peers.USER)


def test_replies_of_a_terminal_are_what_the_commands_showed(server: peers.Sshd) -> None:
    question = Question("echo out; printf 'a\\tb\\n'; echo err >&2; exit 3")
    reply = asyncio.run(ask("device", server.host, server.login, server.known(), [question]))[question]
    assert (reply.stdout, reply.exit_status) == ("out\na\tb\nerr\n", 3)


@pytest.mark.parametrize("stack", STACKS)
def test_equal_questions_are_asked_once(stack: str, server: peers.Sshd, tmp_path: Path) -> None:
    count = Question(f"echo x >> {tmp_path / 'asked'}")
    asyncio.run(ask(stack, server.host, server.login, server.known(), [count, Question("true"), count]))
    assert (tmp_path / "asked").read_text() == "x\n"


@pytest.mark.parametrize("stack", STACKS)
def test_commands_find_nothing_to_read_and_a_plain_surrounding(stack: str, server: peers.Sshd) -> None:
    questions = [Question("cat"), Question("pwd"), Question('echo "$LC_ALL"'), Question("command -v sysctl")]
    replies = asyncio.run(ask(stack, server.host, server.login, server.known(), questions))
    assert [reply.stdout for reply in replies.values()][:3] == ["", "/\n", "C\n"]
    assert replies[questions[3]].stdout.endswith("sbin/sysctl\n")


@pytest.mark.parametrize("stack", STACKS)
def test_long_and_quoted_commands_arrive_whole(stack: str, server: peers.Sshd) -> None:
    question = Question("printf '%s' \"" + "'x' $((6 * 7)) \\\\ " * 700 + '"')
    alone = subprocess.run(["/bin/sh", "-c", question.command], capture_output=True, check=True, text=True)
    reply = asyncio.run(ask(stack, server.host, server.login, server.known(), [question]))[question]
    assert reply.stdout == alone.stdout


@pytest.mark.parametrize(
    ("stack", "shell"), [("shell", 'eval "$SSH_ORIGINAL_COMMAND"'), ("device", "exec bash --norc --noprofile -i")]
)
def test_a_banner_belongs_to_no_answer(stack: str, shell: str, tmp_path: Path) -> None:
    noise = "echo '# Chào mừng $ >'; echo 'router# ' >&2; " + shell
    with peers.sshd(tmp_path, f"ForceCommand {noise}") as server:
        question = Question("echo hello")
        reply = asyncio.run(ask(stack, server.host, server.login, server.known(), [question]))[question]
    assert (reply.stdout, reply.stderr) == ("hello\n", "")


@contextmanager
def agent(folder: Path, *keys: Path) -> Iterator[str]:
    """An ssh-agent that holds `keys`."""
    path = str(folder / "agent")
    with subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL) as running:
        try:
            peers.await_true(Path(path).exists)
            for key in keys:
                subprocess.run(["ssh-add", "-q", key], check=True, env={"SSH_AUTH_SOCK": path}, capture_output=True)
            yield path
        finally:
            running.terminate()


@pytest.mark.parametrize("stack", STACKS)
def test_the_one_key_of_an_agent_is_used(
    stack: str, server: peers.Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = Question("echo hello")
    with agent(tmp_path, server.folder / "user") as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        login = Credentials(peers.USER)
        reply = asyncio.run(ask(stack, server.host, login, server.known(), [question]))[question]
    assert reply.stdout == "hello\n"


@pytest.mark.parametrize("stack", STACKS)
def test_of_several_keys_in_an_agent_none_is_tried(stack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        peers.new_key(tmp_path / name)

    async def meet(path: str) -> list[str]:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        async with peers.peer(peers.real_shell) as peer:
            with pytest.raises(Unreached) as caught:
                await ask(stack, peer.host, Credentials("audit"), peer.known(tmp_path), [Question("true")])
            assert caught.value.cause is Cause.AUTH_REFUSED
            return peer.recorder.attempts

    with agent(tmp_path, tmp_path / "one", tmp_path / "two") as path:
        assert not [attempt for attempt in asyncio.run(meet(path)) if attempt.startswith("key")]


def test_nothing_of_the_callers_own_set_up_is_used(
    server: peers.Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text("Host *\n  User nobody\n  Port 1\n  ProxyCommand false\n")
    (tmp_path / ".ssh/known_hosts").write_text(server.line)
    (tmp_path / ".ssh/id_ed25519").write_bytes((server.folder / "user").read_bytes())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    question = Question("echo hello")
    reply = asyncio.run(ask("shell", server.host, server.login, server.known(), [question]))[question]
    assert reply.stdout == "hello\n"
    with pytest.raises(Unreached) as caught:
        asyncio.run(ask("shell", server.host, Credentials(peers.USER), server.known(), [question]))
    assert caught.value.cause is Cause.AUTH_REFUSED


def test_what_a_root_question_becomes(server: peers.Sshd) -> None:
    question = Question("id -u", root=True)
    reply = asyncio.run(ask("shell", server.host, server.login, server.known(), [question]))[question]
    if peers.USER == "root":
        assert reply.stdout == "0\n"
    else:
        assert reply.cause is Cause.NO_PRIVILEGE


def test_too_long_an_output_costs_no_answer_before_it_though_they_came_together() -> None:
    async def heard() -> tuple[bytes, bytes]:
        talk = Conversation(1000)
        mark = talk.script([(30, "echo one"), (30, "yes")]).decode().partition("; m=")[2][:32]
        flood = f"{mark} 0 0\none\n{mark} 1 0\n{'y' * 2000}"
        talk.data_received(flood.encode(), None)
        talk.data_received(f"{mark} 0 0\n{mark} 1 0\n".encode(), asyncssh.EXTENDED_DATA_STDERR)
        await talk.next(1, 0)
        out, err = await talk.next(1, 0)
        with pytest.raises(Flooded):
            await talk.next(1, 0)
        return out.data, err.data

    assert asyncio.run(heard()) == (b"one\n", b"")


def test_what_floods_costs_neither_its_time_limit_nor_the_questions_behind_it(server: peers.Sshd) -> None:
    questions = [Question("yes", seconds=60), Question("echo hello")]
    begun = time.monotonic()
    replies = asyncio.run(ask("shell", server.host, server.login, server.known(), questions))
    assert [reply.cause for reply in replies.values()] == [Cause.UNREADABLE, None]
    assert time.monotonic() - begun < 30


def test_one_that_hangs_costs_its_own_time_and_no_other_answer(server: peers.Sshd) -> None:
    questions = [Question("sleep 0.2; echo before"), Question("sleep 60", seconds=1), Question("echo behind")]
    replies = asyncio.run(ask("shell", server.host, server.login, server.known(), questions))
    assert [reply.cause for reply in replies.values()] == [None, Cause.TIMEOUT, None]
    assert [reply.stdout for reply in replies.values()] == ["before\n", "", "behind\n"]


@pytest.mark.parametrize("command", ["exit 3", "exec true", "unset -f ask frame; m=", "}", "'", "set; env; export -p"])
def test_no_command_disturbs_the_questions_behind_it(command: str, server: peers.Sshd) -> None:
    questions = [Question(command), Question("echo behind")]
    replies = asyncio.run(ask("shell", server.host, server.login, server.known(), questions))
    assert [reply.cause for reply in replies.values()] == [None, None]
    assert replies[questions[1]].stdout == "behind\n"


class Scripted:
    """A conversation that answers after each of `waits` seconds, and ends after the last."""

    def __init__(self, *waits: float) -> None:
        self.waits = list(waits)

    async def next(self, _seconds: float, _late: float) -> tuple[wire.Frame, wire.Frame]:
        await asyncio.sleep(self.waits.pop(0))
        if not self.waits:
            raise Ended("the shell ended")
        return wire.Frame(1, 0, b"", cut=False), wire.Frame(1, 0, b"", cut=False)

    def pending(self) -> tuple[bytes, bytes]:
        return b"", b""


def heard(talk: Scripted, questions: list[Question], *, granted: bool) -> dict[Question, Cause | None]:
    session = ShellSession(cast(Any, None), Credentials("audit", sudo=True), frozenset(), Limits())
    replies: dict[Question, Reply] = {}
    asyncio.run(session._listen(cast(Any, talk), questions, replies, granted=granted))
    return {question: reply.cause for question, reply in replies.items()}


@pytest.mark.parametrize("granted", [True, False])
def test_what_the_time_of_a_whole_shell_cuts_off_is_asked_again(monkeypatch: pytest.MonkeyPatch, granted: bool) -> None:
    monkeypatch.setattr(privileges, "ALLOWANCE", 0.0)
    first, second = Question("a", seconds=0.2), Question("b", seconds=0.2)
    assert heard(Scripted(0.15, 0.1), [first, second], granted=granted) == {first: None}


def test_a_shell_that_ends_early_is_told_of_but_root_may_have_been_refused() -> None:
    first, second = Question("a"), Question("b")
    broken = {first: Cause.UNREADABLE, second: Cause.NOT_RUN}
    assert heard(Scripted(0.0), [first, second], granted=True) == broken
    assert heard(Scripted(0.0), [first, second], granted=False) == {}
    assert heard(Scripted(0.0, 0.0), [first, second], granted=False) == {first: None, second: Cause.UNREADABLE}


@pytest.mark.skipif(os.getuid() != 0, reason="who may use sudo without a password is root")
def test_what_a_login_prints_belongs_to_no_answer_of_roots(server: peers.Sshd) -> None:
    """This sshd prints what it does on standard error, before any shell begins."""
    asked = [Question("/usr/bin/id -un", root=True), Question("/usr/bin/ls -d / /nowhere", root=True)]

    async def go() -> dict[Question, Reply]:
        session = await shell.connect(server.host, server.login, server.known(), frozenset(asked), Limits())
        replies: dict[Question, Reply] = {}
        await session._ask_root(asked, replies)
        await session.close()
        return replies

    found = asyncio.run(go())
    assert [(one.stdout, one.exit_status) for one in found.values()] == [("root\n", 0), ("/\n", 2)]
    assert found[asked[0]].stderr == ""
    assert found[asked[1]].stderr.startswith("/usr/bin/ls: ")


MANY = [Question(f"echo {number}") for number in range(20)]


def test_many_questions_are_asked_of_shells_beside_one_another(server: peers.Sshd, tmp_path: Path) -> None:
    meeting = [Question(f"mkfifo {tmp_path}/met; cat {tmp_path}/met"), Question(f"sleep 0.2; echo met >{tmp_path}/met")]
    replies = asyncio.run(ask("shell", server.host, server.login, server.known(), [*meeting, *MANY]))
    assert list(replies) == [*meeting, *MANY]
    assert [reply.stdout for reply in replies.values()] == ["met\n", "", *(f"{number}\n" for number in range(20))]


def test_where_one_shell_alone_is_allowed_it_is_asked_everything(tmp_path: Path) -> None:
    with peers.sshd(tmp_path / "narrow", "MaxSessions 1") as narrow:
        replies = asyncio.run(ask("shell", narrow.host, narrow.login, narrow.known(), MANY))
    assert [reply.stdout for reply in replies.values()] == [f"{number}\n" for number in range(20)]


def test_of_several_shells_that_are_dropped_what_was_answered_is_kept(tmp_path: Path) -> None:
    began = tmp_path / "began"
    dropped = Question(f"echo begun; sleep 0.5; touch {began}; sleep 9")  # the other shell has begun by then
    slow = Question("sleep 9")
    with peers.sshd(tmp_path / "sshd") as server, ThreadPoolExecutor(1) as threads:
        threads.submit(peers.await_true, began.exists).add_done_callback(lambda _: server.drop())
        questions = [slow, MANY[0], MANY[1], dropped, *MANY[2:]]
        replies = asyncio.run(ask("shell", server.host, server.login, server.known(), questions))
    causes = [reply.cause for reply in replies.values()]
    assert causes[:4] == [Cause.UNREADABLE, None, Cause.NOT_RUN, Cause.UNREADABLE]
    assert set(causes[4:]) == {Cause.NOT_RUN}


def test_a_server_that_allows_no_second_shell_is_asked_for_root_one_by_one() -> None:
    class Narrow:
        async def create_session(self, *_: object, **__: object) -> object:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "open failed")  # MaxSessions 1

    asked = [Question("/usr/bin/a", root=True), Question("/usr/bin/b", root=True)]
    session = ShellSession(cast(Any, Narrow()), Credentials("audit", sudo=True), frozenset(asked), Limits())
    assert list(session._joined(asked)) == asked
    replies: dict[Question, Reply] = {}
    asyncio.run(session._ask_root(asked, replies))
    assert replies == {}
    assert session._joined(asked) == ()


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("sudo: nft: command not found", Cause.NO_TOOL),
        ("/bin/sh: 1: nft: not found", Cause.NO_TOOL),
        ("/bin/sh: line 1: nft: command not found", Cause.NO_TOOL),
        ("sudo: a password is required", Cause.NO_PRIVILEGE),
        ("nft: could not process rule", None),
    ],
)
def test_what_a_root_question_ended_with_is_told_apart(said: str, cause: Cause | None) -> None:
    asked = Asked(Question("nft list ruleset", root=True), "audit")
    assert asked.answered(b"", f"{said}\n".encode(), 127, seconds=0.1, cut=False).cause is cause
