"""Does the path from a site to its parent hold? Each end of a link is asked for itself."""

from __future__ import annotations

from checks.connectivity import facts
from checks.connectivity.facts import ADJACENCIES, INTERFACES, Adjacency
from checks.connectivity.replies import literal
from checks.model import Verdict, Want, asks, judged
from checks.reading import Host


def far_end(want: Want) -> str:
    return want.link.there.address


ROUTE_TO_FAR_END = facts.route(far_end)
PING_OF_FAR_END = facts.ping(far_end)


@asks(INTERFACES)
def up(host: Host, want: Want) -> Verdict:
    """The interface is up and carries the address that the inventory gives it."""
    end = want.link.here
    interface = INTERFACES.of(host, want).get(end.interface)
    expected = f"{end.interface}: up, {end.address}"
    if interface is None:
        return judged(False, expected, f"{end.interface}: –")
    addresses = ", ".join(sorted(map(str, interface.addresses))) or "–"
    passed = interface.up and literal(end.address) in interface.addresses
    return judged(passed, expected, f"{end.interface}: {'up' if interface.up else 'down'}, {addresses}")


@asks(ADJACENCIES)
def adjacency(host: Host, want: Want) -> Verdict:
    """A routing protocol holds the far end for its neighbour, on this link."""
    found = [one for one in ADJACENCIES.of(host, want) if _is_over(one, want)]
    states = ", ".join(f"{one.protocol} {one.state}" for one in found)
    expected = f"{want.link.here.interface} {far_end(want)}: OSPF Full | BGP Established"
    return judged(any(one.established for one in found), expected, states or "–")


@asks(ROUTE_TO_FAR_END)
def route(host: Host, want: Want) -> Verdict:
    """What is sent to the far end leaves over this link, and not over a detour."""
    end, found = want.link.here, ROUTE_TO_FAR_END.of(host, want)
    ways = ", ".join(f"{found.protocol} {hop.interface}" for hop in found.hops)
    passed = any(hop.interface == end.interface for hop in found.hops)
    return judged(passed, f"{far_end(want)}: {end.interface}", f"{far_end(want)}: {ways or '–'}")


@asks(PING_OF_FAR_END)
def loss(host: Host, want: Want) -> Verdict:
    """No more echo requests to the far end are lost than the link promises."""
    limit, found = want.link.link.max_loss_percent, PING_OF_FAR_END.of(host, want)
    actual = f"{found.loss_percent:g} % ({found.received}/{found.sent})"
    return judged(found.loss_percent <= limit, f"≤ {limit:g} %", actual)


@asks(PING_OF_FAR_END)
def delay(host: Host, want: Want) -> Verdict:
    """Echo replies of the far end come as soon as the link promises. None at all is too late."""
    limit, found = want.link.link.max_delay_ms, PING_OF_FAR_END.of(host, want)
    if found.average_ms is None:
        return judged(False, f"≤ {limit:g} ms", f"{found.received}/{found.sent}")
    return judged(found.average_ms <= limit, f"≤ {limit:g} ms", f"{found.average_ms:g} ms")


def _is_over(one: Adjacency, want: Want) -> bool:
    end = want.link.here
    if one.interface not in (None, end.interface):
        return False
    return one.peer == literal(far_end(want)) if one.peer is not None else one.interface == end.interface
