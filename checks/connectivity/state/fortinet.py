"""What is the case on a FortiGate: interfaces, their counters, neighbours, routes, clock and release. Recordings only.

Counters are those of the kernel's interfaces (`diagnose netlink interface list`), with the second in which they were
read; what a network processor passes by itself is in them as far as the port's driver tells it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from checks.connectivity import echo
from checks.connectivity.configuration import Line, blocks, setting, told, words
from checks.connectivity.facts import Adjacency, Errors, Interface, Ping, Reading, Route, Traffic
from checks.connectivity.replies import address, literal, target
from checks.connectivity.templates import Row, rows
from checks.model import Question
from checks.readers.clock import Clock
from checks.readers.releases import Release
from checks.reading import Host, expected, unreadable

PORTS = Question("show system interface", seconds=20.0)
PHYSICAL = Question("get system interface physical")
OSPF = Question("get router info ospf neighbor")
BGP = Question("get router info bgp summary")
NTP = Question("diagnose sys ntp status")
STATUS = Question("get system status")
PINGS = 5  # what `execute ping` sends, one a second
NEIGHBOUR = re.compile(r"\s*[\d.]+\s+\d+\s+([\w-]+)/\s*\S+\s+[\d:]+\s+([\d.]+)\s+(\S+)\s*")
NEIGHBOUR_HEAD = re.compile(r"\s*(?:OSPF process .*|Neighbor ID .*|)\s*")
NTP_SERVER = re.compile(r"(?:ipv[46] )?server\(([^)]+)\) (\S+) -- .*")
NTP_OFFSET = re.compile(r"\s*clock offset is (-?[\d.]+) sec, .*")
NTP_SERVER_ENDS = ("root dispersion is ", "no data")  # what stands last of each server
NTP_SERVER_SAYS = (*NTP_SERVER_ENDS, "server-version=", "reference time is ")
SAYS_WHY_IT_STARTED = (7, 0)  # the train from which on `get system status` ends with the reason of the last start
# The same again, as another question: what is asked twice in the same words is sent once.
COUNTERS = Question("diagnose netlink interface list", seconds=20.0)
COUNTERS_LATER = Question('diagnose netlink interface list | grep "="', seconds=20.0)
COUNTER_HEAD = re.compile(r"if=(\S+) family=")
COUNTER = re.compile(
    r"^stat: rxp=(\d+) txp=(\d+) rxb=(\d+) txb=(\d+) rxe=(\d+) txe=(\d+) rxd=\d+ txd=\d+ .* @ time=(\d+)$", re.M
)
COUNTER_ENDS = {"misc", "input_type"}  # first words of the last lines of an interface, of newer and of older versions
SHORTEST_SPAN = 3  # seconds between two counts that are told in whole ones
BITS = 8


def edits(host: Host, question: Question) -> list[Line]:
    """The entries of a table; none where it is empty, which FortiOS shows as `config … end`."""
    return [
        entry
        for table in blocks(told(host, question.command))
        for entry in table.below
        if entry.text.startswith("edit ")
    ]


def name_of(entry: Line) -> str:
    return words(entry.text.removeprefix("edit "))[0]


def _read_interfaces(host: Host) -> Mapping[str, Interface]:
    """The ports: their lines as they are, whether they are on as the configuration has it."""
    seen = _physical(host)
    found = {}
    for port in edits(host, PORTS):
        name, own = name_of(port), (setting(port, "ip") or "0.0.0.0").split()[0]  # noqa: S104  # how it says: none
        if name in seen:
            enabled = setting(port, "status") != "down"
            addresses = frozenset({address(own)} if own != "0.0.0.0" else ())  # noqa: S104  # as above
            found[name] = Interface(name, enabled and seen[name]["STATUS"] == "up", addresses, enabled)
    return found


def _counts(host: Host, question: Question) -> Mapping[str, tuple[int, ...]]:
    """Packets, bytes and errors in and out and the second of the count, of all that the configuration has."""
    text, found, last = told(host, question.command), {}, set()
    for part in re.split(r"^(?=if=)", text, flags=re.M)[1:]:
        head, counted = COUNTER_HEAD.match(part), COUNTER.search(part)
        if head is None or counted is None:
            raise unreadable(question.command, part.partition("\n")[0])
        found[head[1]] = tuple(map(int, counted.groups()))
        last.add(part.strip().rpartition("\n")[2].partition(" ")[0].partition("=")[0])
    if len(last) != 1 or not last <= COUNTER_ENDS:
        raise unreadable(question.command, "the reply ends early")
    if missing := [name for port in edits(host, PORTS) if (name := name_of(port)) not in found]:
        raise unreadable(question.command, f"nothing of {', '.join(missing)}")
    return found


def _read_errors(host: Host) -> Mapping[str, Errors]:
    return {
        name: Errors(received + sent, spoilt_in + spoilt_out)
        for name, (received, sent, _, _, spoilt_in, spoilt_out, _) in _counts(host, COUNTERS).items()
    }


def _ask_traffic(over: str) -> tuple[Question, ...]:
    """While the echo is awaited, some seconds pass between the two counts."""
    return PORTS, PHYSICAL, COUNTERS, _ask_ping(over), COUNTERS_LATER


def _read_traffic(host: Host, over: str) -> Mapping[str, Traffic | None]:
    """The rate between the two counts of what is up. The echo's answer is of no matter, but it must have come."""
    _read_ping(host, over)
    begun, ended = _counts(host, COUNTERS), _counts(host, COUNTERS_LATER)
    ports = _physical(host)
    found: dict[str, Traffic | None] = {}
    for name in begun.keys() & ended.keys():
        (_, _, *first), (_, _, *second) = begun[name], ended[name]
        span = second[-1] - first[-1]
        if span < SHORTEST_SPAN:
            raise unreadable(f"{span} s between the two counts")
        received, sent = (BITS * (later - before) / span for before, later in zip(first[:2], second[:2], strict=True))
        if min(received, sent) < 0:
            raise unreadable(f"{name}: a counter went backwards")
        port = ports.get(name)
        if port is None or port["STATUS"] == "up":
            capacity = float(port["SPEED"]) * 1e6 if port and port["SPEED"].isdecimal() else None
            found[name] = Traffic(received, sent, capacity, f"{span} s", 1 / (span - 1))
    return found


def _physical(host: Host) -> Mapping[str, Row]:
    """The ports as they are: all that the configuration has, each to its end, or the reply is not whole."""
    told_ = rows("fortinet_get_system_interface_physical", told(host, PHYSICAL.command), "no port")
    found = {port["NAME"]: port for port in told_ if port["STATUS"] and port["SPEED"]}
    for port in edits(host, PORTS):
        if setting(port, "type") == "physical" and name_of(port) not in found:
            raise unreadable(PHYSICAL.command, f"nothing of {name_of(port)}")
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


interfaces = Reading(lambda: (PORTS, PHYSICAL), _read_interfaces)
errors = Reading(lambda: (PORTS, COUNTERS), _read_errors)
traffic = Reading(_ask_traffic, _read_traffic)
adjacencies = Reading(lambda: (OSPF, BGP), _read_adjacencies)
route = Reading(_ask_route, _read_route)
ping = Reading(_ask_ping, _read_ping)
clock = Reading(lambda: NTP, _read_clock)
release = Reading(lambda: STATUS, _read_release)
