"""This machine itself, without SSH: a child process is the shell, spoken to just as a remote one (see `wire`)."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Callable
from typing import Any, cast

import asyncssh

from checks.model import Question
from runner.sessions import wire
from runner.sessions.base import Limits
from runner.sessions.conversation import Conversation
from runner.sessions.credentials import Credentials
from runner.sessions.shell import ShellSession

STDIN, STDOUT, STDERR = range(3)
ENVIRONMENT = {"PATH": wire.PATH}  # nothing of ours: a secret may be in it


def connect(allowed: frozenset[Question], limits: Limits) -> ShellSession:
    """A session with this machine, as the user who runs this program, that may ask the questions in `allowed`."""
    user = pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else "root"
    machine = cast(asyncssh.SSHClientConnection, ThisMachine())
    return ShellSession(machine, Credentials(user, sudo=True), allowed, limits)


class ThisMachine:
    """What a session needs of a connection. A session on it is a child process."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    async def create_session(
        self,
        factory: Callable[[], Conversation],
        command: str,
        *,
        encoding: None,  # noqa: ARG002  # asyncssh's interface: bytes
    ) -> tuple[Child, Conversation]:
        """A shell that runs `command`, and who talks with it. Raises `OSError`."""
        talk = factory()
        start = asyncio.get_running_loop().subprocess_exec
        _, child = await start(
            lambda: Child(talk), "/bin/sh", "-c", command, env=ENVIRONMENT, cwd="/", start_new_session=True
        )
        self._children.append(child)
        return child, talk

    def close(self) -> None:
        for child in self._children:
            child.close()

    async def wait_closed(self) -> None:
        await asyncio.gather(*(child.ended.wait() for child in self._children))

    abort = close


class Child(asyncio.SubprocessProtocol):
    """A shell as a child process, in the place of a channel."""

    _transport: asyncio.SubprocessTransport

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk
        self.ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self._talk.connection_made(cast("asyncssh.SSHClientChannel[bytes]", self))

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._talk.data_received(data, asyncssh.EXTENDED_DATA_STDERR if fd == STDERR else None)

    def process_exited(self) -> None:
        self.ended.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._talk.connection_lost(exc)

    def write(self, data: bytes) -> None:
        self._pipe(STDIN).write(data)

    def pause_reading(self) -> None:
        for number in (STDOUT, STDERR):
            self._pipe(number).pause_reading()

    def resume_reading(self) -> None:
        for number in (STDOUT, STDERR):
            self._pipe(number).resume_reading()

    def close(self) -> None:
        """End the shell. A command that it still waits for ends by its own time limit."""
        self._transport.close()

    def _pipe(self, number: int) -> Any:
        return self._transport.get_pipe_transport(number)
