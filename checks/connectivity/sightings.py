"""From what was seen, table by table, to the things themselves: one for each hardware address, whoever told of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address

from checks.connectivity.facts import Address, Neighbour
from checks.readers.neighbours import Sighting

BY_LEASE = "dhcp"  # where a thing was seen that only a list of leases tells of
NOWHERE = "00:00:00:00:00:00"  # what stands where no answer has come yet
GROUP = 0b1  # the lowest bit of the first byte: many hear it, nobody is it (IEEE 802)
EVERYBODY = IPv4Address("255.255.255.255")


def things(sightings: Iterable[Sighting]) -> tuple[Neighbour, ...]:
    """The things behind the sightings; groups, and entries that nobody answered for, are none.

    What introduced itself without a hardware address is the thing that has one of its addresses, or another one.
    """
    found: dict[str, list[Sighting]] = {}
    introduced_: dict[tuple[str, str], list[Sighting]] = {}
    for one in (one for one in sightings if one.address is None or _of_one(one.address)):
        if not one.hardware:
            introduced_.setdefault((one.interface, one.name or str(one.address)), []).append(one)
        elif _answers(one.hardware):
            found.setdefault(one.hardware, []).append(one)
    at = {one.address: hardware for hardware, told in found.items() for one in told if one.address is not None}
    for told in introduced_.values():
        addresses = [one.address for one in told if one.address is not None]
        if addresses:
            known = next((at[address] for address in addresses if address in at), f"?{addresses[0]}")
            found.setdefault(known, []).extend(told)
    return tuple(_neighbour(hardware, told) for hardware, told in found.items())


def introduced(hardware: str, interface: str, addresses: Sequence[Address], name: str) -> Iterator[Sighting]:
    """What one that introduces itself tells: a sighting for each address of its own, or one without any."""
    for address in addresses or (None,):
        yield Sighting(hardware, interface, address, name)


def _of_one(address: Address) -> bool:
    return not (address.is_multicast or address.is_unspecified or address == EVERYBODY)


def _answers(hardware: str) -> bool:
    return hardware != NOWHERE and not int(hardware[:2], 16) & GROUP


def _neighbour(hardware: str, sightings: Sequence[Sighting]) -> Neighbour:
    where = next((one.interface for one in sightings if one.interface), BY_LEASE)
    name = next((one.name for one in sightings if one.name), "")
    return Neighbour(hardware, where, frozenset(one.address for one in sightings if one.address is not None), name)
