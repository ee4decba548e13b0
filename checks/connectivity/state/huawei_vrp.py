"""What is the case on a Huawei device: its interfaces, neighbours, routes, clock and release. Recordings only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from checks.connectivity import echo, rmon
from checks.connectivity.configuration import Line, indented, matching, starting, told
from checks.connectivity.facts import (
    Adjacency,
    Errors,
    Hop,
    Interface,
    Ping,
    Reading,
    Route,
    Traffic,
)
from checks.connectivity.replies import address, literal, target
from checks.connectivity.templates import rows
from checks.model import Question
from checks.readers.clock import Clock
from checks.readers.releases import Release
from checks.reading import Host, expected, unreadable

CONFIG = Question("display current-configuration", seconds=30.0)
BRIEF = Question("display interface brief", seconds=20.0)
DETAIL = Question("display interface", seconds=20.0)
OSPF = Question("display ospf peer brief")
BGP = Question("display bgp peer")
NTP = Question("display ntp-service status")
VERSION = Question("display version")
CLOCK = Question("display clock")
HISTORY = Question("display rmon history", seconds=20.0)
SUMMARY = re.compile(r"^\s*Summary Count\s*:\s*\d+\s*$", re.M)  # a line that the template does not know
PINGS, WHOLE_PACKETS, ICMP_AND_IP = 10, 2, 28
PEER = re.compile(r"\s*(\d+\.\d+\.\d+\.\d+)\s+(\S+)\s+(\d+\.\d+\.\d+\.\d+)\s+(\w[\w-]*)\s*")
PEER_END = re.compile(r"\s*Total Peer\(s\):\s+(\d+)\s*")
PEER_HEAD = re.compile(
    r"\s*(?:OSPF Process \d+ with Router ID .*|Peer Statistic Information|-+|Area Id .*|\(M\) .*|)\s*"
)
STATISTICS = re.compile(
    r"(\d+) packet\(s\) transmitted\s+(\d+) packet\(s\) received\s+[\d.]+% packet loss"
    r"(?:\s+round-trip min/avg/max = \d+/(\d+)/\d+ ms)?\s*\Z"
)
PACKETS = re.compile(r"^\s*(?:Input|Output):\s*(\d+) packets", re.M)
SPOILT = re.compile(r"Total Error:\s*(\d+)")
RATE = re.compile(r"Last \d+ seconds (input|output) rate:? (?:\d+ bytes/sec,? )?(\d+) bits/sec")
# What stands behind all else that is told of an interface: its load, or, for bundles and dialers, their own last lines.
LAST_OF_INTERFACE = re.compile(
    r"\s*(?:Output bandwidth utilization\s*:\s*\S+|The Number of UP Ports in Trunk\s*:\s*\d+"
    r"|Control field control error packets:\d+|Bound to \S+:)\s*"
)
CLOCK_SAYS = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)[ T]\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d)?(?: DST)?\s*\n\w+\s*\nTime Zone\s?\(.*\) ?: ?\S+.*",
    re.S,
)
UPTIME = re.compile(r"uptime is \d+ \w+", re.I)


def config(host: Host) -> list[Line]:
    return indented(told(host, CONFIG.command), "return")


def _brief(host: Host) -> Mapping[str, Mapping[str, str]]:
    """The interfaces shown: all that the configuration has, or the reply is not whole."""
    found = {
        row["INTERFACE"]: row
        for row in rows("huawei_vrp_display_interface_brief", told(host, BRIEF.command), "no interface")
    }
    names = {_short(name) for name in found}
    for line in starting(config(host), "interface "):
        if _short(line.text.removeprefix("interface ")) not in names:
            raise unreadable("display interface brief", f"nothing of {line.text}")
    return found


def _short(name: str) -> str:
    """Long names are cut short in lists: GigabitEthernet is GE there."""
    return (
        re.sub(r"\(.*\)$", "", name)
        .replace("XGigabitEthernet", "XGE")
        .replace("GigabitEthernet", "GE")
        .replace("10GE", "XGE")
    )


def _read_interfaces(host: Host) -> Mapping[str, Interface]:
    shown = {_short(name): row for name, row in _brief(host).items()}
    found = {}
    for line in starting(config(host), "interface "):
        name = line.text.removeprefix("interface ")
        row = shown[_short(name)]
        addresses = frozenset(
            address(m[1]) for m in matching(line.below, "ip address ", r"ip address ([\d.]+) [\d.]+(?: sub)?")
        )
        enabled = not row["PHY"].startswith("*")
        found[name] = Interface(name, enabled and row["PHY"].startswith("up"), addresses, enabled)
    return found


def _parts(host: Host) -> Mapping[str, str]:
    """What is told of each interface; all that the configuration has, each to its end, or the reply is not whole."""
    text = told(host, DETAIL.command)
    rows("huawei_vrp_display_interface", text, "no interface")
    found = {part.split()[0]: part for part in re.split(r"^(?=\S+ current state :)", text, flags=re.M)[1:]}
    last = text.rstrip().rpartition("\n")[2]
    if not LAST_OF_INTERFACE.fullmatch(last):
        raise unreadable("display interface ends early", last)
    for line in starting(config(host), "interface "):
        if line.text.removeprefix("interface ") not in found:
            raise unreadable("display interface", f"nothing of {line.text}")
    return found


def _read_traffic(host: Host, _over: str) -> Mapping[str, Traffic | None]:
    """The device's own average over the last minutes; what it can carry, where it is a port with a speed.

    What passes the interface of a VLAN is counted by the ports alone.
    """
    found: dict[str, Traffic | None] = {}
    for name, part in _parts(host).items():
        rates, speed = dict(RATE.findall(part)), re.search(r"Speed\s*:\s*(\d+)", part)
        if not re.match(r"\S+ current state : UP", part):
            continue
        found[name] = None
        if rates.keys() == {"input", "output"} and not name.startswith("Vlanif"):
            found[name] = Traffic(
                float(rates["input"]), float(rates["output"]), float(speed[1]) * 1e6 if speed else None, "5 min"
            )
    if not found:
        raise unreadable("display interface", "no rate")
    return found


def _read_errors(host: Host) -> Mapping[str, Errors]:
    """Of the interfaces that count what was spoilt."""
    found = {}
    for name, part in _parts(host).items():
        packets, spoilt = PACKETS.findall(part), SPOILT.findall(part)
        if len(packets) == len(spoilt) == len(("in", "out")):
            found[name] = Errors(sum(map(int, packets)), sum(map(int, spoilt)))
    if not found:
        raise unreadable("display interface", "no counter")
    return found


def _read_adjacencies(host: Host) -> tuple[Adjacency, ...]:
    return (*_ospf(host), *_bgp(host))


def _ospf(host: Host) -> Iterator[Adjacency]:
    """Nothing where OSPF does not run. The last line counts the peers."""
    lines = [line for line in told(host, OSPF.command).splitlines() if line.strip()]
    found = [m for line in lines if (m := PEER.fullmatch(line))]
    ends = [int(m[1]) for line in lines if (m := PEER_END.fullmatch(line))]
    others = [line for line in lines if not any(p.fullmatch(line) for p in (PEER, PEER_END, PEER_HEAD))]
    if others or (lines and sum(ends) != len(found)):
        raise unreadable("display ospf peer brief", (others or ["the reply ends early"])[0])
    for peer in found:
        yield Adjacency("ospf", None, peer[2], peer[4], peer[4] == "Full")


def _bgp(host: Host) -> Iterator[Adjacency]:
    text = told(host, BGP.command)
    if not text.strip():
        return
    for row in rows("huawei_vrp_display_bgp_peer", text):
        yield Adjacency("bgp", address(row["PEER"]), None, row["STATE"], row["STATE"] == "Established")


def _ask_route(to: str) -> Question:
    return Question(f"display ip routing-table {literal(to)} verbose")


def _read_route(host: Host, to: str) -> Route:
    text = SUMMARY.sub("", told(host, _ask_route(to).command))
    if re.match(r"\s*Info:", text):
        return Route("", ())
    found = [
        row for row in rows("huawei_vrp_display_ip_routing-table_verbose", text, "no entry") if "Active" in row["STATE"]
    ]
    if any(not row["INTERFACE"] or not row["FLAGS"] for row in found):
        raise unreadable("display ip routing-table", "the reply ends early")
    hops = tuple(Hop(row["INTERFACE"], address(row["NEXT_HOP"])) for row in found)
    return Route(found[0]["PROTOCOL"].lower() if found else "", hops)


def _ask_ping(to: str) -> Question:
    return Question(f"ping -c {PINGS} -m 20 -t 1000 {target(to)}", seconds=15.0)


def _ask_whole(to: str, size: int) -> Question:
    return Question(f"ping -f -s {size - ICMP_AND_IP} -c {WHOLE_PACKETS} -m 20 -t 1000 {target(to)}")


def _read_ping(host: Host, to: str) -> Ping:
    return _counted(told(host, _ask_ping(to).command))


def _read_whole(host: Host, to: str, size: int) -> Ping:
    return _counted(told(host, _ask_whole(to, size).command))


def _counted(text: str) -> Ping:
    found = STATISTICS.search(text)
    if found is None:
        raise unreadable("ping", text.strip().rpartition("\n")[2])
    return echo.counted(found[1], found[2], found[3])


def _read_clock(host: Host) -> Clock | None:
    """The reference's address, and the offset in milliseconds."""
    (found,) = rows("huawei_vrp_display_ntp_status", told(host, NTP.command), "no status")
    if not found["REFERENCE_TIME"]:
        raise unreadable("display ntp-service status ends early")
    source = found["REFERENCE_CLOCK_ID"].strip("'()")
    with expected("display ntp-service status"):
        value, unit = found["CLOCK_OFFSET"].split()
        offset = float(value) * {"ms": 0.001, "s": 1.0}[unit]
    return Clock(found["CLOCK_STATUS"] == "synchronized", offset, (source,), source)


