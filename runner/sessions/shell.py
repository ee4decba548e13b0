"""Servers, over asyncssh: one connection a host, a few remote shells on it, each told all its questions in one go.

See `wire` for what is written and read.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import asyncssh

from checks import privileges
from checks.model import Cause, Question, Reply
from runner.sessions import trust, wire
from runner.sessions.answers import Asked, legible, unanswered
from runner.sessions.base import HostPort, Limits, as_sent, refuse_undeclared
from runner.sessions.causes import unreached
from runner.sessions.connection import logged_in
from runner.sessions.conversation import Conversation, Ended, Flooded
from runner.sessions.credentials import Credentials
from runner.sessions.tcp import Way, connected

CLOSE_SECONDS = 2.0
SHELLS = 2  # beside one another, and root's: the answers come sooner, and no server is asked more than that at a time
WORTH_A_SHELL = 8  # questions
FREED = (0.05, 0.2, 0.5)  # seconds after which a server that allows one shell may have seen the end of the last
NO_TIMEOUT = Cause.NO_TOOL, "the host has no 'timeout'"


async def connect(
    host: HostPort,
    credentials: Credentials,
    known: trust.KnownHosts,
    allowed: frozenset[Question],
    limits: Limits,
    way: Way = connected,
    *,
    legacy: bool = False,
    together: bool = True,
) -> ShellSession:
    """A session with a server that may ask the questions in `allowed`. Raises `Unreached`.

    With `together`, these are all that is ever asked of it, so root may be asked all of his with one command.
    """
    connection = await logged_in(host, credentials, known, limits, way, legacy=legacy)
    return ShellSession(connection, credentials, allowed, limits, together=together)


class ShellSession:
    """A `Session` with one server."""

    def __init__(
        self,
        connection: asyncssh.SSHClientConnection,
        credentials: Credentials,
        allowed: frozenset[Question],
        limits: Limits,
        *,
        together: bool = True,
    ) -> None:
        self._connection = connection
        self._user = credentials.user
        self._sudo = credentials.sudo or credentials.user == "root"
        self._together = together and self._sudo
        self._several = True
        self._allowed = allowed
        self._limits = limits

    async def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        """One reply for each question, in the order asked; equal questions are asked once."""
        refuse_undeclared(questions, self._allowed)
        wanted = list(dict.fromkeys(questions))
        forbidden = [question for question in wanted if question.root and not self._sudo]
        replies = unanswered(forbidden, self._user, Cause.NO_PRIVILEGE, "the login may not use sudo")
        try:
            async with asyncio.timeout(self._limits.host):
                while left := [question for question in wanted if question not in replies]:
                    await self._converse(left, replies)
        except TimeoutError:
            left = [question for question in wanted if question not in replies]
            detail = f"all questions together took more than {self._limits.host:g} s"
            replies |= unanswered(left, self._user, Cause.TIMEOUT, detail)
        return {question: replies[question] for question in wanted}

    async def also(self, question: Question) -> Reply:
        """The reply to what no check declared: a probe tries it that the workspace's owner has vouched for."""
        replies: dict[Question, Reply] = {}
        await self._converse([question], replies)
        if question not in replies:
            replies |= unanswered([question], self._user, Cause.NOT_RUN, "the shell did not answer")
        return replies[question]

    async def close(self) -> None:
        """Free the connection."""
        self._connection.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.wait_closed()
        except (OSError, asyncssh.Error):
            self._connection.abort()

    async def _converse(self, questions: Sequence[Question], replies: dict[Question, Reply]) -> None:
        """Fill `replies` from shells beside one another: each up to and with one that it is lost over."""
        joined = self._joined(questions)
        alone = [question for question in questions if question not in joined]
        shells = min(SHELLS if self._several else 1, math.ceil(len(alone) / WORTH_A_SHELL))
        asking = [self._ask_user(alone[n::shells], replies, further=n > 0) for n in range(shells)]
        await asyncio.gather(*asking, *([self._ask_root(joined, replies)] if joined else []))

    def _joined(self, questions: Sequence[Question]) -> Sequence[Question]:
        """Those of `questions` that root is asked with one command."""
        if not self._together or self._user == "root":
            return ()
        return privileges.as_granted(questions, self._allowed)

    async def _ask_user(
        self, questions: Sequence[Question], replies: dict[Question, Reply], *, further: bool = False
    ) -> None:
        """Where the server allows no `further` shell, its questions are left to the one that it allows."""
        script = [(question.seconds, as_sent(question, self._user)) for question in questions]
        talk = Conversation(self._limits.output)
        try:
            opening = wire.opening(privileges.longest(questions))
            async with self._shell(talk, opening, talk.script(script), () if further else FREED):
                trouble = await _greeted(talk)
                if trouble is None:
                    await self._listen(talk, questions, replies)
        except (OSError, asyncssh.Error) as error:
            lost = unreached(error)
            trouble = lost.cause, lost.detail
        if trouble and further:
            self._several = False
        elif trouble:
            replies |= unanswered(questions, self._user, *trouble)

    async def _ask_root(self, questions: Sequence[Question], replies: dict[Question, Reply]) -> None:
        """Where root's shell answers nothing, his questions are not granted as one command: each is asked by itself."""
        talk = Conversation(self._limits.output)
        with suppress(OSError, asyncssh.Error):
            async with self._shell(talk, wire.SHELL, talk.for_root(privileges.together(questions))):
                if await _greeted(talk) is None:
                    await self._listen(talk, questions, replies, granted=False)
        self._together = questions[0] in replies

    @asynccontextmanager
    async def _shell(
        self, talk: Conversation, command: str, script: bytes, patience: Sequence[float] = ()
    ) -> AsyncIterator[None]:
        """A channel on which `command` runs and is told `script`; asked for again after each pause of `patience`.

        Raises what asyncssh raises.
        """
        channel = await self._channel(talk, command, [*patience])
        try:
            channel.write(script)
            yield
        finally:
            channel.close()

    async def _channel(
        self, talk: Conversation, command: str, patience: list[float]
    ) -> asyncssh.SSHClientChannel[bytes]:
        while True:
            try:
                channel, _ = await self._connection.create_session(lambda: talk, command, encoding=None)
            except asyncssh.ChannelOpenError:
                if not patience:
                    raise
                await asyncio.sleep(patience.pop(0))
            else:
                return channel

    async def _listen(
        self, talk: Conversation, questions: Sequence[Question], replies: dict[Question, Reply], *, granted: bool = True
    ) -> None:
        """Fill `replies` up to where the shell is lost; what has none then, is asked anew.

        Where it is not known to be `granted`, the end of the shell at the first question says that it is not.
        """
        opened = time.monotonic()
        for number, question in enumerate(questions):
            asked, begun = Asked(question, self._user), time.monotonic()
            try:
                out, err = await talk.next(question.seconds, wire.GRACE)
            except (TimeoutError, Flooded, Ended) as error:
                seconds = time.monotonic() - begun
                if trouble := _given_up(error, question, seconds):
                    replies[question] = _broken(asked, talk, seconds, *trouble)
                elif (granted or number) and (not number or begun + seconds - opened < privileges.longest(questions)):
                    replies[question] = _broken(asked, talk, seconds, Cause.UNREADABLE, f"the reply broke off: {error}")
                    rest = questions[number + 1 :]
                    replies |= unanswered(rest, self._user, Cause.NOT_RUN, f"never asked: {error}")
                return
            cut = out.cut or err.cut
            seconds = time.monotonic() - begun
            replies[question] = asked.answered(out.data, err.data, out.status, seconds=seconds, cut=cut)


