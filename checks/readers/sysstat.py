"""What sysstat's collector keeps of the past of a Linux host's interfaces: sadf(1), of yesterday and of today."""

from __future__ import annotations

import re
from collections.abc import Mapping
from statistics import mode

from checks.reading import expected, unreadable

HEAD = "# hostname;interval;timestamp;IFACE;rxpck/s;txpck/s;rxkB/s;txkB/s"
NO_DATA = re.compile(r"Cannot open |check if data collecting is enabled|Requested activities not available", re.I)
RESTARTED = re.compile(r"[^;]*;-1;[^;]*;LINUX-RESTART.*")
KILOBYTE_BITS = 8 * 1024
COMMANDS = ("LC_ALL=C sadf -d -1 -- -n DEV 2>&1", "LC_ALL=C sadf -d -- -n DEV 2>&1")


def rates(text: str) -> Mapping[str, list[tuple[int, float, float]]]:
    """Interface → (seconds, bits a second received, sent) of each span that a day's file tells."""
    found: dict[str, list[tuple[int, float, float]]] = {}
    head, *lines = text.strip().splitlines() or [""]
    if not head.startswith(HEAD):
        raise unreadable("sadf", head)
    for line in lines:
        if line == head or RESTARTED.fullmatch(line):
            continue
        with expected("sadf"):
            _, seconds, _, name, _, _, received, sent, *_ = line.split(";")
            found.setdefault(name, []).append(
                (int(seconds), float(received) * KILOBYTE_BITS, float(sent) * KILOBYTE_BITS)
            )
    return found


def usual_seconds(spans: list[tuple[int, float, float]]) -> int:
    """How long a span is most of the time."""
    return mode(seconds for seconds, _, _ in spans)
