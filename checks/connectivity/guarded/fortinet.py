"""Switched ports of a FortiGate: those of its hardware and software switches, which it guards by 802.1X as a whole.

FortiOS Administration Guide, "802.1X support on virtual switch". Ports of managed FortiSwitches are the switches' own.
"""

from __future__ import annotations

from collections.abc import Mapping

from checks.connectivity.configuration import setting
from checks.connectivity.facts import Reading
from checks.connectivity.state import fortinet as state
from checks.connectivity.state.fortinet import edits, name_of
from checks.reading import Host, unreadable

SWITCHES = ("hard-switch", "switch", "vlan-switch")


def _read_guards(host: Host) -> Mapping[str, str]:
    """Each switch that is on: which of its ports are up the device tells by its whole alone."""
    ports = edits(host, state.PORTS)
    if not ports:
        raise unreadable(state.PORTS.command, "no interface")
    return {
        name_of(port): "802.1X" if (setting(port, "security-mode") or "").upper().startswith("802.1X") else ""
        for port in ports
        if setting(port, "type") in SWITCHES and setting(port, "status") != "down"
    }


port_guards = Reading(lambda: state.PORTS, _read_guards)
