"""What devices keep of the past of an interface: the history group of RMON (RFC 2819), where it has been configured.

It counts what was received, over so many spans (buckets) of so many seconds, in counters of 32 bits. A table that is
not full yet, or was cut, says nothing: its reader cannot tell the one from the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from checks.connectivity.configuration import Line, matching, starting
from checks.connectivity.facts import History
from checks.reading import unreadable

BITS = 8
COUNTER = 2**32
CISCO_ENTRY = re.compile(
    r"Entry (\d+) is active, and owned by.*\n\s*Monitors \S+ every (\d+) second\(?s?\)?,?\s*\n"
    r"\s*Requested # of time intervals, ie buckets, is (\d+),\s*\n"
)
CISCO_SAMPLE = re.compile(
    r"\s*Sample # \d+ began measuring at \S+\s*\n\s*Received (\d+) octets, \d+ packets,\s*\n"
    r"\s*\d+ broadcast and \d+ multicast packets,\s*\n\s*\d+ undersized and \d+ oversized packets,\s*\n"
    r"\s*\d+ fragments and \d+ jabbers,\s*\n\s*\d+ CRC alignment errors and \d+ collisions\.\s*\n"
    r"\s*# of dropped packet events is \d+\s*\n\s*Network utilization is estimated at \d+\n"
)
HUAWEI_ENTRY = re.compile(
    r"History control entry \d+ owned by .* is valid\s*\n\s*Sampled interface\s*: ?([^<\n]+).*\n"
    r"\s*Sampling interval\s*: ?(\d+)\(sec\) with (\d+) buckets max\s*\n\s*Last Sampling time\s*: ?.*\n",
    re.I,
)
HUAWEI_SAMPLE = re.compile(
    r"(?:\s*History record:\s*\n)?\s*(?:Latest sampled values ?:|Record No\.\d+ ?\(Sample time: .*\))\s*\n"
    r"\s*Octets\s*: ?(\d+)\s*, Packets\s*: ?\d+\s*\n\s*Broadcast packets .*\n\s*Undersize packets .*\n"
    r"\s*Fragments packets .*\n\s*CRC alignment errors.*\n\s*Dropped packets?\s*: ?\d+\s*, Utilization\s*: ?\d+\s*?\n",
    re.I,
)


def of_cisco(config: Iterable[Line], text: str) -> Mapping[str, History]:
    """Interface → its past, of `show rmon history`. Which entry is of which interface only the configuration tells."""
    found = {
        entry[1]: _kept(entry[2], entry[3], samples) for entry, samples in _entries(text, CISCO_ENTRY, CISCO_SAMPLE)
    }
    return _of_all(
        {name: found.get(number) for name, number in _configured(config, r"rmon collection history (\d+).*")}
    )


def of_huawei(config: Iterable[Line], text: str) -> Mapping[str, History]:
    """Interface → its past, of `display rmon history`."""
    entries = _entries(text, HUAWEI_ENTRY, HUAWEI_SAMPLE)
    found = {entry[1].replace(" ", ""): _kept(entry[2], entry[3], samples) for entry, samples in entries}
    return _of_all({name: found.get(name) for name, _ in _configured(config, r"rmon history (\d+).*")})


def _configured(config: Iterable[Line], pattern: str) -> Iterator[tuple[str, str]]:
    """Interfaces that keep a history, and the number of its entry."""
    for line in starting(config, "interface "):
        for found in matching(line.below, pattern.partition("(")[0], pattern):
            yield line.text.removeprefix("interface "), found[1]


def _of_all(kept: Mapping[str, History | None]) -> Mapping[str, History]:
    found = {name: history for name, history in kept.items() if history is not None}
    if missing := kept.keys() - found.keys():
        raise unreadable("rmon history", f"nothing of {', '.join(sorted(missing))}")
    return found


def _entries(text: str, head: re.Pattern[str], sample: re.Pattern[str]) -> Iterator[tuple[re.Match[str], list[int]]]:
    """Each entry with the octets of its samples. Raises `Unknown` where anything else is told."""
    place = 0
    while text[place:].strip():
        entry = head.match(text, _begun(text, place))
        if entry is None:
            raise unreadable("rmon history", text[place:].strip().partition("\n")[0])
        place, samples = entry.end(), []
        while counted := sample.match(text, place):
            samples.append(int(counted[1]))
            place = counted.end()
        yield entry, samples


def _begun(text: str, place: int) -> int:
    """The next place where something stands."""
    return place + len(text[place:]) - len(text[place:].lstrip())


def _kept(seconds: str, buckets: str, octets: list[int]) -> History:
    if len(octets) < int(buckets):
        raise unreadable("rmon history", f"{len(octets)}/{buckets}")
    span = int(seconds)
    return History(tuple(BITS * count / span for count in octets), (), span, BITS * COUNTER / span)
