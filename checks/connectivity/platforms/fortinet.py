"""Fortinet FortiOS, asked at its prompt by a read-only administrator. Only ever seen as recordings.

What a configuration does not show stands at its default, so parts with defaults that matter are asked for in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network

from checks.connectivity.configuration import Line, blocks, setting, told, words
from checks.connectivity.facts import LEVELS, Lockout, Logging, Reading, Right, Throttle, a_minute
from checks.connectivity.flows import fortinet as exported
from checks.connectivity.guarded import fortinet as guarded
from checks.connectivity.seen import fortinet as seen
from checks.connectivity.state import fortinet as state
from checks.connectivity.state.fortinet import edits, name_of
from checks.model import Question
from checks.readers.networks import IPV4, Networks
from checks.reading import Host, expected, unreadable

GLOBAL = Question("show full-configuration system global", seconds=20.0)
ADMINS = Question("show system admin")
PROFILES = Question("show system accprofile")
BUILT_IN = {"super_admin": "read-write", "super_admin_readonly": "read"}  # which no configuration shows
SYSLOG = Question("show full-configuration log syslogd setting")
FILTER = Question("show full-configuration log syslogd filter")
EVENTS = Question("show full-configuration log eventfilter")
SNMP = Question('show system snmp community | grep -v "set name"')  # which is a secret
SNMP_USERS = Question("show full-configuration system snmp user")
TIME = Question("show full-configuration system ntp")
POLICIES = Question("show firewall policy", seconds=20.0)
ACCESS_IN_CLEAR = {"telnet": "Telnet", "http": "HTTP"}
NEEDLESS = {"fgfm": "FGFM", "radius-acct": "RADIUS accounting", "ftm": "FTM", "capwap": "CAPWAP"}
WORDS = {**LEVELS, "information": 6, "debug": 7}


def _block(host: Host, question: Question) -> Line:
    (found,) = blocks(told(host, question.command))
    return found


def _number(host: Host, question: Question, name: str) -> int:
    value = setting(_block(host, question), name)
    if value is None or not value.isdecimal():
        raise unreadable(question.command, f"{name}: {value or '–'}")
    return int(value)


def _access(host: Host) -> Iterator[tuple[str, set[str]]]:
    """Each interface that is on, with the services that it lets in for the device itself."""
    for port in edits(host, state.PORTS):
        if setting(port, "status") != "down":
            yield name_of(port), set(words(setting(port, "allowaccess")))


def _read_in_clear(host: Host) -> tuple[str, ...]:
    told_ = [
        f"{ACCESS_IN_CLEAR[one]} ({port})"
        for port, allowed in _access(host)
        for one in sorted(allowed & ACCESS_IN_CLEAR.keys())
    ]
    old = ["SSH-1"] if setting(_block(host, GLOBAL), "admin-ssh-v1") == "enable" else []
    return (*told_, *old)


def _read_extra(host: Host, _declared: frozenset[int]) -> tuple[str, ...]:
    return tuple(
        f"{NEEDLESS[one]} ({port})" for port, allowed in _access(host) for one in sorted(allowed & NEEDLESS.keys())
    )


def _read_weak_ssh(host: Host) -> tuple[str, ...]:
    """FortiOS lists what its SSH offers; before 7.0 it could only be told to be strong."""
    block = _block(host, GLOBAL)
    strong = setting(block, "strong-crypto")
    if strong is None:
        raise unreadable(GLOBAL.command, "strong-crypto: –")
    offered = [
        word
        for name in ("ssh-enc-algo", "ssh-kex-algo", "ssh-mac-algo", "ssh-hostkey-algo")
        for word in words(setting(block, name))
    ]
    weak = [
        word for word in offered if re.search(r"cbc|3des|arcfour|md5|sha1(?:-96)?(?:-etm.*)?$|group1-|ssh-rsa$", word)
    ]
    return (*(["strong-crypto disable"] if strong != "enable" else []), *weak)


def _read_sources(host: Host) -> Networks:
    """The trusted hosts of all administrators; one without any may come from everywhere."""
    found: Networks = frozenset()
    for admin in edits(host, ADMINS):
        trusted = [value for n in range(1, 11) if (value := setting(admin, f"trusthost{n}"))]
        with expected("trusthost"):
            found |= frozenset(ip_network("/".join(one.split()), strict=False) for one in trusted) if trusted else IPV4
    return found


def _read_idle(host: Host) -> int | None:
    """`admintimeout`, in minutes, holds for the command line, too."""
    return _number(host, GLOBAL, "admintimeout") * 60


def _read_lockout(host: Host) -> Lockout:
    seconds = _number(host, GLOBAL, "admin-lockout-duration")
    return Lockout(_number(host, GLOBAL, "admin-lockout-threshold"), f"admin-lockout-duration {seconds} s")


def _read_by_address(host: Host) -> Throttle:
    """It locks the address that failed, not the account (Fortinet, Technical Tip 219176; CIS Benchmark FortiGate)."""
    seconds, attempts = (_number(host, GLOBAL, f"admin-lockout-{name}") for name in ("duration", "threshold"))
    with expected(GLOBAL.command):
        return Throttle(a_minute(attempts, seconds), f"admin-lockout-threshold {attempts}, {seconds} s")


def _read_banner(host: Host) -> str:
    value = setting(_block(host, GLOBAL), "pre-login-banner")
    if value is None:
        raise unreadable(GLOBAL.command, "pre-login-banner: –")
    return "pre-login-banner" if value == "enable" else ""


def _read_accounts(host: Host) -> tuple[str, ...]:
    return tuple(map(name_of, edits(host, ADMINS)))


def _read_rights(host: Host) -> Mapping[str, Right]:
    """The profile of each; who may write the system's part (`sysgrp`) may make administrators, and so everything."""
    profiles = {name_of(one): setting(one, "sysgrp") for one in edits(host, PROFILES)} | BUILT_IN
    found = {}
    for admin in edits(host, ADMINS):
        profile = (words(setting(admin, "accprofile")) or ["–"])[0]
        if profile not in profiles:
            raise unreadable(PROFILES.command, f"nothing of {profile}")
        chosen_elsewhere = setting(admin, "accprofile-override") == "enable"
        found[name_of(admin)] = Right(profile, None if chosen_elsewhere else profiles[profile] == "read-write")
    if not found:
        raise unreadable(ADMINS.command, "no administrator")
    return found


