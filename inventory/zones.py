"""The owner's plan of network zones (NĐ 331/2026, Art. 22(3d)): which networks make up which zone, who stands there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Self

from pydantic import model_validator

from inventory.fields import Identifier, Network, Record, Text

IpAddress = IPv4Address | IPv6Address
ADMINISTRATION = (22, 2222, 3389, 5986, 8291)  # SSH, SSH moved away, RDP, WinRM, RouterOS: where machines are managed


class ZoneKind(StrEnum):
    """What a zone is for, in the words of TCVN 14423:2026, 5.12.2.2 b and 6.12.2.2 b."""

    INTERNAL = "internal"
    EDGE = "edge"
    SERVER = "server"
    DMZ = "dmz"
    DATABASE = "database"
    WIRELESS = "wireless"
    MANAGEMENT = "management"
    WAN = "wan"


IF_ANY = frozenset({ZoneKind.WIRELESS, ZoneKind.WAN})
"""The kinds that the standards demand only of who has such a network ("nếu có")."""


class Zone(Record):
    """A network zone: the networks that make it up, or why the city has none of this kind (`absent`).

    `sites` are the places where it reaches, for readers; an address alone decides which zone it is in.
    """

    id: Identifier
    name: Text
    name_en: Text | None = None
    kind: ZoneKind
    networks: tuple[Network, ...] = ()
    sites: tuple[Identifier, ...] = ()
    absent: Text | None = None
    sample: bool = False

    @model_validator(mode="after")
    def _is_somewhere_or_absent(self) -> Self:
        if bool(self.networks) == bool(self.absent):
            raise ValueError("a zone has 'networks', or says by 'absent' why the city has none of its kind")
        if self.absent and self.kind not in IF_ANY:
            raise ValueError(f"only a zone of kind {' or '.join(sorted(IF_ANY))} can be absent")
        return self


@dataclass(frozen=True, slots=True)
class Standing:
    """A machine at one of its addresses, and the TCP port that it is administered at there."""

    asset: str
    server: bool
    address: str
    port: int


@dataclass(frozen=True)
class ZonePlan:
    """All zones, and the machines of the inventory, by which it can be tried what passes from one to another."""

    zones: tuple[Zone, ...] = ()
    machines: tuple[Standing, ...] = ()

    def of(self, address: IpAddress) -> Zone | None:
        """The zone that the address lies in. The loader lets no two zones overlap."""
        bits = address.max_prefixlen
        for (version, length), zones in self._networks.items():
            if version == address.version and (found := zones.get(int(address) >> (bits - length))):
                return found
        return None

    def home(self, addresses: Iterable[str]) -> Zone | None:
        """The zone of the first of these addresses that lies in any."""
        return next((zone for one in addresses if (zone := self._at(one))), None)

    def others(self, home: Zone, most: int) -> tuple[Standing, ...]:
        """A machine in each other zone, in at most so many of them: a server where there is one, of the lowest address.

        They are the next ones behind `home` in a ring, so that in a city of many zones each is tried from somewhere.
        """
        ring = sorted(zone.id for zone in self.zones)
        start = ring.index(home.id) + 1
        around = [*ring[start:], *ring[: start - 1]]
        return tuple(self._standing[zone] for zone in around if zone in self._standing)[:most]

    @cached_property
    def _networks(self) -> Mapping[tuple[int, int], Mapping[int, Zone]]:
        """(version, prefix length) → the bits of the prefix → the zone."""
        found: dict[tuple[int, int], dict[int, Zone]] = {}
        for zone in self.zones:
            for network in map(ip_network, zone.networks):
                prefix = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
                found.setdefault((network.version, network.prefixlen), {})[prefix] = zone
        return found

    @cached_property
    def _standing(self) -> Mapping[str, Standing]:
        """zone → the machine that stands for it."""
        found: dict[str, Standing] = {}
        for one in sorted(self.machines, key=_order):
            if zone := self._at(one.address):
                found.setdefault(zone.id, one)
        return found

    def _at(self, address: str) -> Zone | None:
        known = address_of(address)
        return None if known is None else self.of(known)


NO_ZONES = ZonePlan()


def standing(asset: str, server: bool, port: int, ports: Iterable[int], addresses: Iterable[str]) -> Iterator[Standing]:
    """A machine at each of its addresses. `port` is the one that it is logged into at the first of them.

    At another one its port may be another: one of the `ports` that may listen there, of those in `ADMINISTRATION`.
    """
    usual = next((one for one in ADMINISTRATION if one in {*ports}), ADMINISTRATION[0])
    for index, address in enumerate(addresses):
        yield Standing(asset, server, address, usual if index else port)


def address_of(address: str) -> IpAddress | None:
    """The address; None for a host name."""
    try:
        return ip_address(address)
    except ValueError:
        return None


def overlaps(zones: Iterable[Zone]) -> Iterator[tuple[Zone, int, Zone, str]]:
    """Each network (zone, its place in the list) that lies in one of another zone (zone, network)."""
    listed = [(ip_network(text), zone, place) for zone in zones for place, text in enumerate(zone.networks)]
    listed.sort(key=lambda one: (one[0].version, int(one[0].network_address), one[0].prefixlen))
    around: list[tuple[int, int, Zone, str]] = []  # networks that are not yet left behind: version, last address
    for network, zone, place in listed:
        while around and (around[-1][0], around[-1][1]) < (network.version, int(network.broadcast_address)):
            around.pop()
        if around and around[-1][2] is not zone:
            yield zone, place, around[-1][2], around[-1][3]
        around.append((network.version, int(network.broadcast_address), zone, str(network)))


def _order(one: Standing) -> tuple[bool, int, int, str]:
    """Servers first; then by address, so that the same machine is chosen whatever it is called."""
    address = address_of(one.address)
    return (not one.server, address.version, int(address), one.asset) if address else (not one.server, 0, 0, one.asset)
