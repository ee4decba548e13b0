"""Network devices, over netmiko in a worker thread: one session, every question once, in order.

A device whose command line is a shell gets a shell of our own on its terminal, which is asked as a server is (`wire`),
but one question at a time: what is typed ahead could be read by a command.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncssh
import paramiko

from checks.model import Cause, Question, Reply
from runner.sessions import wire
from runner.sessions.answers import Asked, unanswered
from runner.sessions.base import HostPort, Limits, Unreached, as_sent, refuse_undeclared
from runner.sessions.causes import unreached
from runner.sessions.conversation import Ended
from runner.sessions.credentials import Credentials
from runner.sessions.drivers import DRIVERS, Linux, identity
from runner.sessions.tcp import connected

CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Terminal:
    """Which device, and how it is logged into."""

    platform: str
    host: HostPort
    login: Credentials
    limits: Limits


async def connect(
    terminal: Terminal,
    trusted: Sequence[asyncssh.SSHKey],
    allowed: frozenset[Question],
    threads: ThreadPoolExecutor,
) -> DeviceSession:
    """A session with a device that may ask the questions in `allowed`. Raises `Unreached`."""
    if terminal.platform not in DRIVERS:
        raise Unreached(Cause.UNSUPPORTED_PLATFORM, terminal.platform)
    sock = await connected(terminal.host, terminal.limits.connect)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(terminal.limits.login):
            driver = await loop.run_in_executor(threads, _logged_in, terminal, trusted, sock)
    except BaseException as error:
        _cut(sock)
        if isinstance(error, Exception):
            raise unreached(error) from error
        raise
    return DeviceSession(driver, sock, terminal, allowed, threads)


def _logged_in(terminal: Terminal, trusted: Sequence[asyncssh.SSHKey], sock: socket.socket) -> Linux:
    """The driver, logged in. netmiko turns most errors into its own; the one that it met first is raised instead."""
    seconds = terminal.limits.login
    sock.setblocking(True)
    timeouts = {"conn_timeout": seconds, "banner_timeout": seconds, "auth_timeout": seconds}
    try:
        with identity(terminal.login) as login:
            return DRIVERS[terminal.platform](terminal.host, trusted, sock=sock, **timeouts, **login)
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
        driver: Linux,
        sock: socket.socket,
        terminal: Terminal,
        allowed: frozenset[Question],
        threads: ThreadPoolExecutor,
    ) -> None:
        self._driver = driver
        self._sock = sock
        self._login = terminal.login
        self._limits = terminal.limits
        self._allowed = allowed
        self._threads = threads

    async def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        """One reply for each question, in the order asked; equal questions are asked once."""
        refuse_undeclared(questions, self._allowed)
        wanted = list(dict.fromkeys(questions))
        talk = _Talk(self._driver, self._login, self._limits)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, talk.ask, wanted)
        except asyncio.CancelledError:
            _cut(self._sock)
            raise

    async def close(self) -> None:
        """Free the connection."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._driver.disconnect)


class _Talk:
    """A shell of our own on the terminal of a device, spoken to from one thread."""

    def __init__(self, driver: Linux, login: Credentials, limits: Limits) -> None:
        self._driver = driver
        self._channel: Any = driver.remote_conn
        self._user = login.user
        self._sudo = login.sudo or login.user == "root"
        self._limits = limits
        self._mark = secrets.token_hex(16)
        self._stream = wire.Stream(self._mark, limits.output)
        self._frames: deque[wire.Frame] = deque()

    def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        if trouble := self._greeted():
            return unanswered(questions, self._user, *trouble)
        replies: dict[Question, Reply] = {}
        end = time.monotonic() + self._limits.host
        for number, question in enumerate(questions, 1):
            if time.monotonic() > end:
                detail = f"all questions together took more than {self._limits.host:g} s"
                return replies | unanswered(questions[number - 1 :], self._user, Cause.TIMEOUT, detail)
            if question.root and not self._sudo:
                replies |= unanswered([question], self._user, Cause.NO_PRIVILEGE, "the login may not use sudo")
                continue
            replies[question], lost = self._answer(number, question, end)
            if lost:
                return replies | unanswered(questions[number:], self._user, Cause.NOT_RUN, f"never asked: {lost}")
        return replies

    def _greeted(self) -> tuple[Cause, str] | None:
        """None when our shell answers and can limit the time of a command; else what is wrong."""
        try:
            self._driver.write_channel(wire.terminal_shell(self._mark))
            self._await_prompt()
            self._driver.write_channel(wire.preamble(self._mark, merged=True))
            hello = self._next(wire.HELLO, wire.HELLO_SECONDS)
        except (OSError, Ended) as error:
            return Cause.NO_PROMPT, str(error) or "no shell answers"
        return (Cause.NO_TOOL, "the device has no 'timeout'") if hello.status else None

    def _await_prompt(self) -> None:
        """Read away all that a login shows, up to the prompt of our shell."""
        end, seen = time.monotonic() + wire.HELLO_SECONDS, b""
        while self._mark.encode() not in seen:
            seen = seen[-len(self._mark) :] + self._received(end)

    def _answer(self, number: int, question: Question, end: float) -> tuple[Reply, str]:
        """The reply to one question, and why nothing more can be asked, if that is so."""
        asked, begun = Asked(question, self._user), time.monotonic()
        try:
            self._driver.write_channel(wire.line(number, question.seconds, as_sent(question, self._user)))
            frame = self._next(number, min(question.seconds, end - begun))
        except (OSError, Ended) as error:
            late = isinstance(error, TimeoutError)
            lost = f"no end after {question.seconds:g} s" if late else f"the reply broke off: {error}"
            cause = Cause.TIMEOUT if late else Cause.UNREADABLE
            seconds = time.monotonic() - begun
            return asked.broken(cause, lost, stdout=self._stream.pending, seconds=seconds), lost
        seconds = time.monotonic() - begun
        return asked.answered(frame.data, b"", frame.status, seconds=seconds, cut=frame.cut), ""

    def _next(self, number: int, seconds: float) -> wire.Frame:
        """The frame with this number. Raises `TimeoutError`, `OSError`, or `Ended`."""
        begun, held = time.monotonic(), False
        while not self._frames:
            try:
                self._frames.extend(self._stream.feed(self._received(begun + seconds + wire.GRACE)))
            except wire.Garbled as error:
                raise Ended(str(error)) from error
            if self._stream.flooded and not held:
                # an endless output is read on only when its time limit has ended it
                held = True
                time.sleep(max(0.0, begun + seconds - time.monotonic()))
        frame = self._frames.popleft()
        if frame.number != number:
            raise Ended("its frames are out of order")
        return frame

    def _received(self, end: float) -> bytes:
        """What comes next, before `end`."""
        self._channel.settimeout(max(0.0, end - time.monotonic()))
        data: bytes = self._channel.recv(CHUNK)
        if not data:
            raise Ended("the device closed the connection")
        return data
