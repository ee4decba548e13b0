"""Does the path from a site to its parent hold? Each end of a link is asked for itself."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network
from math import ceil

from checks.connectivity import facts
from checks.connectivity.facts import ADJACENCIES, HISTORY, INTERFACES, Fact, Route
from checks.connectivity.replies import literal
from checks.connectivity.route import hub_address, is_over
from checks.model import Cause, Question, Unknown, Verdict, Want, asks, judged, not_applicable
from checks.reading import Host, unreadable

MOST_USED_PERCENT = 90.0  # of the capacity, each way: TT 06/2026/TT-BKHCN, Art. 5.6
MEGABIT = 1_000_000
USUAL = 95.0  # percent of the time
FEWEST_SPANS = 20  # of fewer, one is more than the twentieth part that may be fuller


def far_end(want: Want) -> str:
    return want.link.there.address


ROUTE_TO_FAR_END = facts.route(far_end)
PING_OF_FAR_END = facts.ping(far_end)
TRAFFIC = facts.traffic(far_end)
WHOLE_PACKET = facts.whole_packet(lambda want: (far_end(want), want.link.link.mtu))


def beyond(want: Want) -> tuple[str, ...]:
    """Where this link leads to: from the child's end the hub, from the parent's the networks behind the child."""
    if want.link.role == "child":
        return () if want.hub and want.hub.asset == want.asset.id else (hub_address(want),)
    return tuple(str(_first_host(network)) for network in want.link.link.networks)


def _routes_beyond(want: Want) -> tuple[Question, ...]:
    return tuple(question for address in beyond(want) for question in _route_to(address)(want))


def _route_to(address: str) -> Fact[Route]:
    return facts.route(lambda _: address)


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
    found = [one for one in ADJACENCIES.of(host, want) if is_over(one, want.link)]
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


@asks(WHOLE_PACKET)
def mtu(host: Host, want: Want) -> Verdict:
    """Packets as large as the link promises arrive undivided."""
    size, found = want.link.link.mtu, WHOLE_PACKET.of(host, want)
    return judged(found.received > 0, f"{size} B", f"{size} B: {found.received}/{found.sent}")


def _past(want: Want) -> tuple[Question, ...]:
    """What is asked for the past of its interfaces; nothing where this platform keeps none that can be asked for."""
    try:
        return HISTORY(want)
    except Unknown:
        return ()


@asks(TRAFFIC, _past)
def utilisation(host: Host, want: Want) -> Verdict:
    """Neither way is the link fuller than nine tenths, now and in 95 % of the past that the device keeps.

    TT 06/2026/TT-BKHCN, Art. 5.6.
    """
    link, name = want.link.link, want.link.here.interface
    expected, seen = f"≤ {MOST_USED_PERCENT:g} %", TRAFFIC.of(host, want)
    if name not in seen:
        return judged(False, expected, f"{name}: –")
    found = seen[name]
    if found is None:
        raise unreadable(f"{name} does not count what passes it")
    capacity = link.capacity_mbps * MEGABIT if link.capacity_mbps else found.capacity
    if not capacity:
        raise unreadable(f"the capacity of {name} is not known: set 'capacity_mbps' of the link")
    fullest, now = _fullest(capacity, found.received, found.sent)
    actual = f"{name}: {now} ({capacity / MEGABIT:g} Mbit/s, {found.span})"
    if fullest * (1 - found.accuracy) <= MOST_USED_PERCENT < fullest * (1 + found.accuracy):
        raise unreadable(f"{actual} ± {100 * found.accuracy:.0f} %")
    usual, past = _usual(host, want, capacity)
    return judged(max(fullest, usual) <= MOST_USED_PERCENT, expected, f"{actual}; p95: {past}")


def _usual(host: Host, want: Want, capacity: float) -> tuple[float, str]:
    """How full it was in 95 % of the past, in percent and in words; 0, and why not, where no past can be judged."""
    try:
        kept = HISTORY.of(host, want).get(want.link.here.interface) if _past(want) else None
    except Unknown as unknown:
        if unknown.cause is not Cause.NO_TOOL:  # it keeps none
            raise
        kept = None
    if kept is None or len(kept.received) < FEWEST_SPANS:
        return 0.0, "–"
    if kept.most is not None and kept.most < 2 * capacity:  # no line is twice as full as it can be
        return 0.0, f"– ({kept.seconds} s: 32 bit)"
    percent, told = _fullest(capacity, *(_percentile(rates) for rates in (kept.received, kept.sent) if rates))
    return percent, f"{told} ({len(kept.received)} × {kept.seconds} s)"


def _percentile(rates: Sequence[float]) -> float:
    """The rate that was not exceeded in 95 % of the spans (nearest rank)."""
    return sorted(rates)[ceil(USUAL / 100 * len(rates)) - 1]


def _fullest(capacity: float, *rates: float) -> tuple[float, str]:
    """How full the fuller way is, in percent, and both in words: in, and, where it is known, out."""
    percents = [100.0 * rate / capacity for rate in rates]
    return max(percents), ", ".join(f"{way} {percent:.1f} %" for way, percent in zip("↓↑", percents, strict=False))


@asks(_routes_beyond)
def symmetric(host: Host, want: Want) -> Verdict:
    """There and back is the same way: the child's to the hub, and the parent's to the child's networks, over this pair.

    Where the two devices have several links with each other, any of them will do.
    """
    asked = beyond(want)
    if not asked:
        return not_applicable("networks: –")
    ours = {view.here.interface for view in want.links if view.there.asset == want.link.there.asset}
    found = {address: _route_to(address).of(host, want) for address in asked}
    strays = {address: way for address, way in found.items() if not any(hop.interface in ours for hop in way.hops)}
    actual = "; ".join(f"{address}: {_ways(way)}" for address, way in (strays or found).items())
    return judged(not strays, f"{', '.join(asked)}: {', '.join(sorted(ours))}", actual)


def _ways(way: Route) -> str:
    return ", ".join(f"{way.protocol} {hop.interface}" for hop in way.hops) or "–"


def _first_host(network: str) -> object:
    """An address inside: the one behind the network's own, where there is more than one."""
    found = ip_network(network)
    return found[min(1, found.num_addresses - 1)]
