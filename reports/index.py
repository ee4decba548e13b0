"""A document looked up: its tree, who faces which check, and what came of it. Reads only what the document holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reports.document import Asset, Document, Finding, Link, Service, Site, System, day_of


def _uses(asset: Asset, service: Service) -> bool:
    """Everything uses a shared service; an outside end is used by the systems that it names."""
    return not service.get("used_by") or not set(service["used_by"]).isdisjoint(asset["systems"])


def base(check: str) -> str:
    """The check's id without the link or service behind the `@`."""
    return check.partition("@")[0]


@dataclass(frozen=True)
class Index:
    """Answers for one document, limited to the scope of its run."""

    document: Document

    @cached_property
    def sites(self) -> Mapping[str, Site]:
        return {site["id"]: site for site in sorted(self.document["sites"], key=lambda s: s["id"])}

    @cached_property
    def city(self) -> Site:
        """The root of the tree."""
        return next(site for site in self.sites.values() if site["parent"] is None)

    @cached_property
    def _children(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for site in self.sites.values():
            if site["parent"] is not None:
                found.setdefault(site["parent"], []).append(site["id"])
        return found

    def within(self, site: str) -> Iterator[str]:
        """Ids of `site` and of all below it, parents first."""
        yield site
        for child in self._children.get(site, ()):
            yield from self.within(child)

    @cached_property
    def scope(self) -> tuple[str, ...]:
        """Ids of the sites that the run speaks for, parents first."""
        return tuple(self.within(self.document["run"]["scope"]))

    @cached_property
    def _in_scope(self) -> frozenset[str]:
        return frozenset(self.scope)

    def upwards(self, site: str) -> Iterator[str]:
        """`site` and everything above it, up to the scope of the run."""
        here: str | None = site
        while here is not None and here in self._in_scope:
            yield here
            here = self.sites[here]["parent"]

    def unit(self, site: str) -> str:
        """The district or department that answers for `site`; the city answers for what stands at the city itself.

        A run of a smaller scope has one unit: the scope.
        """
        stop = (None, self.city["id"])
        while (parent := self.sites[site]["parent"]) not in stop and site != self.document["run"]["scope"]:
            site = parent
        return site

    @cached_property
    def all_assets(self) -> Mapping[str, Asset]:
        return {asset["id"]: asset for asset in sorted(self.document["assets"], key=lambda a: a["id"])}

    @cached_property
    def assets(self) -> Mapping[str, Asset]:
        """The assets in scope, by id."""
        return {id_: asset for id_, asset in self.all_assets.items() if asset["site"] in self._in_scope}

    @cached_property
    def at_site(self) -> Mapping[str, Sequence[Asset]]:
        found: dict[str, list[Asset]] = {}
        for asset in self.all_assets.values():
            found.setdefault(asset["site"], []).append(asset)
        return found

    @cached_property
    def of_system(self) -> Mapping[str, Sequence[Asset]]:
        found: dict[str, list[Asset]] = {}
        for asset in self.all_assets.values():
            for system in asset["systems"]:
                found.setdefault(system, []).append(asset)
        return found

    @cached_property
    def systems(self) -> Mapping[str, System]:
        """The systems whose owner is in scope, by id."""
        listed = sorted(self.document["systems"], key=lambda s: s["id"])
        return {system["id"]: system for system in listed if system["owner"] in self._in_scope}

    @cached_property
    def found(self) -> Mapping[str, Mapping[str, Finding]]:
        """asset → check (with its `@`) → the one finding."""
        by_asset: dict[str, dict[str, Finding]] = {}
        for finding in self.document["findings"]:
            by_asset.setdefault(finding["asset"], {})[finding["check"]] = finding
        return by_asset

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings in scope, by asset and check."""
        inside = (finding for finding in self.document["findings"] if finding["asset"] in self.assets)
        return tuple(sorted(inside, key=lambda f: (f["asset"], f["check"])))

    @cached_property
    def _links_at(self) -> Mapping[str, Sequence[Link]]:
        found: dict[str, list[Link]] = {}
        for link in sorted(self.document["links"], key=lambda one: one["id"]):
            for asset in {link["child"]["asset"], link["parent"]["asset"]}:
                found.setdefault(asset, []).append(link)
        return found

    @cached_property
    def links_up(self) -> Mapping[str, Sequence[Link]]:
        """site → its links to its parent, whose two devices stand at the two sites."""
        found: dict[str, list[Link]] = {}
        for link in sorted(self.document["links"], key=lambda one: one["id"]):
            child, parent = (self.all_assets.get(link[end]["asset"]) for end in ("child", "parent"))
            if child and parent and self.sites[child["site"]]["parent"] == parent["site"]:
                found.setdefault(child["site"], []).append(link)
        return found

    @cached_property
    def _faced(self) -> Mapping[tuple[str, int], tuple[str, ...]]:
        """(kind, level) → the checks that every such asset faces."""
        return {
            (kind, level): tuple(
                id_
                for id_, check in sorted(self.document["checks"].items())
                if kind in check["kind"] and level in check["levels"]
            )
            for kind in ("server", "device", "endpoint")
            for level in range(1, 6)
        }

    def expected(self, asset: Asset) -> Iterator[str]:
        """Every check that `asset` must face, once for each link or service where that is how it is asked."""
        for check in self._faced[asset["kind"], asset["level"]]:
            yield from self.expected_of(asset, check)

    def expected_of(self, asset: Asset, check: str) -> Iterator[str]:
        """The findings that `check` owes on `asset`; none where it does not apply."""
        if check not in self._faced[asset["kind"], asset["level"]]:
            return
        each = self.document["checks"][check]["each"]
        if each is None or (each == "path" and self.observer(asset["site"]) == asset["id"]):
            yield check
        elif each == "link":
            yield from (f"{check}@{link['id']}" for link in self._links_at.get(asset["id"], ()))
        elif each == "service":
            yield from (f"{check}@{one['id']}" for one in self.document["services"] if _uses(asset, one))

    def observer(self, site: str) -> str | None:
        """The server that measures the path of a site without a device of its own."""
        here = self.at_site.get(site, ())
        if any(asset["kind"] == "device" for asset in here):
            return None
        return min((asset["id"] for asset in here if asset["kind"] == "server"), default=None)

    @cached_property
    def unverified(self) -> frozenset[str]:
        """The clauses that were not read in the standard itself (law 9)."""
        requirements = self.document["requirements"]
        return frozenset(clause for one in requirements if not one["verified"] for clause in one["clauses"].values())

    def marked(self, clauses: Iterable[str]) -> list[str]:
        """Each clause once, those not read in the standard itself with an asterisk."""
        return [f"{clause}*" if clause in self.unverified else clause for clause in dict.fromkeys(clauses)]

    def units(self) -> tuple[str, ...]:
        """Ids of the districts, departments and the city itself that the run speaks for, the city first."""
        return tuple(dict.fromkeys(self.unit(site) for site in self.scope))

    def __post_init__(self) -> None:
        scope = self.document["run"]["scope"]
        if all(site["id"] != scope for site in self.document["sites"]):
            raise ValueError(f"the run's scope '{scope}' is not a site of the document")


def ended_on(document: Document) -> str:
    """The day (ISO, in Vietnam) on which the run ended: what waivers and attestations are held against."""
    return day_of(document["run"]["ended"]).isoformat()
