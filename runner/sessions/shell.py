"""Servers, over asyncssh: one connection a host, one remote shell, all questions in one go (see `wire`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import asyncssh

from checks.model import Cause, Question, Reply
from runner.sessions import trust, wire
from runner.sessions.answers import Asked, legible, unanswered
from runner.sessions.base import HostPort, Limits, as_sent, refuse_undeclared
from runner.sessions.causes import unreached
from runner.sessions.connection import logged_in
from runner.sessions.conversation import Conversation, Ended
from runner.sessions.credentials import Credentials
from runner.sessions.tcp import Way, connected

CLOSE_SECONDS = 2.0


async def connect(
    host: HostPort,
    credentials: Credentials,
    known: trust.KnownHosts,
    allowed: frozenset[Question],
    limits: Limits,
    way: Way = connected,
    *,
    legacy: bool = False,
) -> ShellSession:
    """A session with a server that may ask the questions in `allowed`. Raises `Unreached`."""
    connection = await logged_in(host, credentials, known, limits, way, legacy=legacy)
    return ShellSession(connection, credentials, allowed, limits)


class ShellSession:
    """A `Session` with one server."""

    def __init__(
        self,
        connection: asyncssh.SSHClientConnection,
        credentials: Credentials,
        allowed: frozenset[Question],
        limits: Limits,
    ) -> None:
        self._connection = connection
        self._user = credentials.user
        self._sudo = credentials.sudo or credentials.user == "root"
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

    async def close(self) -> None:
        """Free the connection."""
        self._connection.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.wait_closed()
        except (OSError, asyncssh.Error):
            self._connection.abort()

    async def _converse(self, questions: Sequence[Question], replies: dict[Question, Reply]) -> None:
        """Fill `replies` from one remote shell, up to and with a question that it does not come back from."""
        talk = Conversation(self._limits.output)
        try:
            channel, _ = await self._connection.create_session(lambda: talk, wire.SHELL, encoding=None)
        except (OSError, asyncssh.Error) as error:
            lost = unreached(error)
            replies |= unanswered(questions, self._user, lost.cause, lost.detail)
            return
        try:
            channel.write(talk.script([(q.seconds, as_sent(q, self._user)) for q in questions]))
            if trouble := await _greeted(talk):
                replies |= unanswered(questions, self._user, *trouble)
            else:
                await self._listen(talk, questions, replies)
        finally:
            channel.close()

    async def _listen(self, talk: Conversation, questions: Sequence[Question], replies: dict[Question, Reply]) -> None:
        for number, question in enumerate(questions, 1):
            asked, begun = Asked(question, self._user), time.monotonic()
            try:
                out, err = await talk.next(question.seconds, wire.GRACE)
            except (TimeoutError, Ended) as error:
                late = isinstance(error, TimeoutError)
                cause = Cause.TIMEOUT if late else Cause.UNREADABLE
                detail = f"no end after {question.seconds:g} s" if late else f"the reply broke off: {error}"
                stdout, stderr = talk.pending()
                seconds = time.monotonic() - begun
                replies[question] = asked.broken(cause, detail, stdout=stdout, stderr=stderr, seconds=seconds)
                if not late:
                    replies |= unanswered(questions[number:], self._user, Cause.NOT_RUN, f"never asked: {error}")
                return
            cut = out.cut or err.cut
            seconds = time.monotonic() - begun
            replies[question] = asked.answered(out.data, err.data, out.status, seconds=seconds, cut=cut)


async def _greeted(talk: Conversation) -> tuple[Cause, str] | None:
    """None when a shell answers that can limit the time of a command; else what is wrong with it."""
    try:
        hello, _ = await talk.next(wire.HELLO_SECONDS, 0)
    except (TimeoutError, Ended) as silence:
        said = legible(b"\n".join(talk.pending())).split("\n")
        last = next((line.strip() for line in reversed(said) if line.strip()), "")
        return Cause.NO_PROMPT, ": ".join(filter(None, (str(silence) or "no shell answers", last)))
    return (Cause.NO_TOOL, "the host has no 'timeout'") if hello.status else None
