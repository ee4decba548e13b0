"""Whom a MikroTik router saw: ARP, what introduced itself (MNDP, CDP, LLDP), its DHCP leases. Recordings only.

Behind each list stands the router's `end`. Source: RouterOS documentation, "ARP", "Neighbor discovery", "DHCP".
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.connectivity.facts import Neighbour, Reading
from checks.connectivity.replies import address
from checks.connectivity.sightings import introduced, things
from checks.connectivity.state.mikrotik_routeros import asking, entries, on
from checks.readers.neighbours import Sighting, hardware
from checks.reading import Host, expected

ARP = asking("/ip arp print terse", 20.0)
INTRODUCED = asking("/ip neighbor print terse", 20.0)
LEASES = asking("/ip dhcp-server lease print terse", 20.0)
NOBODY = ("failed", "incomplete")  # states of an entry that nobody answered for


def _read(host: Host) -> tuple[Neighbour, ...]:
    with expected("neighbours"):
        return things((*_arp(host), *_introduced(host), *_leases(host)))


def _arp(host: Host) -> Iterator[Sighting]:
    """An entry that was not learnt (`D`) is written by hand: nobody was seen."""
    for flags, one in entries(host, ARP):
        if "D" in flags and "mac-address" in one and one.get("status") not in NOBODY:
            yield Sighting(hardware(one["mac-address"]), one["interface"], address(one["address"]), "")


def _introduced(host: Host) -> Iterator[Sighting]:
    for one in on(host, INTRODUCED):
        told = dict.fromkeys(one[name] for name in ("address", "address4", "address6") if one.get(name))
        own = hardware(one["mac-address"]) if one.get("mac-address") else ""
        yield from introduced(own, one["interface"].split(",")[0], [*map(address, told)], one.get("identity", ""))


def _leases(host: Host) -> Iterator[Sighting]:
    for one in on(host, LEASES):
        if one.get("status") == "bound":
            yield Sighting(
                hardware(one["active-mac-address"]), "", address(one["active-address"]), one.get("host-name", "")
            )


neighbours = Reading(lambda: (ARP, INTRODUCED, LEASES), _read)
