"""What every Linux tells alike: readings that platforms of network devices and of servers take over by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checks.connectivity.facts import Errors, History, Interface, Neighbour, Ping, Reading, TcpAnswer, Traffic
from checks.connectivity.replies import address, failed, json_list, parts, shell, target
from checks.connectivity.sightings import things
from checks.model import Cause, Question, Unknown
from checks.readers import sysstat
from checks.readers.accounts import ACCOUNTS, PASSWORD_STATES, able_to_log_in
from checks.readers.clock import CLOCK, DAEMONS, Clock
from checks.readers.clock import clock as read_clock
from checks.readers.files import entries, homes_with_keys
from checks.readers.neighbours import LEASE_FILES, leases, lldp, table
from checks.readers.processes import PROCESSES, alive
from checks.readers.releases import RELEASE
from checks.readers.releases import release as read_release
from checks.readers.sockets import SOCKETS, listening
from checks.readers.updates import UPDATES
from checks.readers.updates import updates as read_updates
from checks.reading import LAST, Host, expected, unreadable

SEARCHED = ("/root", "/home")
KEYS = Question(
    f"/usr/bin/find {' '.join(SEARCHED)} {LAST} -maxdepth 3 -name authorized_keys -ls -o -name authorized_keys2 -ls"
    f" -o -path {LAST} -ls",
    root=True,
)
NAME_UNKNOWN = re.compile(r"name resolution|Name or service not known|No address associated", re.I)
TIMED_OUT = 124
KILLED = 128  # a shell's exit status from here on: by a signal, as when the time is up
TOLD_OF_ONE = re.compile(r"(\S+/\d+) (\d+)(?: (.*))?")
SILENCE = 2  # seconds: the first request may be lost, and is sent again after one
PINGS, WHOLE_PACKETS = 10, 2
HEADERS = {4: 28, 6: 48}  # bytes of IP and ICMP before what ping counts as a packet's size
BITS = 8
SHORTEST_SPAN = 0.05  # seconds between two counts; of a shorter time a rate says nothing
SPEED = re.compile(r"^/sys/class/net/([^/]+)/speed:(\d+)$", re.M)
# Asked twice: the first by a check that comes early, the second by one that comes late, so that time passes by itself.
COUNTERS = shell("date +%s.%N", "ip -d -j -s link show")
COUNTERS_LATER = shell("sleep 0.1; date +%s.%N", "ip -j -s link show", "grep -s . /sys/class/net/*/speed")
HISTORY = shell(*sysstat.COMMANDS)
ADDRESSES = shell("ip -j addr")
MANAGES_IN_CLEAR = {
    ("tcp", 21): "FTP",
    ("tcp", 23): "Telnet",
    ("udp", 69): "TFTP",
    ("tcp", 80): "HTTP",
    ("tcp", 512): "rexec",
    ("tcp", 513): "rlogin",
    ("tcp", 8080): "HTTP",
    **{("tcp", port): "vty" for port in range(2601, 2624)},  # the routing daemons' own, as Debian assigns them
}
PING_STATISTICS = re.compile(r"^(\d+) packets transmitted, (\d+) received,.* packet loss", re.M)
PING_AVERAGE = re.compile(r"^rtt min/avg/max/mdev = [\d.]+/([\d.]+)/[\d.]+/[\d.]+ ms", re.M)
NO_ROUTE = re.compile(r"network is unreachable|no route to host", re.I)


def pinging(every: float) -> Reading[Ping]:
    """Ten echo requests, one every so many seconds: 1 s more where none comes back."""

    def ask(to: str) -> Question:
        return shell(f"LC_ALL=C ping -n -q -c {PINGS} -i {every:g} -W 1 {target(to)}")

    return Reading(ask, lambda host, to: _counted(parts(host, ask(to))))


def seeing(lease_files: Sequence[str]) -> Reading[tuple[Neighbour, ...]]:
    """Who was seen on its networks, DHCP servers' lists in `lease_files` among the sources."""
    question = shell(
        "ip -j neigh show", "lldpcli -f json0 show neighbors 2>&1", f"LC_ALL=C cat {' '.join(lease_files)} 2>&1"
    )
    return Reading(lambda: question, lambda host: _read_neighbours(host, question))


def _ask_whole(to: str, size: int) -> Question:
    where = target(to)
    version = 6 if ":" in where else 4
    return shell(f"LC_ALL=C ping -n -q -c {WHOLE_PACKETS} -i 0.02 -W 0.5 -M do -s {size - HEADERS[version]} {where}")


def _read_whole(host: Host, to: str, size: int) -> Ping:
    return _counted(parts(host, _ask_whole(to, size)))


