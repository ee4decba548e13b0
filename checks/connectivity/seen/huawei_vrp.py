"""Whom a Huawei device saw: ARP and LLDP. Recordings only.

`display arp all` counts its entries in its last line. What neighbours say over LLDP has no end: `display lldp neighbor
brief` must name the same neighbours, and behind `Expired time` of each stands nothing that is read. VRP lists leases
by the name of a pool alone, which nobody can know beforehand: a device that serves DHCP is `unknown`.
Source: Huawei S2720/S5700/S6700 Command Reference (`display arp all`, `display lldp neighbor`, `display ip pool`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.connectivity.configuration import starting, told
from checks.connectivity.facts import Neighbour, Reading
from checks.connectivity.replies import address
from checks.connectivity.sightings import introduced, things
from checks.connectivity.state.huawei_vrp import CONFIG, config
from checks.connectivity.templates import rows
from checks.model import Question
from checks.readers.neighbours import Sighting, hardware
from checks.reading import Host, expected, unreadable

ARP = Question("display arp all", seconds=20.0)
ARP_END = re.compile(r"^Total:(\d+)\s+Dynamic:.*\n(?:Redirect:\d+\s*\n)?\s*\Z", re.M)
DYNAMIC = "D"  # the others are addresses of the device itself (I) or written by hand (S)
LLDP = Question("display lldp neighbor", seconds=20.0)
BRIEF = Question("display lldp neighbor brief", seconds=20.0)
LLDP_OFF = re.compile(r"\s*(?:Error|Info|Warning): ?.*LLDP.*(?:not enabled|disabled).*\s*", re.I)
PORT = re.compile(r"^(\S+) has (\d+) neighbor(?:s|\(s\)):?\s*$", re.M)
ENTRY = re.compile(r"^(?=Neighbor index\s*:)", re.M)
FIELD = r"^{name}\s*:[ \t]*(\S.*?)?\s*$"
CHASSIS, CHASSIS_TYPE, NAME, ADDRESS, LAST = (
    re.compile(FIELD.format(name=name), re.M)
    for name in ("Chassis ID", "Chassis type", "System name", r"Management address(?: value)?", "Expired time")
)
BRIEF_HEAD = re.compile(r"\s*Local Int(?:f|erface)\s.*|\s*-+\s*|\s*")
BRIEF_ROW = re.compile(r"(\S+)\s+\S.*")


def _read(host: Host) -> tuple[Neighbour, ...]:
    for line in starting(config(host), "interface "):
        if any(starting(line.below, "dhcp select global", "dhcp select interface")):
            raise unreadable("dhcp select", f"{line.text}: VRP lists no leases without the name of their pool")
    return things((*_arp(host), *_lldp(host)))


def _arp(host: Host) -> Iterator[Sighting]:
    text = told(host, ARP.command)
    found, end = rows("huawei_vrp_display_arp_all", text), ARP_END.search(text)
    if end is None or int(end[1]) != len(found):
        raise unreadable(ARP.command, f"{len(found)} of {end[1] if end else 'an unknown number'}")
    with expected(ARP.command):
        for row in found:
            if row["TYPE"].startswith(DYNAMIC) and row["MAC_ADDRESS"] != "Incomplete":
                yield Sighting(hardware(row["MAC_ADDRESS"]), row["INTERFACE"], address(row["IP_ADDRESS"]), "")


def _lldp(host: Host) -> Iterator[Sighting]:
    text, brief = told(host, LLDP.command), told(host, BRIEF.command)
    if LLDP_OFF.fullmatch(text) and LLDP_OFF.fullmatch(brief):
        return
    before, *parts = PORT.split(text)
    if before.strip():
        raise unreadable(LLDP.command, before.strip().partition("\n")[0])
    ports = [(parts[n], int(parts[n + 1]), ENTRY.split(parts[n + 2])[1:]) for n in range(0, len(parts), 3)]
    entries = [(port, entry) for port, _, those in ports for entry in those]
    if any(count != len(those) for _, count, those in ports) or _ports(brief) != sorted(_short(p) for p, _ in entries):
        raise unreadable(LLDP.command, f"{BRIEF.command}: {len(_ports(brief))}, of which {len(entries)} are told")
    for port, entry in entries:
        yield from _neighbour(port, entry)


def _neighbour(port: str, entry: str) -> Iterator[Sighting]:
    chassis, kind, name = CHASSIS.search(entry), CHASSIS_TYPE.search(entry), NAME.search(entry)
    if not (chassis and chassis[1] and kind and name and LAST.search(entry)):
        raise unreadable(LLDP.command, f"{port}: the reply ends early")
    with expected(LLDP.command):
        own = hardware(chassis[1]) if (kind[1] or "").casefold() == "mac address" else ""
        told_ = [address(one) for one in ADDRESS.findall(entry) if one and one != "--"]
        yield from introduced(own, port, told_, name[1] or "")


def _ports(brief: str) -> list[str]:
    """The ports of the short list, one for each neighbour."""
    found = []
    for line in brief.splitlines():
        if not BRIEF_HEAD.fullmatch(line):
            row = BRIEF_ROW.fullmatch(line)
            if row is None:
                raise unreadable(BRIEF.command, line)
            found.append(_short(row[1]))
    return sorted(found)


def _short(name: str) -> str:
    """The short list cuts names short in its own way (GE0/0/1): the place of the port tells it."""
    return re.sub(r"^[A-Za-z]*(?:\d+GE)?", "", name)


neighbours = Reading(lambda: (CONFIG, ARP, LLDP, BRIEF), _read)
