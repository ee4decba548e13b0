"""Servers, over asyncssh: one connection a host, one remote shell, all questions in one go (see `wire`)."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncssh

from checks.model import Cause, Question, Reply
from runner.sessions import trust, wire
from runner.sessions.answers import Asked, unanswered
from runner.sessions.base import HostPort, Limits, Unreached, as_sent, refuse_undeclared
from runner.sessions.causes import unreached
from runner.sessions.conversation import Conversation, Ended
from runner.sessions.credentials import Credentials
from runner.sessions.tcp import connected

CLOSE_SECONDS = 2.0
# Nothing of the caller's own SSH set-up is read or used.
NO_SURPRISES: Mapping[str, Any] = {
    "config": None,
    "agent_path": None,
    "gss_host": None,
    "x509_trusted_certs": None,
    "x509_trusted_cert_paths": None,
    # asyncssh would begin with ChaCha20, which costs it a third more for each of our many small packets
    "encryption_algs": "^aes256-gcm@openssh.com,aes128-gcm@openssh.com",
}


async def connect(
    host: HostPort, credentials: Credentials, known: trust.KnownHosts, allowed: frozenset[Question], limits: Limits
) -> ShellSession:
    """A session with a server that may ask the questions in `allowed`. Raises `Unreached`.

    The host's key is judged before anything that could be a secret is sent, and one way to log in is tried once.
    """
    trusted = known.keys(host)
    sock = await connected(host, limits.connect)
    try:
        connection = await _logged_in(sock, credentials, trusted, limits.login)
    except BaseException as error:
        sock.close()
        if isinstance(error, asyncssh.HostKeyNotVerifiable) and not trusted:
            raise Unreached(Cause.HOST_KEY_UNKNOWN, str(error)) from error
        if isinstance(error, OSError | asyncssh.Error):
            raise unreached(error) from error
        raise
    return ShellSession(connection, credentials, allowed, limits)


async def _logged_in(
    sock: socket.socket, credentials: Credentials, trusted: Sequence[asyncssh.SSHKey], seconds: float
) -> asyncssh.SSHClientConnection:
    async with asyncio.timeout(seconds), _identity(credentials) as identity:
        options = {**NO_SURPRISES, **_host_keys(trusted), **identity, "username": credentials.user}
        return await asyncssh.connect(sock=sock, **options)


def _host_keys(trusted: Sequence[asyncssh.SSHKey]) -> Mapping[str, Any]:
    """Trust in `trusted` alone. Other kinds of key are taken too, so that a host with a new kind is seen as changed."""
    kinds = [algorithm.decode() for key in trusted for algorithm in key.sig_algorithms]
    return {
        "known_hosts": (list(trusted), [], []),
        "server_host_key_algs": list(dict.fromkeys([*kinds, *trust.KEY_TYPES])),
    }


@asynccontextmanager
async def _identity(credentials: Credentials) -> AsyncIterator[Mapping[str, Any]]:
    """One way to log in and no other: a second try with the same account could lock it."""
    if credentials.private_key is not None:
        yield {"client_keys": [credentials.private_key], "preferred_auth": "publickey"}
    elif credentials.password is not None:
        methods = "password,keyboard-interactive"
        yield {"password": credentials.password, "client_keys": None, "preferred_auth": methods}
    else:
        async with _agent_key() as key:
            yield {"client_keys": [key], "preferred_auth": "publickey"}


@asynccontextmanager
async def _agent_key() -> AsyncIterator[asyncssh.SSHKeyPair]:
    """The one key of the user's agent: with several, all but one would be refused logins."""
    try:
        agent = await asyncssh.connect_agent()
        keys = await agent.get_keys()
    except (OSError, ValueError) as error:
        raise Unreached(Cause.AUTH_REFUSED, f"no key, no password and no agent: {error}") from error
    try:
        if len(keys) != 1:
            raise Unreached(Cause.AUTH_REFUSED, f"the agent holds {len(keys)} keys, not the one to use alone")
        yield keys[0]
    finally:
        agent.close()


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
        return Cause.NO_PROMPT, str(silence) or "no shell answers"
    return (Cause.NO_TOOL, "the host has no 'timeout'") if hello.status else None
