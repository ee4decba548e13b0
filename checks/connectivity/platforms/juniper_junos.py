"""Juniper Junos: the configuration as `set` lines, what is the case as JSON. Only ever seen as recordings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network

from checks.connectivity.configuration import Line, admitted, matching, starting
from checks.connectivity.facts import (
    LEVELS,
    Lockout,
    Logging,
    Reading,
    Right,
    Throttle,
)
from checks.connectivity.flows import juniper_junos as exported
from checks.connectivity.guarded import juniper_junos as guarded
from checks.connectivity.seen import juniper_junos as seen
from checks.connectivity.state import juniper_junos as state
from checks.readers.networks import IPV4, IPV6, Networks
from checks.reading import Host, expected, unreadable

CONFIG, COUNT = state.CONFIG, state.COUNT
SERVICES = "set system services "
IN_CLEAR = {"telnet": "Telnet", "ftp": "FTP", "web-management http": "HTTP", "rlogin": "rlogin", "rsh": "rsh"}
NEEDLESS = {
    "finger": "finger",
    "xnm-clear-text": "xnm-clear-text",
    "dns": "DNS",
    "rest http": "REST",
    "tftp-server": "TFTP",
}
WEAK_ALGORITHM = re.compile(r"cbc|3des|md5|sha1(?:-96)?$|group1-|group-exchange-sha1|group14-sha1|arcfour|blowfish")
WORDS = {**LEVELS, "info": 6, "any": 7}
SSH_KINDS = ("ciphers", "macs", "key-exchange")
SUPER_USER = ("super-user", "superuser")
CONNECTIONS, TRIES = (
    150,
    10,
)  # a minute, and in each: what Junos lets through unless told otherwise, the most by release
SSH_PORTS = ("ssh", "22")


def _read_in_clear(host: Host) -> tuple[str, ...]:
    return _services(state.config(host), IN_CLEAR)


def _read_extra(host: Host, _declared: frozenset[int]) -> tuple[str, ...]:
    return _services(state.config(host), NEEDLESS)


def _services(config: Iterable[Line], names: Mapping[str, str]) -> tuple[str, ...]:
    on = [line.text.removeprefix(SERVICES) for line in starting(config, SERVICES)]
    return tuple(shown for name, shown in names.items() if any(one == name or one.startswith(f"{name} ") for one in on))


def _read_weak_ssh(host: Host) -> tuple[str, ...]:
    """What is configured. Raises `Unknown` where a kind is not: what it stands at then depends on the release."""
    config, named = state.config(host), dict[str, list[str]]()
    for kind in (*SSH_KINDS, "protocol-version"):
        stem = f"{SERVICES}ssh {kind} "
        named[kind] = [
            word for m in matching(config, stem, rf'{re.escape(stem)}"?\[?([^"\]]+)\]?"?') for word in m[1].split()
        ]
    weak = [word for words in named.values() for word in words if WEAK_ALGORITHM.search(word) or word == "v1"]
    if missing := [kind for kind in SSH_KINDS if not named[kind] and not weak]:
        raise unreadable("configuration", f"ssh {', '.join(missing)}: –")
    return tuple(weak)


def _read_sources(host: Host) -> Networks:
    """Whom the filter on the loopback lets in, which sees everything that is for the device itself."""
    config = state.config(host)
    found: Networks = IPV6 if any(" family inet6 address " in line.text for line in config) else frozenset()
    named = matching(
        starting(config, "set interfaces lo0 unit 0 family inet filter input"),
        "set interfaces lo0",
        r"set interfaces lo0 unit 0 family inet filter input(?:-list)? (\S+)",
    )
    filters = [m[1] for m in named]
    return found | (admitted([rule for name in filters for rule in _rules(config, name)]) if filters else IPV4)


def _rules(config: Iterable[Line], name: str) -> Iterator[tuple[bool, Networks]]:
    """What each term of a filter does with SSH, in order."""
    stem = f"set firewall family inet filter {name} term "
    terms: dict[str, list[str]] = {}
    for m in matching(starting(config, stem), stem, rf"{re.escape(stem)}(\S+) (.+)"):
        terms.setdefault(m[1], []).append(m[2])
    for term, said in terms.items():
        conditions = [one.removeprefix("from ").split() for one in said if one.startswith("from ")]
        does = {one.split()[1] for one in said if one.startswith("then ")} & {"accept", "discard", "reject"}
        by_kind: dict[str, list[str]] = {}
        for kind, *values in conditions:
            by_kind.setdefault(kind, []).append(" ".join(values))
        if strange := by_kind.keys() - {"source-address", "protocol", "destination-port", "icmp-type"}:
            raise unreadable("filter", f"{name} {term}: from {', '.join(strange)}")
        ports, protocols = by_kind.get("destination-port", ["ssh"]), by_kind.get("protocol", ["tcp"])
        if does and "tcp" in protocols and set(ports) & set(SSH_PORTS) and "icmp-type" not in by_kind:
            with expected("source-address"):
                networks = frozenset(map(ip_network, by_kind.get("source-address", ["0.0.0.0/0"])))
            yield "accept" in does, networks


def _users(config: Iterable[Line]) -> Mapping[str, str]:
    """Account → class."""
    stem = "set system login user "
    return {m[1]: m[2] for m in matching(_with(config, stem, " class "), stem, rf"{stem}(\S+) class (\S+)")}


def _with(config: Iterable[Line], stem: str, part: str) -> Iterator[Line]:
    return (line for line in starting(config, stem) if part in line.text)


def _read_idle(host: Host) -> int | None:
    """The longest of the classes that have users; the classes that Junos brings never end a session."""
    config = state.config(host)
    stem = "set system login class "
    limits = {
        m[1]: int(m[2]) * 60
        for m in matching(_with(config, stem, " idle-timeout "), stem, rf"{stem}(\S+) idle-timeout (\d+)")
    }
    classes = set(_users(config).values())
    if not classes:
        raise unreadable("configuration", "no user")
    return None if classes - limits.keys() or 0 in limits.values() else max(limits[name] for name in classes)


def _read_accounts(host: Host) -> tuple[str, ...]:
    config = state.config(host)
    root = any(line.text == f"{SERVICES}ssh root-login allow" for line in config)
    return (*_users(config), *(["root"] if root else []))


def _read_rights(host: Host) -> Mapping[str, Right]:
    """The class of each user; a class with the permission `all` may do everything, as the one that Junos brings."""
    config = state.config(host)
    stem = "set system login class "
    lines = matching(_with(config, stem, " permissions "), stem, rf"{stem}(\S+) permissions (\S+)")
    mighty = {*SUPER_USER, *(m[1] for m in lines if m[2] == "all")}
    found = {name: Right(class_, class_ in mighty) for name, class_ in _users(config).items()}
    central = _read_central(host)
    return found | ({"*": Right(central[0], None)} if central else {})


def _read_lockout(host: Host) -> Lockout:
    stem = "set system login retry-options "
    options = {m[1]: int(m[2]) for m in matching(state.config(host), stem, rf"{stem}(\S+) (\d+)")}
    if "lockout-period" not in options:
        return Lockout(None, "lockout-period: –")
    return Lockout(options.get("tries-before-disconnect", 10), f"lockout-period {options['lockout-period']}")


def _read_by_address(host: Host) -> Throttle:
    """So many connections a minute over all addresses, and so many passwords in each. `lockout-period` locks accounts.

    Source: Junos CLI Reference (`rate-limit`, `retry-options`). Some releases of Junos Evolved count by the second.
    """
    config = state.config(host)
    if any(line.text.endswith("-EVO") for line in starting(config, "set version ")):
        raise unreadable("rate-limit", "Junos Evolved")
    connections = _number(config, f"{SERVICES}ssh rate-limit", CONNECTIONS)
    tries = _number(config, "set system login retry-options tries-before-disconnect", TRIES)
    return Throttle(connections * tries, f"rate-limit {connections}, tries-before-disconnect {tries}")


def _number(config: Iterable[Line], stem: str, default: int) -> int:
    return next((int(m[1]) for m in matching(config, f"{stem} ", rf"{stem} (\d+)")), default)


def _read_banner(host: Host) -> str:
    stem = "set system login message "
    return next((m[1] for m in matching(state.config(host), stem, rf'{stem}"?(.*?)"?')), "")


def _read_weak_passwords(host: Host) -> tuple[str, ...]:
    """Crypt's MD5 (`$1$`); Junos keeps none in clear text."""
    found = [line.text for line in state.config(host) if "encrypted-password " in line.text]
    return tuple(re.sub(r"^set system (?:login user )?(\S+).*", r"\1 $1$", text) for text in found if '"$1$' in text)


