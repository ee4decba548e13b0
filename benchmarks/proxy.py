"""`python -m benchmarks.proxy HOST PORT SECONDS FILE`: a TCP proxy that delays each way and counts round trips.

Prints its port. One line of JSON into FILE for each connection, once it has ended: how often something that the client
had sent was followed by something for it to read.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

CHUNK = 1 << 16


class Counter:
    """Counts the client's flights that were answered: by something that came no sooner than an answer can.

    What the server sends meanwhile, as on another channel, answers what was sent before, and is no round trip more.
    """

    def __init__(self, delay: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.trips = 0
        self._soonest = 2 * delay
        self._clock = clock
        self._flight: float | None = None

    def client(self) -> None:
        if self._flight is None:
            self._flight = self._clock()

    def server(self) -> None:
        if self._flight is not None and self._clock() - self._flight >= self._soonest:
            self.trips += 1
            self._flight = None


async def _carry(
    source: asyncio.StreamReader, to: asyncio.StreamWriter, delay: float, counter: Counter, up: bool
) -> None:
    """Carry bytes one way, each chunk `delay` seconds after it came."""
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    async def deliver() -> None:
        with suppress(ConnectionError):
            while True:
                due, data = await queue.get()
                await asyncio.sleep(due - loop.time())
                if not data:
                    to.close()
                    return
                if not up:
                    counter.server()
                to.write(data)
                await to.drain()

    delivering = asyncio.create_task(deliver())
    data = b"\n"
    with suppress(ConnectionError):
        while data:
            data = await source.read(CHUNK)
            if up and data:
                counter.client()
            queue.put_nowait((loop.time() + delay, data))
    if data:  # the connection broke off
        queue.put_nowait((loop.time() + delay, b""))
    await delivering


async def _serve(
    host: str, port: int, delay: float, out: Path, near: asyncio.StreamReader, back: asyncio.StreamWriter
) -> None:
    far, on = await asyncio.open_connection(host, port)
    for writer in (back, on):
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    counter = Counter(delay)
    ways = (_carry(near, on, delay, counter, up=True), _carry(far, back, delay, counter, up=False))
    await asyncio.gather(*ways)
    with out.open("a", encoding="ascii") as file:
        file.write(json.dumps({"trips": counter.trips}) + "\n")


async def main(host: str, port: int, delay: float, out: Path) -> None:
    server = await asyncio.start_server(partial(_serve, host, port, delay, out), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    Path(sys.argv[4]).touch()
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])))
