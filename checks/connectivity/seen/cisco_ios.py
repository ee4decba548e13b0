"""Whom a Cisco device saw: ARP, CDP, LLDP and the leases of its DHCP server. Recordings only.

None of these tables proves its end in every release, so each is asked again through `| count .` (Cisco IOS
Configuration Fundamentals, "Filtering output"). An image too old for that is `unknown: no_tool`. An ARP entry without
an age is an address of the device itself or written by hand, and a manual binding is written by hand: nobody was seen.
Source: Cisco IOS IP Addressing, LLDP and CDP command references (`show ip arp`, `show ip dhcp binding`, …).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from checks.connectivity.counted import counting
from checks.connectivity.facts import Neighbour, Reading
from checks.connectivity.replies import address
from checks.connectivity.sightings import introduced, things
from checks.connectivity.state.cisco_ios import CONFIG, config
from checks.connectivity.templates import rows
from checks.readers.neighbours import Sighting, hardware
from checks.reading import Host, expected, unreadable

counted = counting("count .", re.compile(r"\s*Number of lines which match regexp = (\d+)\s*"))
ARP = counted("show ip arp")
CDP = counted("show cdp neighbors detail")
LLDP = counted("show lldp neighbors detail")
LEASES = counted("show ip dhcp binding")
TABLES = (ARP, CDP, LLDP, LEASES)
OWN = "-"  # the age of an entry that does not grow old
NOT_ON = re.compile(r"\s*% ?(?:CDP|LLDP) is not enabled\s*")
ENTRY = re.compile(r"^-{10,}\s*$", re.M)
CDP_NAME = re.compile(r"^Device ID: ?(\S+)", re.M)
CDP_ADDRESS = re.compile(r"^\s*(?:IP|IPv6) address: (\S+)", re.M)
CDP_PORT = re.compile(r"^Interface: ([^,\s]+),", re.M)
CDP_END = re.compile(r"^\s*Total cdp entries displayed ?: ?\d+\s*$", re.M)
LLDP_PORT = re.compile(r"^Local Intf: (\S+)", re.M)
LLDP_CHASSIS = re.compile(r"^Chassis id: (\S.*?)\s*$", re.M)
LLDP_NAME = re.compile(r"^System Name: (\S+)", re.M)
LLDP_TOLD = re.compile(r"^Time remaining: \d+ seconds\s*$", re.M)  # behind what the neighbour says of itself in words
LLDP_ADDRESS = re.compile(r"^\s+IP(?:V6)?: (\S+)", re.M)
LLDP_END = re.compile(r"^\s*Total entries displayed: (\d+)\s*\Z", re.M)
PORT_UNTOLD = "lldp"  # older releases do not say at which port
LEASE = re.compile(
    r"([\d.]+)\s+([0-9a-f.]+)\s+(?:Infinite|\w{3} \d\d \d{4} \d\d:\d\d [AP]M)\s+(\w+)(?:\s+(\w+)\s+\S+)?\s*"
)
LEASE_GOES_ON = re.compile(r"\s+([0-9a-f.]+)\s*")
LEASE_HEAD = re.compile(
    r"\s*(?:Bindings from all pools not associated with VRF:"
    r"|IP address\s+Client-ID/.*|Hardware address/?|User name)?\s*"
)
HARDWARE_DIGITS = 12
ETHERNET = "01"  # before a hardware address that serves as the client's identifier (RFC 2132, 9.14)
DOTTED = re.compile(r"[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}")


def _read(host: Host) -> tuple[Neighbour, ...]:
    running = config(host)
    cdp_on = not any(line.text == "no cdp run" for line in running)
    lldp_on = any(line.text == "lldp run" for line in running)
    serves = any(line.text.startswith("ip dhcp pool ") for line in running)
    return things(
        (
            *_arp(ARP.text(host)),
            *_cdp(CDP.text_if(cdp_on, host)),
            *_lldp(LLDP.text_if(lldp_on, host)),
            *_leases(LEASES.text_if(serves, host)),
        )
    )


def _arp(text: str) -> Iterator[Sighting]:
    with expected(ARP.table.command):
        for row in rows("cisco_ios_show_ip_arp", text):
            if row["AGE"] != OWN and row["MAC_ADDRESS"] != "Incomplete":
                yield Sighting(hardware(row["MAC_ADDRESS"]), row["INTERFACE"], address(row["IP_ADDRESS"]), "")


def _cdp(text: str) -> Iterator[Sighting]:
    """The entries stand behind lines of dashes; the free text of a neighbour's version can say anything."""
    if NOT_ON.fullmatch(text):
        return
    before, *entries = ENTRY.split(text)
    if CDP_END.sub("", before).strip():
        raise unreadable(CDP.table.command, before.strip().partition("\n")[0])
    for entry in entries:
        name, port = CDP_NAME.search(entry), CDP_PORT.search(entry)
        if name is None or port is None:
            raise unreadable(CDP.table.command, entry.strip().partition("\n")[0])
        addresses = list(dict.fromkeys(map(address, CDP_ADDRESS.findall(entry))))
        yield from introduced("", port[1], addresses, name[1])


def _lldp(text: str) -> Iterator[Sighting]:
    """As many entries as the last line counts, each told to behind the free text in its middle."""
    if not text or NOT_ON.fullmatch(text):
        return
    end = LLDP_END.search(text)
    entries = ENTRY.split(text[: end.start()])[1:] if end else []
    if end is None or int(end[1]) != len(entries):
        raise unreadable(LLDP.table.command, f"{len(entries)} of {end[1] if end else 'an unknown number'}")
    for entry in entries:
        head, *told = LLDP_TOLD.split(entry)
        chassis, port, name = LLDP_CHASSIS.search(head), LLDP_PORT.search(head), LLDP_NAME.search(head)
        if chassis is None or not told:
            raise unreadable(LLDP.table.command, entry.strip().partition("\n")[0])
        own = hardware(chassis[1]) if DOTTED.fullmatch(chassis[1]) else ""
        addresses = [address(one) for one in LLDP_ADDRESS.findall(told[-1])]
        yield from introduced(own, port[1] if port else PORT_UNTOLD, addresses, name[1] if name else "")


def _leases(text: str) -> Iterator[Sighting]:
    """A client's identifier stands in groups of four digits, a long one over more than one line."""
    found: list[tuple[str, str, str]] = []
    for line in text.splitlines():
        entry, more = LEASE.fullmatch(line), LEASE_GOES_ON.fullmatch(line)
        if entry:
            found.append((entry[1], entry[3], entry[2]))
        elif more and found:
            found[-1] = (*found[-1][:2], found[-1][2] + more[1])
        elif not LEASE_HEAD.fullmatch(line):
            raise unreadable(LEASES.table.command, line)
    with expected(LEASES.table.command):
        for leased, kind, identifier in found:
            if kind != "Manual":
                yield Sighting(_client(identifier), "", ip_address(leased), "")


def _client(identifier: str) -> str:
    """The hardware address that it is, or tells in letters as IOS's own clients do (`cisco-001b.21aa.0050-Gi0/1`)."""
    digits = identifier.replace(".", "")
    if len(digits) == HARDWARE_DIGITS:
        return hardware(digits)
    if len(digits) == len(ETHERNET) + HARDWARE_DIGITS and digits.startswith(ETHERNET):
        return hardware(digits.removeprefix(ETHERNET))
    told = DOTTED.search(bytes.fromhex(digits).decode("latin-1"))
    return hardware(told[0]) if told else ""


neighbours = Reading(lambda: (CONFIG, *(question for table in TABLES for question in table.questions)), _read)
