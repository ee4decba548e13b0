"""What no record can know alone: references between records, the shape of the tree, what may be adjusted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from inventory import secrets
from inventory.faults import Fault
from inventory.model import Asset, AssetKind, Link, Login, Service, Settings, Site, SiteKind, System, way
from inventory.records import Shelf, Source, suggestion
from inventory.statements import Attestation, Target, Waiver
from inventory.zones import Zone, overlaps

_PARENTS: Mapping[SiteKind, tuple[SiteKind, ...]] = {
    SiteKind.CITY: (),
    SiteKind.DEPARTMENT: (SiteKind.CITY,),
    SiteKind.DISTRICT: (SiteKind.CITY,),
    SiteKind.WARD: (SiteKind.DISTRICT, SiteKind.CITY),
}
_ENOUGH_SUGGESTIONS = 50  # looking for the nearest word takes milliseconds; a file of wrong words must not take minutes


@dataclass(frozen=True)
class Contents:
    """Everything read, each record valid alone.

    `settings` is None where city.yaml itself is faulty. What is not `whole` misses records of a tree, file or list that
    could not be read, so that nothing can be said about what is not there.
    """

    workspace: Path
    city: Source
    settings: Settings | None
    whole: bool
    sites: Shelf[Site]
    systems: Shelf[System]
    assets: Shelf[Asset]
    links: Shelf[Link]
    services: Shelf[Service]
    zones: Shelf[Zone]
    logins: Shelf[Login]
    attestations: Shelf[Attestation]
    waivers: Shelf[Waiver]
    targets: Shelf[Target]

    @property
    def shelves(self) -> tuple[Shelf[Any], ...]:
        return (
            self.sites,
            self.systems,
            self.assets,
            self.links,
            self.services,
            self.zones,
            self.logins,
            self.attestations,
            self.waivers,
            self.targets,
        )


class References:
    """Finds every reference that leads nowhere, and everything else that only shows when all is read."""

    def __init__(self, contents: Contents, adjustable: frozenset[str] | None) -> None:
        self._contents = contents
        self._adjustable = adjustable
        self._suggested: dict[tuple[str, str], str] = {}

    def faults(self) -> Iterator[Fault]:
        contents = self._contents
        if contents.whole:
            yield from _root_faults(contents.sites, contents.city)
        yield from _each(contents.sites, partial(_parent_faults, contents.sites))
        yield from _circles(contents.sites)
        yield from self._settings()
        yield from _each(contents.sites, self._site)
        yield from _each(contents.systems, self._system)
        yield from _each(contents.assets, self._asset)
        yield from _each(contents.links, self._link)
        yield from _each(contents.services, self._service)
        yield from _each(contents.zones, self._zone)
        yield from _shared_networks(contents.zones)
        yield from _each(contents.logins, self._login)
        yield from _each(contents.attestations, self._attestation)
        yield from _each(contents.waivers, self._waiver)

    def _known(self, shelf: Shelf[Any], word: str | None, source: Source, *steps: str | int) -> Iterator[Fault]:
        if word is not None and word not in shelf.sources and self._contents.whole:
            yield source.fault(f"unknown {shelf.label} '{word}'", self._suggestion(shelf, word), *steps)

    def _suggestion(self, shelf: Shelf[Any], word: str) -> str:
        if (shelf.label, word) not in self._suggested:
            if len(self._suggested) >= _ENOUGH_SUGGESTIONS:
                return "Write one that is listed: 'inventory show' prints them."
            self._suggested[shelf.label, word] = suggestion(word, shelf.sources)
        return self._suggested[shelf.label, word]

    def _device(self, asset: str, source: Source, *steps: str) -> Iterator[Fault]:
        yield from self._known(self._contents.assets, asset, source, *steps, "asset")
        record = self._contents.assets.records.get(asset)
        if record is not None and record.kind is not AssetKind.DEVICE:
            problem = f"asset '{asset}' is a {record.kind}, and only a device proves a path"
            yield source.fault(problem, "Name a network device.", *steps, "asset")

    def _parameters(self, names: Iterable[str], source: Source) -> Iterator[Fault]:
        for name in names:
            if self._adjustable is not None and name not in self._adjustable:
                problem = f"the parameter '{name}' is not adjustable"
                yield source.fault(problem, suggestion(name, self._adjustable), "parameters", name)

    def _settings(self) -> Iterator[Fault]:
        settings, source = self._contents.settings, self._contents.city
        if settings is None:
            return
        yield from self._known(self._contents.logins, settings.login, source, "login")
        yield from self._known(self._contents.logins, settings.fix_login, source, "fix_login")
        yield from self._parameters(settings.parameters, source)
        if settings.hub is not None:
            yield from self._device(settings.hub.asset, source, "hub")
        if settings.history.password is not None and not secrets.is_reference(settings.history.password):
            problem = "'history': 'password' does not say where the secret is kept"
            yield source.fault(problem, secrets.MEND, "history", "password")

    def _site(self, site: Site, source: Source) -> Iterator[Fault]:
        yield from self._known(self._contents.sites, site.parent, source, "parent")

    def _system(self, system: System, source: Source) -> Iterator[Fault]:
        yield from self._known(self._contents.sites, system.owner, source, "owner")

    def _asset(self, asset: Asset, source: Source) -> Iterator[Fault]:
        yield from self._known(self._contents.sites, asset.site, source, "site")
        for index, system in enumerate(asset.systems):
            yield from self._known(self._contents.systems, system, source, "systems", index)
        yield from self._known(self._contents.logins, asset.login, source, "login")
        for index, hop in enumerate(asset.via):
            yield from self._hop(hop, source, "via", index)
        yield from _detour(self._contents.assets.records, asset, source)
        yield from self._parameters(asset.parameters, source)

    def _hop(self, hop: str, source: Source, *steps: str | int) -> Iterator[Fault]:
        yield from self._known(self._contents.assets, hop, source, *steps)
        record = self._contents.assets.records.get(hop)
        if record is not None and record.kind is AssetKind.ENDPOINT:
            problem = f"asset '{hop}' is an endpoint, and nothing is reached through one"
            yield source.fault(problem, "Name a server or a network device.", *steps)

    def _link(self, link: Link, source: Source) -> Iterator[Fault]:
        yield from self._device(link.child.asset, source, "child")
        yield from self._device(link.parent.asset, source, "parent")

    def _service(self, service: Service, source: Source) -> Iterator[Fault]:
        yield from self._known(self._contents.systems, service.system, source, "system")
        for number, system in enumerate(service.used_by):
            yield from self._known(self._contents.systems, system, source, "used_by", number)

    def _zone(self, zone: Zone, source: Source) -> Iterator[Fault]:
        for index, site in enumerate(zone.sites):
            yield from self._known(self._contents.sites, site, source, "sites", index)

    def _login(self, login: Login, source: Source) -> Iterator[Fault]:
        root = self._contents.workspace.resolve()
        if login.key is not None and not (root / login.key).resolve().is_relative_to(root):
            problem = f"login '{login.id}': the key file lies outside the workspace"
            yield source.fault(problem, "Move it to keys/ and write 'key: keys/NAME'.", "key")
        if login.certificate is not None and not (root / login.certificate).resolve().is_relative_to(root):
            problem = f"login '{login.id}': the certificate lies outside the workspace"
            yield source.fault(problem, "Move it to keys/ and write 'certificate: keys/NAME-cert.pub'.", "certificate")
        for step, reference in (("password", login.password), ("passphrase", login.passphrase)):
            if reference is not None and not secrets.is_reference(reference):
                problem = f"login '{login.id}': '{step}' does not say where the secret is kept"
                yield source.fault(problem, secrets.MEND, step)

    def _attestation(self, attestation: Attestation, source: Source) -> Iterator[Fault]:
        yield from self._known(self._contents.systems, attestation.system, source, "system")
        if attestation.file is not None:
            yield from _document(self._contents.workspace.resolve(), attestation, attestation.file, source)

    def _waiver(self, waiver: Waiver, source: Source) -> Iterator[Fault]:
        yield from self._known(self._contents.assets, waiver.asset, source, "asset")
        yield from self._known(self._contents.sites, waiver.site, source, "site")
        yield from self._known(self._contents.systems, waiver.system, source, "system")


def _document(workspace: Path, attestation: Attestation, file: str, source: Source) -> Iterator[Fault]:
    """A document that lies outside the workspace, or is not the one that was signed; one kept elsewhere is no fault."""
    named = f"attestation '{attestation.id}'"
    path = (workspace / file).resolve()
    if not path.is_relative_to(workspace):
        yield source.fault(f"{named}: the file lies outside the workspace", "Move it there: documents/NAME.", "file")
    elif path.is_file() and (found := _sha256(path)) != attestation.document_sha256:
        problem = f"{named}: {file} is not the document that was signed (SHA-256 {found})"
        yield source.fault(problem, "Bring the right document, or let the officer sign anew.", "document_sha256")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _each(shelf: Shelf[Any], look: Callable[[Any, Source], Iterator[Fault]]) -> Iterator[Fault]:
    return chain.from_iterable(look(record, shelf.sources[id_]) for id_, record in sorted(shelf.records.items()))


def _shared_networks(zones: Shelf[Zone]) -> Iterator[Fault]:
    """Networks that belong to two zones."""
    for zone, place, other, around in overlaps(zones.records.values()):
        problem = f"zone '{zone.id}': {zone.networks[place]} lies in {around} of zone '{other.id}'"
        mend = "Let every address lie in one zone: split the wider network, or delete one of the two."
        yield zones.sources[zone.id].fault(problem, mend, "networks", place)


def _root_faults(sites: Shelf[Site], city: Source) -> Iterator[Fault]:
    """Two roots, or none."""
    roots = [site for site in sites.records.values() if site.kind is SiteKind.CITY]
    if not roots and len(sites.records) == len(sites.sources):
        mend = "Add one site with 'kind: city' and no parent below inventory/, or choose a shipped tree."
        yield city.fault("the tree has no root", mend, "tree")
    for second in roots[1:]:
        problem = f"site '{second.id}' is a second root beside '{roots[0].id}'"
        yield sites.sources[second.id].fault(problem, "Keep one site of kind 'city'.", "kind")


def _parent_faults(sites: Shelf[Site], site: Site, source: Source) -> Iterator[Fault]:
    allowed = _PARENTS[site.kind]
    if site.parent is None and allowed:
        yield source.fault(f"site '{site.id}' has no parent", f"Name a {' or a '.join(allowed)} as its 'parent'.")
    elif site.parent is not None and not allowed:
        yield source.fault(f"site '{site.id}' is a city below another site", "Delete its 'parent'.", "parent")
    elif site.parent in sites.records and sites.records[site.parent].kind not in allowed:
        problem = f"site '{site.id}' is a {site.kind} below a {sites.records[site.parent].kind}"
        yield source.fault(problem, f"Name a {' or a '.join(allowed)} as its 'parent'.", "parent")


def _detour(assets: Mapping[str, Asset], asset: Asset, source: Source) -> Iterator[Fault]:
    """A way that comes to a hop, or to its own end, a second time; told at the first asset that has such a way."""
    hops = [*way(asset, assets), asset.id]
    nearer = assets.get(asset.via[0]) if asset.via else None
    if _repeats(assets, asset) and (asset.id in hops[:-1] or (nearer and not _repeats(assets, nearer))):
        problem = f"the way to asset '{asset.id}' goes round in a circle: {' → '.join(hops)}"
        yield source.fault(problem, "Name each hop once, in the order in which they are passed.", "via")


def _repeats(assets: Mapping[str, Asset], asset: Asset) -> bool:
    hops = [*way(asset, assets), asset.id]
    return len(set(hops)) < len(hops)


def _circles(sites: Shelf[Site]) -> Iterator[Fault]:
    """One fault for each circle, at the site of its smallest id."""
    done: set[str] = set()
    for start in sorted(sites.records):
        trail: dict[str, None] = {}
        here: str | None = start
        while here is not None and here in sites.records and here not in done and here not in trail:
            trail[here] = None
            here = sites.records[here].parent
        if here is not None and here in trail:
            circle = list(trail)[list(trail).index(here) :]
            first = circle.index(min(circle))
            names = [*circle[first:], *circle[:first], circle[first]]
            problem = f"the tree goes round in a circle: {' → '.join(names)}"
            yield sites.sources[names[0]].fault(
                problem, "Give one of these sites the parent that it really has.", "parent"
            )
        done.update(trail)
