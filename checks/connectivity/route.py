"""Does the way from a site reach the city's data centre, and is there another when it breaks?"""

from __future__ import annotations

from checks.connectivity import facts
from checks.connectivity.facts import ADJACENCIES, INTERFACES, Adjacency
from checks.connectivity.replies import literal
from checks.model import Cause, Unknown, Verdict, Want, asks, judged, not_applicable
from checks.reading import Host
from inventory.model import LinkView


def hub_address(want: Want) -> str:
    """The address of the city's hub. Raises `Unknown` (not_run) where the city has none: nothing can be proven then."""
    if want.hub is None:
        raise Unknown(Cause.NOT_RUN, "city.yaml: hub")
    return want.hub.address


UPLINKS = 2  # on two routes, for systems of levels 4 and 5: TT 06/2026/TT-BKHCN, Art. 5.3

ROUTE_TO_HUB = facts.route(hub_address)
PING_OF_HUB = facts.ping(hub_address)


@asks(ROUTE_TO_HUB, PING_OF_HUB)
def hub(host: Host, want: Want) -> Verdict:
    """There is a route to the hub in force, and the hub answers."""
    address = hub_address(want)
    if want.hub is not None and want.hub.asset == want.asset.id:
        return not_applicable(address)
    way, echo = ROUTE_TO_HUB.of(host, want), PING_OF_HUB.of(host, want)
    hops = ", ".join(f"{hop.interface} {hop.via or ''}".strip() for hop in way.hops)
    actual = f"{address}: {way.protocol or '–'} {hops}".rstrip() + f", ping {echo.received}/{echo.sent}"
    return judged(bool(way.hops) and echo.received > 0, f"{address}: route, ping > 0", actual)


@asks(PING_OF_HUB)
def from_server(host: Host, want: Want) -> Verdict:
    """The hub answers a server of a site that has no device of its own: the path, seen from one end alone."""
    address, echo = hub_address(want), PING_OF_HUB.of(host, want)
    delay = "–" if echo.average_ms is None else f"{echo.average_ms:g} ms"
    actual = f"{want.asset.id} → {address}: ping {echo.received}/{echo.sent}, {delay}"
    return judged(echo.received > 0, f"{want.asset.id} → {address}: ping > 0", actual)


@asks(INTERFACES, ADJACENCIES)
def two_uplinks(host: Host, want: Want) -> Verdict:
    """Two uplinks work at once, over two interfaces to two addresses, each with a routing neighbour behind it.

    That their cables lie in two ditches no device can tell. What has no uplink at all, as the hub, is not asked.
    """
    uplinks = [view for view in want.links if view.role == "child"]
    if not uplinks:
        return not_applicable("uplinks: –")
    interfaces, neighbours = INTERFACES.of(host, want), ADJACENCIES.of(host, want)
    alive = [
        view
        for view in uplinks
        if (found := interfaces.get(view.here.interface)) is not None and found.up
        if any(one.established and is_over(one, view) for one in neighbours)
    ]
    ways = {view.here.interface for view in alive}, {view.there.address for view in alive}
    return judged(min(map(len, ways)) >= UPLINKS, f"≥ {UPLINKS}", ", ".join(sorted(view.id for view in alive)) or "–")


def is_over(one: Adjacency, view: LinkView) -> bool:
    """The neighbour is the far end of this link."""
    if one.interface not in (None, view.here.interface):
        return False
    return one.peer == literal(view.there.address) if one.peer is not None else one.interface == view.here.interface
