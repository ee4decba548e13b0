"""What `inventory show` prints: the tree of sites with what stands at each, added up towards the city."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from inventory.model import Inventory
from inventory.records import refuse_unknown
from inventory.zones import Zone

_COUNTED: Mapping[str, tuple[str, str]] = {
    "sites": ("địa điểm", "sites"),
    "systems": ("hệ thống", "systems"),
    "servers": ("máy chủ", "servers"),
    "devices": ("thiết bị mạng", "devices"),
    "endpoints": ("điểm dịch vụ", "endpoints"),
    "links": ("đường truyền", "links"),
}


def show(inventory: Inventory, scope: str | None = None) -> dict[str, Any]:
    """The tree from `scope` (the city where None) as plain data: id, name, name_en, kind, counts, below, zones.

    `counts` hold the site and all below it: sites below it, systems by owner, links by the site of their lower end.
    `zones` are the network zones that reach there; one that names no sites reaches everywhere.
    Raises `BadInput` for an unknown site.
    """
    start = scope or inventory.city.id
    refuse_unknown("site", (start,), inventory.sites)
    within = {*inventory.within(start)}
    zones = [_zone(one) for one in inventory.zones.values() if not one.sites or within.intersection(one.sites)]
    return {**_branch(inventory, start, _own_counts(inventory)), "zones": zones}


def _zone(zone: Zone) -> dict[str, Any]:
    return zone.model_dump(mode="json", include={"id", "name", "name_en", "kind", "networks", "absent"})


def _own_counts(inventory: Inventory) -> Mapping[str, Counter[str]]:
    own: dict[str, Counter[str]] = {site: Counter() for site in inventory.sites}
    for system in inventory.systems.values():
        own[system.owner]["systems"] += 1
    for asset in inventory.assets.values():
        own[asset.site][f"{asset.kind}s"] += 1
    for link in inventory.links.values():
        own[inventory.assets[link.child.asset].site]["links"] += 1
    return own


def _branch(inventory: Inventory, id_: str, own: Mapping[str, Counter[str]]) -> dict[str, Any]:
    site = inventory.sites[id_]
    below = [_branch(inventory, child.id, own) for child in inventory.children(id_)]
    counts = {
        name: own[id_][name] + sum(branch["counts"][name] + (name == "sites") for branch in below) for name in _COUNTED
    }
    shown = {"id": id_, "name": site.name, "name_en": site.name_en, "kind": str(site.kind)}
    return {**shown, "counts": counts, "below": below}


def text(tree: Mapping[str, Any], language: str = "vi", indent: int = 0) -> Iterator[str]:
    """The tree of `show` as lines, then the zones; what a site has none of is left out."""
    english = language == "en"
    name = _named(tree, language)
    counts = [f"{words[english]} {tree['counts'][key]}" for key, words in _COUNTED.items() if tree["counts"][key]]
    yield " · ".join([f"{'  ' * indent}{name} [{tree['id']}]", *counts])
    for branch in tree["below"]:
        yield from text(branch, language, indent + 1)
    for zone in tree.get("zones", ()):
        where = ", ".join(zone["networks"]) or zone["absent"]
        yield f"{_named(zone, language)} [{zone['id']}] · {zone['kind']} · {where}"


def _named(record: Mapping[str, Any], language: str) -> str:
    return str((record["name_en"] if language == "en" else None) or record["name"])