def _read_central(host: Host) -> tuple[str, ...]:
    remote = [admin for admin in edits(host, ADMINS) if setting(admin, "remote-auth") == "enable"]
    return tuple(dict.fromkeys((words(setting(admin, "remote-group")) or ["remote-auth"])[0] for admin in remote))


def _read_weak_passwords(host: Host) -> tuple[str, ...]:
    """`SH2` is SHA-256, `PB2` PBKDF2, `AK1` SHA-1; the mask leaves these three letters standing."""
    weak = []
    for admin in edits(host, ADMINS):
        kept = words(setting(admin, "password"))
        if kept and kept[0] != "ENC":
            weak.append(f"{name_of(admin)}: clear text")
        elif kept and not re.match(r"SH2|PB2", kept[-1]):
            if not kept[-1].startswith("AK1"):
                raise unreadable(ADMINS.command, f"{name_of(admin)}: password {' '.join(kept)}")
            weak.append(f"{name_of(admin)}: AK1")
    return tuple(weak)


def _read_snmp(host: Host) -> tuple[str, ...]:
    weak = ["community" for entry in edits(host, SNMP) if setting(entry, "status") != "disable"]
    for user in edits(host, SNMP_USERS):
        level = setting(user, "security-level") or "no-auth-no-priv"
        weak += [f"{name_of(user)} {level}"] if level != "auth-priv" and setting(user, "status") != "disable" else []
    return tuple(weak)


def _read_logging(host: Host) -> Logging:
    """One collector, where switched on; `event` and `system` hold what administrators change."""
    block, chosen, events = _block(host, SYSLOG), _block(host, FILTER), _block(host, EVENTS)
    on = setting(block, "status")
    if on not in ("enable", "disable"):
        raise unreadable(SYSLOG.command, f"status: {on or '–'}")
    server = words(setting(block, "server"))
    with expected(FILTER.command):
        level = WORDS[str(setting(chosen, "severity"))]
    changes = setting(events, "event") == "enable" and setting(events, "system") == "enable"
    targets = frozenset(server if on == "enable" else ())
    return Logging(targets, (), level if targets else None, bool(targets), changes and bool(targets))


def _read_proven_time(host: Host) -> Mapping[str, bool]:
    (found,) = [block for block in blocks(told(host, TIME.command)) if block.text == "config system ntp"]
    servers = [entry for table in found.below if table.text == "config ntpserver" for entry in table.below]
    return {words(setting(one, "server"))[0]: setting(one, "authentication") == "enable" for one in servers}


def _read_unfiltered(host: Host) -> tuple[str, ...]:
    """What no policy names is dropped; a policy that lets everything pass to everywhere undoes that."""
    open_ = []
    for policy in edits(host, POLICIES):
        if setting(policy, "action") == "accept" and setting(policy, "status") != "disable":
            said = [words(setting(policy, name)) for name in ("srcaddr", "dstaddr", "service")]
            open_ += [f"policy {name_of(policy)}"] if said == [["all"], ["all"], ["ALL"]] else []
    return tuple(open_)


in_clear = Reading(lambda: (state.PORTS, GLOBAL), _read_in_clear)
weak_ssh = Reading(lambda: GLOBAL, _read_weak_ssh)
extra_services = Reading(lambda _: state.PORTS, _read_extra)
unfiltered = Reading(lambda: POLICIES, _read_unfiltered)
management_sources = Reading(lambda: ADMINS, _read_sources)
idle_timeout = Reading(lambda: GLOBAL, _read_idle)
lockout = Reading(lambda: GLOBAL, _read_lockout)
by_address = Reading(lambda: GLOBAL, _read_by_address)
banner = Reading(lambda: GLOBAL, _read_banner)
accounts = Reading(lambda: ADMINS, _read_accounts)
rights = Reading(lambda: (ADMINS, PROFILES), _read_rights)
central_login = Reading(lambda: ADMINS, _read_central)
weak_passwords = Reading(lambda: ADMINS, _read_weak_passwords)
snmp_before_3 = Reading(lambda: (SNMP, SNMP_USERS), _read_snmp)
logging = Reading(lambda: (SYSLOG, FILTER, EVENTS), _read_logging)
proven_time = Reading(lambda: TIME, _read_proven_time)
clock = state.clock
release = state.release
interfaces = state.interfaces
adjacencies = state.adjacencies
route = state.route
ping = state.ping
errors = state.errors
traffic = state.traffic
neighbours = seen.neighbours
flows = exported.flows
port_guards = guarded.port_guards
