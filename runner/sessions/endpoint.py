"""Service endpoints, from outside: each declared question is one connection of its own to the declared address.

The questions are those of `checks.endpoints.questions`. There is no login, and nothing is sent but a ClientHello, a
handshake, a GET without a body. Only a few connections are open at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from checks.model import Cause, Question, Reply
from runner import canonical
from runner.sessions import hello, records
from runner.sessions.answers import Asked, unanswered
from runner.sessions.base import HostPort, Limits, Unreached, refuse_undeclared
from runner.sessions.causes import cause_of, detail_of
from runner.sessions.tcp import Way, connected
from runner.sessions.trusted import Authorities

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

NOBODY = "-"  # the login of a session without one
AT_ONCE = 8  # connections to one endpoint on which something is said
KNOCKS_AT_ONCE = 32  # connections that are only tried
KNOCK_SECONDS = 2.5  # a lost first packet is sent again after a second (RFC 6298)
CHUNK = 1 << 14
LONGEST_BODY = 1 << 18  # bytes of a page that its digest covers
LINE = b"\r\n"
MASKED = "[masked]"
AGENT = "RaSoat"
REFUSED, SILENT, OPEN = "refused", "silent", "open"

Told = dict[str, Any]


class NotHttp(Exception):
    """What came is no HTTP."""


async def connect(
    host: HostPort,
    authorities: Authorities,
    allowed: frozenset[Question],
    limits: Limits,
    way: Way = connected,
    resolver: Resolver | None = None,
) -> EndpointSession:
    """A session with the endpoint at `host`, once its service takes a connection. Raises `Unreached`.

    Names are asked of `resolver`, this machine's own where there is none.
    """
    (await way(host, limits.connect)).close()
    return EndpointSession(host, authorities, allowed, limits, way, resolver)


class EndpointSession:
    """A `Session` with one endpoint."""

    def __init__(
        self,
        host: HostPort,
        authorities: Authorities,
        allowed: frozenset[Question],
        limits: Limits,
        way: Way,
        resolver: Resolver | None = None,
    ) -> None:
        self._host = host
        self._authorities = authorities
        self._allowed = allowed
        self._limits = limits
        self._way = way
        self._resolver = resolver
        self._places = asyncio.Semaphore(AT_ONCE)
        self._knocks = asyncio.Semaphore(KNOCKS_AT_ONCE)

    async def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        """One reply for each question; equal questions are asked once."""
        refuse_undeclared(questions, self._allowed)
        wanted = list(dict.fromkeys(questions))
        replies: dict[Question, Reply] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.host):
                await asyncio.gather(*(self._asked(question, replies) for question in wanted))
        left = [question for question in wanted if question not in replies]
        detail = f"all questions together took more than {self._limits.host:g} s"
        replies |= unanswered(left, NOBODY, Cause.TIMEOUT, detail)
        return {question: replies[question] for question in wanted}

    async def close(self) -> None:
        """Nothing is open between questions."""

    async def _asked(self, question: Question, replies: dict[Question, Reply]) -> None:
        async with self._knocks if question.command.startswith("connect ") else self._places:
            asked, begun = Asked(question, NOBODY), time.monotonic()
            try:
                async with asyncio.timeout(question.seconds):
                    told = await self._told(question.command.split())
            except Exception as error:  # noqa: BLE001 - one question's trouble is no other's
                cause, detail = _trouble(error, question)
                replies[question] = asked.broken(cause, detail, seconds=time.monotonic() - begun)
            else:
                said = json.dumps({"asked": canonical.moment(asked.started), **told}, ensure_ascii=False, indent=1)
                seconds = time.monotonic() - begun
                replies[question] = asked.answered(said.encode(), b"", 0, seconds=seconds, cut=False)

    async def _told(self, words: Sequence[str]) -> Told:
        match words:
            case ["connect", port]:
                return await self._connects(int(port))
            case ["tls", where, version, *suites]:
                return await self._greeted(*_place(where), version, [int(suite, 16) for suite in suites])
            case ["certificate", where]:
                return await self._certificate(*_place(where))
            case ["GET", url]:
                return await self._page(url)
            case ["TXT", name]:
                return await records.texts(name, self._resolver)
        raise ValueError(f"not a question for an endpoint: {' '.join(words)}")

    async def _connects(self, port: int) -> Told:
        try:
            seconds = min(KNOCK_SECONDS, self._limits.connect)
            (await self._way(HostPort(self._host.address, port), seconds)).close()
        except Unreached as unreached:
            answers = {Cause.REFUSED: REFUSED, Cause.TIMEOUT: SILENT}
            if unreached.cause not in answers or unreached.hop is not None:
                raise
            return {"port": port, "answer": answers[unreached.cause]}
        return {"port": port, "answer": OPEN}

    async def _greeted(self, name: str, port: int, version: str, suites: Sequence[int]) -> Told:
        """What the server says to a ClientHello; a connection that it cuts is an answer, too."""
        reader, writer = await self._open(port)
        said, ended = b"", False
        try:
            writer.write(hello.client_hello(version, name, suites))
            while True:
                with suppress(hello.Unfinished):
                    told = hello.answer(said, ended=ended)
                    break
                try:
                    more = await reader.read(CHUNK)
                except ConnectionError:
                    more = b""
                said, ended = said + more, not more
        finally:
            writer.transport.abort()
        chosen = None if told.suite is None else f"{told.suite:04X}"
        return {"answer": told.answer, "version": told.version, "suite": chosen, "alert": told.alert, "said": told.said}

    async def _certificate(self, name: str, port: int) -> Told:
        """The chain as shown to one who takes any, then the verdict of one who takes trusted ones only."""
        _, writer = await self._open(port, self._authorities.anyone, name)
        chain = _chain(writer)
        writer.transport.abort()
        code, message = 0, "ok"
        try:
            _, writer = await self._open(port, self._authorities.trusting, name)
            writer.transport.abort()
        except ssl.SSLCertVerificationError as error:
            code, message = error.verify_code, error.verify_message
        trust = {"authorities": self._authorities.count, "sha256": self._authorities.sha256}
        return {"chain": chain, "verified": {"code": code, "message": message}, "trust": trust}

    async def _page(self, url: str) -> Told:
        parts = urlsplit(url)
        secure, name = parts.scheme == "https", parts.hostname or ""
        port = parts.port or (443 if secure else 80)
        reader, writer = await self._open(port, self._authorities.anyone if secure else None, name)
        try:
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            lines = (f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", f"User-Agent: {AGENT}", "Accept: */*")
            writer.write(LINE.join(line.encode() for line in (*lines, "Connection: close", "", "")))
            return await _received(reader)
        finally:
            writer.transport.abort()

    async def _open(
        self, port: int, context: ssl.SSLContext | None = None, name: str | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        sock = await self._way(HostPort(self._host.address, port), self._limits.connect)
        try:
            return await asyncio.open_connection(sock=sock, ssl=context, server_hostname=name if context else None)
        except BaseException:
            sock.close()
            raise


def _place(where: str) -> tuple[str, int]:
    name, _, port = where.rpartition(":")
    return name.strip("[]"), int(port)


def _trouble(error: Exception, question: Question) -> tuple[Cause, str]:
    if isinstance(error, Unreached):
        return error.cause, error.detail
    if isinstance(error, TimeoutError):
        return Cause.TIMEOUT, f"no end after {question.seconds:g} s"
    if isinstance(error, ssl.SSLError | NotHttp | asyncio.LimitOverrunError | asyncio.IncompleteReadError):
        return Cause.UNREADABLE, detail_of(error)
    return cause_of(error), detail_of(error)


def _chain(writer: asyncio.StreamWriter) -> list[str]:
    """The certificates that the server sent, as PEM."""
    tls: Any = writer.get_extra_info("ssl_object")
    # public from Python 3.13; before, it stands on the object behind
    shown = tls if hasattr(tls, "get_unverified_chain") else tls._sslobj
    return [_pem(one) for one in shown.get_unverified_chain() or ()]


def _pem(shown: Any) -> str:
    return ssl.DER_cert_to_PEM_cert(shown) if isinstance(shown, bytes) else str(shown.public_bytes())


async def _received(reader: asyncio.StreamReader) -> Told:
    """The head of a page, its cookies' values masked, and the digest of its body as far as it was read."""
    head = await reader.readuntil(2 * LINE)
    status, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = status.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
        raise NotHttp(status[:80])
    headers = [_header(line) for line in lines if line]
    body = await _body(reader)
    digest = hashlib.sha256(body).hexdigest()
    return {"status": int(rest[:3]), "headers": headers, "body": {"bytes": len(body), "sha256": digest}}


async def _body(reader: asyncio.StreamReader) -> bytes:
    found = b""
    while len(found) < LONGEST_BODY and (more := await reader.read(CHUNK)):
        found += more
    return found[:LONGEST_BODY]


def _header(line: str) -> str:
    name, colon, value = line.partition(":")
    if not colon:
        raise NotHttp(line[:80])
    name, value = name.strip().lower(), value.strip()
    if name == "set-cookie":  # a session's secret (law 8)
        cookie, equals, attributes = value.partition("=")
        value = f"{cookie}{equals}{MASKED}{''.join(attributes.partition(';')[1:])}"
    return f"{name}: {value}"
