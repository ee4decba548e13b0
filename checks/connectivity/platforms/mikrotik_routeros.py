"""MikroTik RouterOS (6 and 7), asked by a user of a group that may read. Only ever seen as recordings.

Every question ends in `:put "end"`, which shows that nothing is missing. Sessions of SSH end by no clock of RouterOS's
own, failed logins are not counted, and how passwords are kept is not shown: it cannot tell these facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_network

from checks.connectivity import knocking
from checks.connectivity.facts import Logging, Reading, Right, Throttle
from checks.connectivity.flows import mikrotik_routeros as exported
from checks.connectivity.guarded import mikrotik_routeros as guarded
from checks.connectivity.seen import mikrotik_routeros as seen
from checks.connectivity.state import mikrotik_routeros as state
from checks.connectivity.state.mikrotik_routeros import asking, entries, on, settings
from checks.model import Question
from checks.readers.networks import IPV4, Networks
from checks.reading import Host, expected, unreadable

IN_CLEAR = {"telnet": "Telnet", "ftp": "FTP", "www": "HTTP", "api": "API"}
LOGINS = ("ssh", "winbox", "www-ssl", "api-ssl", *IN_CLEAR)
TRIES = 3  # passwords in one connection (RouterOS documentation, "Bruteforce prevention")
SERVICES = asking("/ip service print terse")
USERS = asking("/user print terse")
GROUPS = asking("/user group print terse")
AAA = asking("/user aaa print")
SSH = asking("/ip ssh print")
NOTE = asking("/system note print")
RULES = asking("/system logging print terse")
ACTIONS = asking("/system logging action print terse")
SNMP = asking("/snmp print")
COMMUNITIES = asking("/snmp community print terse proplist=security,addresses")  # their names are secrets
FILTER = asking("/ip firewall filter print terse", 20.0)
PROXY = asking("/ip proxy print")
SOCKS = asking("/ip socks print")
DNS = asking("/ip dns print")
BANDWIDTH = asking("/tool bandwidth-server print")
SERVERS_ON = {PROXY: "proxy", SOCKS: "socks", BANDWIDTH: "bandwidth-server"}


def _yes(host: Host, question: Question, name: str) -> bool:
    value = settings(host, question).get(name)
    if value not in ("yes", "no"):
        raise unreadable(question.command, f"{name}: {value or '–'}")
    return value == "yes"


def _read_in_clear(host: Host) -> tuple[str, ...]:
    return tuple(IN_CLEAR[one["name"]] for one in on(host, SERVICES) if one.get("name") in IN_CLEAR)


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
        for one in (one for one in on(host, SERVICES) if one.get("name") in LOGINS):
            named = [word for word in one.get("address", "").split(",") if word]
            found |= frozenset(map(ip_network, named)) if named else IPV4
    return found


def _read_by_address(host: Host) -> Throttle:
    """The most that the filter lets one address try at one of the services where passwords are asked for."""
    rules = [values for flags, values in entries(host, FILTER) if not set("XI") & set(flags)]
    ports = {one["name"]: one.get("port", "") for one in on(host, SERVICES) if one.get("name") in LOGINS}
    worst = 0
    for name, port in ports.items():
        if not port.isdecimal():
            raise unreadable(SERVICES.command, f"{name}: port {port or '–'}")
        passed = knocking.passed(rules, int(port))
        if passed is None:
            return Throttle(None, f"{name}: add-src-to-address-list: –")
        worst = max(worst, passed)
    if not worst:
        raise unreadable(FILTER.command, "as configured, nobody could have logged in")
    return Throttle(worst * TRIES, f"add-src-to-address-list: {worst} × {TRIES}")


def _read_banner(host: Host) -> str:
    note = settings(host, NOTE)
    shown = note.get("show-at-login")
    if shown not in ("yes", "no"):
        raise unreadable(NOTE.command, f"show-at-login: {shown or '–'}")
    return note.get("note", "") if shown == "yes" else ""


def _read_accounts(host: Host) -> tuple[str, ...]:
    return tuple(_groups_of(host))


def _groups_of(host: Host) -> Mapping[str, str]:
    found = {one["name"]: one.get("group", "–") for one in on(host, USERS) if "name" in one}
    if not found:
        raise unreadable(USERS.command, "no user")
    return found


def _read_rights(host: Host) -> Mapping[str, Right]:
    """The group of each; one with the right `policy` may give rights, and so has all of them."""
    mighty = {one["name"]: "policy" in one.get("policy", "").split(",") for one in on(host, GROUPS) if "name" in one}
    with expected(GROUPS.command):
        found = {name: Right(group, mighty[group]) for name, group in _groups_of(host).items()}
    central = _read_central(host)
    return found | ({"*": Right(central[0], None)} if central else {})


def _read_central(host: Host) -> tuple[str, ...]:
    return ("RADIUS",) if _yes(host, AAA, "use-radius") else ()


def _read_snmp(host: Host) -> tuple[str, ...]:
    """Communities are users there: safe is one whose `security` is private."""
    if not _yes(host, SNMP, "enabled"):
        return ()
    return tuple(
        f"community {one.get('security', '–')}" for one in on(host, COMMUNITIES) if one.get("security") != "private"
    )


def _read_logging(host: Host) -> Logging:
    """What goes to an action whose target is remote; `info` takes in logins and, as `system`, changes."""
    remotes = {one["name"]: one.get("remote", "") for one in on(host, ACTIONS) if one.get("target") == "remote"}
    topics: dict[str, set[str]] = {}
    for one in on(host, RULES):
        if one.get("action") in remotes:
            topics.setdefault(remotes[one["action"]], set()).update(one.get("topics", "").split(","))
    whole = {to: said for to, said in topics.items() if to and {"info", "error", "warning", "critical"} <= said}
    level = 6 if whole else 3 if any("error" in said for said in topics.values()) else None
    return Logging(
        frozenset(whole), (), level, bool(topics), any(said & {"info", "system"} for said in topics.values())
    )


def _read_unfiltered(host: Host) -> tuple[str, ...]:
    """The last rule of a chain drops whatever comes that far; else all of it passes."""
    rules = [one for one in on(host, FILTER) if one.get("action") in ("accept", "drop", "reject")]
    return tuple(f"{chain}: accept" for chain in ("input", "forward") if not _closed(rules, chain))


def _closed(rules: Iterable[Mapping[str, str]], chain: str) -> bool:
    """A rule that drops has no condition, or none but from where it came in."""
    harmless = {"chain", "action", "comment", "log", "log-prefix", "in-interface", "in-interface-list", "reject-with"}
    return any(one["chain"] == chain and one["action"] != "accept" and one.keys() <= harmless for one in rules)


in_clear = Reading(lambda: SERVICES, _read_in_clear)
weak_ssh = Reading(lambda: SSH, _read_weak_ssh)
extra_services = Reading(lambda _: (*SERVERS_ON, DNS), _read_extra)
unfiltered = Reading(lambda: FILTER, _read_unfiltered)
management_sources = Reading(lambda: SERVICES, _read_sources)
by_address = Reading(lambda: (SERVICES, FILTER), _read_by_address)
banner = Reading(lambda: NOTE, _read_banner)
accounts = Reading(lambda: USERS, _read_accounts)
rights = Reading(lambda: (USERS, GROUPS, AAA), _read_rights)
central_login = Reading(lambda: AAA, _read_central)
snmp_before_3 = Reading(lambda: (SNMP, COMMUNITIES), _read_snmp)
logging = Reading(lambda: (RULES, ACTIONS), _read_logging)
clock = state.clock
release = state.release
interfaces = state.interfaces
adjacencies = state.adjacencies
route = state.route
ping = state.ping
whole_packet = state.whole_packet
errors = state.errors
traffic = state.traffic
updates = state.updates
neighbours = seen.neighbours
flows = exported.flows
port_guards = guarded.port_guards
