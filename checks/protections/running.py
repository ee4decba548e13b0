"""What runs and listens on a server: asked once, read here, used by several topics."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from testinfra.host import Host

from checks.model import Cause, Question, Unknown
from checks.reading import stdout

END = "end"
SECONDS_A_DAY = 86_400


def closed(command: str) -> str:
    """Shell text for `command` with a last line that is printed only if it succeeded: nothing is missing before it."""
    return f"{command} && printf '\\n{END}\\n'"


PROCESSES = Question(closed("ps -A -o pid=,user=,comm=,args="))
SOCKETS = Question(closed("ss -Htuln"))

# A client's own UDP socket looks like a service's; in this range (`ip_local_port_range`) it is taken for a client's.
EPHEMERAL = range(32_768, 61_000)
DHCP_CLIENT = (68, 546)


@dataclass(frozen=True, slots=True)
class Process:
    """A living process. `names` are the command's name (15 characters of it) and the program's file name."""

    pid: int
    user: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Socket:
    """A TCP socket that listens, or a UDP socket without a peer."""

    protocol: str
    address: str
    port: int

    @property
    def loopback(self) -> bool:
        """Only this host itself can reach it."""
        return self.address != "*" and _ip(self.address).is_loopback

    @property
    def client(self) -> bool:
        """A UDP socket of a program that asks others: on a port of its own choice, or of a DHCP client."""
        return self.protocol == "udp" and (self.port in EPHEMERAL or self.port in DHCP_CLIENT)

    @property
    def takes_ipv6(self) -> bool:
        """Reached over IPv6: an IPv6 address, or `*`, which takes both."""
        return self.address.startswith(("[", "*"))

    def __str__(self) -> str:
        return f"{self.protocol} {self.address}:{self.port}"


def complete(host: Host, question: Question) -> list[str]:
    """The non-empty lines of a question made with `closed`. Raises `Unknown` where the reply ends early."""
    lines = [line for line in stdout(host, question).splitlines() if line.strip()]
    if not lines or lines[-1] != END:
        raise Unknown(Cause.UNREADABLE, f"{question.command}: the reply ends early")
    return lines[:-1]


def dated(host: Host, question: Question) -> tuple[int, list[str]]:
    """The lines of a question made with `closed` behind its first, which `date +%s` has printed."""
    now, *lines = complete(host, question) or [""]
    if not now.isdecimal():
        raise Unknown(Cause.UNREADABLE, f"date: {now}")
    return int(now), lines


def processes(host: Host) -> list[Process]:
    """All living processes. Raises `Unknown` where process 1 is hidden, since others may be hidden too."""
    found = [_process(line) for line in complete(host, PROCESSES)]
    if not any(process.pid == 1 for process in found):
        raise Unknown(Cause.NO_PRIVILEGE, "the process table is hidden from this login (hidepid)")
    return found


def alive(host: Host, names: Iterable[str]) -> list[str]:
    """Those of `names` that a living process has, in order. A process's own name ends after 15 characters."""
    names_alive = frozenset().union(*(process.names for process in processes(host)))
    return [name for name in names if {name, name[:15]} & names_alive]


def listening(host: Host) -> list[Socket]:
    """Every socket that other hosts can reach: loopback, and UDP sockets of clients, are left out."""
    sockets = [_socket(line) for line in complete(host, SOCKETS)]
    if not sockets:
        raise Unknown(Cause.UNREADABLE, "ss: no socket at all, not even that of sshd")
    return [socket for socket in sockets if not socket.loopback and not socket.client]


def age_in_days(now: int, then: int) -> float:
    """Days from `then` to `now`, in seconds since 1970. Raises `Unknown` where `then` lies in the future."""
    if then > now + SECONDS_A_DAY:
        raise Unknown(Cause.UNREADABLE, "a file is younger than the host's clock")
    return (now - then) / SECONDS_A_DAY


def _process(line: str) -> Process:
    match = re.match(r"\s*(\d+) (\S+)\s+(\S+)(?:\s+(\S+))?", line)
    if match is None:
        raise Unknown(Cause.UNREADABLE, f"ps: {line}")
    pid, user, name, program = match.groups(default="")
    if line.endswith("<defunct>"):
        return Process(int(pid), user, frozenset())
    return Process(int(pid), user, frozenset({name, PurePosixPath(program.rstrip(":")).name}))


def _socket(line: str) -> Socket:
    match = re.match(r"(tcp|udp)\s+(?:LISTEN|UNCONN)\s+\d+\s+\d+\s+(\S+):(\d+)\s", line)
    if match is None:
        raise Unknown(Cause.UNREADABLE, f"ss: {line}")
    return Socket(match[1], match[2], int(match[3]))


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address as ss prints it: `127.0.0.53%lo`, `[::1]`, `[fe80::1]%eth0`."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        raise Unknown(Cause.UNREADABLE, f"ss: {address}") from None
    return getattr(ip, "ipv4_mapped", None) or ip


def numbered(lines: Iterable[str], count: int) -> Iterator[tuple[list[int], str]]:
    """Each line as `count` leading whole numbers and the rest. Raises `Unknown` for any other line."""
    for line in lines:
        *numbers, rest = line.split(None, count)
        if len(numbers) != count or not all(number.isdecimal() for number in numbers):
            raise Unknown(Cause.UNREADABLE, line)
        yield [int(number) for number in numbers], rest
