"""Huawei VRP (versions 5 and 8), asked at its prompt. Only ever seen as recordings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from checks.connectivity.configuration import Line, admitted, matching, starting, told, wildcard
from checks.connectivity.facts import (
    LEVELS,
    Lockout,
    Logging,
    Reading,
    Right,
    Throttle,
)
from checks.connectivity.flows import huawei_vrp as exported
from checks.connectivity.guarded import huawei_vrp as guarded
from checks.connectivity.seen import huawei_vrp as seen
from checks.connectivity.state import huawei_vrp as state
from checks.model import Question
from checks.readers.networks import IPV4, Networks
from checks.reading import Host, expected, unreadable

CONFIG = state.CONFIG
DEFAULT_IDLE = 600  # `idle-timeout 10 0`
ON = {
    "telnet server enable": "Telnet",
    "telnet ipv6 server enable": "Telnet",
    "ftp server enable": "FTP",
    "http server enable": "HTTP",
    "tftp-server enable": "TFTP",
    "ssh server compatible-ssh1x enable": "SSH-1",
}
NEEDLESS = {"dhcp enable": "DHCP", "lldp compatible-cdp": "CDP", "dns proxy enable": "DNS", "cluster enable": "cluster"}
WEAK_ALGORITHM = re.compile(r"cbc|3des|_des|md5|sha1(?:_96)?$|dh_group1_|arcfour|blowfish")
SSH_KINDS = ("cipher", "hmac", "key-exchange")
SSH_STATUS = Question("display ssh server status")
IP_BLOCK = re.compile(r"^\s*SSH server ip-block\s*: ?(Enable|Disable)\s*$", re.M)
MANAGEMENT = 3  # the level from which on every command may be given
BLOCKED_AFTER = 6  # failures of an address within five minutes, which then is locked for five
FILTERED = r"traffic-filter inbound acl (?:ipv6 )?(?:name )?(\S+)(?: .*)?"
DENIES_REST = re.compile(r"rule \d+ deny(?: ip)?(?: (?:source|destination) any)*(?: (?:logging|counting))*")
USER = r"local-user (\S+) (.+)"


def _vty(config: Iterable[Line]) -> list[Line]:
    found = [*starting(config, "user-interface vty", "line vty")]
    if not found:
        raise unreadable("configuration", "no user-interface vty")
    return found


def _read_in_clear(host: Host) -> tuple[str, ...]:
    """Servers that are switched on, and a vty that takes more than SSH (VRP 5 took Telnet unless told otherwise)."""
    config = state.config(host)
    found = [name for stem, name in ON.items() if any(line.text == stem for line in config)]
    for line in _vty(config):
        (inbound,) = [m[1] for m in matching(line.below, "protocol inbound", r"protocol inbound (\w+)")] or ["telnet"]
        found += [f"Telnet ({line.text})"] if inbound in ("all", "telnet") and "Telnet" not in found else []
    return tuple(dict.fromkeys(found))


def _read_sources(host: Host) -> Networks:
    config = state.config(host)
    found: Networks = frozenset()
    for line in _vty(config):
        named = [*matching(line.below, "acl ", r"acl (?:ipv6 )?(\S+) inbound")]
        found |= _list(config, named[0][1]) if named else IPV4
    return found


def _list(config: Iterable[Line], name: str) -> Networks:
    rules = [_entry(entry.text) for entry in starting(_rules(config, name), "rule")]
    return admitted(rules) if rules else IPV4


def _rules(config: Iterable[Line], name: str) -> list[Line]:
    """What stands in a list; nothing where there is none of this name."""
    heads = re.compile(rf"acl (?:number {re.escape(name)}|name {re.escape(name)}(?: \S+)*|{re.escape(name)})")
    return [entry for line in config if heads.fullmatch(line.text) for entry in line.below]


def _entry(text: str) -> tuple[bool, Networks]:
    found = re.fullmatch(
        r"rule \d+ (permit|deny)(?: (?:tcp|ip))?(?: source ([\d.]+) ([\d.]+)| source any)?"
        r"(?: destination-port eq (?:22|ssh))?(?: .*logging)?",
        text,
    )
    if found is None:
        raise unreadable("acl", text)
    return found[1] == "permit", frozenset({wildcard(found[2], found[3])}) if found[2] else IPV4


def _read_idle(host: Host) -> int | None:
    limits = []
    for line in starting(state.config(host), "user-interface con", "user-interface vty", "line con", "line vty"):
        told_ = [*matching(line.below, "idle-timeout", r"idle-timeout (\d+)(?: (\d+))?")]
        limits.append(int(told_[0][1]) * 60 + int(told_[0][2] or 0) if told_ else DEFAULT_IDLE)
    if not limits:
        raise unreadable("configuration", "no user-interface")
    return None if 0 in limits else max(limits)


def _aaa(host: Host) -> list[Line]:
    found = [line for line in state.config(host) if line.text == "aaa"]
    if not found:
        raise unreadable("configuration", "no aaa")
    return [entry for line in found for entry in line.below]


def _read_accounts(host: Host) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m[1] for m in matching(_aaa(host), "local-user ", USER)))


def _read_rights(host: Host) -> Mapping[str, Right]:
    """The level of each account (0 unless told)."""
    levels: dict[str, str] = {}
    for m in matching(_aaa(host), "local-user ", USER):
        level = re.search(r"(?:privilege level|level) (\d+)", m[2])
        levels[m[1]] = level[1] if level else levels.get(m[1], "0")
    found = {name: Right(level, int(level) >= MANAGEMENT) for name, level in levels.items()}
    if _read_central(host):
        found["*"] = Right("AAA", None)
    return found


def _read_lockout(host: Host) -> Lockout:
    pattern = r"local-aaa-user wrong-password retry-interval (\d+) retry-time (\d+) block-time (\d+)"
    for m in matching(_aaa(host), "local-aaa-user wrong-password", pattern):
        return Lockout(int(m[2]), f"block-time {m[3]}")
    fails = [
        int(n) for m in matching(_aaa(host), "local-user ", USER) for n in re.findall(r"block fail-times (\d+)", m[2])
    ]
    return Lockout(max(fails), "block fail-times") if fails else Lockout(None, "wrong-password retry-time: –")


def _read_by_address(host: Host) -> Throttle:
    """VRP 8 locks addresses; a release that does not say whether it does is unknown. What AAA locks are accounts.

    Source: Huawei CloudEngine and NetEngine Command Reference (`ssh server ip-block disable`, `display ssh server`).
    """
    found = IP_BLOCK.search(told(host, SSH_STATUS.command))
    if found is None:
        raise unreadable(SSH_STATUS.command, "SSH server ip-block: –")
    return Throttle(BLOCKED_AFTER if found[1] == "Enable" else None, f"ssh server ip-block {found[1].lower()}")


def _read_banner(host: Host) -> str:
    for m in matching(state.config(host), "header login", r'header login (?:information|file) "?(.*?)"?'):
        return m[1]
    return ""


def _read_weak_passwords(host: Host) -> tuple[str, ...]:
    weak = []
    for m in matching(_aaa(host), "local-user ", USER):
        kept = re.search(r"password (irreversible-cipher|cipher|simple)", m[2])
        weak += [f"{m[1]} {kept[1]}"] if kept and kept[1] != "irreversible-cipher" else []
    for line in starting(state.config(host), "user-interface ", "line "):
        weak += [f"{line.text} password" for _ in starting(line.below, "set authentication password")]
    config = state.config(host)
    weak += ["super password" for line in starting(config, "super password") if "irreversible" not in line.text]
    return tuple(weak)


def _read_central(host: Host) -> tuple[str, ...]:
    """The schemes that ask a central service, where the default domain of administrators uses one."""
    schemes = [line for line in _aaa(host) if line.text.startswith("authentication-scheme ") and line.below]
    modes = [m[1] for line in schemes for m in matching(line.below, "authentication-mode", r"authentication-mode (.+)")]
    return tuple(
        dict.fromkeys(word for mode in modes for word in mode.split() if word in ("hwtacacs", "radius", "ldap"))
    )


def _read_extra(host: Host, _declared: frozenset[int]) -> tuple[str, ...]:
    config = state.config(host)
    return tuple(name for stem, name in NEEDLESS.items() if any(line.text == stem for line in config))


def _read_weak_ssh(host: Host) -> tuple[str, ...]:
    """What is configured. Raises `Unknown` where a kind is not: what it stands at then depends on the release."""
    config = state.config(host)
    named = {kind: [word for line in starting(config, f"ssh server {kind} ") for word in line.text.split()[3:]]
             for kind in SSH_KINDS}  # fmt: skip
    weak = [word for words in named.values() for word in words if WEAK_ALGORITHM.search(word)]
    if any(line.text == "ssh server compatible-ssh1x enable" for line in config):
        weak.insert(0, "SSH-1")
    if missing := [kind for kind, words in named.items() if not words and not weak]:
        raise unreadable("configuration", f"ssh server {', '.join(missing)}: –")
    return tuple(dict.fromkeys(weak))


def _read_snmp(host: Host) -> tuple[str, ...]:
    config = state.config(host)
    if not any(starting(config, "snmp-agent")):
        return ()
    weak = ["community" for _ in starting(config, "snmp-agent community")]
    for m in matching(config, "snmp-agent sys-info version", r"snmp-agent sys-info version (.+)"):
        weak += [word for word in m[1].split() if word in ("v1", "v2c", "all")]
    for m in matching(
        config,
        "snmp-agent group",
        r"snmp-agent group (v1|v2c|v3) (\S+)(?: (authentication|privacy|noauthentication))?(?: .*)?",
    ):
        weak += [f"group {m[2]} {m[1]} {m[3] or ''}".strip()] if (m[1], m[3]) != ("v3", "privacy") else []
    return tuple(weak)


def _read_logging(host: Host) -> Logging:
    """`info-center`: on unless undone; commands are logged as `CMDRECORD` from notification on."""
    config = state.config(host)
    off = any(line.text in ("undo info-center enable", "info-center disable") for line in config)
    pattern = r"info-center loghost (?!source)(\S+)(?: .*)?"
    hosts = (
        line
        for line in starting(config, "info-center loghost ")
        if not line.text.startswith("info-center loghost source")
    )
    targets = frozenset(m[1] for m in matching(hosts, "info-center loghost ", pattern))
    levels = [
        m[1]
        for m in matching(
            config,
            "info-center source default channel loghost",
            r"info-center source default channel loghost .*?log level (\w+).*",
        )
    ]
    with expected("info-center"):
        level = LEVELS[levels[0]] if levels else LEVELS["informational"]
    dated = not any(re.fullmatch(r"info-center timestamp log (?:boot|none)(?: .*)?", line.text) for line in config)
    sent = None if off or not targets else level
    return Logging(
        targets, ("info-center",) if off else (), sent, dated, sent is not None and sent >= LEVELS["notification"]
    )


def _read_proven_time(host: Host) -> Mapping[str, bool]:
    config = state.config(host)
    on = any(line.text == "ntp-service authentication enable" for line in config)
    found = matching(config, "ntp-service unicast-server", r"ntp-service unicast-server (?:ipv6 )?(\S+)( .*)?")
    return {m[1]: on and " authentication-keyid " in (m[2] or "") for m in found}


def _read_unfiltered(host: Host) -> tuple[str, ...]:
    """Interfaces with an address that neither stand in a zone (firewalls) nor drop what comes in and no rule names."""
    config, open_ = state.config(host), []
    zoned = {
        entry.text.removeprefix("add interface ") for line in starting(config, "firewall zone") for entry in line.below
    }
    for line in starting(config, "interface "):
        name = line.text.removeprefix("interface ")
        used = any(starting(line.below, "ip address ")) and not line.has("shutdown")
        lists = [m[1] for m in matching(line.below, "traffic-filter inbound", FILTERED)]
        kept = name in zoned or any(_stops(config, one) for one in lists)
        if used and not kept and any(starting(line.below, "traffic-policy ")):
            raise unreadable("configuration", f"{name}: what a traffic-policy makes of the rest")
        open_ += [name] if used and not kept and not name.startswith(("LoopBack", "NULL", "Tunnel", "MEth")) else []
    return tuple(open_)


def _stops(config: Iterable[Line], name: str) -> bool:
    """The list drops what comes to its end: what fits no rule of a `traffic-filter` passes.

    Source: Huawei Command Reference (`traffic-filter`: if no rule is matched, packets are allowed to pass through).
    """
    return any(DENIES_REST.fullmatch(entry.text) for entry in starting(_rules(config, name), "rule"))


in_clear = Reading(lambda: CONFIG, _read_in_clear)
weak_ssh = Reading(lambda: CONFIG, _read_weak_ssh)
extra_services = Reading(lambda _: CONFIG, _read_extra)
unfiltered = Reading(lambda: CONFIG, _read_unfiltered)
management_sources = Reading(lambda: CONFIG, _read_sources)
idle_timeout = Reading(lambda: CONFIG, _read_idle)
lockout = Reading(lambda: CONFIG, _read_lockout)
by_address = Reading(lambda: SSH_STATUS, _read_by_address)
banner = Reading(lambda: CONFIG, _read_banner)
accounts = Reading(lambda: CONFIG, _read_accounts)
rights = Reading(lambda: CONFIG, _read_rights)
central_login = Reading(lambda: CONFIG, _read_central)
weak_passwords = Reading(lambda: CONFIG, _read_weak_passwords)
snmp_before_3 = Reading(lambda: CONFIG, _read_snmp)
logging = Reading(lambda: CONFIG, _read_logging)
proven_time = Reading(lambda: CONFIG, _read_proven_time)
clock = state.clock
release = state.release
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
