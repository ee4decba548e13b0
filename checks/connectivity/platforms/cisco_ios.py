"""Cisco IOS, asked at its prompt by a login that may see the configuration (privilege 15, or a view with `show`).

Only ever seen as recordings. TCP cannot be tried from its prompt without opening a session there, so nothing tells it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from checks.connectivity.configuration import Line, admitted, indented, matching, starting, told, wildcard
from checks.connectivity.facts import (
    LEVELS,
    Lockout,
    Logging,
    Reading,
    Right,
    Throttle,
    a_minute,
)
from checks.connectivity.flows import cisco_ios as exported
from checks.connectivity.guarded import cisco_ios as guarded
from checks.connectivity.seen import cisco_ios as seen
from checks.connectivity.state import cisco_ios as state
from checks.model import Question
from checks.readers.networks import IPV4, IPV6, Networks
from checks.reading import Host, expected, unreadable

CONFIG = state.CONFIG
VERSION = Question("show version")
CLOCK = Question("show clock")
DEFAULT_IDLE = 600  # `exec-timeout 10 0`
WEAK_TYPES = ("0", "4", "5", "7")  # clear text, an unsalted hash, MD5, reversible
SECRET = re.compile(r" (secret|password)(?: (\d))? \S+")
EVERYTHING = ("15", "root")  # the privilege, and the view
LETS_ALL = re.compile(r"(?:\d+ )?permit\s+(?:ip any any|any)(?: log(?:-input)?)?")
SSH = Question("show ip ssh")
SSH_ENDS = re.compile(r"^Minimum expected Diffie Hellman key size : \d+", re.M)  # behind it stand public keys
OFFERED = re.compile(r"^(Hostkey|Encryption|MAC|KEX) Algorithms: ?(\S.*)$", re.M)
WEAK_ALGORITHM = re.compile(r"cbc|3des|md5|sha1(?:-96)?$|group1-|group14-sha1|ssh-rsa$")
NEEDLESS = {
    "service tcp-small-servers": "tcp-small-servers",
    "service udp-small-servers": "udp-small-servers",
    "service finger": "finger",
    "ip finger": "finger",
    "service pad": "pad",
    "service config": "service config",
    "vstack": "vstack",
    "ip identd": "identd",
    "tftp-server": "TFTP",
    "ip dns server": "DNS",
}
# On unless undone, and not shown while on (IOS Security Command Reference: ip source-route; ip bootp server).
ON_UNLESS = {"no ip source-route": "source-route", "no ip bootp server": "bootp"}


def _vty(config: Iterable[Line]) -> list[Line]:
    found = [*starting(config, "line vty")]
    if not found:
        raise unreadable("configuration", "no line vty")
    return found


def _read_in_clear(host: Host) -> tuple[str, ...]:
    """Telnet where a vty lets it in (as IOS does unless told otherwise), HTTP, FTP, SSH-1."""
    config = state.config(host)
    found = []
    for line in _vty(config):
        (inputs,) = [m[1].split() for m in matching(line.below, "transport input", r"transport input (.+)")] or [
            ["all"]
        ]
        found += [f"Telnet ({line.text})"] if {"all", "telnet", "rlogin"} & set(inputs) else []
    found += ["HTTP"] if any(line.text == "ip http server" for line in config) else []
    found += ["FTP"] if any(starting(config, "ftp-server enable")) else []
    found += ["SSH-1"] if any(line.text == "ip ssh version 1" for line in config) else []
    return tuple(found)


def _read_sources(host: Host) -> Networks:
    config = state.config(host)
    speaks6 = any(any(starting(line.below, "ipv6 address")) for line in starting(config, "interface "))
    found: Networks = frozenset()
    for line in _vty(config):
        named = [*matching(line.below, "access-class", r"access-class (\S+) in(?: vrf-also| vrf \S+)?")]
        found |= _list(config, named[0][1]) if named else IPV4
        found |= IPV6 if speaks6 and not any(starting(line.below, "ipv6 access-class")) else frozenset()
    return found


def _list(config: Iterable[Line], name: str) -> Networks:
    """Whom an access list lets in; one that does not exist lets in everybody."""
    rules = [_entry(text) for text in _entries(config, name)]
    return admitted(rules) if rules else IPV4


def _entries(config: Iterable[Line], name: str) -> list[str]:
    """The entries of an access list, however it is written, without remarks; none where there is no such list."""
    heads = {f"ip access-list {kind} {name}" for kind in ("standard", "extended")}
    entries = [entry.text for line in config if line.text in heads for entry in line.below]
    entries += [m[1] for m in matching(config, f"access-list {name} ", rf"access-list {re.escape(name)} (.+)")]
    return [text for text in entries if not re.match(r"(?:\d+ )?remark", text)]


def _entry(text: str) -> tuple[bool, Networks]:
    found = re.fullmatch(
        r"(?:\d+ )?(permit|deny)\s+(?:(?:ip|tcp)\s+)?(?:(any)|host ([\d.]+)|([\d.]+)(?:,? wildcard bits)? ?([\d.]+)?)"
        r"(?:\s+(?:any|host [\d.]+)(?: eq (?:22|ssh))?)?(?: log)?",
        text,
    )
    if found is None:
        raise unreadable("access list", text)
    network = IPV4 if found[2] else frozenset({wildcard(found[3] or found[4], found[5] or "0")})
    return found[1] == "permit", network


def _read_idle(host: Host) -> int | None:
    """The longest of console and vty."""
    limits = []
    for line in starting(state.config(host), "line con", "line vty"):
        told_ = [*matching(line.below, "exec-timeout", r"exec-timeout (\d+)(?: (\d+))?")]
        limits.append(int(told_[0][1]) * 60 + int(told_[0][2] or 0) if told_ else DEFAULT_IDLE)
    if not limits:
        raise unreadable("configuration", "no line")
    return None if 0 in limits else max(limits)


def _read_accounts(host: Host) -> tuple[str, ...]:
    return tuple(m[1] for m in matching(state.config(host), "username ", r"username (\S+)(?: .*)?"))


def _read_rights(host: Host) -> Mapping[str, Right]:
    """The privilege of each account (1 unless told), and whatever the central service grants."""
    config, found = state.config(host), dict[str, Right]()
    for name, rest in ((m[1], m[2] or "") for m in matching(config, "username ", r"username (\S+)( .*)?")):
        level = re.search(r" (?:privilege (\d+)|view (\S+))", rest)
        word = (level[1] or level[2]) if level else "1"
        found[name] = Right(word, word in EVERYTHING)
    if any(starting(config, "aaa authorization exec default group")):
        found["*"] = Right("AAA", None)
    return found


def _read_lockout(host: Host) -> Lockout:
    config = state.config(host)
    for m in matching(config, "login block-for", r"login block-for (\d+) attempts (\d+) within (\d+)"):
        return Lockout(int(m[2]), f"login block-for {m[1]}")
    for m in matching(config, "aaa local authentication attempts", r"aaa local authentication attempts max-fail (\d+)"):
        return Lockout(int(m[1]), "aaa local authentication")
    return Lockout(None, "login block-for: –")


def _read_by_address(host: Host) -> Throttle:
    """`login block-for` lets nobody in for a while, whoever failed, but whom `quiet-mode` excepts.

    Source: Cisco IOS Login Enhancements (Login Block). `aaa local authentication attempts` counts by account.
    """
    config = state.config(host)
    exempt = [m[1] for m in matching(config, "login quiet-mode", r"login quiet-mode access-class (\S+)")]
    for m in matching(config, "login block-for", r"login block-for (\d+) attempts (\d+) within (\d+)"):
        if exempt:
            return Throttle(None, f"login quiet-mode access-class {exempt[0]}")
        return Throttle(a_minute(int(m[2]), int(m[1])), f"{m[0]}")
    return Throttle(None, "login block-for: –")


def _read_banner(host: Host) -> str:
    """The text between the two delimiters of `banner login` or `banner motd`."""
    text = told(host, CONFIG.command)
    indented(text, "end")
    found = re.search(r"^banner (?:login|motd) (\^C|\S)(.*?)\1", text, re.M | re.S)
    return " ".join(found[2].split()) if found else ""


def _read_weak_passwords(host: Host) -> tuple[str, ...]:
    config, weak = state.config(host), []
    for m in matching(config, "username ", r"username (\S+)( .*)?"):
        kept = SECRET.search(m[2] or "")
        if kept and (kept[1] == "password" or (kept[2] or "0") in WEAK_TYPES):
            weak.append(f"username {m[1]} {kept[1]} {kept[2] or 0}")
    enables = matching(config, "enable ", r"enable (secret|password)(?: level \d+)?(?: (\d))? \S+")
    weak += [f"enable {m[1]} {m[2] or 0}" for m in enables if m[1] == "password" or (m[2] or "0") in WEAK_TYPES]
    lines = (f"{line.text} password" for line in starting(config, "line ") if any(starting(line.below, "password ")))
    return (*weak, *lines)


def _read_central(host: Host) -> tuple[str, ...]:
    config = state.config(host)
    if not any(line.text == "aaa new-model" for line in config):
        return ()
    found = matching(config, "aaa authentication login default", r"aaa authentication login default (.+)")
    return tuple(name for m in found for name in re.findall(r"group (\S+)", m[1]))


def _read_extra(host: Host, _declared: frozenset[int]) -> tuple[str, ...]:
    config = state.config(host)
    on = [name for stem, name in NEEDLESS.items() if any(_is(line, stem) for line in config)]
    silent = [name for undone, name in ON_UNLESS.items() if not any(line.text == undone for line in config)]
    return tuple(dict.fromkeys((*on, *silent)))


def _is(line: Line, stem: str) -> bool:
    return line.text == stem or line.text.startswith(f"{stem} ")


def _read_weak_ssh(host: Host) -> tuple[str, ...]:
    """What the server offers, told or not: what is not configured stands at a default that holds much of old."""
    text = re.sub(r",\s*\n\s+", ",", told(host, SSH.command))
    version = re.search(r"^SSH Enabled - version (\S+)", text, re.M)
    if version is None or not SSH_ENDS.search(text):
        raise unreadable(SSH.command, "the reply ends early" if version else "SSH Enabled: –")
    offered = {kind: named.split(",") for kind, named in OFFERED.findall(text)}
    weak = [word.strip() for named in offered.values() for word in named if WEAK_ALGORITHM.search(word.strip())]
    if version[1] != "2.0":
        weak.insert(0, "SSH-1")
    if missing := {"Hostkey", "Encryption", "MAC", "KEX"} - offered.keys() if not weak else set():
        raise unreadable(SSH.command, f"{', '.join(sorted(missing))} Algorithms: –")
    return tuple(dict.fromkeys(weak))


def _read_snmp(host: Host) -> tuple[str, ...]:
    config, weak = state.config(host), []
    weak += ["community" for _ in starting(config, "snmp-server community")]
    for m in matching(
        config, "snmp-server group", r"snmp-server group (\S+) (v1|v2c|v3)(?: (noauth|auth|priv))?(?: .*)?"
    ):
        weak += [f"group {m[1]} {m[2]} {m[3] or ''}".strip()] if (m[2], m[3]) != ("v3", "priv") else []
    return tuple(weak)


def _read_logging(host: Host) -> Logging:
    """`logging host`, or `logging ADDRESS` as older ones write it. Sent is from `informational` on, unless told."""
    config = state.config(host)
    targets = {m[1] for m in matching(config, "logging host", r"logging host (?:ipv6 )?(\S+)(?: .*)?")}
    targets |= {m[1] for line in config if (m := re.fullmatch(r"logging ([\d.]+)", line.text))}
    off = any(line.text == "no logging on" for line in config)
    (trap,) = [m[1] for m in matching(config, "logging trap", r"logging trap (\S+)")] or ["informational"]
    with expected("logging trap"):
        level = int(trap) if trap.isdecimal() else LEVELS[trap]
    dated = any(re.match(r"service timestamps log datetime", line.text) for line in config)
    archive = [line for line in starting(config, "archive") for line in starting(line.below, "log config")]
    changes = any(line.has("logging enable") for line in archive) or any(starting(config, "aaa accounting commands 15"))
    return Logging(
        frozenset(targets), ("logging on",) if off else (), None if off or not targets else level, dated, changes
    )


def _read_proven_time(host: Host) -> Mapping[str, bool]:
    config = state.config(host)
    on = any(line.text == "ntp authenticate" for line in config)
    found = matching(config, "ntp server", r"ntp server (?:vrf \S+ )?(?:ipv6 )?(\S+)( .*)?")
    return {m[1]: on and bool(re.search(r" key \d+", m[2] or "")) for m in found}


def _read_unfiltered(host: Host) -> tuple[str, ...]:
    """Interfaces with an address that neither stand in a zone nor have a list that stops something coming in.

    Between zones, policies that let pass what none of their classes names.
    """
    config, open_ = state.config(host), []
    for line in starting(config, "interface "):
        name = line.text.removeprefix("interface ")
        used = any(starting(line.below, "ip address ")) and not line.has("shutdown")
        lists = [
            m[1]
            for m in matching(line.below, "ip access-group", r"ip access-group (\S+) (?:in|out)")
            if m[0].endswith(" in")
        ]
        kept = any(starting(line.below, "zone-member security ")) or any(_stops(config, one) for one in lists)
        open_ += [name] if used and not kept and not name.startswith(("Loopback", "Tunnel")) else []
    for policy in starting(config, "policy-map type inspect "):
        passes = any(entry.text == "class class-default" and entry.has("pass", "pass log") for entry in policy.below)
        open_ += [policy.text] if passes else []
    return tuple(open_)


def _stops(config: Iterable[Line], name: str) -> bool:
    """What no entry names is dropped: the list has entries, and none of them lets everything pass.

    A list that does not exist, or is empty, lets everything pass (Cisco IOS Security Configuration Guide).
    """
    entries = _entries(config, name)
    return bool(entries) and not any(LETS_ALL.fullmatch(text) for text in entries)


in_clear = Reading(lambda: CONFIG, _read_in_clear)
weak_ssh = Reading(lambda: SSH, _read_weak_ssh)
extra_services = Reading(lambda _: CONFIG, _read_extra)
unfiltered = Reading(lambda: CONFIG, _read_unfiltered)
management_sources = Reading(lambda: CONFIG, _read_sources)
idle_timeout = Reading(lambda: CONFIG, _read_idle)
lockout = Reading(lambda: CONFIG, _read_lockout)
by_address = Reading(lambda: CONFIG, _read_by_address)
banner = Reading(lambda: CONFIG, _read_banner)
accounts = Reading(lambda: CONFIG, _read_accounts)
rights = Reading(lambda: CONFIG, _read_rights)
central_login = Reading(lambda: CONFIG, _read_central)
weak_passwords = Reading(lambda: CONFIG, _read_weak_passwords)
snmp_before_3 = Reading(lambda: CONFIG, _read_snmp)
logging = Reading(lambda: CONFIG, _read_logging)
proven_time = Reading(lambda: CONFIG, _read_proven_time)
release = Reading(lambda: (state.VERSION, state.CLOCK), lambda host: state.read_release(host, "cisco_ios"))
clock = state.clock
interfaces = state.interfaces
errors = state.errors
traffic = state.traffic
history = state.history
adjacencies = state.adjacencies
route = state.route
ping = state.ping
whole_packet = state.whole_packet
neighbours = seen.neighbours
flows = exported.flows
port_guards = guarded.port_guards
