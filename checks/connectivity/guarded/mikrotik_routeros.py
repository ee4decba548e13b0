"""Ports of a MikroTik router's bridges, guarded by a server of 802.1X (RouterOS documentation, "Dot1X")."""

from __future__ import annotations

from collections.abc import Mapping

from checks.connectivity.facts import Reading
from checks.connectivity.state.mikrotik_routeros import PORTS, asking, entries, on
from checks.reading import Host, expected, unreadable

BRIDGED = asking("/interface bridge port print terse")
SERVERS = asking("/interface dot1x server print terse")
MEMBERS = asking("/interface list member print terse")
ALL = "all"


def _read_guards(host: Host) -> Mapping[str, str]:
    """A server listens at an interface, at those of a list, or at all; one that is off or inactive guards nothing."""
    guarded: set[str] = set()
    with expected("/interface bridge port"):
        running = {one["name"] for flags, one in entries(host, PORTS) if "R" in flags}
        lists: dict[str, set[str]] = {}
        for one in on(host, MEMBERS):
            lists.setdefault(one["list"], set()).add(one["interface"])
        for flags, server in entries(host, SERVERS):
            if not {"X", "I"} & set(flags):
                where = server.get("interface", ALL)
                guarded |= lists.get(where, {where})
        bridged = [one["interface"] for one in on(host, BRIDGED)]
    if not running:
        raise unreadable(PORTS.command, "nothing runs")
    return {name: "802.1X" if guarded & {name, ALL} else "" for name in bridged if name in running}


port_guards = Reading(lambda: (PORTS, BRIDGED, SERVERS, MEMBERS), _read_guards)
