"""Network devices, over netmiko in a worker thread: one session, every question once, in order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncssh
import paramiko

from checks import privileges
from checks.model import Cause, Question, Reply
from runner.sessions.algorithms import for_paramiko
from runner.sessions.base import HostPort, Limits, Unreached, refuse_undeclared
from runner.sessions.causes import detail_of, unreached
from runner.sessions.credentials import Credentials
from runner.sessions.drivers import DRIVERS, Careful, Prompted
from runner.sessions.identity import identity
from runner.sessions.offer import explained
from runner.sessions.prompt import PromptTalk
from runner.sessions.talk import ShellTalk
from runner.sessions.tcp import Way, connected

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Terminal:
    """Which device, and how it is logged into; `legacy` where it may use the algorithms of old.

    `together` where it is asked all that it ever is, so root may be asked all of his with one command.
    """

    platform: str
    host: HostPort
    login: Credentials
    limits: Limits
    legacy: bool = False
    together: bool = False


async def connect(
    terminal: Terminal,
    trusted: Sequence[asyncssh.SSHKey],
    allowed: frozenset[Question],
    threads: ThreadPoolExecutor,
    way: Way = connected,
) -> DeviceSession:
    """A session with a device that may ask the questions in `allowed`. Raises `Unreached`."""
    if terminal.platform not in DRIVERS:
        raise Unreached(Cause.UNSUPPORTED_PLATFORM, terminal.platform)
    sock = await way(terminal.host, terminal.limits.connect)
    thread = _Thread(threads, sock, terminal.limits.login)
    try:
        driver = await thread.does(lambda: _logged_in(terminal, trusted, allowed, sock))
    except paramiko.ssh_exception.IncompatiblePeer as error:
        raise await explained(unreached(error), terminal.host, terminal.limits, way) from error
    except Exception as error:
        raise unreached(error) from error
    try:
        await thread.does(driver.prepare)
    except Exception as error:
        raise Unreached(Cause.NO_PROMPT, detail_of(error)) from error
    return DeviceSession(driver, sock, terminal, allowed, threads)


@dataclass(frozen=True, slots=True)
class _Thread:
    """Work that waits for a device, with a time limit: what is late, or given up, is ended by ending the connection."""

    threads: ThreadPoolExecutor
    sock: socket.socket
    seconds: float

    async def does(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self.seconds):
                return await asyncio.get_running_loop().run_in_executor(self.threads, work)
        except BaseException:
            _cut(self.sock)
            raise


def _logged_in(
    terminal: Terminal, trusted: Sequence[asyncssh.SSHKey], allowed: frozenset[Question], sock: socket.socket
) -> Careful:
    """The driver, logged in. netmiko turns most errors into its own; the one that it met first is raised instead."""
    seconds, kind = terminal.limits.login, DRIVERS[terminal.platform]
    sock.setblocking(True)
    options: dict[str, Any] = {
        "sock": sock,
        "disabled_algorithms": for_paramiko(legacy=terminal.legacy),
        "conn_timeout": seconds,
        "banner_timeout": seconds,
        "auth_timeout": seconds,
    }
    if issubclass(kind, Prompted):
        options["allowed"] = frozenset(question.command for question in allowed)
    try:
        with identity(terminal.login) as login:
            return kind(terminal.host, trusted, **options, **login)
    except paramiko.SSHException as error:
        raise error.__context__ or error from None


def _cut(sock: socket.socket) -> None:
    """End a connection, whoever is waiting for it."""
    with suppress(OSError):  # it may not be connected any more
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()


class DeviceSession:
    """A `Session` with one device."""

    def __init__(
        self,
        driver: Careful,
        sock: socket.socket,
        terminal: Terminal,
        allowed: frozenset[Question],
        threads: ThreadPoolExecutor,
    ) -> None:
        self._driver = driver
        self._sock = sock
        self._login = terminal.login
        self._together = terminal.together
        self._limits = terminal.limits
        self._allowed = allowed
        self._threads = threads

    async def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        """One reply for each question, in the order asked; equal questions are asked once."""
        refuse_undeclared(questions, self._allowed)
        wanted = list(dict.fromkeys(questions))
        talk = self._talk(wanted)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, talk.ask, wanted)
        except asyncio.CancelledError:
            _cut(self._sock)
            raise

    async def close(self) -> None:
        """Free the connection."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._driver.disconnect)

    def _talk(self, questions: Sequence[Question]) -> PromptTalk | ShellTalk:
        if isinstance(self._driver, Prompted):
            return PromptTalk(self._driver, self._login, self._limits)
        joined = privileges.as_granted(questions, self._allowed) if self._together else ()
        return ShellTalk(self._driver, self._login, self._limits, joined)
