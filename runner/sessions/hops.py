"""Assets that others are reached through: one connection each, opened when first needed and shared by all behind it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import asyncssh

from checks.model import Cause
from inventory.model import Asset, Inventory
from runner.sessions import trust
from runner.sessions.base import HostPort, Limits, Unreached
from runner.sessions.causes import cause_of, detail_of
from runner.sessions.connection import logged_in
from runner.sessions.credentials import Credentials
from runner.sessions.doors import Doors
from runner.sessions.tcp import Way, connected

CHUNK = 1 << 16
LOST = (asyncssh.ConnectionLost, ConnectionError)  # of the connection to a hop, not of one through it
# What sshd says of a port that it could not reach for us; all else is a refusal.
FAR_CAUSES: Mapping[Cause, re.Pattern[str]] = {
    Cause.DNS: re.compile(r"unknown host|not known|name resolution|No address", re.I),
    Cause.TIMEOUT: re.compile(r"timed out|No route|unreachable", re.I),
}

Near = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Far = tuple["asyncssh.SSHReader[bytes]", "asyncssh.SSHWriter[bytes]"]


@dataclass
class Hops:
    """The hops of one run. One that could not be reached is not tried again: it costs one time limit in all."""

    inventory: Inventory
    logins: Mapping[str, Credentials]
    known: trust.KnownHosts
    limits: Limits
    doors: Doors
    _open: dict[str, asyncssh.SSHClientConnection] = field(default_factory=dict)
    _failed: dict[str, Unreached] = field(default_factory=dict)
    _carriers: set[asyncio.Task[None]] = field(default_factory=set)
    _locks: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def way(self, asset: Asset) -> Way:
        """How a port of `asset` is reached. Raises `Unreached` with the cause and the name of the hop that is not."""
        way: Way = connected
        passed = ""
        for hop in self.inventory.way(asset):
            passed = f"{passed}/{hop.id}"
            await self._shared(passed, hop, way)
            way = partial(self._through, passed, hop, way)
        return way

    async def close(self) -> None:
        """End all connections, the farthest first. Never raises."""
        for carrier in self._carriers:
            carrier.cancel()
        for connection in reversed(self._open.values()):
            connection.abort()
            await connection.wait_closed()
        self._open.clear()

    async def _shared(self, passed: str, hop: Asset, way: Way) -> asyncssh.SSHClientConnection:
        async with self._locks[passed]:
            if failed := self._failed.get(passed):
                raise Unreached(failed.cause, failed.detail, failed.hop)
            if passed not in self._open or self._open[passed].is_closed():
                try:
                    self._open[passed] = await self._connected(hop, way)
                except Unreached as error:
                    self._failed[passed] = _at(hop.id, error)
                    raise self._failed[passed] from error
            return self._open[passed]

    async def _connected(self, hop: Asset, way: Way) -> asyncssh.SSHClientConnection:
        login = self.inventory.login_of(hop)
        if login is None:
            raise Unreached(Cause.AUTH_REFUSED, "the inventory names no login for it")
        host = HostPort(hop.address, hop.port)
        async with self.doors.at(login.user, host):
            return await logged_in(host, self.logins[login.id], self.known, self.limits, way, legacy=hop.legacy_ssh)

    async def _through(self, passed: str, hop: Asset, way: Way, host: HostPort, seconds: float) -> socket.socket:
        """A `Way`: a socket connected to `host` from `hop`."""
        try:
            far = await self._far(passed, hop, way, host, seconds)
        except (OSError, asyncssh.Error) as error:
            raise _not_passed(error, hop.id) from error
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        carrier = asyncio.create_task(_carried(await asyncio.open_connection(sock=theirs), far))
        self._carriers.add(carrier)  # the loop alone would forget it
        carrier.add_done_callback(self._carriers.discard)
        return ours

    async def _far(self, passed: str, hop: Asset, way: Way, host: HostPort, seconds: float) -> Far:
        """A channel to `host` through `hop`; a connection to it that is lost is made again, once."""
        first = await self._shared(passed, hop, way)
        try:
            return await _opened(first, host, seconds)
        except LOST:
            if self._open.get(passed) is first:  # else another who met the same has seen to it
                del self._open[passed]
            first.abort()
            return await _opened(await self._shared(passed, hop, way), host, seconds)


async def _opened(hop: asyncssh.SSHClientConnection, host: HostPort, seconds: float) -> Far:
    async with asyncio.timeout(seconds):
        return await hop.open_connection(*host, encoding=None)


def _at(hop: str, error: Unreached) -> Unreached:
    """`error` as what happened at the hop; one that happened at a hop before it stays what it is."""
    return error if error.hop else Unreached(error.cause, f"hop '{hop}': {error.detail}", hop)


def _not_passed(error: Exception, name: str) -> Unreached:
    """Why a port was not reached from the hop; where it was the hop that failed, it is named as such."""
    if not isinstance(error, asyncssh.ChannelOpenError):
        return Unreached(cause_of(error), f"from hop '{name}': {detail_of(error)}")
    if error.code != asyncssh.OPEN_CONNECT_FAILED:
        return Unreached(Cause.REFUSED, f"hop '{name}' lets nobody through: {error.reason}", name)
    causes = (cause for cause, said in FAR_CAUSES.items() if said.search(error.reason))
    return Unreached(next(causes, Cause.REFUSED), f"from hop '{name}': {error.reason}")


async def _carried(near: Near, far: Far) -> None:
    """Carry bytes both ways until one side ends."""
    both = [asyncio.create_task(_copied(near[0], far[1])), asyncio.create_task(_copied(far[0], near[1]))]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()
        near[1].close()
        far[1].close()


async def _copied(
    source: asyncio.StreamReader | asyncssh.SSHReader[bytes],
    to: asyncio.StreamWriter | asyncssh.SSHWriter[bytes],
) -> None:
    with suppress(OSError, asyncssh.Error):
        while data := await source.read(CHUNK):
            to.write(data)
            await to.drain()
