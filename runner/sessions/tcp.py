"""A connected socket for either SSH stack: names resolved and ports reached within one connect timeout."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from checks.model import Cause
from runner.sessions.base import HostPort, Unreached
from runner.sessions.causes import unreached

Place = tuple[Any, ...]
Way = Callable[[HostPort, float], Awaitable[socket.socket]]
"""How a port is reached within so many seconds: directly (`connected`), or through another host (see `hops`)."""


async def connected(host: HostPort, seconds: float) -> socket.socket:
    """A non-blocking socket connected to `host`. Raises `Unreached` (dns, refused, timeout)."""
    places = await _resolved(host, seconds)
    try:
        async with asyncio.timeout(seconds):
            return await _first(places)
    except OSError as error:
        raise unreached(error) from error


async def _resolved(host: HostPort, seconds: float) -> Sequence[tuple[int, Place]]:
    """Address families and socket addresses; a literal address costs no thread and no name server."""
    try:
        found = socket.getaddrinfo(*host, flags=socket.AI_NUMERICHOST, type=socket.SOCK_STREAM)
    except socket.gaierror:
        try:
            async with asyncio.timeout(seconds):
                found = await asyncio.get_running_loop().getaddrinfo(*host, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreached(Cause.DNS, f"{host.address}: {error or 'the name server does not answer'}") from error
    return [(family, place) for family, _, _, _, place in found]


async def _first(places: Sequence[tuple[int, Place]]) -> socket.socket:
    """The first of `places` that takes a connection; the error of the last where none does."""
    for number, (family, place) in enumerate(places, 1):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, place)
        except BaseException as error:
            sock.close()
            if number == len(places) or not isinstance(error, OSError):
                raise
        else:
            return sock
    raise OSError("the name has no address")
