"""Does the server's own firewall stop what nobody allowed?"""

from __future__ import annotations

from testinfra.host import Host

from checks.model import Cause, Question, Unknown, Verdict, Want, asks, judged
from checks.protections.questions import LAST, RULESET, texts
from checks.protections.readers import nftables
from checks.protections.running import SOCKETS, listening
from checks.reading import stdout

DEBIAN = ("debian", "ubuntu")
# Tables of the old iptables, which nft does not show.
LEGACY = Question(f"/usr/bin/grep -a . /proc/net/ip_tables_names /proc/net/ip6_tables_names {LAST}", root=True)


@asks(RULESET, LEGACY, platforms=DEBIAN)
def active(host: Host, _want: Want) -> Verdict:
    """Packets that come in pass rules."""
    filtering = [chain for chain in _incoming(host) if chain.filters]
    actual = ", ".join(f"{chain.family} {chain.table} {chain.name}" for chain in filtering)
    return judged(bool(filtering), "hook input", actual or "–")


@asks(RULESET, LEGACY, SOCKETS, platforms=DEBIAN)
def default_deny(host: Host, _want: Want) -> Verdict:
    """What no rule accepts is dropped: over IPv4, and over IPv6 if anything listens there."""
    incoming = _incoming(host)
    families = ["ip", *(["ip6"] if any(socket.takes_ipv6 for socket in listening(host)) else [])]
    open_ = [f for f in families if not any(chain.covers(f) and chain.denies for chain in incoming)]
    return judged(not open_, "hook input policy drop", ", ".join(f"{f}: accept" for f in open_) or "drop")


def _incoming(host: Host) -> list[nftables.Chain]:
    """The chains that filter what comes in. Raises `Unknown` where the old iptables filters instead."""
    try:
        incoming = [chain for chain in nftables.chains(stdout(host, RULESET)) if chain.hook == "input"]
    except ValueError as error:
        raise Unknown(Cause.UNREADABLE, f"nft: {error}") from error
    legacy = [name for path, names in texts(host, LEGACY).items() if path != LAST for name in names]
    if not incoming and "filter" in legacy:
        raise Unknown(Cause.UNREADABLE, "the rules of iptables-legacy are not read")
    return incoming
