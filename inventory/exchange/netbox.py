"""What a NetBox holds as records of an inventory; docs/import.md tells the mapping to those who keep the NetBox."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from inventory import lines, secrets
from inventory.exchange import importing, netbox_api
from inventory.exchange.columns import plain
from inventory.exchange.importing import Imported
from inventory.exchange.netbox_api import NetBox
from inventory.exchange.origins import CellFault, Entry, Origin
from inventory.exchange.trying import Judge
from inventory.load import load
from inventory.model import Inventory
from inventory.workspace import Workspace

NAME = "netbox"
Object = Mapping[str, Any]
_TAKEN = ("active", "offline", "failed")
_SERVER_ROLES = ("server", "may-chu", "host", "hypervisor")
_VERSION = re.compile(r"[-_]v?[0-9][0-9._-]*$")
# Where in NetBox a field comes from, to be named in a fault.
_PLACES = {
    "id": "slug, name or custom field rasoat_id",
    "kind": "role or custom field rasoat_kind",
    "parent": "region",
    "site": "site",
    "systems": "tags or custom field rasoat_systems",
    "platform": "platform or custom field rasoat_platform",
    "address": "primary IP address",
    "port": "custom field rasoat_port",
    "login": "custom field rasoat_login",
    "child": "cable",
    "parent.address": "IP address of the interface",
    "child.address": "IP address of the interface",
}


def from_netbox(workspace: Path, url: str, token: str, judge: Judge, *, dry: bool) -> Imported:
    """Take in regions, sites, devices, virtual machines and the cables between sites of the NetBox at `url`.

    `token` names where the token is kept. Raises `BadInput` with everything that cannot be taken in.
    """
    known = load(workspace)
    api = netbox_api.opened(url, secrets.resolve(token, workspace))
    taken = _Taken(known, _before(workspace))
    taken.places(tuple(api.all("dcim/regions")), tuple(api.all("dcim/sites")))
    taken.machines("dcim/devices", api.all("dcim/devices"))
    taken.machines("virtualization/virtual-machines", api.all("virtualization/virtual-machines"))
    taken.cables(tuple(api.all("dcim/cables")), _addresses(api))
    done = importing.put(workspace, taken.entries, taken.faults, NAME, url, judge, dry=dry)
    left = tuple(f"{count} × {why}" for why, count in sorted(taken.left.items()))
    return replace(done, left=left)


def _before(workspace: Path) -> frozenset[str]:
    """Ids of the sites that only the last import from NetBox brought: they are to be brought anew."""
    file = Workspace(workspace).inventory_dir / f"imported-{NAME}.yaml"
    data = lines.read(file).data if file.exists() else None
    return frozenset(str(site["id"]) for site in (data or {}).get("sites") or ())


def _addresses(api: NetBox) -> Mapping[int, str]:
    """interface → its first address without the mask."""
    found: dict[int, str] = {}
    for one in api.all("ipam/ip-addresses", assigned_to_interface="true"):
        if one.get("assigned_object_type") == "dcim.interface":
            found.setdefault(one["assigned_object_id"], _bare(one["address"]))
    return found


def _bare(address: str) -> str:
    return address.partition("/")[0]


@dataclass(frozen=True, slots=True)
class _End:
    """Where a cable ends: which asset, at which site, at which interface with which address."""

    asset: str
    site: str
    interface: str
    address: str | None

    def fields(self) -> Mapping[str, str]:
        found = {"asset": self.asset, "interface": self.interface}
        return found if self.address is None else {**found, "address": self.address}


@dataclass
class _Taken:
    """What has been taken in, and what was passed over and why."""

    known: Inventory
    before: frozenset[str]
    entries: list[Entry] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    _sites: dict[str, str] = field(default_factory=dict)  # slug → id
    _parents: dict[str, str | None] = field(default_factory=dict)  # id of a site → its parent's
    _machines: dict[int, tuple[str, str]] = field(default_factory=dict)  # device → (asset, site)

    def places(self, regions: Sequence[Object], sites: Sequence[Object]) -> None:
        """Regions and sites, but for those that the city has already: they are only referred to."""
        kinds: dict[str, str] = {}
        slugs = {region["slug"]: _id(region, region["slug"]) for region in regions}
        for region in regions:
            above = (region.get("parent") or {}).get("slug")
            parent = slugs.get(above or "")
            kinds[slugs[region["slug"]]] = _custom(region, "kind") or ("district" if parent else "city")
            self._site("dcim/regions", region, kinds[slugs[region["slug"]]], parent)
        for site in sites:
            parent = slugs.get((site.get("region") or {}).get("slug") or "") or self.known.city.id
            above_kind = self.known.sites[parent].kind if parent in self.known.sites else kinds.get(parent)
            kind = _custom(site, "kind") or ("ward" if above_kind == "district" else "department")
            self._sites[site["slug"]] = self._site("dcim/sites", site, kind, parent)

    def _site(self, path: str, one: Object, kind: str, parent: str | None) -> str:
        id_ = _id(one, one["slug"])
        if id_ in self._parents:  # several objects may stand for one place: a region, and the site of its seat
            return id_
        existing = self.known.sites.get(id_)
        self._parents[id_] = existing.parent if existing else parent
        if existing is None or id_ in self.before:
            self._parents[id_] = parent
            fields = {"id": id_, "name": one["name"], "kind": kind, "parent": parent}
            self._add("sites", fields, path, one)
        return id_

    def machines(self, path: str, machines: Iterator[Object]) -> None:
        """Devices or virtual machines that stand and can be reached."""
        for one in machines:
            status = one["status"]["value"]
            if status not in _TAKEN:
                self.left[f"{path}: status {status}"] += 1
            elif one.get("platform") is None and one.get("primary_ip") is None and not _custom(one, "platform"):
                self.left[f"{path}: neither platform nor address (a passive device)"] += 1
            else:
                self._machine(path, one)

    def _machine(self, path: str, one: Object) -> None:
        id_ = _id(one, one.get("name") or f"{path.rpartition('/')[2]}-{one['id']}")
        site = self._sites.get((one.get("site") or {}).get("slug") or "")
        platform = (one.get("platform") or {}).get("slug")
        address = (one.get("primary_ip") or {}).get("address")
        fields = {
            "id": id_,
            "site": site,
            "systems": self._systems(one, site),
            "kind": _custom(one, "kind") or _kind(path, one),
            "platform": _custom(one, "platform") or (platform and _VERSION.sub("", platform).replace("-", "_")),
            "address": address and _bare(address),
            "port": _custom(one, "port"),
            "login": _custom(one, "login"),
        }
        self._add("assets", fields, path, one)
        if path == "dcim/devices" and site is not None:
            self._machines[one["id"]] = (id_, site)

    def _systems(self, one: Object, site: str | None) -> list[str] | None:
        """As a custom field names them, or tags that are ids of systems; by default the network of the site."""
        named = _custom(one, "systems")
        if named:
            return [*named] if isinstance(named, list) else [word for word in re.split(r"[,;\s]+", str(named)) if word]
        tags = [tag["slug"] for tag in one.get("tags") or () if tag["slug"] in self.known.systems]
        return tags or ([f"lan-{site}"] if f"lan-{site}" in self.known.systems else None)

    def cables(self, cables: Sequence[Object], addresses: Mapping[int, str]) -> None:
        """A link for each cable between devices of a site and of its parent."""
        for cable in cables:
            ends = [end for side in ("a", "b") if (end := self._end(cable, side, addresses))]
            pairs = [(ends[0], ends[1]), (ends[1], ends[0])] if len(ends) == len("ab") else []
            upwards = [(child, parent) for child, parent in pairs if self._parents.get(child.site) == parent.site]
            if upwards:
                child, parent = upwards[0]
                id_ = _id(cable, cable.get("label") or f"cable-{cable['id']}")
                fields = {"id": id_, "child": child.fields(), "parent": parent.fields()}
                self._add("links", fields, "dcim/cables", cable)
            else:
                self.left["dcim/cables: not between a device of a site and one of the site above it"] += 1

    def _end(self, cable: Object, side: str, addresses: Mapping[int, str]) -> _End | None:
        """One end of a cable; None where it ends at several, or not at an interface of a device taken in."""
        terminations = cable.get(f"{side}_terminations") or []
        if len(terminations) != 1 or terminations[0]["object_type"] != "dcim.interface":
            return None
        end = terminations[0]["object"]
        machine = self._machines.get((end.get("device") or {}).get("id", 0))
        if machine is None:
            return None
        asset, site = machine
        return _End(asset, site, end["name"], addresses.get(end["id"]))

    def _add(self, kind: str, fields: Mapping[str, Any], path: str, one: Object) -> None:
        origin = Origin(Path(f"{NAME}/{path}/{one['id']}"), columns=_PLACES)
        self.entries.append(Entry(kind, {name: value for name, value in fields.items() if value is not None}, origin))


def _custom(one: Object, name: str) -> Any:
    """The value of the custom field `rasoat_<name>`; of a choice field its value."""
    value = (one.get("custom_fields") or {}).get(f"rasoat_{name}")
    return value.get("value") if isinstance(value, Mapping) else value


def _id(one: Object, name: str) -> str:
    """The custom field `rasoat_id`, else the name made an id: without accents and blanks."""
    return str(_custom(one, "id") or "") or re.sub(r"[^a-z0-9.]+", "-", _spelled(name)).strip("-.")


def _spelled(name: str) -> str:
    return ".".join(plain(part).replace(" ", "-") for part in name.split("."))


def _kind(path: str, one: Object) -> str:
    role = (one.get("role") or {}).get("slug", "")
    return "server" if path.startswith("virtualization/") or any(word in role for word in _SERVER_ROLES) else "device"
