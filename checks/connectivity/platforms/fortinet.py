"""Fortinet FortiOS, asked at its prompt by a read-only administrator. Only ever seen as recordings.

What a configuration does not show stands at its default, so parts with defaults that matter are asked for in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_network

from checks.connectivity import echo
from checks.connectivity.configuration import Line, blocks, setting, told, words
from checks.connectivity.facts import (
    SEVERITIES,
    Adjacency,
    Interface,
    Lockout,
    Logging,
    Ping,
    Reading,
    Route,
)
from checks.connectivity.replies import address, literal, target
from checks.connectivity.templates import rows
from checks.model import Question
from checks.readers.clock import Clock
from checks.readers.networks import IPV4, Networks
from checks.readers.releases import Release
from checks.reading import Host, expected, unreadable

GLOBAL = Question("show full-configuration system global", seconds=20.0)
ADMINS = Question("show system admin")
PORTS = Question("show system interface", seconds=20.0)
SYSLOG = Question("show full-configuration log syslogd setting")
FILTER = Question("show full-configuration log syslogd filter")
EVENTS = Question("show full-configuration log eventfilter")
SNMP = Question('show system snmp community | grep -v "set name"')  # which is a secret
SNMP_USERS = Question("show full-configuration system snmp user")
TIME = Question("show full-configuration system ntp")
POLICIES = Question("show firewall policy", seconds=20.0)
PHYSICAL = Question("get system interface physical")
OSPF = Question("get router info ospf neighbor")
BGP = Question("get router info bgp summary")
NTP = Question("diagnose sys ntp status")
STATUS = Question("get system status")
PINGS = 5  # what `execute ping` sends, one a second
ACCESS_IN_CLEAR = {"telnet": "Telnet", "http": "HTTP"}
NEEDLESS = {"fgfm": "FGFM", "radius-acct": "RADIUS accounting", "ftm": "FTM", "capwap": "CAPWAP"}
LEVELS = {word: number for number, word in enumerate(SEVERITIES)} | {"information": 6, "notification": 5, "debug": 7}
NEIGHBOUR = re.compile(r"\s*[\d.]+\s+\d+\s+([\w-]+)/\s*\S+\s+[\d:]+\s+([\d.]+)\s+(\S+)\s*")
NEIGHBOUR_HEAD = re.compile(r"\s*(?:OSPF process .*|Neighbor ID .*|)\s*")
NTP_SERVER = re.compile(r"(?:ipv[46] )?server\(([^)]+)\) (\S+) -- .*")
NTP_OFFSET = re.compile(r"\s*clock offset is (-?[\d.]+) sec, .*")
NTP_SERVER_ENDS = ("root dispersion is ", "no data")  # what stands last of each server
NTP_SERVER_SAYS = (*NTP_SERVER_ENDS, "server-version=", "reference time is ")
SAYS_WHY_IT_STARTED = (7, 0)  # the train from which on `get system status` ends with the reason of the last start


def _edits(host: Host, question: Question) -> list[Line]:
    """The entries of a table; none where it is empty, which FortiOS shows as `config … end`."""
    return [
        entry
        for table in blocks(told(host, question.command))
        for entry in table.below
        if entry.text.startswith("edit ")
    ]


def _name(entry: Line) -> str:
    return words(entry.text.removeprefix("edit "))[0]


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
    for port in _edits(host, PORTS):
        if setting(port, "status") != "down":
            yield _name(port), set(words(setting(port, "allowaccess")))


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
    for admin in _edits(host, ADMINS):
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


def _read_banner(host: Host) -> str:
    value = setting(_block(host, GLOBAL), "pre-login-banner")
    if value is None:
        raise unreadable(GLOBAL.command, "pre-login-banner: –")
    return "pre-login-banner" if value == "enable" else ""


def _read_accounts(host: Host) -> tuple[str, ...]:
    return tuple(map(_name, _edits(host, ADMINS)))


def _read_rights(host: Host) -> Mapping[str, str]:
    found = {_name(admin): (words(setting(admin, "accprofile")) or ["–"])[0] for admin in _edits(host, ADMINS)}
    if not found:
        raise unreadable(ADMINS.command, "no administrator")
    return found


def _read_central(host: Host) -> tuple[str, ...]:
    remote = [admin for admin in _edits(host, ADMINS) if setting(admin, "remote-auth") == "enable"]
    return tuple(dict.fromkeys((words(setting(admin, "remote-group")) or ["remote-auth"])[0] for admin in remote))


def _read_weak_passwords(host: Host) -> tuple[str, ...]:
    """`SH2` is SHA-256, `PB2` PBKDF2, `AK1` SHA-1; the mask leaves these three letters standing."""
    weak = []
    for admin in _edits(host, ADMINS):
        kept = words(setting(admin, "password"))
        if kept and kept[0] != "ENC":
            weak.append(f"{_name(admin)}: clear text")
        elif kept and not re.match(r"SH2|PB2", kept[-1]):
            if not kept[-1].startswith("AK1"):
                raise unreadable(ADMINS.command, f"{_name(admin)}: password {' '.join(kept)}")
            weak.append(f"{_name(admin)}: AK1")
    return tuple(weak)


def _read_snmp(host: Host) -> tuple[str, ...]:
    weak = ["community" for entry in _edits(host, SNMP) if setting(entry, "status") != "disable"]
    for user in _edits(host, SNMP_USERS):
        level = setting(user, "security-level") or "no-auth-no-priv"
        weak += [f"{_name(user)} {level}"] if level != "auth-priv" and setting(user, "status") != "disable" else []
    return tuple(weak)


def _read_logging(host: Host) -> Logging:
    """One collector, where switched on; `event` and `system` hold what administrators change."""
    block, chosen, events = _block(host, SYSLOG), _block(host, FILTER), _block(host, EVENTS)
    on = setting(block, "status")
    if on not in ("enable", "disable"):
        raise unreadable(SYSLOG.command, f"status: {on or '–'}")
    server = words(setting(block, "server"))
    with expected(FILTER.command):
        level = LEVELS[str(setting(chosen, "severity"))]
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
    for policy in _edits(host, POLICIES):
        if setting(policy, "action") == "accept" and setting(policy, "status") != "disable":
            said = [words(setting(policy, name)) for name in ("srcaddr", "dstaddr", "service")]
            open_ += [f"policy {_name(policy)}"] if said == [["all"], ["all"], ["ALL"]] else []
    return tuple(open_)


def _read_interfaces(host: Host) -> Mapping[str, Interface]:
    """The ports: their lines as they are, whether they are on as the configuration has it."""
    seen = {
        row["NAME"]: row
        for row in rows("fortinet_get_system_interface_physical", told(host, PHYSICAL.command), "no port")
    }
    found = {}
    for port in _edits(host, PORTS):
        name, own = _name(port), (setting(port, "ip") or "0.0.0.0").split()[0]  # noqa: S104  # how it says: none
        if setting(port, "type") == "physical" and name not in seen:
            raise unreadable(PHYSICAL.command, f"nothing of {name}")
        if name in seen:
            if not seen[name]["STATUS"] or not seen[name]["SPEED"]:
                raise unreadable(PHYSICAL.command, name)
            enabled = setting(port, "status") != "down"
            addresses = frozenset({address(own)} if own != "0.0.0.0" else ())  # noqa: S104  # as above
            found[name] = Interface(name, enabled and seen[name]["STATUS"] == "up", addresses, enabled)
    return found


def _read_adjacencies(host: Host) -> tuple[Adjacency, ...]:
    return (*_ospf(host), *_bgp(host))


def _ospf(host: Host) -> Iterator[Adjacency]:
    for line in told(host, OSPF.command).splitlines():
        found = NEIGHBOUR.fullmatch(line)
        if found:
            yield Adjacency("ospf", address(found[2]), found[3], found[1], found[1] == "Full")
        elif not NEIGHBOUR_HEAD.fullmatch(line):
            raise unreadable(OSPF.command, line)


def _bgp(host: Host) -> Iterator[Adjacency]:
    """Nothing where BGP does not run. The last line counts the neighbours."""
    text = told(host, BGP.command)
    found = rows("fortinet_get_router_info_bgp_summary", text) if text.strip() else []
    counted = re.search(r"^Total number of neighbors (\d+)\s*\Z", text, re.M)
    if text.strip() and (counted is None or int(counted[1]) != len(found)):
        raise unreadable(BGP.command, f"{len(found)} of {counted[1] if counted else 'an unknown number'}")
    for row in found:
        state = "Established" if row["STATE_PFXRCD"].isdecimal() else row["STATE_PFXRCD"]
        yield Adjacency("bgp", address(row["BGP_NEIGH"]), None, state, state == "Established")


def _ask_route(to: str) -> Question:
    return Question(f"get router info routing-table details {literal(to)}")


def _read_route(host: Host, to: str) -> Route:
    text = told(host, _ask_route(to).command)
    if "Network not in table" in text:
        return Route("", ())
    return echo.entry(
        text, (way for line in text.splitlines() if line.lstrip().startswith("*") and (way := echo.WAY.match(line)))
    )


def _ask_ping(to: str) -> Question:
    return Question(f"execute ping {target(to)}", seconds=15.0)


def _read_ping(host: Host, to: str) -> Ping:
    (found,) = rows("fortinet_execute_ping", told(host, _ask_ping(to).command), "no statistics")
    if not found["TRANSMITTED"]:
        raise unreadable("execute ping", "no statistics")
    return echo.counted(found["TRANSMITTED"], found["RECEIVED"], found["AVG_RTT"])


def _read_clock(host: Host) -> Clock | None:
    """The server that is `selected` is followed, in older versions the first that is told with its offset."""
    lines = [line.strip() for line in told(host, NTP.command).splitlines() if line.strip()]
    head = re.match(r"synchronized: (yes|no), ntpsync: (enabled|disabled)", lines[0] if lines else "")
    if head is None:
        raise unreadable(NTP.command, lines[0] if lines else "")
    if head[2] == "disabled":
        return None
    servers = _time_servers(lines[1:])
    with_offset = sorted((one for one in servers if one[2] is not None), key=lambda one: not one[1])
    if head[1] == "yes" and not with_offset:
        raise unreadable(NTP.command, "no server")
    names = tuple(name for name, _, _ in servers)
    if not with_offset:
        return Clock(False, 0.0, names, None)
    name, _, offset = with_offset[0]
    return Clock(head[1] == "yes", float(offset or 0.0), names, name)


def _time_servers(lines: Iterable[str]) -> list[tuple[str, bool, str | None]]:
    """(address, selected, offset in seconds) of each server. Raises `Unknown` where the last is not told to its end."""
    found: list[tuple[str, bool, str | None]] = []
    last = ""
    for line in lines:
        last = line
        if server := NTP_SERVER.fullmatch(line):
            found.append((server[2], line.endswith("selected"), None))
        elif found and (offset := NTP_OFFSET.fullmatch(line)):
            found[-1] = (*found[-1][:2], offset[1])
        elif not found or not line.startswith(NTP_SERVER_SAYS):
            raise unreadable(NTP.command, line)
    if found and not last.startswith(NTP_SERVER_ENDS):
        raise unreadable(NTP.command, "the reply ends early")
    return found


def _read_release(host: Host) -> Release:
    text = told(host, STATUS.command)
    (found,) = rows("fortinet_get_system_status", text, "no version")
    train = re.search(r" v(\d+)\.(\d+)\.\d+", f" {found['VERSION']}")
    if train is None or not found["SYSTEM_TIME"]:
        raise unreadable(STATUS.command, found["VERSION"])
    if (int(train[1]), int(train[2])) >= SAYS_WHY_IT_STARTED and "\nLast reboot reason: " not in text:
        raise unreadable(STATUS.command, "the reply ends early")
    with expected(STATUS.command):
        today = datetime.strptime(" ".join(found["SYSTEM_TIME"].split()), "%a %b %d %H:%M:%S %Y").date()  # noqa: DTZ007  # a day
    return Release("fortinet", f"{train[1]}.{train[2]}", today)


in_clear = Reading(lambda: (PORTS, GLOBAL), _read_in_clear)
weak_ssh = Reading(lambda: GLOBAL, _read_weak_ssh)
extra_services = Reading(lambda _: PORTS, _read_extra)
unfiltered = Reading(lambda: POLICIES, _read_unfiltered)
management_sources = Reading(lambda: ADMINS, _read_sources)
idle_timeout = Reading(lambda: GLOBAL, _read_idle)
lockout = Reading(lambda: GLOBAL, _read_lockout)
banner = Reading(lambda: GLOBAL, _read_banner)
accounts = Reading(lambda: ADMINS, _read_accounts)
rights = Reading(lambda: ADMINS, _read_rights)
central_login = Reading(lambda: ADMINS, _read_central)
weak_passwords = Reading(lambda: ADMINS, _read_weak_passwords)
snmp_before_3 = Reading(lambda: (SNMP, SNMP_USERS), _read_snmp)
logging = Reading(lambda: (SYSLOG, FILTER, EVENTS), _read_logging)
proven_time = Reading(lambda: TIME, _read_proven_time)
clock = Reading(lambda: NTP, _read_clock)
release = Reading(lambda: STATUS, _read_release)
interfaces = Reading(lambda: (PORTS, PHYSICAL), _read_interfaces)
adjacencies = Reading(lambda: (OSPF, BGP), _read_adjacencies)
route = Reading(_ask_route, _read_route)
ping = Reading(_ask_ping, _read_ping)