def _given_up(error: Exception, question: Question, seconds: float) -> tuple[Cause, str] | None:
    """Why a question has no answer though the shell was there; None where the shell was lost before its time was up."""
    if isinstance(error, Flooded):
        return Cause.UNREADABLE, "more output than may be kept"
    if isinstance(error, TimeoutError) or seconds >= question.seconds:
        return Cause.TIMEOUT, f"no end after {question.seconds:g} s"
    return None


def _broken(asked: Asked, talk: Conversation, seconds: float, cause: Cause, detail: str) -> Reply:
    stdout, stderr = talk.pending()
    return asked.broken(cause, detail, stdout=stdout, stderr=stderr, seconds=seconds)


async def _greeted(talk: Conversation) -> tuple[Cause, str] | None:
    """None when a shell answers that can limit the time of a command; else what is wrong with it."""
    try:
        hello, _ = await talk.next(wire.HELLO_SECONDS, 0)
    except (TimeoutError, Ended) as silence:
        said = legible(b"\n".join(talk.pending())).split("\n")
        last = next((line.strip() for line in reversed(said) if line.strip()), "")
        if "timeout" in last:  # what the login shell says of the program that it should have become
            return NO_TIMEOUT
        return Cause.NO_PROMPT, ": ".join(filter(None, (str(silence) or "no shell answers", last)))
    return NO_TIMEOUT if hello.status else None
