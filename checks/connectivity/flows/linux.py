"""Flows of a Linux router, which softflowd observes and exports: its command line, and what it has counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from getopt import GetoptError, getopt
from pathlib import PurePosixPath

from checks.connectivity.facts import Flows, Reading
from checks.model import Question
from checks.readers.processes import PROCESSES, alive
from checks.reading import Host, complete, lines, unreadable

STATISTICS = Question("/usr/sbin/softflowctl statistics", root=True)
NAME = "softflowd"
# Others that export flows. How they are told to is not read: where one of them alone runs, nobody can tell.
OTHERS = ("pmacctd", "uacctd", "nfacctd", "hsflowd", "fprobe", "fprobe-ulog", "nprobe", "ipfixprobe", "yaf", "goflow")
OPTIONS = "i:r:t:m:n:p:c:v:L:T:P:A:s:B:C:R:S:x:6dDbalNh"  # softflowd(8)
LINE = re.compile(r"\s*(\d+) \S+\s+\S+\s+(\S+) (.*)")
HEAD = re.compile(r"softflowd\[(\d+)\]: Accumulated statistics since .* UTC:")
SENT = re.compile(
    r"^Flows expired: (\d+) .*\nFlows exported: \d+ \(\d+ records\) in (\d+) packets \(\d+ failures\)$", re.M
)
AVERAGE = re.compile(r"^  Flow bytes:\s+\d+\s+(\d+)\s+\d+$", re.M)
PROTOCOLS = re.compile(r"^Per-protocol statistics: .*\n((?:.+\n?)+)\Z", re.M)
PROTOCOL = re.compile(r"\s*\S+ \(\d+\):\s+(\d+)\s+\d+\s+[\d.]+s\s+[\d.]+s")


@dataclass(frozen=True, slots=True)
class Exporter:
    """A softflowd: where it looks, and where it tells."""

    pid: int
    interfaces: frozenset[str]
    targets: frozenset[str]


def _read_flows(host: Host) -> Flows:
    """What was sent is that of the one process that softflowctl asks where nothing else is said."""
    running = [*_exporters(host)]
    if not running:
        if others := alive(host, OTHERS):
            raise unreadable(f"what {others[0]} exports")
        return Flows(frozenset(), frozenset())
    told = frozenset[str]().union(*(one.targets for one in running))
    seen = frozenset[str]().union(*(one.interfaces for one in running if one.targets))
    return Flows(told, seen, _sent(host, {one.pid for one in running}))


def _exporters(host: Host) -> Iterator[Exporter]:
    for line in complete(host, PROCESSES):
        found = LINE.fullmatch(line)
        if found and PurePosixPath(found[2]).name == NAME:
            yield _exporter(int(found[1]), found[3].split())


def _exporter(pid: int, arguments: list[str]) -> Exporter:
    """`-n 10.0.0.1:2055,10.0.0.2:2055`, `-i uplink` or `-i 5:uplink`."""
    try:
        options = dict(getopt(arguments, OPTIONS)[0])
    except GetoptError as error:
        raise unreadable(NAME, str(error)) from None
    targets = (one.rpartition(":")[0].strip("[]").lower() for one in options.get("-n", "").split(",") if one)
    interface = options.get("-i", "").rpartition(":")[2]
    return Exporter(pid, frozenset({interface} - {""}), frozenset(targets))


def _sent(host: Host, pids: set[int]) -> int:
    """The packets that have gone out. The bytes by protocol, which stand last, must add up to those of all flows."""
    text = "\n".join(lines(host, STATISTICS))
    head, sent = HEAD.match(text), SENT.search(text)
    if head is None or int(head[1]) not in pids or sent is None:
        raise unreadable(STATISTICS.command, text.partition("\n")[0])
    expired, packets = int(sent[1]), int(sent[2])
    if expired and packets:
        average, protocols = AVERAGE.search(text), PROTOCOLS.search(text)
        counted = [PROTOCOL.fullmatch(line) for line in protocols[1].splitlines()] if protocols else []
        total = sum(int(one[1]) for one in counted if one)
        if average is None or not all(counted) or abs(total - int(average[1]) * expired) > expired / 2 + 1:
            raise unreadable(STATISTICS.command, "the reply ends early")
    return packets


flows = Reading(lambda: (PROCESSES, STATISTICS), _read_flows)
