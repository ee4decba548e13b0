"""What is the case on a Cisco device: its interfaces, neighbours, routes, clock and release. Recordings only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from checks.connectivity import echo, rmon
from checks.connectivity.configuration import Line, indented, starting, told
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
from checks.connectivity.templates import Row, rows
from checks.model import Question
from checks.readers.clock import Clock
from checks.readers.releases import Release
from checks.reading import Host, expected, unreadable

CONFIG = Question("show running-config", seconds=30.0)
INTERFACES = Question("show interfaces", seconds=20.0)
OSPF = Question("show ip ospf neighbor")
BGP = Question("show ip bgp summary")
NTP = Question("show ntp status")
VERSION = Question("show version")
CLOCK = Question("show clock")
HISTORY = Question("show rmon history", seconds=20.0)
PINGS, WHOLE_PACKETS = 10, 2
NO_BGP = re.compile(r"% ?BGP not active")
NTP_STATUS = re.compile(
    r"Clock is (synchronized|unsynchronized), (?:stratum \d+, reference is (\S+)|stratum 16, no reference clock)\s*\n"
    r"nominal freq is .*\n(?:ntp uptime is .*\n)?reference time is .*\n"
    r"clock offset is (-?[\d.]+) msec, root delay is .*\nroot dispersion is .*\n(?:loopfilter state is .*\n)?"
    r"system poll interval is .*\s*\Z"
)
CEF = re.compile(
    r"\s+(?:nexthop ([\d.]+)|attached to|receive for|recursive via .*|attached) ?([A-Z][\w./-]+)?(?: unusable.*)?"
)
NO_CEF = re.compile(r"\s+(?:no route|drop|discard|unresolved.*)")
# Behind the counters of an interface stands one of these lines; a subinterface that counts nothing ends with the other.
LAST_COUNTER = re.compile(r"\s*\d+ (?:output buffer failures, \d+ output buffers swapped out|carrier transitions.*)\s*")
LAST_OF_SUBINTERFACE = re.compile(r'\s*Last clearing of "show interface" counters \S+\s*')
REGISTER = re.compile(r"^Configuration register is 0x[0-9A-Fa-f]+", re.M)  # the last word of the system about itself


def config(host: Host) -> list[Line]:
    return indented(told(host, CONFIG.command), "end")


def _interfaces(host: Host) -> list[Row]:
    """The interfaces shown: all that the configuration has, each to its end, or the reply is not whole."""
    text = told(host, INTERFACES.command)
    found = rows("cisco_ios_show_interfaces", text, "no interface")
    last = text.rstrip().rpartition("\n")[2]
    if not LAST_COUNTER.fullmatch(last) and not (is_part(found[-1]) and LAST_OF_SUBINTERFACE.fullmatch(last)):
        raise unreadable("show interfaces ends early", last)
    names = {row["INTERFACE"] for row in found}
    configured = [line.text.removeprefix("interface ") for line in starting(config(host), "interface ")]
    if missing := [name for name in configured if name not in names]:
        raise unreadable("show interfaces", f"nothing of {', '.join(missing)}")
    return found


def _read_interfaces(host: Host) -> Mapping[str, Interface]:
    return {row["INTERFACE"]: _interface(row) for row in _interfaces(host)}


def _interface(row: Row) -> Interface:
    enabled, up = "administratively" not in row["LINK_STATUS"], row["PROTOCOL_STATUS"].startswith("up")
    if not row["LINK_STATUS"] or not row["PROTOCOL_STATUS"]:
        raise unreadable("show interfaces", row["INTERFACE"])
    addresses = frozenset({address(row["IP_ADDRESS"])} if row["IP_ADDRESS"] else ())
    return Interface(row["INTERFACE"], enabled and up, addresses, enabled)


def is_part(row: Row) -> bool:
    """A subinterface (`GigabitEthernet0/0.10`), whose port counts for it."""
    return "." in row["INTERFACE"]


def _read_errors(host: Host) -> Mapping[str, Errors]:
    """Of what counts packets itself: for its parts a port does."""
    with expected("show interfaces"):
        return {
            row["INTERFACE"]: Errors(
                int(row["INPUT_PACKETS"]) + int(row["OUTPUT_PACKETS"]),
                int(row["INPUT_ERRORS"]) + int(row["OUTPUT_ERRORS"]),
            )
            for row in _interfaces(host)
            if row["INPUT_PACKETS"] or not is_part(row)
        }


def _read_traffic(host: Host, _over: str) -> Mapping[str, Traffic | None]:
    """The device's own average over five minutes (or as `load-interval` sets it); of a subinterface, its port's.

    The interface of a VLAN counts only what the processor forwards, on switches next to nothing.
    """
    found = {row["INTERFACE"]: row for row in _interfaces(host)}
    with expected("show interfaces"):
        return {
            name: None
            if name.startswith("Vlan")
            else _traffic(row if row["INPUT_RATE"] or not is_part(row) else found[name.partition(".")[0]])
            for name, row in found.items()
            if row["PROTOCOL_STATUS"].startswith("up")
        }


def _traffic(row: Row) -> Traffic:
    capacity = float(row["BANDWIDTH"].split()[0]) * 1000
    return Traffic(float(row["INPUT_RATE"]), float(row["OUTPUT_RATE"]), capacity, "5 min")


def _read_adjacencies(host: Host) -> tuple[Adjacency, ...]:
    return (*_ospf(host), *_bgp(host))


def _ospf(host: Host) -> Iterator[Adjacency]:
    text = told(host, OSPF.command)
    found = rows("cisco_ios_show_ip_ospf_neighbor", text)
    if len(found) != sum(bool(re.match(r"\d+\.", line)) for line in text.splitlines()):
        raise unreadable("show ip ospf neighbor")
    for row in found:
        yield Adjacency(
            "ospf", address(row["IP_ADDRESS"]), row["INTERFACE"], row["STATE"], row["STATE"].startswith("FULL")
        )


def _bgp(host: Host) -> Iterator[Adjacency]:
    text = told(host, BGP.command)
    if NO_BGP.search(text):
        return
    for row in rows("cisco_ios_show_ip_bgp_summary", text, "neither a neighbour nor that BGP is not active"):
        state = row["STATE_OR_PREFIXES_RECEIVED"]
        known = "Established" if state.isdecimal() else state
        yield Adjacency("bgp", address(row["BGP_NEIGHBOR"]), None, known, known == "Established")


def _ask_route(to: str) -> Question:
    return Question(f"show ip cef {literal(to)}")


def _read_route(host: Host, to: str) -> Route:
    """What the forwarding table does with the address."""
    heading, *ways = [line for line in told(host, _ask_route(to).command).splitlines() if line.strip()] or [""]
    if not re.fullmatch(r"[\d.]+/\d+", heading.strip()):
        raise unreadable("show ip cef", heading)
    hops = []
    for line in ways:
        if NO_CEF.fullmatch(line):
            continue
        found = CEF.fullmatch(line)
        if found is None:
            raise unreadable("show ip cef", line)
        hops += [Hop(found[2], address(found[1]) if found[1] else None)] if found[2] else []
    if not ways:
        raise unreadable("show ip cef ends early")
    return Route("cef" if hops else "", tuple(hops))


def _ask_ping(to: str) -> Question:
    return Question(f"ping {target(to)} repeat {PINGS} timeout 1", seconds=15.0)


def _ask_whole(to: str, size: int) -> Question:
    return Question(f"ping {target(to)} size {size} df-bit repeat {WHOLE_PACKETS} timeout 1")


def _read_ping(host: Host, to: str) -> Ping:
    return _counted(told(host, _ask_ping(to).command), PINGS)


def _read_whole(host: Host, to: str, size: int) -> Ping:
    return _counted(told(host, _ask_whole(to, size).command), WHOLE_PACKETS)


def _counted(text: str, sent: int) -> Ping:
    found = rows("cisco_ios_ping", text, "no statistics")[-1]
    if int(found["SENT_QTY"]) != sent or not found["SUCCESS_QTY"]:
        raise unreadable("ping", "no statistics")
    return echo.counted(found["SENT_QTY"], found["SUCCESS_QTY"], found["RTT_AVG"])


def _read_clock(host: Host) -> Clock | None:
    text = told(host, NTP.command)
    if re.search(r"%NTP is not enabled", text):
        return None
    found = NTP_STATUS.fullmatch(text.lstrip())
    if found is None:
        raise unreadable("show ntp status", text.strip().rpartition("\n")[2])
    source = found[2]
    return Clock(found[1] == "synchronized", float(found[3]) / 1000, (source,) if source else (), source)


def read_release(host: Host, name: str) -> Release:
    """The train (`15.2`, `17.9`), and the device's day."""
    text = told(host, VERSION.command)
    shown = rows("cisco_ios_show_version", text, "no version")[0]["VERSION"]
    if not REGISTER.search(text):
        raise unreadable("show version ends early")
    train = re.match(r"(\d+)\.0*(\d+)", shown)
    now = rows("cisco_ios_show_clock", told(host, CLOCK.command), "no time")[0]
    if train is None:
        raise unreadable("show version", shown)
    with expected("show clock"):
        today = datetime.strptime(f"{now['DAY']} {now['MONTH']} {now['YEAR']}", "%d %b %Y").date()  # noqa: DTZ007  # a day
    return Release(name, f"{train[1]}.{train[2]}", today)


clock = Reading(lambda: NTP, _read_clock)
interfaces = Reading(lambda: (CONFIG, INTERFACES), _read_interfaces)
errors = Reading(lambda: (CONFIG, INTERFACES), _read_errors)
history = Reading(lambda: (CONFIG, HISTORY), lambda host: rmon.of_cisco(config(host), told(host, HISTORY.command)))
traffic = Reading(lambda _: (CONFIG, INTERFACES), _read_traffic)
adjacencies = Reading(lambda: (OSPF, BGP), _read_adjacencies)
route = Reading(_ask_route, _read_route)
ping = Reading(_ask_ping, _read_ping)
whole_packet = Reading(_ask_whole, _read_whole)
