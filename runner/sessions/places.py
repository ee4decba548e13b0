"""How many sessions are worked on at a time. A host that takes no connection holds no place while it is waited for."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from checks.model import Question, Reply
from runner.sessions.base import HostPort, Session
from runner.sessions.tcp import Way


class Reached:
    """A `Way` that has been gone once: its first socket is there already."""

    def __init__(self, way: Way, sock: socket.socket) -> None:
        self._way = way
        self._sock: socket.socket | None = sock

    async def __call__(self, host: HostPort, seconds: float) -> socket.socket:
        sock, self._sock = self._sock, None
        return sock or await self._way(host, seconds)

    def close(self) -> None:
        """Free the socket, if nobody took it."""
        if self._sock is not None:
            self._sock.close()


@dataclass(frozen=True, slots=True)
class Placed:
    """A `Session` that holds a place until it is closed."""

    session: Session
    place: asyncio.Semaphore

    async def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        return await self.session.ask(questions)

    async def close(self) -> None:
        try:
            await self.session.close()
        finally:
            self.place.release()


async def opened(
    host: HostPort, way: Way, seconds: float, place: asyncio.Semaphore, open_: Callable[[Way], Awaitable[Session]]
) -> Session:
    """What `open_` opens once `host` has taken a connection and there is a place. Raises `Unreached`."""
    reached = Reached(way, await way(host, seconds))
    try:
        await place.acquire()
        try:
            return Placed(await open_(reached), place)
        except BaseException:
            place.release()
            raise
    finally:
        reached.close()
