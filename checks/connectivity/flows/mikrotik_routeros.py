"""Flows of a MikroTik router (RouterOS documentation, "Traffic Flow"). What it has sent it does not count."""

from __future__ import annotations

from checks.connectivity.facts import Flows, Reading
from checks.connectivity.state.mikrotik_routeros import PORTS, asking, entries, on, settings
from checks.reading import Host, unreadable

FLOW = asking("/ip traffic-flow print")
TARGETS = asking("/ip traffic-flow target print terse")


def _read_flows(host: Host) -> Flows:
    """`interfaces` names some, or `all`. A target is `dst-address`, in versions of old `address=10.0.0.1:2055`."""
    told = settings(host, FLOW)
    enabled, named = told.get("enabled"), told.get("interfaces", "")
    if enabled not in ("yes", "no") or not named:
        raise unreadable(FLOW.command, f"enabled: {enabled or '–'}; interfaces: {named or '–'}")
    targets = [one.get("dst-address") or one.get("address", "").rpartition(":")[0] for one in on(host, TARGETS)]
    every = frozenset(one["name"] for _, one in entries(host, PORTS))
    observed = every if named == "all" else frozenset(named.split(","))
    return Flows(frozenset(targets) - {""}, observed) if enabled == "yes" else Flows(frozenset(), frozenset())


flows = Reading(lambda: (FLOW, TARGETS, PORTS), _read_flows)
