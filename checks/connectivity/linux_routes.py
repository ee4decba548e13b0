"""The route that a Linux kernel takes: what is in force, whichever daemon, or nobody, put it there.

A routing daemon's own table tells what it wants. Where the two differ, packets follow the kernel's. To ask the kernel
also costs a tenth of what a `vtysh` does, which builds the grammar of all daemons at every start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from checks.connectivity.facts import Hop, Reading, Route
from checks.connectivity.replies import address, failed, json_list, literal, parts, shell
from checks.model import Question
from checks.reading import Host, expected, unreadable

REFUSED = 2  # ip-route(8): the kernel said no
# Nothing leads there, or what leads there throws away (unreachable, prohibit, blackhole: rtnetlink(7)).
NO_WAY = re.compile(
    r"^RTNETLINK answers: (?:Network is unreachable|No route to host|Permission denied|Invalid argument)$", re.M
)
DEAD = {"dead", "linkdown"}
# iproute2 knows no name for FRRouting's static routes (its rt_netlink.h: RTPROT_ZSTATIC); it tells none for its own.
PROTOCOLS = {"196": "static", "boot": "static"}


def _ask_route(to: str) -> Question:
    """`fibmatch` shows the entry itself, all its ways among it, and not the one way of one packet."""
    return shell(f"ip -j route get fibmatch {literal(to)} 2>&1")


def _read_route(host: Host, to: str) -> Route:
    ((told, status),) = parts(host, _ask_route(to))
    if status == REFUSED and NO_WAY.search(told):
        return Route("", ())
    if status:
        raise failed(told, status)
    found = json_list(told)
    if len(found) != 1:
        raise unreadable("ip route get", f"{len(found)} entries")
    with expected("ip route get"):
        entry = found[0]
        ways = entry.get("nexthops", [entry])
        return Route(_protocol(entry), tuple(_hop(way) for way in ways if not DEAD & set(way["flags"])))


def _protocol(entry: Mapping[str, Any]) -> str:
    """As a router calls it: what the kernel added by itself is what is connected."""
    told: str = entry.get("protocol", "boot")
    return "connected" if told == "kernel" else PROTOCOLS.get(told, told)


def _hop(way: Mapping[str, Any]) -> Hop:
    """`via` holds a next hop of the other IP version (RFC 5549)."""
    via = way["gateway"] if "gateway" in way else way["via"]["host"] if "via" in way else None
    return Hop(way["dev"], None if via is None else address(via))


route = Reading(_ask_route, _read_route)
