"""MikroTik RouterOS (6 and 7), asked by a user of a group that may read. Only ever seen as recordings.

Every question ends in `:put "end"`, which shows that nothing is missing. Sessions of SSH end by no clock of RouterOS's
own, failed logins are not counted, and how passwords are kept is not shown: it cannot tell these facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from ipaddress import ip_network

from checks.connectivity import echo
from checks.connectivity.configuration import told
from checks.connectivity.facts import Adjacency, Hop, Interface, Logging, Ping, Reading, Route
from checks.connectivity.replies import address, literal, target
from checks.connectivity.templates import rows
from checks.model import Question
from checks.readers.clock import Clock
from checks.readers.networks import IPV4, Networks
from checks.readers.releases import Release
from checks.reading import Host, expected, unreadable

END = "end"
PINGS, WHOLE_PACKETS = 10, 2
PAIR = re.compile(r'([\w.-]+)=("[^"]*"|.*?)(?=\s+[\w.-]+=|\s*$)')
ENTRY = re.compile(r"\s*(\d+)\s+([A-Za-z* ]*?)\s*((?:[\w.-]+=.*)?)")
IN_CLEAR = {"telnet": "Telnet", "ftp": "FTP", "www": "HTTP", "api": "API"}


def _ask(command: str, seconds: float = 10.0) -> Question:
    return Question(f'{command}; :put "{END}"', seconds=seconds)


SERVICES = _ask("/ip service print terse")
USERS = _ask("/user print terse")
AAA = _ask("/user aaa print")
SSH = _ask("/ip ssh print")
NOTE = _ask("/system note print")
RULES = _ask("/system logging print terse")
ACTIONS = _ask("/system logging action print terse")
SNMP = _ask("/snmp print")
COMMUNITIES = _ask("/snmp community print terse proplist=security,addresses")  # their names are secrets
NTP = _ask("/system ntp client print")
FILTER = _ask("/ip firewall filter print terse", 20.0)
PORTS = _ask("/interface print terse")
ADDRESSES = _ask("/ip address print terse")
PROXY = _ask("/ip proxy print")
SOCKS = _ask("/ip socks print")
DNS = _ask("/ip dns print")
BANDWIDTH = _ask("/tool bandwidth-server print")
OSPF = _ask("/routing ospf neighbor print terse")
RESOURCE = _ask("/system resource print")
CLOCK = _ask("/system clock print")
SERVERS_ON = {PROXY: "proxy", SOCKS: "socks", BANDWIDTH: "bandwidth-server"}


def _said(host: Host, question: Question) -> str:
    """The answer without its proof of being whole."""
    text = told(host, question.command).rstrip()
    body, newline, last = text.rpartition("\n")
    if last.strip() != END:
        raise unreadable(question.command, "the reply ends early")
    return body + newline


def _entries(host: Host, question: Question) -> list[tuple[str, Mapping[str, str]]]:
    """(flags, name → value) of each line of `print terse`."""
    found: list[tuple[str, Mapping[str, str]]] = []
    for line in (line for line in _said(host, question).splitlines() if line.strip()):
        entry = ENTRY.fullmatch(line)
        if entry is None or line.lstrip().startswith("Flags"):
            raise unreadable(question.command, line)
        found.append((entry[2], {name: value.strip('"') for name, value in PAIR.findall(entry[3])}))
    return found


def _on(host: Host, question: Question) -> list[Mapping[str, str]]:
    """The entries that are not switched off (`X`)."""
    return [values for flags, values in _entries(host, question) if "X" not in flags]


def _settings(host: Host, question: Question) -> Mapping[str, str]:
    """`name: value` lines."""
    found, name = {}, ""
    for line in (line for line in _said(host, question).splitlines() if line.strip()):
        label, colon, value = line.strip().partition(":")
        if colon and re.fullmatch(r"[\w.-]+", label):
            name = label
            found[name] = value.strip()
        elif name:
            found[name] = f"{found[name]} {line.strip()}".strip()
        else:
            raise unreadable(question.command, line)
    return found


def _yes(host: Host, question: Question, name: str) -> bool:
    value = _settings(host, question).get(name)
    if value not in ("yes", "no"):
        raise unreadable(question.command, f"{name}: {value or '–'}")
    return value == "yes"


def _read_in_clear(host: Host) -> tuple[str, ...]:
    return tuple(IN_CLEAR[one["name"]] for one in _on(host, SERVICES) if one.get("name") in IN_CLEAR)


def _read_extra(host: Host, _declared: frozenset[int]) -> tuple[str, ...]:
    """Servers that RouterOS brings for others to use."""
    found = [name for question, name in SERVERS_ON.items() if _yes(host, question, "enabled")]
    return (*found, *(["DNS"] if _yes(host, DNS, "allow-remote-requests") else []))


def _read_weak_ssh(host: Host) -> tuple[str, ...]:
    return () if _yes(host, SSH, "strong-crypto") else ("strong-crypto: no",)


def _read_sources(host: Host) -> Networks:
    """Whom the services for SSH, Winbox and the web let in."""
    found: Networks = frozenset()
    with expected(SERVICES.command):
        for one in (
            one for one in _on(host, SERVICES) if one.get("name") in ("ssh", "winbox", "www-ssl", "api-ssl", *IN_CLEAR)
        ):
            named = [word for word in one.get("address", "").split(",") if word]
            found |= frozenset(map(ip_network, named)) if named else IPV4
    return found


def _read_banner(host: Host) -> str:
    settings = _settings(host, NOTE)
    shown = settings.get("show-at-login")
    if shown not in ("yes", "no"):
        raise unreadable(NOTE.command, f"show-at-login: {shown or '–'}")
    return settings.get("note", "") if shown == "yes" else ""


def _read_accounts(host: Host) -> tuple[str, ...]:
    return tuple(_read_rights(host))


def _read_rights(host: Host) -> Mapping[str, str]:
    found = {one["name"]: one.get("group", "–") for one in _on(host, USERS) if "name" in one}
    if not found:
        raise unreadable(USERS.command, "no user")
    return found


def _read_central(host: Host) -> tuple[str, ...]:
    return ("RADIUS",) if _yes(host, AAA, "use-radius") else ()


def _read_snmp(host: Host) -> tuple[str, ...]:
    """Communities are users there: safe is one whose `security` is private."""
    if not _yes(host, SNMP, "enabled"):
        return ()
    return tuple(
        f"community {one.get('security', '–')}" for one in _on(host, COMMUNITIES) if one.get("security") != "private"
    )


def _read_logging(host: Host) -> Logging:
    """What goes to an action whose target is remote; `info` takes in logins and, as `system`, changes."""
    remotes = {one["name"]: one.get("remote", "") for one in _on(host, ACTIONS) if one.get("target") == "remote"}
    topics: dict[str, set[str]] = {}
    for one in _on(host, RULES):
        if one.get("action") in remotes:
            topics.setdefault(remotes[one["action"]], set()).update(one.get("topics", "").split(","))
    whole = {to: said for to, said in topics.items() if to and {"info", "error", "warning", "critical"} <= said}
    level = 6 if whole else 3 if any("error" in said for said in topics.values()) else None
    return Logging(
        frozenset(whole), (), level, bool(topics), any(said & {"info", "system"} for said in topics.values())
    )


def _read_unfiltered(host: Host) -> tuple[str, ...]:
    """The last rule of a chain drops whatever comes that far; else all of it passes."""
    rules = [one for one in _on(host, FILTER) if one.get("action") in ("accept", "drop", "reject")]
    return tuple(f"{chain}: accept" for chain in ("input", "forward") if not _closed(rules, chain))


def _closed(rules: Iterable[Mapping[str, str]], chain: str) -> bool:
    """A rule that drops has no condition, or none but from where it came in."""
    harmless = {"chain", "action", "comment", "log", "log-prefix", "in-interface", "in-interface-list", "reject-with"}
    return any(one["chain"] == chain and one["action"] != "accept" and one.keys() <= harmless for one in rules)


def _read_interfaces(host: Host) -> Mapping[str, Interface]:
    """`R` runs, `X` is switched off."""
    at: dict[str, set[str]] = {}
    for one in _on(host, ADDRESSES):
        at.setdefault(one["interface"], set()).add(one["address"].partition("/")[0])
    found = {}
    for flags, one in _entries(host, PORTS):
        name, enabled = one["name"], "X" not in flags
        found[name] = Interface(name, enabled and "R" in flags, frozenset(map(address, at.get(name, ()))), enabled)
    if not found:
        raise unreadable(PORTS.command, "no interface")
    return found


def _read_adjacencies(host: Host) -> tuple[Adjacency, ...]:
    """OSPF as version 6 tells it (with the interface) and version 7 (without)."""
    found = []
    for one in _on(host, OSPF):
        with expected(OSPF.command):
            peer, state = address(one["address"].partition("%")[0]), one["state"].strip('"')
        found.append(Adjacency("ospf", peer, one.get("interface"), state, state == "Full"))
    return tuple(found)


def _ask_route(to: str) -> Question:
    return _ask(f"/ip route print terse where active and {literal(to)} in dst-address")


def _read_route(host: Host, to: str) -> Route:
    """Of the networks around the address the smallest is in force; where it leads, its immediate gateway says."""
    found = [
        (ip_network(one["dst-address"]).prefixlen, flags, one)
        for flags, one in _entries(host, _ask_route(to))
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
    return _ask(f"/ping {target(to)} count={PINGS} interval=20ms", 15.0)


def _ask_whole(to: str, size: int) -> Question:
    return _ask(f"/ping {target(to)} count={WHOLE_PACKETS} interval=20ms size={size} do-not-fragment")


def _read_ping(host: Host, to: str) -> Ping:
    return _counted(_said(host, _ask_ping(to)))


def _read_whole(host: Host, to: str, size: int) -> Ping:
    return _counted(_said(host, _ask_whole(to, size)))


def _counted(text: str) -> Ping:
    found = rows("mikrotik_routeros_ping", text, "no statistics")[-1]
    return echo.counted(found["SENT"], found["RECEIVED"], found["AVG_RTT"])


def _read_clock(host: Host) -> Clock | None:
    """Version 7 says `status: synchronized` with server and offset (ms); version 6 says less, which is unknown."""
    said = _settings(host, NTP)
    if said.get("enabled") == "no":
        return None
    source = said.get("synced-server")
    if said.get("status") != "synchronized" or source is None:
        if said.get("status") in ("waiting", "started", "using-local-clock"):
            return Clock(False, 0.0, (), None)
        raise unreadable(NTP.command, f"status: {said.get('status', '–')}")
    offset = re.match(r"(-?[\d.]+)\s*ms", said.get("system-offset", ""))
    if offset is None:
        raise unreadable(NTP.command, "system-offset")
    return Clock(True, float(offset[1]) / 1000, (source,), source)


def _read_release(host: Host) -> Release:
    version = re.match(r"(\d+)\.\d+", _settings(host, RESOURCE).get("version", ""))
    day = _settings(host, CLOCK).get("date", "")
    if version is None:
        raise unreadable(RESOURCE.command, "version")
    with expected(CLOCK.command):
        today = date.fromisoformat(day) if "-" in day else datetime.strptime(day.title(), "%b/%d/%Y").date()  # noqa: DTZ007  # a day
    return Release("mikrotik_routeros", version[1], today)


in_clear = Reading(lambda: SERVICES, _read_in_clear)
weak_ssh = Reading(lambda: SSH, _read_weak_ssh)
extra_services = Reading(lambda _: (*SERVERS_ON, DNS), _read_extra)
unfiltered = Reading(lambda: FILTER, _read_unfiltered)
management_sources = Reading(lambda: SERVICES, _read_sources)
banner = Reading(lambda: NOTE, _read_banner)
accounts = Reading(lambda: USERS, _read_accounts)
rights = Reading(lambda: USERS, _read_rights)
central_login = Reading(lambda: AAA, _read_central)
snmp_before_3 = Reading(lambda: (SNMP, COMMUNITIES), _read_snmp)
logging = Reading(lambda: (RULES, ACTIONS), _read_logging)
clock = Reading(lambda: NTP, _read_clock)
release = Reading(lambda: (RESOURCE, CLOCK), _read_release)
interfaces = Reading(lambda: (PORTS, ADDRESSES), _read_interfaces)
adjacencies = Reading(lambda: OSPF, _read_adjacencies)
route = Reading(_ask_route, _read_route)
ping = Reading(_ask_ping, _read_ping)
whole_packet = Reading(_ask_whole, _read_whole)
