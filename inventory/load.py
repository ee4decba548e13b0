"""A workspace read whole: every fault at once, or an inventory in which every reference leads somewhere.

A shipped tree (`settings.tree`) brings its sites and systems. A record of the city's own with the id of a shipped site
or system refines it: the fields it names replace the shipped ones, the others stay, and it is no longer `sample` unless
it says so. Two records of the city's own with one id are a fault. The order of files and records never matters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inventory import lines
from inventory.faults import BadInput, Fault
from inventory.fields import Level, Record, Text
from inventory.model import Asset, Inventory, Link, Login, Service, Settings, Site, SiteKind, System
from inventory.records import R, Shelf, Source, faults_of, suggestion
from inventory.references import Contents, References
from inventory.statements import Attestation, Target, Waiver
from inventory.workspace import OWN, SHIPPED, Workspace, opened, trees
from inventory.zones import Zone

FIGURE = ("figure", "source", "on")


class SiteSystem(Record):
    """A system that every site of these kinds has. `{site}` is the site's id, `{place}` its name with its parent's."""

    kinds: tuple[SiteKind, ...]
    id: Text
    name: Text
    name_en: Text
    level: Level

    def of(self, site: Site, parent: Site) -> dict[str, Any]:
        """The fields of this system at `site`, owned by it."""
        below_city = parent.kind is SiteKind.CITY
        english = site.name_en or site.name
        return {
            "id": self.id.format(site=site.id),
            "name": self.name.format(place=site.name if below_city else f"{site.name}, {parent.name}"),
            "name_en": self.name_en.format(
                place=english if below_city else f"{english}, {parent.name_en or parent.name}"
            ),
            "owner": site.id,
            "level": self.level,
            "sample": True,
        }


@dataclass
class _Reading:
    """The files as far as they could be read, and what was wrong with them."""

    faults: list[Fault] = field(default_factory=list)

    def document(self, file: Path) -> lines.Document | None:
        try:
            return lines.read(file)
        except BadInput as error:
            self.faults += error.faults
            return None

    def sections(self, file: Path, known: Sequence[str]) -> Iterator[tuple[str, list[Any], Source]]:
        """Each list of records in `file`, under its key."""
        document = self.document(file)
        if document is None or document.data is None:
            return
        if not isinstance(document.data, dict):
            mend = f"Begin with one of these keys: {', '.join(known)}."
            self.faults.append(document.fault((), "the file is not a mapping of lists", mend))
            return
        for key, records in document.data.items():
            source = Source(document, (key,))
            if key not in known:
                self.faults.append(source.fault(f"unknown key '{key}'", suggestion(key, known)))
            elif isinstance(records, list):
                yield key, records, source
            elif records is not None:
                self.faults.append(source.fault(f"'{key}' is not a list", "Begin each record with '- '."))


def settings(workspace: Path) -> Settings:
    """What city.yaml says, read alone. Raises `BadInput` where it is faulty, with the faults of all other files too."""
    reading = _Reading()
    return _settings(_city(opened(workspace), reading), reading) or load(workspace).settings


def load(workspace: Path, adjustable: frozenset[str] | None = None) -> Inventory:
    """The inventory of the workspace. Raises `BadInput` with every fault of every file.

    `adjustable` names the parameters that a city or an asset may set; None leaves that unchecked.
    """
    paths = opened(workspace)
    reading = _Reading()
    contents = _read(paths, reading)
    faults = [*reading.faults, *(fault for shelf in contents.shelves for fault in shelf.faults)]
    faults += References(contents, adjustable).faults()
    if faults or contents.settings is None:
        raise BadInput(sorted(faults, key=lambda fault: (str(fault.file), fault.line or 0)))
    return _inventory(contents, contents.settings)


def _read(paths: Workspace, reading: _Reading) -> Contents:
    city = _city(paths, reading)
    contents = Contents(
        workspace=paths.root,
        city=city,
        settings=_settings(city, reading),
        whole=True,
        sites=Shelf("site", Site),
        systems=Shelf("system", System),
        assets=Shelf("asset", Asset),
        links=Shelf("link", Link),
        services=Shelf("service", Service),
        zones=Shelf("zone", Zone),
        logins=Shelf("login", Login),
        attestations=Shelf("attestation", Attestation),
        waivers=Shelf("waiver", Waiver),
        targets=Shelf("target", Target, FIGURE),
    )
    known_tree = _ship(city, contents)
    before = len(reading.faults)
    _take(paths, contents, reading)
    whole = known_tree and len(reading.faults) == before
    _fill(paths.attestations_file, {"attestations": contents.attestations}, reading)
    _fill(paths.waivers_file, {"waivers": contents.waivers}, reading)
    _fill(paths.targets_file, {"targets": contents.targets}, reading)
    return replace(contents, whole=whole)


def _city(paths: Workspace, reading: _Reading) -> Source:
    return Source(reading.document(paths.city_file) or lines.Document(paths.city_file, None, ""), ())


def _settings(city: Source, reading: _Reading) -> Settings | None:
    if reading.faults:
        return None
    try:
        return Settings.model_validate(city.document.data or {})
    except ValidationError as error:
        reading.faults += faults_of(error, Settings, "the city's settings", city)
        return None


def _ship(city: Source, contents: Contents) -> bool:
    """Put the sites and systems of the tree, also beside faults in other settings; False where no tree is known."""
    data = city.document.data
    tree = data.get("tree", OWN) if isinstance(data, dict) else None
    if tree in trees() and tree != OWN:
        _ship_tree(tree, contents)
    _ship_targets(str((data.get("targets") if isinstance(data, dict) else None) or tree), contents)
    return tree in trees()


def _ship_tree(tree: str, contents: Contents) -> None:
    """Put what is shipped for `tree`; the data is ours, so a fault in it is a crash."""
    sites, systems = lines.read(SHIPPED / tree / "sites.yaml"), lines.read(SHIPPED / "systems.yaml")
    for index, fields in enumerate(sites.data["sites"]):
        contents.sites.ship(fields, Source(sites, ("sites", index)))
    for index, fields in enumerate(systems.data["systems"]):
        contents.systems.ship(fields, Source(systems, ("systems", index)))
    rules = [SiteSystem.model_validate(rule) for rule in systems.data["each_site"]]
    shipped = contents.sites.records
    for site in shipped.values():
        for index, rule in enumerate(rules):
            if site.kind in rule.kinds:
                source = Source(systems, ("each_site", index))
                contents.systems.ship(rule.of(site, shipped[site.parent or site.id]), source)


def _ship_targets(plan: str, contents: Contents) -> None:
    """Put the targets that are shipped for `plan`; many a tree has none."""
    file = SHIPPED / plan / "targets.yaml"
    if plan in trees() and file.is_file():
        targets = lines.read(file)
        for index, fields in enumerate(targets.data["targets"]):
            contents.targets.ship(fields, Source(targets, ("targets", index)))


def _take(paths: Workspace, contents: Contents, reading: _Reading) -> None:
    """Put the city's own records."""
    shelves: dict[str, Shelf[Any]] = {
        "sites": contents.sites,
        "systems": contents.systems,
        "assets": contents.assets,
        "links": contents.links,
        "services": contents.services,
        "zones": contents.zones,
        "logins": contents.logins,
    }
    for file in _files(paths.inventory_dir, reading):
        _fill(file, shelves, reading)


