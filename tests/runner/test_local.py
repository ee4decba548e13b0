"""This machine without SSH: asked in the same words, and answering the same, as any other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from checks.model import Cause, Question, Reply
from runner.sessions import local
from runner.sessions.base import Limits, Undeclared
from tests.runner import peers, sessions

LIMITS = Limits(host=20.0, output=1 << 12)
EVERYTHING = (
    Question("echo hello; echo oops >&2; exit 3"),
    Question("printf 'no newline'"),
    Question("echo đây là tiếng Việt"),
    Question("id -un", root=True),
    Question("pwd; umask; set -o | head -3; echo $- $PATH $LC_ALL"),
    Question("cat"),
    Question("sleep 60", seconds=1),
    Question("yes", seconds=1),
    Question("head -c 10 /dev/zero"),
    Question("exec 1>&-; kill $$"),
    Question("no-such-tool", root=True),
)
NOBODY = 65534


async def ask(questions: Sequence[Question], limits: Limits = LIMITS) -> Mapping[Question, Reply]:
    session = local.connect(frozenset(questions), limits)
    try:
        return await session.ask(questions)
    finally:
        await session.close()


def without_times(reply: Reply) -> tuple[object, ...]:
    return reply.stdout, reply.stderr, reply.exit_status, reply.cause, reply.detail, reply.login


async def both(server: peers.Sshd) -> tuple[Mapping[Question, Reply], Mapping[Question, Reply]]:
    remote = sessions.ask("shell", server.host, server.login, server.known(), EVERYTHING, limits=LIMITS)
    here, there = await asyncio.gather(ask(EVERYTHING), remote)
    return here, there


def test_it_answers_as_over_ssh(server: peers.Sshd) -> None:
    here, there = asyncio.run(both(server))
    assert list(here) == list(there) == list(EVERYTHING)
    for question in EVERYTHING:
        assert without_times(here[question]) == without_times(there[question]), question


def test_a_command_that_no_check_declares_starts_nothing(tmp_path: Path) -> None:
    session = local.connect(frozenset(), LIMITS)
    with pytest.raises(Undeclared):
        asyncio.run(session.ask([Question(f"touch {tmp_path}/sent")]))
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_our_environment_reaches_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASOAT_CANARY", "canary-in-the-environment")
    question = Question("env; tr '\\0' '\\n' </proc/$PPID/environ")
    reply = asyncio.run(ask([question]))[question]
    assert "PATH=" in reply.stdout
    assert "canary" not in reply.stdout


def test_a_shell_that_is_killed_breaks_off_its_reply_and_no_other() -> None:
    killing = Question("echo before; kill -9 $$; sleep 1; echo behind")
    questions = (Question("echo first"), killing, Question("echo last"))
    replies = asyncio.run(ask(questions))
    assert [reply.cause for reply in replies.values()] == [None, Cause.UNREADABLE, Cause.NOT_RUN]


def test_all_questions_together_have_an_end_too() -> None:
    questions = [Question(f"sleep 60; echo {number}", seconds=60) for number in range(2)]
    replies = asyncio.run(ask(questions, Limits(host=0.5)))
    assert {reply.cause for reply in replies.values()} == {Cause.TIMEOUT}


def test_no_process_is_left(tmp_path: Path) -> None:
    mark = f"echo $$ >{tmp_path}/pid; exec sleep 60"
    asyncio.run(ask([Question(mark, seconds=60)], Limits(host=1.0)))
    shells = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in _children()]
    assert b"/bin/sh" not in b"".join(shells)
    os.kill(int((tmp_path / "pid").read_text()), 9)


def _children() -> list[str]:
    return [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_who_is_not_root_asks_root_questions_through_sudo() -> None:
    question = Question("id -un", root=True)
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setresuid(NOBODY, NOBODY, NOBODY)
            reply = asyncio.run(ask([question]))[question]
            os.write(writable, f"{reply.login} {reply.cause} {reply.stdout}".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writable)
    said = os.read(readable, 1 << 12).decode()
    os.close(readable)
    assert said in {"nobody no_privilege ", "nobody no_tool "}
