"""What is the case on a MikroTik router: interfaces, counters, neighbours, routes, clock, release. Recordings only.

Counters are printed by a loop of RouterOS's own words, twice with a pause between, since a table of them has no fixed
columns. A counter that an interface does not have is nothing there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from ipaddress import ip_network
from typing import NamedTuple

from checks.connectivity import echo, firmware
from checks.connectivity.configuration import told
from checks.connectivity.facts import Adjacency, Errors, Hop, Interface, Ping, Reading, Route, Traffic
from checks.connectivity.replies import address, literal, target
from checks.connectivity.templates import rows
from checks.model import Cause, Question, Unknown
from checks.readers.clock import Clock
from checks.readers.releases import Release
from checks.readers.updates import Updates
from checks.reading import Host, expected, unreadable

END = "end"
PINGS, WHOLE_PACKETS = 10, 2
PAIR = re.compile(r'([\w.-]+)=("(?:[^"\\]|\\.)*"|.*?)(?=\s+[\w.-]+=|\s*$)')
ENTRY = re.compile(r"\s*(\d+)\s+([A-Za-z* ]*?)\s*((?:[\w.-]+=.*)?)")


def asking(command: str, seconds: float = 10.0) -> Question:
    return Question(f'{command}; :put "{END}"', seconds=seconds)


PORTS = asking("/interface print terse")
ADDRESSES = asking("/ip address print terse")
OSPF = asking("/routing ospf neighbor print terse")
# BGP as version 7 tells it, and as version 6: each knows one of the two.
BGP = (asking("/routing bgp session print terse"), asking("/routing bgp peer print terse"))
RESOURCE = asking("/system resource print")
CLOCK = asking("/system clock print")
PACKAGES = asking("/system package update print")
NTP = asking("/system ntp client print")
PAUSE = 5  # seconds between the two counts; the router takes some hundredths of them longer
ACCURACY = 0.05
BITS = 8
COUNTED = ("rx-byte", "tx-byte", "rx-packet", "tx-packet", "rx-error", "tx-error")
COUNTERS = asking(
    ":for n from=1 to=2 do={:foreach i in=[/interface print stats as-value] do={:put ($n"
    + "".join(f'.",".($i->"{name}")' for name in COUNTED)
    + f'.",".($i->"name"))}}; :if ($n=1) do={{:delay {PAUSE}s}}}}',
    20.0,
)
RATES = asking(
    ":foreach i in=[/interface ethernet find where running] do={"
    ":local m [/interface ethernet monitor $i once as-value]; "
    ':put (($m->"rate").",".($m->"name"))}',
    20.0,
)
COUNTER = re.compile(r"([12])" + r",(\d*)" * len(COUNTED) + r",(.+)")
RATE = re.compile(r"(?:(\d+(?:\.\d+)?)([MG])bps)?,(.+)")
SPEEDS = {"M": 1e6, "G": 1e9}


def said(host: Host, question: Question) -> str:
    """The answer without its proof of being whole."""
    text = told(host, question.command).rstrip()
    body, newline, last = text.rpartition("\n")
    if last.strip() != END:
        raise unreadable(question.command, "the reply ends early")
    return body + newline


def entries(host: Host, question: Question) -> list[tuple[str, Mapping[str, str]]]:
    """(flags, name → value) of each line of `print terse`.

    Of a name told twice the first counts: what others chose (a host's name) stands last, and could hold another.
    """
    found: list[tuple[str, Mapping[str, str]]] = []
    for line in (line for line in said(host, question).splitlines() if line.strip()):
        entry = ENTRY.fullmatch(line)
        if entry is None or line.lstrip().startswith("Flags"):
            raise unreadable(question.command, line)
        values: dict[str, str] = {}
        for name, value in PAIR.findall(entry[3]):
            values.setdefault(name, value.strip('"'))
        found.append((entry[2], values))
    return found


def on(host: Host, question: Question) -> list[Mapping[str, str]]:
    """The entries that are not switched off (`X`)."""
    return [values for flags, values in entries(host, question) if "X" not in flags]


def settings(host: Host, question: Question) -> Mapping[str, str]:
    """`name: value` lines."""
    found, name = {}, ""
    for line in (line for line in said(host, question).splitlines() if line.strip()):
        label, colon, value = line.strip().partition(":")
        if colon and re.fullmatch(r"[\w.-]+", label):
            name = label
            found[name] = value.strip()
        elif name:
            found[name] = f"{found[name]} {line.strip()}".strip()
        else:
            raise unreadable(question.command, line)
    return found


class Count(NamedTuple):
    """What an interface has counted; None where it does not count that."""

    received: int | None
    sent: int | None
    packets_in: int | None
    packets_out: int | None
    spoilt_in: int | None
    spoilt_out: int | None


def _counts(host: Host) -> tuple[Mapping[str, Count], Mapping[str, Count]]:
    """Of each interface, before and after the pause. Raises `Unknown` where one is told once only."""
    found: tuple[dict[str, Count], dict[str, Count]] = ({}, {})
    for line in (line.strip() for line in said(host, COUNTERS).splitlines() if line.strip()):
        told_ = COUNTER.fullmatch(line)
        if told_ is None:
            raise unreadable("/interface print stats", line)
        number, *counted, name = told_.groups()
        found[int(number) - 1][name] = Count(*(int(value) if value else None for value in counted))
    if not found[0] or found[0].keys() != found[1].keys():
        raise unreadable("/interface print stats", "not every interface twice")
    return found


def _read_errors(host: Host) -> Mapping[str, Errors]:
    """Of what counts spoilt packets at all."""
    found = {}
    for name, one in _counts(host)[1].items():
        if one.spoilt_in is not None and one.spoilt_out is not None:
            found[name] = Errors((one.packets_in or 0) + (one.packets_out or 0), one.spoilt_in + one.spoilt_out)
    if not found:
        raise unreadable("/interface print stats", "no counter of errors")
    return found


def _rates(host: Host) -> Iterator[tuple[str, float]]:
    """Ports that have a line, and what it carries."""
    for line in (line.strip() for line in said(host, RATES).splitlines() if line.strip()):
        found = RATE.fullmatch(line)
        if found is None:
            raise unreadable("/interface ethernet monitor", line)
        if found[1]:
            yield found[3], float(found[1]) * SPEEDS[found[2]]


def _read_traffic(host: Host, _over: str) -> Mapping[str, Traffic | None]:
    """The rate between the two counts of what runs."""
    before, after = _counts(host)
    carries = dict(_rates(host))
    found: dict[str, Traffic | None] = {}
    for name in (one["name"] for flags, one in entries(host, PORTS) if "R" in flags):
        if name not in before:
            raise unreadable("/interface print stats", f"nothing of {name}")
        pairs = zip(before[name][:2], after[name][:2], strict=True)
        counted = [(first, second) for first, second in pairs if first is not None and second is not None]
        found[name] = None
        if len(counted) == len(("in", "out")):
            received, sent = (BITS * (second - first) / PAUSE for first, second in counted)
            if min(received, sent) < 0:
                raise unreadable(f"{name}: a counter went backwards")
            found[name] = Traffic(received, sent, carries.get(name), f"{PAUSE} s", ACCURACY)
    return found


def _read_interfaces(host: Host) -> Mapping[str, Interface]:
    """`R` runs, `X` is switched off."""
    at: dict[str, set[str]] = {}
    for one in on(host, ADDRESSES):
        at.setdefault(one["interface"], set()).add(one["address"].partition("/")[0])
    found = {}
    for flags, one in entries(host, PORTS):
        name, enabled = one["name"], "X" not in flags
        found[name] = Interface(name, enabled and "R" in flags, frozenset(map(address, at.get(name, ()))), enabled)
    if not found:
        raise unreadable(PORTS.command, "no interface")
    return found


def _read_adjacencies(host: Host) -> tuple[Adjacency, ...]:
    return (*_ospf(host), *_bgp(host))


def _bgp(host: Host) -> Iterator[Adjacency]:
    """The neighbours, with `E` where established. Raises `Unknown` where the router knows neither question."""
    for question in BGP:
        try:
            told_ = entries(host, question)
        except Unknown as unknown:
            if unknown.cause is not Cause.NO_TOOL:
                raise
            continue
        for flags, one in told_:
            if "X" not in flags:
                with expected(question.command):
                    peer = address((one.get("remote.address") or one["remote-address"]).partition("@")[0])
                state = "Established" if "E" in flags else one.get("state", "–")
                yield Adjacency("bgp", peer, None, state, "E" in flags)
        return
    raise Unknown(Cause.NO_TOOL, "/routing bgp")


def _ospf(host: Host) -> Iterator[Adjacency]:
    """As version 6 tells it (with the interface) and version 7 (without)."""
    for one in on(host, OSPF):
        with expected(OSPF.command):
            peer, state = address(one["address"].partition("%")[0]), one["state"].strip('"')
        yield Adjacency("ospf", peer, one.get("interface"), state, state == "Full")


def _ask_route(to: str) -> Question:
    return asking(f"/ip route print terse where active and {literal(to)} in dst-address")


def _read_route(host: Host, to: str) -> Route:
    """Of the networks around the address the smallest is in force; where it leads, its immediate gateway says."""
    found = [
        (ip_network(one["dst-address"]).prefixlen, flags, one)
        for flags, one in entries(host, _ask_route(to))
        if "dst-address" in one
    ]
    if not found:
        return Route("", ())
    longest = max(length for length, _, _ in found)
    chosen = [(flags, one) for length, flags, one in found if length == longest]
    hops = tuple(_hop(one) for _, one in chosen)
    return Route(_protocol(chosen[0][0]), hops)


def _protocol(flags: str) -> str:
    return next(
        (
            name
            for flag, name in {
                "o": "ospf",
                "b": "bgp",
                "C": "connected",
                "c": "connected",
                "S": "static",
                "s": "static",
            }.items()
            if flag in flags
        ),
        "–",
    )


def _hop(one: Mapping[str, str]) -> Hop:
    """`10.78.0.1%ether1`; of older versions `10.78.0.1 reachable via  ether1`, or the interface alone."""
    way = one.get("immediate-gw") or one.get("gateway-status") or one.get("gateway", "")
    found = re.match(r"([\d.]+)(?:%| reachable via\s+)([\w.-]+)", way)
    if found:
        return Hop(found[2], address(found[1]))
    lone = re.match(r"([A-Za-z][\w.-]*)(?: reachable)?$", way)
    if lone is None:
        raise unreadable("/ip route", way)
    return Hop(lone[1], None)


def _ask_ping(to: str) -> Question:
    return asking(f"/ping {target(to)} count={PINGS} interval=20ms", 15.0)


def _ask_whole(to: str, size: int) -> Question:
    return asking(f"/ping {target(to)} count={WHOLE_PACKETS} interval=20ms size={size} do-not-fragment")


def _read_ping(host: Host, to: str) -> Ping:
    return _counted(said(host, _ask_ping(to)))


def _read_whole(host: Host, to: str, size: int) -> Ping:
    return _counted(said(host, _ask_whole(to, size)))


def _counted(text: str) -> Ping:
    found = rows("mikrotik_routeros_ping", text, "no statistics")[-1]
    return echo.counted(found["SENT"], found["RECEIVED"], found["AVG_RTT"])


def _read_clock(host: Host) -> Clock | None:
    """Version 7 says `status: synchronized` with server and offset (ms); version 6 says less, which is unknown."""
    told_ = settings(host, NTP)
    if told_.get("enabled") == "no":
        return None
    source = told_.get("synced-server")
    if told_.get("status") != "synchronized" or source is None:
        if told_.get("status") in ("waiting", "started", "using-local-clock"):
            return Clock(False, 0.0, (), None)
        raise unreadable(NTP.command, f"status: {told_.get('status', '–')}")
    offset = re.match(r"(-?[\d.]+)\s*ms", told_.get("system-offset", ""))
    if offset is None:
        raise unreadable(NTP.command, "system-offset")
    return Clock(True, float(offset[1]) / 1000, (source,), source)


def _read_release(host: Host) -> Release:
    """The train (`7.16`), and the router's day."""
    version = re.match(r"(\d+\.\d+)", settings(host, RESOURCE).get("version", ""))
    day = settings(host, CLOCK).get("date", "")
    if version is None:
        raise unreadable(RESOURCE.command, "version")
    with expected(CLOCK.command):
        today = date.fromisoformat(day) if "-" in day else datetime.strptime(day.title(), "%b/%d/%Y").date()  # noqa: DTZ007  # a day
    return Release("mikrotik_routeros", version[1], today)


def _read_updates(host: Host) -> Updates:
    """What the router itself heard of when it last looked for a newer release, and what ships with the product.

    When it last looked the router does not say: that it heard of none proves nothing.
    """
    release = _read_release(host)
    heard = settings(host, PACKAGES)
    installed, latest = heard.get("installed-version", ""), heard.get("latest-version", "")
    if not installed:
        raise unreadable(PACKAGES.command, "installed-version: –")
    if latest and latest != installed:
        return Updates(None, (f"{release.name} {installed} -> {latest}",), 1, 1, PACKAGES.command)
    return firmware.updates(release, installed)


interfaces = Reading(lambda: (PORTS, ADDRESSES), _read_interfaces)
errors = Reading(lambda: COUNTERS, _read_errors)
traffic = Reading(lambda _: (PORTS, COUNTERS, RATES), _read_traffic)
adjacencies = Reading(lambda: (OSPF, *BGP), _read_adjacencies)
route = Reading(_ask_route, _read_route)
ping = Reading(_ask_ping, _read_ping)
whole_packet = Reading(_ask_whole, _read_whole)
clock = Reading(lambda: NTP, _read_clock)
release = Reading(lambda: (RESOURCE, CLOCK), _read_release)
updates = Reading(lambda: (RESOURCE, CLOCK, PACKAGES), _read_updates)
