"""Whom a FortiGate saw: ARP, LLDP and the leases of its DHCP servers. Recordings only.

None of these tables proves its end, so each is asked again through `grep -c .` (FortiOS Administration Guide, "CLI
basics": grep), which counts its lines. `diagnose lldprx` is known from FortiOS 6.2 on, and empty where no port receives
LLDP; a release that does not know it is `unknown: no_tool`.
Source: Fortinet documents "LLDP reception" and "execute dhcp lease-list".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.connectivity.counted import counting
from checks.connectivity.facts import Neighbour, Reading
from checks.connectivity.replies import address
from checks.connectivity.sightings import introduced, things
from checks.connectivity.templates import rows
from checks.readers.neighbours import Sighting, hardware
from checks.reading import Host, expected, unreadable

counted = counting("grep -c .", re.compile(r"\s*(\d+)\s*"))
ARP = counted("get system arp")
LLDP = counted("diagnose lldprx neighbor details")
LEASES = counted("execute dhcp lease-list")
TABLES = (ARP, LLDP, LEASES)
SAYS = re.compile(r"(\d+) ([a-z][\w.-]*):(?: (.*))?")  # what a neighbour says of itself may go on over further lines
BY_HARDWARE = ("interface-mac", "mac")
ADDRESS = re.compile(r"address\.\d+\.addr")


def _read(host: Host) -> tuple[Neighbour, ...]:
    return things((*_arp(ARP.text(host)), *_lldp(LLDP.text(host)), *_leases(LEASES.text(host))))


def _arp(text: str) -> Iterator[Sighting]:
    with expected(ARP.table.command):
        for row in rows("fortinet_get_system_arp", text):
            yield Sighting(hardware(row["MAC_ADDRESS"]), row["INTERFACE"].strip(), address(row["IP_ADDRESS"]), "")


def _lldp(text: str) -> Iterator[Sighting]:
    """`NUMBER NAME: VALUE`, number by number."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in text.splitlines():
        said = SAYS.fullmatch(line)
        if said:
            found.setdefault(said[1], []).append((said[2], (said[3] or "").strip()))
        elif line.strip() and not found:
            raise unreadable(LLDP.table.command, line)
    with expected(LLDP.table.command):
        for told in found.values():
            one = dict(told)
            addresses = [address(value) for name, value in told if ADDRESS.fullmatch(name)]
            own = one["chassis.data"] if one.get("chassis.type.txt") in BY_HARDWARE else one["mac"]
            yield from introduced(hardware(own), one["port.txt"], addresses, one.get("system.name.data", ""))


def _leases(text: str) -> Iterator[Sighting]:
    with expected(LEASES.table.command):
        for row in rows("fortinet_execute_dhcp_lease-list", text):
            if row["EXPIRY"]:
                yield Sighting(
                    hardware(row["MAC_ADDRESS"]), row["INTERFACE"], address(row["IP"]), row["HOSTNAME"].strip()
                )


neighbours = Reading(lambda: tuple(question for table in TABLES for question in table.questions), _read)
