"""What every Linux tells alike: readings that platforms of network devices and of servers take over by name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from checks.connectivity.facts import Neighbour, Ping, Reading, TcpAnswer
from checks.connectivity.replies import failed, parts, shell, target
from checks.model import Cause, Question, Unknown
from checks.readers.accounts import ACCOUNTS, PASSWORD_STATES, Account, able_to_log_in
from checks.readers.clock import CLOCK, DAEMONS, Clock
from checks.readers.clock import clock as read_clock
from checks.readers.files import entries, homes_with_keys
from checks.readers.neighbours import LEASE_FILES, Sighting, leases, lldp, table
from checks.readers.processes import PROCESSES, alive
from checks.readers.releases import RELEASE
from checks.readers.releases import release as read_release
from checks.readers.sockets import SOCKETS, listening
from checks.readers.updates import UPDATES
from checks.readers.updates import updates as read_updates
from checks.reading import LAST, Host, unreadable

SEARCHED = ("/root", "/home")
KEYS = Question(
    f"/usr/bin/find {' '.join(SEARCHED)} {LAST} -maxdepth 3 -name authorized_keys -ls -o -name authorized_keys2 -ls"
    f" -o -path {LAST} -ls",
    root=True,
)
NAME_UNKNOWN = re.compile(r"name resolution|Name or service not known|No address associated", re.I)
NEIGHBOURS = shell(
    "ip -j neigh show", "lldpcli -f json0 show neighbors 2>&1", f"LC_ALL=C cat {' '.join(LEASE_FILES)} 2>&1"
)
TIMED_OUT = 124
PINGS = 5
PING_STATISTICS = re.compile(r"^(\d+) packets transmitted, (\d+) received,.* packet loss", re.M)
PING_AVERAGE = re.compile(r"^rtt min/avg/max/mdev = [\d.]+/([\d.]+)/[\d.]+/[\d.]+ ms", re.M)
NO_ROUTE = re.compile(r"network is unreachable|no route to host", re.I)


def _ask_ping(to: str) -> Question:
    return shell(f"LC_ALL=C ping -n -q -c {PINGS} -i 0.1 -W 1 {target(to)}")


def _read_ping(host: Host, to: str) -> Ping:
    """0.4 s where all come back, 1.4 s where none does. Exit status 1: something was lost; 2: could not be sent."""
    ((output, status),) = parts(host, _ask_ping(to))
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


def _read_accounts(host: Host) -> list[Account]:
    return able_to_log_in(host, homes_with_keys(entries(host, KEYS)), SEARCHED)


def _read_clock(host: Host) -> Clock | None:
    return read_clock(host) if alive(host, DAEMONS) else None


def _read_neighbours(host: Host) -> tuple[Neighbour, ...]:
    """One for each hardware address, whoever told of it."""
    (seen, status), (introduced, told), (leased, listed) = parts(host, NEIGHBOURS, 3)
    if status:
        raise failed(seen, status)
    found: dict[str, list[Sighting]] = {}
    for one in (*table(seen), *lldp(introduced, told), *leases(leased, listed)):
        found.setdefault(one.hardware, []).append(one)
    return tuple(_neighbour(hardware, sightings) for hardware, sightings in found.items())


def _neighbour(hardware: str, sightings: Sequence[Sighting]) -> Neighbour:
    where = next((one.interface for one in sightings if one.interface), "dhcp")
    name = next((one.name for one in sightings if one.name), "")
    return Neighbour(hardware, where, frozenset(one.address for one in sightings if one.address is not None), name)


neighbours = Reading(lambda: NEIGHBOURS, _read_neighbours)
ping = Reading(_ask_ping, _read_ping)
tcp_answer = Reading(_ask_tcp, _read_tcp)
sockets = Reading(lambda: SOCKETS, listening)
accounts = Reading(lambda: (ACCOUNTS, PASSWORD_STATES, KEYS), _read_accounts)
release = Reading(lambda: RELEASE, read_release)
clock = Reading(lambda: (PROCESSES, CLOCK), _read_clock)
updates = Reading(lambda: UPDATES, read_updates)