def _counted(told: list[tuple[str, int]]) -> Ping:
    """Exit status 1: something was lost, or was too large to be sent; 2: nothing could be sent."""
    ((output, status),) = told
    counted = PING_STATISTICS.search(output)
    if status == 2 and not counted and NO_ROUTE.search(output):  # noqa: PLR2004  # as ping(8) defines it
        return Ping(0, 0, None)
    if status not in (0, 1) or not counted:
        raise _unresolved(output) or failed(output, status)
    average = PING_AVERAGE.search(output)
    sent, received = int(counted[1]), int(counted[2])
    if sent < received or bool(received) != bool(average):
        raise unreadable("ping", counted[0])
    return Ping(sent, received, float(average[1]) if average else None)


def _ask_tcp(to: str, port: int) -> Question:
    return shell(f"LC_ALL=C timeout 2 bash -c 'exec 3<>/dev/tcp/{target(to)}/{int(port)}' 2>&1")


def _read_tcp(host: Host, to: str, port: int) -> TcpAnswer:
    ((output, status),) = parts(host, _ask_tcp(to, port))
    return _answered(output, status)


def _ask_all(to: Sequence[tuple[str, int]]) -> Question:
    """One program for all: each connection is tried apart, and tells of itself in one line as soon as it is decided."""
    places = " ".join(f"{target(where)}/{int(port)}" for where, port in to)
    one = "{ e=$( { exec 3<>/dev/tcp/$t; } 2>&1 ); echo $t $? $e; } &"
    return shell(f"LC_ALL=C timeout {SILENCE} bash -c 'for t in {places}; do {one} done; wait' 2>&1")


def _read_all(host: Host, to: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], TcpAnswer]:
    """What was not decided when the time was up, met silence."""
    ((output, status),) = parts(host, _ask_all(to))
    if status not in (0, TIMED_OUT):
        raise failed(output, status)
    told = {}
    for line in output.splitlines():
        if not (found := TOLD_OF_ONE.fullmatch(line)):
            raise unreadable("TCP", line)
        told[found[1]] = TcpAnswer.TIMEOUT if int(found[2]) >= KILLED else _answered(found[3] or "", int(found[2]))
    places = {place: f"{target(place[0])}/{place[1]}" for place in to}
    if status == 0 and (missing := {*places.values()} - told.keys()):
        raise unreadable("TCP", f"nothing of {min(missing)}")
    return {place: told.get(shown, TcpAnswer.TIMEOUT) for place, shown in places.items()}


def _answered(output: str, status: int) -> TcpAnswer:
    if status == 0:
        return TcpAnswer.CONNECTED
    if status == TIMED_OUT or "Connection timed out" in output:
        return TcpAnswer.TIMEOUT
    if "Connection refused" in output:
        return TcpAnswer.REFUSED
    if NO_ROUTE.search(output):
        return TcpAnswer.UNREACHABLE
    raise _unresolved(output) or failed(output, status)


def _unresolved(output: str) -> Unknown | None:
    return Unknown(Cause.DNS, output.partition("\n")[0]) if NAME_UNKNOWN.search(output) else None


def _read_interfaces(host: Host) -> Mapping[str, Interface]:
    ((told, status),) = parts(host, ADDRESSES)
    if status:
        raise failed(told, status)
    with expected("ip addr"):
        return {one["ifname"]: _interface(one) for one in json_list(told)}


def _interface(told: Mapping[str, Any]) -> Interface:
    own = frozenset(address(one["local"]) for one in told["addr_info"])
    return Interface(told["ifname"], "LOWER_UP" in told["flags"], own, "UP" in told["flags"])


def _read_accounts(host: Host) -> tuple[str, ...]:
    return tuple(one.name for one in able_to_log_in(host, homes_with_keys(entries(host, KEYS)), SEARCHED))


def _read_in_clear(host: Host) -> tuple[str, ...]:
    found = {MANAGES_IN_CLEAR.get((s.protocol, s.port)): str(s) for s in listening(host)}
    return tuple(f"{name} ({where})" for name, where in found.items() if name)


def _read_extra(host: Host, declared: frozenset[int]) -> tuple[str, ...]:
    return tuple(str(socket) for socket in listening(host) if socket.port not in declared)


def _links(text: str) -> Iterator[Mapping[str, Any]]:
    """The interfaces of `ip -j link`; what stands between two machines only, as a loopback, is left out."""
    return (one for one in json_list(text) if one["ifname"] != "lo")


def _counts(told: Mapping[str, Any]) -> tuple[int, int]:
    """Bytes received and sent."""
    counts = told["stats64"]
    return int(counts["rx"]["bytes"]), int(counts["tx"]["bytes"])


