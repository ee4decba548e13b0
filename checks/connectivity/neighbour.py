"""Is everything that was seen on the networks here in the inventory? "100 % reviewed" is only as good as the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from checks.connectivity.facts import NEIGHBOURS, Neighbour
from checks.model import Verdict, Want, asks, judged
from checks.reading import Host

NONE = "–"
BETWEEN = "; "
NO_WORD = re.compile(r"[^\w.:-]")  # a neighbour's name is its own to choose: only plain signs of it are told
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A thing that the inventory does not have, as a finding tells of it."""

    addresses: tuple[str, ...]
    hardware: str
    interface: str
    name: str

    def __str__(self) -> str:
        return f"{','.join(self.addresses) or NONE} {self.hardware} {self.interface} {self.name or NONE}"


@asks(NEIGHBOURS)
def listed(host: Host, want: Want) -> Verdict:
    """What was seen has an address of the inventory, or one in a network of users' machines (`user_networks`).

    A link-local address alone names nobody: what has no other is not judged.
    """
    users = [ip_network(text, strict=False) for text in want["user_networks"]]
    strange = []
    for found in NEIGHBOURS.of(host, want):
        told = [address for address in found.addresses if not address.is_link_local]
        known = any(str(address) in want.listed or any(address in network for network in users) for address in told)
        if told and not known:
            strange.append(_unlisted(found))
    actual = BETWEEN.join(map(str, sorted(strange, key=str)))
    return judged(not strange, NONE, actual or NONE)


def read(actual: str) -> Iterator[Unlisted]:
    """The things that a failed finding tells of: the other way round of `listed`."""
    for one in actual.split(BETWEEN):
        words = one.split(" ")
        if len(words) == 4:  # noqa: PLR2004  # as `Unlisted` is written
            addresses, hardware, interface, name = words
            shown = () if addresses == NONE else tuple(addresses.split(","))
            yield Unlisted(shown, hardware, interface, "" if name == NONE else name)


def _unlisted(found: Neighbour) -> Unlisted:
    addresses = sorted(found.addresses, key=lambda one: (one.version, int(one)))
    name = NO_WORD.sub("", found.name)[:LONGEST_NAME]
    return Unlisted(tuple(map(str, addresses)), found.hardware, "".join(found.interface.split()), name)
