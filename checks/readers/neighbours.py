"""Who was seen on the networks of a Linux host: neighbour table (ARP, ND), LLDP where a daemon listens, DHCP leases.

Read after ip-neighbour(8) (`ip -j neigh`), lldpcli(8) (`-f json0`), dnsmasq(8) and dhcpd.leases(5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from checks.reading import COMMAND_NOT_FOUND, expected, unreadable

NOBODY = frozenset({"FAILED", "INCOMPLETE", "NOARP"})  # states of an entry behind which nobody answered
HARDWARE = re.compile(r"[0-9a-f]{12}")
LEASE = re.compile(r"^lease (\S+) \{$(.*?)^\}$", re.M | re.S)
LEASED_TO = re.compile(r"^\s*hardware ethernet (\S+);$", re.M)
LEASE_ACTIVE = re.compile(r"^\s*binding state active;$", re.M)
LEASE_NAME = re.compile(r'^\s*client-hostname "([^"]*)";$', re.M)
WORDS_OF_DNSMASQ = 5
LEASE_FILES = ("/var/lib/misc/dnsmasq.leases", "/var/lib/dhcp/dhcpd.leases")
MISSING = re.compile(r"^cat: .*: No such file or directory$\n?", re.M)


class Sighting(NamedTuple):
    """One thing seen once: hardware address ("" where that is not told), interface likewise, address (None), name."""

    hardware: str
    interface: str
    address: IPv4Address | IPv6Address | None
    name: str


def table(text: str) -> Iterator[Sighting]:
    """The neighbour table, one JSON array."""
    with expected("ip -j neigh"):
        for entry in json.loads(text):
            if "lladdr" in entry and not NOBODY & set(entry["state"]):
                yield Sighting(hardware(entry["lladdr"]), entry["dev"], ip_address(entry["dst"]), "")


def lldp(text: str, status: int) -> Iterator[Sighting]:
    """What introduced itself over LLDP; nothing where the program is not there."""
    if status == COMMAND_NOT_FOUND:
        return
    if status:
        raise unreadable("lldpcli", text.strip()[-200:])
    with expected("lldpcli"):
        for part in json.loads(text)["lldp"]:
            for port in part.get("interface", ()):
                for chassis in port["chassis"]:
                    ids = [one["value"] for one in chassis["id"] if one["type"] == "mac"]
                    names = [one["value"] for one in chassis.get("name", ())]
                    addresses = [ip_address(one["value"]) for one in chassis.get("mgmt-ip", ())]
                    for address in addresses:
                        own = hardware(ids[0]) if ids else ""
                        yield Sighting(own, port["name"], address, names[0] if names else "")


def leases(text: str, status: int) -> Iterator[Sighting]:
    """What holds an address of the DHCP server here, dnsmasq's or ISC's; nothing where neither has a list."""
    text, missing = MISSING.subn("", text)
    if status and (not missing or "cat: " in text):
        raise unreadable("DHCP leases", text.strip()[-200:])
    with expected("DHCP leases"):
        for address, content in LEASE.findall(text):
            held = LEASED_TO.search(content)
            if held and LEASE_ACTIVE.search(content):
                name = LEASE_NAME.search(content)
                yield Sighting(hardware(held[1]), "", ip_address(address), name[1] if name else "")
        for line in LEASE.sub("", text).splitlines():
            words = line.split()
            if len(words) == WORDS_OF_DNSMASQ and words[0].isdecimal():
                yield Sighting(hardware(words[1]), "", ip_address(words[2]), words[3].strip("*"))


def hardware(text: str) -> str:
    """A hardware address as any maker writes it (`001b.21aa.0050`, `001b-21aa-0050`, `00:1B:21:AA:00:50`), in bytes.

    Raises `ValueError` for anything else.
    """
    digits = re.sub(r"[.:-]", "", text.strip().lower())
    if not HARDWARE.fullmatch(digits):
        raise ValueError(f"not a hardware address: {text}")
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