def _read_central(host: Host) -> tuple[str, ...]:
    stem = "set system authentication-order "
    order = [m[1] for m in matching(state.config(host), stem, rf"{stem}(\S+)")]
    return tuple(name for name in order if name in ("tacplus", "radius", "ldap"))


def _read_snmp(host: Host) -> tuple[str, ...]:
    config = state.config(host)
    weak = ["community"] if any(starting(config, "set snmp community ")) else []
    levels = [
        m[1] for line in starting(config, "set snmp v3 ") if (m := re.search(r" security-level (\S+)", line.text))
    ]
    return (*weak, *dict.fromkeys(level for level in levels if level != "privacy"))


def _read_logging(host: Host) -> Logging:
    """The hosts to which `any` facility goes; what changes is logged as `change-log`, which `any` takes in."""
    stem = "set system syslog host "
    config = state.config(host)
    entries = [(m[1], m[2], m[3]) for m in matching(config, stem, rf"{stem}(\S+) (\S+)(?: (\S+))?.*")]
    known = [(host_, facility, WORDS[level]) for host_, facility, level in entries if level in WORDS]
    whole = {host_: level for host_, facility, level in known if facility == "any"}
    told_of = [level for _, facility, level in known if facility in ("any", "change-log", "interactive-commands")]
    changes = any(level >= LEVELS["notice"] for level in told_of)
    return Logging(frozenset(whole), (), max(whole.values(), default=None), bool(whole), changes)


