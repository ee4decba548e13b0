"""What is the case on a Juniper device, as JSON: interfaces, neighbours, routes, clock and release. Recordings only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from checks.connectivity import echo
from checks.connectivity.configuration import Line, told
from checks.connectivity.facts import (
    Adjacency,
    Errors,
    Hop,
    Interface,
    Reading,
    Route,
    Traffic,
)
from checks.connectivity.replies import address, literal, target
from checks.model import Question
from checks.readers.clock import Clock
from checks.readers.releases import Release
from checks.reading import Host, expected, unreadable

CONFIG = Question("show configuration | display set", seconds=30.0)
COUNT = Question("show configuration | display set | count", seconds=30.0)
INTERFACES = Question("show interfaces extensive | display json", seconds=30.0)
OSPF = Question("show ospf neighbor | display json")
BGP = Question("show bgp summary | display json")
NTP = Question("show ntp associations no-resolve")
VERSION = Question("show version | display json")
UPTIME = Question("show system uptime | display json")
PINGS, WHOLE_PACKETS, ICMP_AND_IP = 10, 2, 28
NOT_RUNNING = re.compile(r"\s*(?:OSPF instance|BGP) is not running\s*")
ASSOCIATION = re.compile(r"([ *+#.xo-])(\S+)\s+\S+\s+\d+\s+\S\s+\S+\s+\S+\s+\d+\s+[\d.]+\s+(-?[\d.]+)\s+[\d.]+\s*")
ASSOCIATIONS_HEAD = re.compile(r"\s*remote\s+refid\s+st t when poll reach\s+delay\s+offset\s+(?:jitter|disp)\s*|=+\s*")
SPEEDS = {"mbps": 1e6, "gbps": 1e9, "kbps": 1e3}


def config(host: Host) -> list[Line]:
    """The `set` lines, as many as Junos counts itself."""
    lines = [Line(line.strip()) for line in told(host, CONFIG.command).splitlines() if line.strip()]
    counted = re.fullmatch(r"\s*Count: (\d+) lines?\s*", told(host, COUNT.command))
    if counted is None or int(counted[1]) != len(lines) or not lines:
        raise unreadable(
            "show configuration", f"{len(lines)} lines of {counted[1] if counted else 'an unknown number'}"
        )
    return lines


def _plain(value: Any) -> Any:
    """JSON of Junos without its wrapping: every value stands in a list of one, texts below `data`."""
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], dict) and "data" in value[0]:
            return value[0]["data"]
        return [_plain(one) for one in value]
    return {name: _plain(one) for name, one in value.items()} if isinstance(value, dict) else value


def read_json(host: Host, question: Question, *path: str) -> list[Any]:
    """All that lies at the end of `path`. Raises `Unknown` where the reply is not one whole JSON object."""
    with expected(question.command):
        found = [_plain(json.loads(told(host, question.command)))]
        if not isinstance(found[0], dict):
            raise TypeError(type(found[0]).__name__)
        for name in path:
            found = [inner for one in found for inner in listed(one.get(name, []))]
        return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _ports(host: Host) -> list[Any]:
    found = read_json(host, INTERFACES, "interface-information", "physical-interface")
    if not found:
        raise unreadable("show interfaces", "none")
    return found


def _read_interfaces(host: Host) -> Mapping[str, Interface]:
    """Ports and their units; a port has the addresses of its units."""
    found: dict[str, Interface] = {}
    with expected("show interfaces"):
        for port in _ports(host):
            enabled, up = port["admin-status"] == "up", port["oper-status"] == "up"
            units = {unit["name"]: _addresses(unit) for unit in listed(port.get("logical-interface", []))}
            every = frozenset[Any]().union(*units.values())
            for name, addresses in {port["name"]: every, **units}.items():
                found[name] = Interface(name, enabled and up, addresses, enabled)
    return found


def _addresses(unit: Any) -> frozenset[Any]:
    families = listed(unit.get("address-family", []))
    return frozenset(
        address(one["ifa-local"])
        for family in families
        if family["address-family-name"] in ("inet", "inet6")
        for one in listed(family.get("interface-address", []))
    )


def _read_traffic(host: Host, _over: str) -> Mapping[str, Traffic | None]:
    """The device's own rate over the last seconds, of ports and of their units."""
    found: dict[str, Traffic | None] = {}
    with expected("show interfaces"):
        for port in _ports(host):
            counted = port.get("traffic-statistics")
            speed = re.fullmatch(r"([\d.]+)([mgk]bps)", str(port.get("speed", "")).lower())
            if port["oper-status"] == "up" and counted:
                (counted,) = listed(counted)
                capacity = float(speed[1]) * SPEEDS[speed[2]] if speed else None
                seen = Traffic(float(counted["input-bps"]), float(counted["output-bps"]), capacity, "1 s")
                names = [port["name"], *(unit["name"] for unit in listed(port.get("logical-interface", [])))]
                found |= dict.fromkeys(names, seen)
    return found


