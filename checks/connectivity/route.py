"""Does the way from a site reach the city's data centre?"""

from __future__ import annotations

from checks.connectivity import facts
from checks.model import Cause, Unknown, Verdict, Want, asks, judged, not_applicable
from checks.reading import Host


def hub_address(want: Want) -> str:
    """The address of the city's hub. Raises `Unknown` (not_run) where the city has none: nothing can be proven then."""
    if want.hub is None:
        raise Unknown(Cause.NOT_RUN, "city.yaml: hub")
    return want.hub.address


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
