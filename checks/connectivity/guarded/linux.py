"""Ports of a Linux bridge: `locked` lets only addresses through that somebody has entered, or let in by 802.1X.

bridge(8): a locked port learns by frames to the bridge itself unless `learning` is off, so it must be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks.connectivity.facts import Reading
from checks.connectivity.linux import COUNTERS, links_counted
from checks.reading import Host, expected, unreadable


def _read_guards(host: Host) -> Mapping[str, str]:
    found = {}
    with expected("ip -d link"):
        for link in links_counted(host):
            slave: Mapping[str, Any] = link.get("linkinfo", {})
            if slave.get("info_slave_kind") == "bridge" and "LOWER_UP" in link["flags"]:
                told = slave["info_slave_data"]
                if "locked" not in told:
                    raise unreadable("ip -d link", f"{link['ifname']}: locked: –")
                found[link["ifname"]] = "locked" if told["locked"] and not told["learning"] else ""
    return found


port_guards = Reading(lambda: COUNTERS, _read_guards)
