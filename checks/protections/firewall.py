"""Does the server's own firewall stop what nobody allowed, in and out, and who may come how often?"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.readers import nftables
from checks.readers.networks import IPV4, IPV6, Network, Networks, common, covers, shown
from checks.readers.nftables import RULESET
from checks.readers.passage import Limit
from checks.readers.sockets import SOCKETS, Socket, listening
from checks.reading import LAST, texts, unreadable

# Tables of the old iptables, which nft does not show.
LEGACY = Question(f"/usr/bin/grep -a . /proc/net/ip_tables_names /proc/net/ip6_tables_names {LAST}", root=True)
# What lies within an organisation's own networks (RFC 1918, 4193, 3927, 6598) or is sent to all on the link.
INSIDE: Networks = frozenset(
    ip_network(one)
    for one in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "127.0.0.0/8"),
        *("224.0.0.0/24", "239.0.0.0/8", "255.255.255.255/32", "fc00::/7", "fe80::/10", "ff00::/8", "::1/128"),
    )
)
# Bits by version: who names a network wider than that on the Internet has named no destination.
NAMED = {4: 16, 6: 32}
SEGMENT_IPV4, SEGMENT_IPV6 = 8, 64  # bits of an address that are left within one network (RFC 4291 2.5.1)


@asks(RULESET, LEGACY, platforms=LINUX)
def active(host: Host, _want: Want) -> Verdict:
    """Packets that come in pass rules."""
    filtering = [chain for chain in _incoming(host) if chain.filters]
    actual = ", ".join(f"{chain.family} {chain.table} {chain.name}" for chain in filtering)
    return judged(bool(filtering), "hook input", actual or "–")


@asks(RULESET, LEGACY, SOCKETS, platforms=LINUX)
def default_deny(host: Host, _want: Want) -> Verdict:
    """What no rule accepts is dropped: over IPv4, and over IPv6 if anything listens there."""
    incoming = _incoming(host)
    ipv6 = any(socket.takes_ipv6 for socket in listening(host))
    versions = {"ip": IPV4, **({"ip6": IPV6} if ipv6 else {})}
    open_ = [v for v, all_ in versions.items() if not any(chain.covers(all_) and chain.denies for chain in incoming)]
    return judged(not open_, "hook input policy drop", ", ".join(f"{v}: accept" for v in open_) or "drop")


@asks(RULESET, LEGACY, platforms=LINUX)
def outbound_limited(host: Host, _want: Want) -> Verdict:
    """New connections leave for named destinations alone: over IPv4 and IPv6, by whichever protocol and port.

    A destination is named by an address or a network: one inside, or one on the Internet no wider than /16 (IPv6: /32).
    A port alone names none. Answers to what came in, ICMP, IGMP and the loopback are no new connections to outside.
    """
    astray: dict[str, str] = {}
    for flow, ends in nftables.ruleset(host, "output").reached():
        if far := [end for end in ends if not _is_named(end)]:
            astray.setdefault(shown(far), flow)
    _unless_legacy(host, astray)
    actual = "; ".join(f"{flow} → {far}" for far, flow in astray.items())
    return judged(not astray, "hook output policy drop; daddr", actual or "OK")


@asks(RULESET, LEGACY, SOCKETS, platforms=LINUX)
def connections_limited(host: Host, want: Want) -> Verdict:
    """Whoever comes to a TCP port is held to two limits of connections at once: of each source, and of the service.

    Both are rules of the packet filter (`ct count`). What a service limits itself is not looked at: sshd counts those
    who have not logged in yet (MaxStartups), not connections. UDP has none.
    """
    filtered, past = nftables.ruleset(host), []
    limits = (Limit("source", want["connections_per_source"]), Limit("service", want["connections_per_service"]))
    for socket in _on(host, "tcp"):
        for limit in limits:
            free = common(filtered.admitted(socket.port, limit=limit), socket.versions)
            past += [f"{socket.port} {limit.kind}: {shown(free)}"] if free else []
    _unless_legacy(host, past)
    wanted = ", ".join(f"ct count / {limit.kind} ≤ {limit.most}" for limit in limits)
    return judged(not past, wanted, "; ".join(dict.fromkeys(past)) or "OK")


@asks(RULESET, LEGACY, SOCKETS, platforms=LINUX)
def segmented(host: Host, want: Want) -> Verdict:
    """Each port but the public ones is open to few addresses: to named ones alone, and to no more than a segment has.

    They are counted, since nft joins networks that touch: one of IPv6 (/64) counts as many as one of IPv4 (/24).
    """
    filtered, wide, most = nftables.ruleset(host), [], want["segment_addresses"]
    for socket in listening(host):
        if socket.port not in want["public_ports"]:
            ends = common(filtered.admitted(socket.port, socket.protocol), socket.versions)
            wide += [f"{socket.protocol} {socket.port}: {shown(ends)}"] if _size(ends) > most else []
    _unless_legacy(host, wide)
    return judged(not wide, f"saddr: ≤ {most}", "; ".join(dict.fromkeys(wide)) or "OK")


def _size(ends: Networks) -> int:
    """How many addresses there are, a network of IPv6 for one of IPv4."""
    four = sum(one.num_addresses for one in collapse_addresses(end for end in ends if isinstance(end, IPv4Network)))
    six = sum(one.num_addresses for one in collapse_addresses(end for end in ends if isinstance(end, IPv6Network)))
    return four + -(-six >> (SEGMENT_IPV6 - SEGMENT_IPV4))


def _on(host: Host, protocol: str) -> list[Socket]:
    return [socket for socket in listening(host) if socket.protocol == protocol]


def _is_named(end: Network) -> bool:
    return covers(INSIDE, frozenset({end})) or end.prefixlen >= NAMED[end.version]


def _unless_legacy(host: Host, found: Iterable[str]) -> None:
    """Raises `Unknown` for what nft lets through where the old iptables filters too, which may not."""
    if found and "filter" in _legacy(host):
        raise unreadable("the rules of iptables-legacy are not read")


def _legacy(host: Host) -> list[str]:
    """The tables of the old iptables."""
    return [name for path, names in texts(host, LEGACY).items() if path != LAST for name in names]


def _incoming(host: Host) -> list[nftables.Chain]:
    """The chains that filter what comes in. Raises `Unknown` where the old iptables filters instead."""
    incoming, legacy = nftables.ruleset(host).incoming(), _legacy(host)
    if not incoming and "filter" in legacy:
        raise unreadable("the rules of iptables-legacy are not read")
    return incoming
