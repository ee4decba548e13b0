"""The ports that a host keeps open, as `ss` lists them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from checks.model import Question, Want
from checks.readers.networks import EVERYBODY, IPV4, IPV6, Networks, is_address
from checks.reading import Host, closed, complete, unreadable

SOCKETS = Question(closed("ss -Htuln"))
# A client's own UDP socket looks like a service's; in this range (`ip_local_port_range`) it is taken for a client's.
EPHEMERAL = range(32_768, 61_000)
DHCP_CLIENT = (68, 546)


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

    @property
    def versions(self) -> Networks:
        """The versions of IP that it is reached over, as all their addresses."""
        return EVERYBODY if self.address == "*" else IPV6 if self.takes_ipv6 else IPV4

    def __str__(self) -> str:
        return f"{self.protocol} {self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Connection:
    """An established TCP connection: our `port`, the other end, and how many bytes `waiting` it has not taken yet."""

    port: int
    peer: str
    peer_port: int
    waiting: int


def connections(want: Want) -> Question:
    """Connections to the city's log collectors, and those to the port where a collector takes logs itself."""
    own = {want.asset.address, *want.asset.addresses}
    others = [str(address) for address in want["log_collectors"] if str(address) not in own]
    ends = [f"dst {address}" for address in others if is_address(address)]
    chosen = " or ".join([f"sport = :{want['log_collector_port']}", *ends])
    return Question(closed(f"ss -Htn state established '( {chosen} )'"))


def established(host: Host, question: Question) -> list[Connection]:
    """The connections that stand, as `ss -Htn state established` tells them."""
    return [_connection(line) for line in complete(host, question)]


def _connection(line: str) -> Connection:
    match = re.match(r"\d+\s+(\d+)\s+\S+:(\d+)\s+(\S+):(\d+)(?:\s|$)", line)
    if match is None:
        raise unreadable("ss", line)
    return Connection(int(match[2]), str(_ip(match[3])), int(match[4]), int(match[1]))


def listening(host: Host) -> list[Socket]:
    """Every socket that other hosts can reach: loopback, and UDP sockets of clients, are left out."""
    sockets = [_socket(line) for line in complete(host, SOCKETS)]
    if not sockets:
        raise unreadable("ss", "no socket at all, not even that of sshd")
    return [socket for socket in sockets if not socket.loopback and not socket.client]


def _socket(line: str) -> Socket:
    match = re.match(r"(tcp|udp)\s+(?:LISTEN|UNCONN)\s+\d+\s+\d+\s+(\S+):(\d+)\s", line)
    if match is None:
        raise unreadable("ss", line)
    return Socket(match[1], match[2], int(match[3]))


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address as ss prints it: `127.0.0.53%lo`, `[::1]`, `[fe80::1]%eth0`."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        raise unreadable("ss", address) from None
    return getattr(ip, "ipv4_mapped", None) or ip