def _read_errors(host: Host) -> Mapping[str, Errors]:
    found = {}
    with expected("show interfaces"):
        for port in _ports(host):
            lists = [
                listed(port.get(name, []))[:1]
                for name in ("traffic-statistics", "input-error-list", "output-error-list")
            ]
            if all(lists):
                counted, received, sent = (one[0] for one in lists)
                packets = int(counted["input-packets"]) + int(counted["output-packets"])
                found[port["name"]] = Errors(packets, int(received["input-errors"]) + int(sent["output-errors"]))
    return found


def _read_adjacencies(host: Host) -> tuple[Adjacency, ...]:
    found = []
    with expected("neighbours"):
        for one in _running(host, OSPF, "ospf-neighbor-information", "ospf-neighbor"):
            state = one["ospf-neighbor-state"]
            found.append(
                Adjacency("ospf", address(one["neighbor-address"]), one["interface-name"], state, state == "Full")
            )
        for one in _running(host, BGP, "bgp-information", "bgp-peer"):
            peer, state = one["peer-address"].partition("+")[0], one["peer-state"]
            found.append(Adjacency("bgp", address(peer), None, state, state == "Established"))
    return tuple(found)


def _running(host: Host, question: Question, *path: str) -> list[Any]:
    return [] if NOT_RUNNING.fullmatch(told(host, question.command)) else read_json(host, question, *path)


def _ask_route(to: str) -> Question:
    return Question(f"show route {literal(to)} active-path | display json")


def _read_route(host: Host, to: str) -> Route:
    path = ("route-information", "route-table", "rt", "rt-entry")
    with expected("show route"):
        entries = read_json(host, _ask_route(to), *path)
        if not entries:
            return Route("", ())
        hops = tuple(
            Hop(way["via"], address(way["to"]) if "to" in way else None)
            for way in listed(entries[0].get("nh", []))
            if "via" in way
        )
        return Route(entries[0]["protocol-name"].lower(), hops)


def _ask_ping(to: str) -> Question:
    return Question(f"ping {target(to)} count {PINGS} rapid", seconds=15.0)


def _ask_whole(to: str, size: int) -> Question:
    return Question(f"ping {target(to)} size {size - ICMP_AND_IP} do-not-fragment count {WHOLE_PACKETS} rapid")


def _read_clock(host: Host) -> Clock | None:
    """The source marked with a star is followed; the offset is in milliseconds. Nothing where no source is known."""
    lines = [line for line in told(host, NTP.command).splitlines() if line.strip()]
    found = [m for line in lines if (m := ASSOCIATION.fullmatch(line))]
    others = [line for line in lines if not ASSOCIATION.fullmatch(line) and not ASSOCIATIONS_HEAD.fullmatch(line)]
    if others or len(lines) == len(found):
        raise unreadable("show ntp associations", (others or ["no heading"])[0])
    followed = next((m for m in found if m[1] in "*o"), None)
    sources = tuple(m[2] for m in found)
    if followed is None:
        return Clock(False, 0.0, sources, None) if sources else None
    return Clock(True, float(followed[3]) / 1000, sources, followed[2])


def _read_release(host: Host) -> Release:
    """The train (`21.4`), and the device's day."""
    versions = read_json(host, VERSION, "software-information", "junos-version")
    days = read_json(host, UPTIME, "system-uptime-information", "current-time", "date-time")
    train = re.match(r"(\d+\.\d+)[RXIFBS-]", str(versions[0])) if versions else None
    if train is None or not days:
        raise unreadable("show version, show system uptime", str(versions))
    with expected("show system uptime"):
        return Release("juniper_junos", train[1], date.fromisoformat(str(days[0])[:10]))


clock = Reading(lambda: NTP, _read_clock)
release = Reading(lambda: (VERSION, UPTIME), _read_release)
interfaces = Reading(lambda: INTERFACES, _read_interfaces)
errors = Reading(lambda: INTERFACES, _read_errors)
traffic = Reading(lambda _: INTERFACES, _read_traffic)
adjacencies = Reading(lambda: (OSPF, BGP), _read_adjacencies)
route = Reading(_ask_route, _read_route)
ping = Reading(_ask_ping, lambda host, to: echo.bsd(told(host, _ask_ping(to).command)))
whole_packet = Reading(_ask_whole, lambda host, to, size: echo.bsd(told(host, _ask_whole(to, size).command)))
