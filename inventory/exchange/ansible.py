"""An inventory for Ansible: servers and network devices as hosts; sites, systems, kinds and platforms as groups.

No secret goes into it, nor a reference to one: a login gives its user and its key's path, and a password is asked for
by whoever plays. Endpoints are left out: nobody logs into them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from inventory.exchange.writing import flow
from inventory.model import Asset, AssetKind, Inventory

Group = dict[str, dict[str, Any]]


def text(inventory: Inventory) -> str:
    """The inventory as a YAML file that `ansible-inventory` takes; a site's group holds those of the sites below it."""
    hosts = [asset for asset in inventory.assets.values() if asset.kind is not AssetKind.ENDPOINT]
    names = _names(inventory, hosts)
    groups: dict[str, Group] = {}
    for kind, id_, asset in _memberships(hosts):
        groups.setdefault(names[kind, id_], {}).setdefault("hosts", {})[asset.id] = {}
    for site in inventory.sites.values():
        if site.parent is not None:
            below = groups.setdefault(names["site", site.parent], {}).setdefault("children", {})
            below[names["site", site.id]] = {}
    groups = {name: groups[name] for name in sorted(groups)}
    return "\n".join(_lines(inventory, hosts, groups)) + "\n"


def _memberships(hosts: list[Asset]) -> Iterator[tuple[str, str, Asset]]:
    for asset in hosts:
        yield "kind", str(asset.kind), asset
        yield "platform", asset.platform, asset
        yield "site", asset.site, asset
        yield from (("system", system, asset) for system in asset.systems)


def _names(inventory: Inventory, hosts: list[Asset]) -> Mapping[tuple[str, str], str]:
    """A name that Ansible allows for every group; ids that would share one are told apart by a number."""
    wanted = {("site", site) for site in inventory.sites} | {(kind, id_) for kind, id_, _ in _memberships(hosts)}
    names: dict[tuple[str, str], str] = {}
    for kind, id_ in sorted(wanted):
        stem = f"{kind}_{re.sub(r'[^a-z0-9]', '_', id_)}"
        number = next(n for n in range(1, len(wanted) + 2) if _numbered(stem, n) not in names.values())
        names[kind, id_] = _numbered(stem, number)
    return names


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}__{number}"


def _lines(inventory: Inventory, hosts: list[Asset], groups: Mapping[str, Group]) -> Iterator[str]:
    yield "all:"
    yield "  hosts:" if hosts else "  hosts: {}"
    for asset in hosts:
        yield f"    {flow(asset.id)}:"
        yield from (f"      {name}: {value}" for name, value in _variables(inventory, asset))
    yield "  children:" if groups else "  children: {}"
    for name, group in groups.items():
        yield f"    {name}:"
        for part, members in group.items():
            yield f"      {part}:"
            yield from (f"        {flow(member)}: {{}}" for member in members)


def _variables(inventory: Inventory, asset: Asset) -> Iterator[tuple[str, str]]:
    """Each variable with its value as YAML; texts are marked so that braces in them are no template (law 10)."""
    login = inventory.login_of(asset)
    texts = {"ansible_host": asset.address, "rasoat_site": asset.site}
    if login is not None:
        texts["ansible_user"] = login.user
        if login.key is not None:
            texts["ansible_ssh_private_key_file"] = str((inventory.workspace / login.key).absolute())
    yield from ((name, f"!unsafe {flow(value)}") for name, value in texts.items())
    yield "ansible_port", flow(asset.port)
    yield "rasoat_level", flow(inventory.level_of(asset))
