"""What a ping comes to and which way an address goes, as makers print it alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

from checks.connectivity.facts import Hop, Ping, Route
from checks.connectivity.replies import address
from checks.reading import unreadable

SAID_BY_BSD = re.compile(
    r"(\d+) packets? transmitted, (\d+) packets? received, [\d.]+% packet loss(?:\n"
    r"round-trip min/avg/max(?:/stddev)? = [\d.]+/([\d.]+)/[\d./]+ ms)?\s*\Z"
)
ENTRY = re.compile(r"Routing entry for (\S+)")
KNOWN = re.compile(r'Known via "(\w+)')
WAY = re.compile(
    r"^\s*\*?\s*(?:(?P<via>[\d.]+)(?: from [\d.]+)?, (?:.* )?via|(?:is )?directly connected,) (?P<interface>[\w./:-]+)"
)


def counted(sent: str, received: str, average: str | None) -> Ping:
    """A ping as its last lines tell it. Raises `Unknown` where they contradict each other."""
    number, back = int(sent), int(received)
    if back > number or bool(back) != bool(average):
        raise unreadable("ping", f"{received} of {sent}, average {average or '–'}")
    return Ping(number, back, float(average) if average else None)


def bsd(text: str) -> Ping:
    """`ping` of Junos."""
    found = SAID_BY_BSD.search(text)
    if found is None:
        raise unreadable("ping", text.strip().rpartition("\n")[2])
    return counted(found[1], found[2], found[3])


def entry(text: str, ways: Iterable[re.Match[str]]) -> Route:
    """A routing entry in the words of Cisco and of those that speak like it."""
    known = KNOWN.search(text)
    if known is None:
        raise unreadable("a route", text.strip().partition("\n")[0])
    return Route(known[1], tuple(Hop(way["interface"], address(way["via"]) if way["via"] else None) for way in ways))
