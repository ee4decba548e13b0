"""FRRouting on Debian, asked over SSH in a normal shell by a member of the group `frrvty`.

Two doors lead to its management: sshd and, where a daemon opens one, that daemon's TCP vty. `vtysh` is behind sshd.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.connectivity import linux, linux_access, linux_routes
from checks.connectivity.facts import LEVELS, Adjacency, Interface, Logging, Reading
from checks.connectivity.flows import linux as exported
from checks.connectivity.guarded import linux as guarded
from checks.connectivity.replies import address, failed, json_object, parts, shell
from checks.model import Cause, Question, Unknown
from checks.readers import nftables, rsyslog, sshd
from checks.readers.networks import IPV4, Network, Networks, common
from checks.readers.processes import PROCESSES, alive
from checks.readers.rsyslog import LOGGING
from checks.reading import Host, expected, texts, unreadable

# vtysh says on every start that a mere user may not read its own configuration; it needs none.
NO_VTYSH_CONF = re.compile(r"^% Can't open configuration file \S+vtysh\.conf .*\n?", re.M)
UNREACHED = "failed to connect to any daemons"
NEEDED_FACILITIES = ("daemon", "auth", "authpriv")  # the routing daemons, and who logs in
NOT_RUNNING = re.compile(r"^(\w+) is not running$", re.M)


def vtysh(*shows: str) -> Question:
    return shell(*(f'vtysh -c "show {show}"' for show in shows))


INTERFACES = vtysh("interface json")
# Of the configuration only what is judged: the rest may hold secrets. `end` is its last line.
SETTINGS = shell("vtysh -c 'show running-config' | grep -E '^(log |password |enable password |end$)'")
LOG_SYSLOG = re.compile(r"log syslog(?: (\w+))?$")
DEFAULT_LEVEL = 7  # of `log syslog` without a word: debugging
PLAIN_PASSWORD = re.compile(r"((?:enable )?password) (?!8 )")
NEIGHBOURS = vtysh("ip ospf neighbor json", "ipv6 ospf6 neighbor json", "bgp summary json")


def answers(host: Host, question: Question, count: int) -> list[Mapping[str, Any] | None]:
    """The JSON object that each `show … json` printed; None where its daemon does not run, or has nothing to do."""
    return [_answer(NO_VTYSH_CONF.sub("", output), status) for output, status in parts(host, question, count)]


def _answer(output: str, status: int) -> Mapping[str, Any] | None:
    if UNREACHED in output:
        raise unreached()
    if status != 0 and NOT_RUNNING.search(output):
        return None
    if status != 0:
        raise failed(output, status)
    return json_object(output) if output else None


def unreached() -> Unknown:
    """vtysh says the same where this login may not talk to the daemons and where none runs."""
    return Unknown(Cause.NO_PRIVILEGE, f"vtysh: {UNREACHED} (not in group frrvty, or none runs)")


def _zebra(host: Host, question: Question) -> Mapping[str, Any]:
    (answer,) = answers(host, question, 1)
    if answer is None:
        raise Unknown(Cause.NO_TOOL, "zebra does not answer")
    return answer


def _read_interfaces(host: Host) -> Mapping[str, Interface]:
    with expected("show interface"):
        return {name: _interface(name, told) for name, told in _zebra(host, INTERFACES).items()}


def _interface(name: str, told: Mapping[str, Any]) -> Interface:
    enabled = told["administrativeStatus"] == "up"
    addresses = frozenset(address(entry["address"].partition("/")[0]) for entry in told["ipAddresses"])
    return Interface(name, enabled and told["operationalStatus"] == "up", addresses, enabled)


def _read_adjacencies(host: Host) -> tuple[Adjacency, ...]:
    ospf, ospf6, bgp = answers(host, NEIGHBOURS, 3)
    with expected("neighbours"):
        return (*_ospf(ospf), *_ospf6(ospf6), *_bgp(bgp))


def _ospf(told: Mapping[str, Any] | None) -> Iterator[Adjacency]:
    """Interfaces are told as `wan0:192.0.2.1`, states as `Full/DR`."""
    for neighbours in told["neighbors"].values() if told else ():
        for one in neighbours:
            state = one.get("nbrState") or one["state"]
            interface = one["ifaceName"].partition(":")[0]
            yield Adjacency("ospf", address(one["address"]), interface, state, state.startswith("Full"))


def _ospf6(told: Mapping[str, Any] | None) -> Iterator[Adjacency]:
    for one in told["neighbors"] if told else ():
        state, interface = one["state"], one["interfaceName"]
        yield Adjacency("ospf6", None, interface, state, state == "Full")


def _bgp(told: Mapping[str, Any] | None) -> Iterator[Adjacency]:
    for family in (told or {}).values():
        for peer, one in family["peers"].items():
            yield Adjacency("bgp", address(peer), None, one["state"], one["state"] == "Established")


def _settings(host: Host) -> list[str]:
    """The lines of the running configuration that were asked for."""
    ((configured, _),) = parts(host, SETTINGS)
    if UNREACHED in configured:
        raise unreached()
    found = NO_VTYSH_CONF.sub("", configured).splitlines()
    if found[-1:] != ["end"]:
        raise unreadable("running-config ends early")
    return found[:-1]


def _read_logging(host: Host) -> Logging:
    """The routing daemons log to syslog, rsyslogd runs, and a rule of its configuration sends it all elsewhere.

    Syslog's own header bears the time (RFC 3164, 5424), so what reaches it is dated.
    """
    configured = _settings(host)
    found = rsyslog.read(texts(host, LOGGING))
    targets = frozenset(rule.target for rule in found.rules if rule.target and all(map(rule.takes, NEEDED_FACILITIES)))
    running = bool(alive(host, ("rsyslogd",)))
    if found.unread and not targets and running:
        raise unreadable("rsyslog", found.unread[0])
    level = _level(configured)
    there = {"rsyslogd": running, "log syslog": level is not None}
    gaps = tuple(name for name, present in there.items() if not present)
    changes = any(line.startswith("log commands") for line in configured)
    return Logging(targets, gaps, level if running else None, not gaps, changes and not gaps)


def _level(configured: list[str]) -> int | None:
    """The least severe kind that the routing daemons send to syslog; None where they send none."""
    for line in (line for line in configured if line.startswith("log syslog")):
        named = LOG_SYSLOG.match(line)
        if named is None or (named[1] and named[1] not in LEVELS):
            raise unreadable("running-config", line)
        return LEVELS[named[1]] if named[1] else DEFAULT_LEVEL
    return None


def _read_weak_passwords(host: Host) -> tuple[str, ...]:
    """Those of the system, and those of the vty in clear text (`service password-encryption` marks others with 8)."""
    plain = [found[1] for line in _settings(host) if (found := PLAIN_PASSWORD.match(line))]
    return (*linux_access.weak_hashes(host), *plain)


def _read_unfiltered(host: Host) -> tuple[str, ...]:
    """A chain drops what is forwarded and fits no rule; without one, everything passes."""
    chains = nftables.ruleset(host, "forward").incoming()
    closed = any(chain.filters and chain.denies and chain.covers(IPV4) for chain in chains)
    return () if closed else ("forward: accept",)


def _read_sources(host: Host) -> Networks:
    """Whom sshd lets in and nftables lets through to one of its ports."""
    by_filter = frozenset[Network]().union(*map(nftables.ruleset(host).admitted, sshd.ports(host)))
    return common(sshd.sources(host), by_filter)


ping, whole_packet, tcp_answer = linux.ping, linux.whole_packet, linux.tcp_answer
in_clear, extra_services, errors = linux.in_clear, linux.extra_services, linux.errors
traffic, history = linux.traffic, linux.history
neighbours = linux.neighbours
accounts, release, clock, updates = linux.accounts, linux.release, linux.clock, linux.updates
weak_ssh, lockout, banner, rights = (
    linux_access.weak_ssh,
    linux_access.lockout,
    linux_access.banner,
    linux_access.rights,
)
central_login, snmp_before_3 = linux_access.central_login, linux_access.snmp_before_3
proven_time, by_address = linux_access.proven_time, linux_access.by_address
interfaces = Reading(lambda: INTERFACES, _read_interfaces)
adjacencies = Reading(lambda: NEIGHBOURS, _read_adjacencies)
route = linux_routes.route
unfiltered = Reading(lambda: nftables.RULESET, _read_unfiltered)
management_sources = Reading(lambda: (sshd.EFFECTIVE, sshd.FILES, nftables.RULESET), _read_sources)
# Only sshd closes a session that idles inside vtysh: the shell's TMOUT does not run while vtysh does.
idle_timeout = Reading(lambda: (sshd.EFFECTIVE, sshd.FILES), sshd.shell_timeout)
weak_passwords = Reading(lambda: (SETTINGS, linux_access.ACCESS), _read_weak_passwords)
logging = Reading(lambda: (SETTINGS, PROCESSES, LOGGING), _read_logging)
flows = exported.flows
port_guards = guarded.port_guards
