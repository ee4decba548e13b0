"""How many sessions are worked on at a time. A host that takes no connection holds no place while it is waited for."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from checks.model import Cause, Question, Reply
from runner.sessions.base import HostPort, Session, Unreached, also
from runner.sessions.tcp import connected


class Reached:
    """A `Way` that has been gone once: its first socket, `sock`, is there already."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock: socket.socket | None = sock

    async def __call__(self, host: HostPort, seconds: float) -> socket.socket:
        sock, self._sock = self._sock, None
        return sock or await connected(host, seconds)

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

    async def also(self, question: Question) -> Reply:
        return await also(self.session, question)

    async def close(self) -> None:
        try:
            await self.session.close()
        finally:
            self.place.release()


async def held(
    place: asyncio.Semaphore, opening: Callable[[], Awaitable[Session]], refusal: Callable[[], str]
) -> Session:
    """The session that `opening` opens once there is a place for it. Raises `Unreached`.

    `refusal` says why no session is begun any more, once that is so.
    """
    await place.acquire()
    try:
        if why := refusal():
            raise Unreached(Cause.NOT_RUN, why)
        return Placed(await opening(), place)
    except BaseException:
        place.release()
        raise
