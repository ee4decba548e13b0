"""The ports that a host keeps open, as `ss` lists them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from checks.model import Question
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

    def __str__(self) -> str:
        return f"{self.protocol} {self.address}:{self.port}"


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
