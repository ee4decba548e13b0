"""Sets of addresses, as the networks that make them up."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network

Network = IPv4Network | IPv6Network
Networks = frozenset[Network]

IPV4: Networks = frozenset({ip_network("0.0.0.0/0")})
IPV6: Networks = frozenset({ip_network("::/0")})
EVERYBODY: Networks = IPV4 | IPV6


def is_address(text: str) -> bool:
    """Whether it is an address, and not a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def common(left: Networks, right: Networks) -> Networks:
    """The addresses in both: of two networks that meet, one lies in the other."""
    return frozenset(a if _lies_in(a, b) else b for a in left for b in right if _lies_in(a, b) or _lies_in(b, a))


def without(networks: Networks, taken: Networks) -> Networks:
    """The addresses of `networks` that are not in `taken`."""
    for hole in taken:
        networks = frozenset(rest for network in networks for rest in _around(network, hole))
    return networks


def covers(networks: Networks, others: Networks) -> bool:
    """Every address of `others` is in `networks`."""
    return not without(others, networks)


def shown(networks: Iterable[Network]) -> str:
    """The networks as text, joined where they touch: `10.0.0.0/8, 192.0.2.1`."""
    listed = list(networks)
    joined: list[Network] = [
        *collapse_addresses(n for n in listed if isinstance(n, IPv4Network)),
        *collapse_addresses(n for n in listed if isinstance(n, IPv6Network)),
    ]
    return ", ".join(str(n.network_address) if n.prefixlen == n.max_prefixlen else str(n) for n in joined)


def _lies_in(inner: Network, outer: Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def _around(network: Network, hole: Network) -> Iterable[Network]:
    if _lies_in(network, hole):
        return ()
    if isinstance(network, IPv4Network) and isinstance(hole, IPv4Network) and hole.subnet_of(network):
        return network.address_exclude(hole)
    if isinstance(network, IPv6Network) and isinstance(hole, IPv6Network) and hole.subnet_of(network):
        return network.address_exclude(hole)
    return (network,)
