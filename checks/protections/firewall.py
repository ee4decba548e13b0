"""Does the server's own firewall stop what nobody allowed?"""

from __future__ import annotations

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.readers import nftables
from checks.readers.networks import IPV4, IPV6
from checks.readers.nftables import RULESET
from checks.readers.sockets import SOCKETS, listening
from checks.reading import LAST, texts, unreadable

# Tables of the old iptables, which nft does not show.
LEGACY = Question(f"/usr/bin/grep -a . /proc/net/ip_tables_names /proc/net/ip6_tables_names {LAST}", root=True)


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


def _incoming(host: Host) -> list[nftables.Chain]:
    """The chains that filter what comes in. Raises `Unknown` where the old iptables filters instead."""
    incoming = nftables.ruleset(host).incoming()
    legacy = [name for path, names in texts(host, LEGACY).items() if path != LAST for name in names]
    if not incoming and "filter" in legacy:
        raise unreadable("the rules of iptables-legacy are not read")
    return incoming
