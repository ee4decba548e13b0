"""Whom a Juniper device saw, as JSON: ARP, LLDP and the leases of its DHCP server. Recordings only.

`128.0.0.0/16` on an internal port is the device's own inside (Junos, "Understanding Internal Ethernet Interfaces").
What is not configured does not run, and is then told in words instead. LLDP's list has no addresses: it gives names.
Source: Junos CLI Reference (`show arp`, `show lldp neighbors`, `show dhcp server binding`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from checks.connectivity.configuration import starting, told
from checks.connectivity.facts import Neighbour, Reading
from checks.connectivity.replies import address
from checks.connectivity.sightings import introduced, things
from checks.connectivity.state.juniper_junos import CONFIG, COUNT, config, listed, read_json
from checks.model import Cause, Question, Unknown
from checks.readers.neighbours import Sighting, hardware
from checks.reading import Host, expected, unreadable

ARP = Question("show arp no-resolve | display json", seconds=20.0)
LLDP = Question("show lldp neighbors | display json", seconds=20.0)
LEASES = Question("show dhcp server binding | display json", seconds=20.0)
NOT_RUNNING = re.compile(r"\s*error: (?:the )?\S+ subsystem (?:is )?not running\b.*\s*")
INSIDE = ip_network("128.0.0.0/16")
INSIDE_PORT = re.compile(r"(?:bme|em|fxp|ixgbe|ixlv|jsrv)\d")
BY_HARDWARE = "mac address"
BOUND = "BOUND"


def _read(host: Host) -> tuple[Neighbour, ...]:
    lines = config(host)
    lldp_on = any(starting(lines, "set protocols lldp "))
    serves = any(" dhcp-local-server " in line.text for line in lines)
    if any(starting(lines, "set system services dhcp pool", "set system services dhcp static-binding")):
        raise unreadable("set system services dhcp", "the leases of the older server are not asked")
    with expected("neighbours"):
        return things((*_arp(host), *_lldp(host, lldp_on), *_leases(host, serves)))


def _arp(host: Host) -> Iterator[Sighting]:
    (table,) = read_json(host, ARP, "arp-table-information")
    found = listed(table.get("arp-table-entry", []))
    if int(table["arp-entry-count"]) != len(found):
        raise unreadable(ARP.command, f"{len(found)} of {table['arp-entry-count']}")
    for one in found:
        where, port = address(one["ip-address"]), one["interface-name"]
        if not (where in INSIDE and INSIDE_PORT.match(port)):
            yield Sighting(hardware(one["mac-address"]), port.split()[0], where, "")


def _lldp(host: Host, on: bool) -> Iterator[Sighting]:
    for one in _running(host, on, LLDP, "lldp-neighbors-information", "lldp-neighbor-information"):
        by_hardware = one["lldp-remote-chassis-id-subtype"].casefold() == BY_HARDWARE
        own = hardware(one["lldp-remote-chassis-id"]) if by_hardware else ""
        port = one.get("lldp-local-port-id") or one["lldp-local-interface"]
        if own:
            yield from introduced(own, port, (), one.get("lldp-remote-system-name", ""))


def _leases(host: Host, on: bool) -> Iterator[Sighting]:
    for one in _running(host, on, LEASES, "dhcp-server-binding-information", "dhcp-binding"):
        if one["state"] == BOUND:
            leased = one.get("allocated-address") or one["ip-address"]
            yield Sighting(hardware(one["mac-address"]), one.get("interface-name", ""), address(leased), "")


def _running(host: Host, configured: bool, question: Question, *path: str) -> list[Any]:
    """The entries of a table; none where it is not configured and the device knows none, or says that it is off."""
    try:
        if not configured and NOT_RUNNING.fullmatch(told(host, question.command)):
            return []
        return read_json(host, question, *path)
    except Unknown as unknown:
        if configured or unknown.cause is not Cause.NO_TOOL:
            raise
        return []


neighbours = Reading(lambda: (CONFIG, COUNT, ARP, LLDP, LEASES), _read)
