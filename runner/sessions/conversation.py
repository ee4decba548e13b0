"""One remote shell, read as it answers: pairs of frames in the order in which the questions were asked (see `wire`)."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence

import asyncssh

from runner.sessions import wire
from runner.sessions.causes import detail_of

Pair = tuple[wire.Frame, wire.Frame]


class Ended(Exception):
    """The shell is gone, or it is no shell of ours any more."""


class Flooded(Exception):
    """More has come for a question than may be kept."""


class Conversation(asyncssh.SSHClientSession[bytes]):
    """What one shell is told, and its two streams. `lost` says why no more frames will come, once that is so."""

    def __init__(self, limit: int) -> None:
        self._mark = secrets.token_hex(16)
        self._streams = (wire.Stream(self._mark, limit), wire.Stream(self._mark, limit))
        self._frames: tuple[deque[wire.Frame], deque[wire.Frame]] = (deque(), deque())
        self._number = wire.HELLO
        self._news = asyncio.Event()
        self.lost = ""

    def script(self, commands: Sequence[tuple[float, str]]) -> bytes:
        """All that is written to a shell: what makes it answer, then a line for each (seconds, command)."""
        numbered = enumerate(commands, 1)
        lines = (wire.line(number, seconds, wire.briefly(command)) for number, (seconds, command) in numbered)
        return (wire.preamble(self._mark) + "".join(lines)).encode()

    def for_root(self, command: str) -> bytes:
        """All that is written to a shell for root, who is asked everything with one `command`."""
        return wire.for_root(self._mark, command).encode()

    async def next(self, seconds: float, late: float) -> Pair:
        """The frames of the next question, on standard output and standard error.

        Raises `TimeoutError` when `late` has passed beyond the question's own `seconds`, `Flooded` where its output is
        too long to be read to its end, `Ended` when no frames will come.
        """
        async with asyncio.timeout(seconds + late):
            while not all(self._frames):
                if any(not f and s.flooded for f, s in zip(self._frames, self._streams, strict=True)):
                    raise Flooded
                if self.lost:
                    raise Ended(self.lost)
                self._news.clear()
                await self._news.wait()
        out, err = (frames.popleft() for frames in self._frames)
        if not out.number == err.number == self._number:
            self._end("its frames are out of order")
            raise Ended(self.lost)
        self._number += 1
        return out, err

    def pending(self) -> tuple[bytes, bytes]:
        """What has come of the answer that is not there yet."""
        both = zip(self._frames, self._streams, strict=True)
        out, err = (frames[0].data if frames else stream.pending for frames, stream in both)
        return out, err

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        number = 1 if datatype == asyncssh.EXTENDED_DATA_STDERR else 0
        stream = self._streams[number]
        try:
            for frame in stream.feed(data):
                self._frames[number].append(frame)
        except wire.Garbled as error:
            self._end(str(error))
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("the shell ended" if exc is None else detail_of(exc))

    def _end(self, why: str) -> None:
        self.lost = self.lost or why
        self._news.set()