def _read_proven_time(host: Host) -> Mapping[str, bool]:
    stem = "set system ntp server "
    config = state.config(host)
    trusted = any(starting(config, "set system ntp trusted-key "))
    found: dict[str, bool] = {}
    for m in matching(config, stem, rf"{stem}(\S+)(.*)"):
        found[m[1]] = found.get(m[1], False) or (trusted and bool(re.search(r" key \d+", m[2])))
    return found


def _read_unfiltered(host: Host) -> tuple[str, ...]:
    """On a firewall, policies that let everything pass; elsewhere, interfaces with an address and no filter."""
    config = state.config(host)
    if any(starting(config, "set security policies ", "set security zones ")):
        return tuple(_open_policies(config))
    units = re.compile(r"set interfaces (\S+ unit \d+) family inet (address|filter input(?:-list)?) \S+.*")
    found: dict[str, set[str]] = {}
    for line in starting(config, "set interfaces "):
        if m := units.fullmatch(line.text):
            found.setdefault(m[1], set()).add(m[2].split()[0])
    off = {m[1] for line in config if (m := re.fullmatch(r"set interfaces (\S+) disable", line.text))}
    return tuple(
        name.replace(" unit ", ".")
        for name, kinds in found.items()
        if "filter" not in kinds and not name.startswith(("lo0", "fxp0", "em0", "me0")) and name.split()[0] not in off
    )


def _open_policies(config: Iterable[Line]) -> Iterator[str]:
    if any(line.text == "set security policies default-policy permit-all" for line in config):
        yield "default-policy permit-all"
    pattern = r"set security policies (?:from-zone (\S+) to-zone (\S+)|global) policy (\S+) (.+)"
    said: dict[str, set[str]] = {}
    for line in starting(config, "set security policies "):
        if m := re.fullmatch(pattern, line.text):
            said.setdefault(f"{m[1]} → {m[2]} {m[3]}", set()).add(m[4])
    everything = {"match source-address any", "match destination-address any", "match application any", "then permit"}
    yield from (name for name, lines in said.items() if everything <= lines)


in_clear = Reading(lambda: (CONFIG, COUNT), _read_in_clear)
weak_ssh = Reading(lambda: (CONFIG, COUNT), _read_weak_ssh)
extra_services = Reading(lambda _: (CONFIG, COUNT), _read_extra)
unfiltered = Reading(lambda: (CONFIG, COUNT), _read_unfiltered)
management_sources = Reading(lambda: (CONFIG, COUNT), _read_sources)
idle_timeout = Reading(lambda: (CONFIG, COUNT), _read_idle)
lockout = Reading(lambda: (CONFIG, COUNT), _read_lockout)
by_address = Reading(lambda: (CONFIG, COUNT), _read_by_address)
banner = Reading(lambda: (CONFIG, COUNT), _read_banner)
accounts = Reading(lambda: (CONFIG, COUNT), _read_accounts)
rights = Reading(lambda: (CONFIG, COUNT), _read_rights)
central_login = Reading(lambda: (CONFIG, COUNT), _read_central)
weak_passwords = Reading(lambda: (CONFIG, COUNT), _read_weak_passwords)
snmp_before_3 = Reading(lambda: (CONFIG, COUNT), _read_snmp)
logging = Reading(lambda: (CONFIG, COUNT), _read_logging)
proven_time = Reading(lambda: (CONFIG, COUNT), _read_proven_time)
clock = state.clock
release = state.release
interfaces = state.interfaces
errors = state.errors
traffic = state.traffic
adjacencies = state.adjacencies
route = state.route
ping = state.ping
whole_packet = state.whole_packet
neighbours = seen.neighbours
flows = exported.flows
port_guards = guarded.port_guards