def _read_release(host: Host) -> Release:
    """The product's version up to its release (`V200R010`), and the device's day. Behind its uptime boards are told."""
    text = told(host, VERSION.command)
    shown = rows("huawei_vrp_display_version", text, "no version")[0]["PRODUCT_VERSION"]
    version = re.search(r"V(\d{3})R(\d{3})", shown)
    day = CLOCK_SAYS.fullmatch(told(host, CLOCK.command))
    if version is None or day is None or not UPTIME.search(text):
        raise unreadable("display version, display clock", shown)
    with expected("display clock"):
        return Release("huawei_vrp", f"{version[1]}.{version[2]}", date(int(day[1]), int(day[2]), int(day[3])))


clock = Reading(lambda: NTP, _read_clock)
release = Reading(lambda: (VERSION, CLOCK), _read_release)
interfaces = Reading(lambda: (CONFIG, BRIEF), _read_interfaces)
errors = Reading(lambda: (CONFIG, DETAIL), _read_errors)
history = Reading(lambda: (CONFIG, HISTORY), lambda host: rmon.of_huawei(config(host), told(host, HISTORY.command)))
traffic = Reading(lambda _: (CONFIG, DETAIL), _read_traffic)
adjacencies = Reading(lambda: (OSPF, BGP), _read_adjacencies)
route = Reading(_ask_route, _read_route)
ping = Reading(_ask_ping, _read_ping)
whole_packet = Reading(_ask_whole, _read_whole)
