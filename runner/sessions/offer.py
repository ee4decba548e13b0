"""What SSH algorithms a host offers, read off the one packet that it sends in clear text before anything is agreed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence

from checks.model import Cause
from runner.sessions.algorithms import OLD
from runner.sessions.base import HostPort, Limits, Unreached
from runner.sessions.tcp import Way

OURS = b"SSH-2.0-rasoat\r\n"
KEXINIT = 20
COOKIE = 16
LONGEST = 35000  # bytes of a packet (RFC 4253, 6.1)
LINES = 50  # before the host's own SSH line
# Where in the packet (RFC 4253, 7.1) stands what, and what of it is old.
LISTS: Mapping[str, int] = {"key exchange": 0, "host key": 1, "encryption": 3, "MAC": 5}
MARKERS = re.compile(r"^(?:ext-info-|kex-strict-)")  # no algorithms, though they stand among them


async def explained(error: Unreached, host: HostPort, limits: Limits, way: Way) -> Unreached:
    """`error`, or, where the host offers nothing of today for one purpose or another, that as the reason of it."""
    try:
        too_old = list(_too_old(await _offered(host, limits, way)))
    except (OSError, EOFError, ValueError, IndexError, Unreached):
        return error
    if not too_old:
        return error
    mend = "Renew its SSH, or let it be reached as it is with 'legacy_ssh: true'."
    return Unreached(Cause.REFUSED, f"the host offers only algorithms of old: {'; '.join(too_old)}. {mend}")


def _too_old(lists: Sequence[Sequence[str]]) -> Iterator[str]:
    for what, place in LISTS.items():
        names = [name for name in lists[place] if not MARKERS.match(name)]
        if names and all(OLD[what].search(name) for name in names):
            yield f"{what} {', '.join(names)}"


async def _offered(host: HostPort, limits: Limits, way: Way) -> Sequence[Sequence[str]]:
    """The lists of names in the host's offer, in their order there. Raises `ValueError` where it is none."""
    reader, writer = await asyncio.open_connection(sock=await way(host, limits.connect))
    try:
        async with asyncio.timeout(limits.login):
            writer.write(OURS)
            for _ in range(LINES):
                if (await reader.readline()).startswith(b"SSH-"):
                    break
            size = int.from_bytes(await reader.readexactly(4))
            if size > LONGEST:
                raise ValueError("no packet of SSH")
            packet = await reader.readexactly(size)
    finally:
        writer.close()
    if packet[1] != KEXINIT:
        raise ValueError("no offer")
    return list(_lists(packet[2 + COOKIE :], max(LISTS.values()) + 1))


def _lists(data: bytes, count: int) -> Iterator[Sequence[str]]:
    for _ in range(count):
        end = 4 + int.from_bytes(data[:4])
        yield data[4:end].decode("ascii").split(",")
        data = data[end:]