def _alive(text: str) -> Mapping[str, tuple[int, int]]:
    """The counts of each interface into which something is plugged: a dead one carries nothing, and is not idle."""
    return {one["ifname"]: _counts(one) for one in _links(text) if "LOWER_UP" in one["flags"]}


def links_counted(host: Host) -> list[Mapping[str, Any]]:
    """The interfaces of the first count, each with all that `ip -d` tells of it."""
    (_, (links, _)) = _succeeded(host, COUNTERS, 2)
    return [*_links(links)]


def _read_errors(host: Host) -> Mapping[str, Errors]:
    with expected("ip -s link"):
        return {one["ifname"]: _spoilt(one["stats64"]["rx"], one["stats64"]["tx"]) for one in links_counted(host)}


def _spoilt(received: Mapping[str, int], sent: Mapping[str, int]) -> Errors:
    return Errors(received["packets"] + sent["packets"], received["errors"] + sent["errors"])


def _read_traffic(host: Host, _over: str) -> Mapping[str, Traffic | None]:
    """The rate between the two counts. A counter that went backwards began anew, and tells nothing."""
    (begun, _), (first, _) = _succeeded(host, COUNTERS, 2)
    (ended, _), (second, _), (speeds, _) = _succeeded(host, COUNTERS_LATER, 3)
    carries = {name: float(speed) * 1e6 for name, speed in SPEED.findall(speeds)}
    with expected("ip -s link"):
        span = float(ended) - float(begun)
        before, after = _alive(first), _alive(second)
    if span < SHORTEST_SPAN:
        raise unreadable(f"{span:.3f} s between the two counts")
    found: dict[str, Traffic | None] = {}
    for name in before.keys() & after.keys():
        received, sent = (BITS * (later - now) / span for now, later in zip(before[name], after[name], strict=True))
        if min(received, sent) < 0:
            raise unreadable(f"{name}: a counter went backwards")
        found[name] = Traffic(received, sent, carries.get(name), f"{span:.1f} s")
    return found


def _read_history(host: Host) -> Mapping[str, History]:
    """Of the days whose file is there. Raises `Unknown` (no_tool) where sysstat is not, or collects nothing."""
    kept: dict[str, list[tuple[int, float, float]]] = {}
    days = parts(host, HISTORY, len(sysstat.COMMANDS))
    for output, status in days:
        if status == 0:
            for name, spans in sysstat.rates(output).items():
                kept.setdefault(name, []).extend(spans)
        elif not sysstat.NO_DATA.search(output):
            raise failed(output, status)
    if not kept:
        raise Unknown(Cause.NO_TOOL, days[-1][0].partition("\n")[0])
    return {
        name: History(tuple(r for _, r, _ in spans), tuple(s for _, _, s in spans), sysstat.usual_seconds(spans))
        for name, spans in kept.items()
    }


def _succeeded(host: Host, question: Question, count: int) -> list[tuple[str, int]]:
    """What the commands printed. Raises `Unknown` where the first or second failed; a third may find nothing."""
    told = parts(host, question, count)
    for output, status in told[:2]:
        if status:
            raise failed(output, status)
    return told


def _read_clock(host: Host) -> Clock | None:
    return read_clock(host) if alive(host, DAEMONS) else None


def _read_neighbours(host: Host, question: Question) -> tuple[Neighbour, ...]:
    """One for each hardware address, whoever told of it."""
    (seen, status), (introduced, told), (leased, listed) = parts(host, question, 3)
    if status:
        raise failed(seen, status)
    return things((*table(seen), *lldp(introduced, told), *leases(leased, listed)))


neighbours = seeing(LEASE_FILES)
ping = pinging(0.02)
whole_packet = Reading(_ask_whole, _read_whole)
tcp_answer = Reading(_ask_tcp, _read_tcp)
tcp_answers = Reading(_ask_all, _read_all)
interfaces = Reading(lambda: ADDRESSES, _read_interfaces)
in_clear = Reading(lambda: SOCKETS, _read_in_clear)
extra_services = Reading(lambda _: SOCKETS, _read_extra)
errors = Reading(lambda: COUNTERS, _read_errors)
history = Reading(lambda: HISTORY, _read_history)
traffic = Reading(lambda _: (COUNTERS, COUNTERS_LATER), _read_traffic)
accounts = Reading(lambda: (ACCOUNTS, PASSWORD_STATES, KEYS), _read_accounts)
release = Reading(lambda: RELEASE, read_release)
clock = Reading(lambda: (PROCESSES, CLOCK), _read_clock)
updates = Reading(lambda: UPDATES, read_updates)