def _files(folder: Path, reading: _Reading) -> Iterator[Path]:
    for file in sorted(folder.glob("*")):
        if file.name.startswith("."):
            continue
        if file.suffix == ".yaml":
            yield file
        elif file.suffix.lower() in (".yml", ".yaml"):
            mend = f"Rename it: {file.with_suffix('.yaml').name}"
            reading.faults.append(Fault(file, None, "would not be read: its name does not end in .yaml", mend))


def _fill(file: Path, shelves: Mapping[str, Shelf[Any]], reading: _Reading) -> None:
    """Put the records of `file`, if there is one."""
    if not (file.exists() or file.is_symlink()):
        return
    for key, records, source in reading.sections(file, tuple(shelves)):
        for index, fields in enumerate(records):
            shelves[key].put(fields, Source(source.document, (key, index)))


def _inventory(contents: Contents, city: Settings) -> Inventory:
    return Inventory(
        workspace=contents.workspace,
        settings=city,
        sites=_sorted(contents.sites),
        systems=_sorted(contents.systems),
        assets=_sorted(contents.assets),
        links=_sorted(contents.links),
        services=_sorted(contents.services),
        zones=_sorted(contents.zones),
        logins=_sorted(contents.logins),
        attestations=tuple(_sorted(contents.attestations).values()),
        waivers=tuple(_sorted(contents.waivers).values()),
        targets=tuple(contents.targets.records.values()),
        sha256=_digest(contents, city),
    )


def _sorted(shelf: Shelf[R]) -> Mapping[str, R]:
    return dict(sorted(shelf.records.items()))


def _digest(contents: Contents, city: Settings) -> str:
    """SHA-256 over everything that can change a result, as canonical JSON."""
    everything = {
        "settings": city.model_dump(mode="json", exclude={"history", "signing"}),
        **{
            shelf.label: [
                record.model_dump(mode="json") for record in sorted(shelf.records.values(), key=attrgetter("id"))
            ]
            for shelf in contents.shelves
        },
    }
    canonical = json.dumps(everything, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
