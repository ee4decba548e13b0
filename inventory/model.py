"""The city's things as frozen, strictly checked records; `Inventory` holds them together and answers for them.

Every record refuses unknown keys, so that a misspelt field is an error and never a silently missing protection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from inventory.fields import Address, Identifier, Interface, Level, Network, Port, Record, Text, literal
from inventory.history import HistoryPlace
from inventory.signing import Signing
from inventory.statements import Attestation, Target, Waiver
from inventory.zones import Standing, Zone, ZonePlan, standing


class SiteKind(StrEnum):
    CITY = "city"
    DEPARTMENT = "department"
    DISTRICT = "district"
    WARD = "ward"


class Site(Record):
    """A place in the administrative tree. `parent` is None for the city alone."""

    id: Identifier
    name: Text
    name_en: Text | None = None
    kind: SiteKind
    parent: Identifier | None = None
    sample: bool = False


class DossierState(StrEnum):
    """The four approval states of Form 08, column 6 (NĐ 331/2026/NĐ-CP, unverified)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPRAISED = "appraised"
    APPROVED = "approved"


class PlanItem(Record):
    """How the protection plan meets one requirement; what is not applicable needs its reason."""

    requirement: Text
    how: Literal["probed", "attested", "not_applicable"]
    reason: Text | None = None

    @model_validator(mode="after")
    def _reason_where_not_applicable(self) -> Self:
        if self.how == "not_applicable" and not self.reason:
            raise ValueError("a requirement that is not applicable needs a reason")
        return self


class Dossier(Record):
    """Hồ sơ đề xuất cấp độ (NĐ 85/2016 Art. 15; NĐ 331/2026 Art. 21).

    `plan` lists only deviations from the default: a requirement that checks answer is probed, any other is attested.
    """

    state: DossierState
    level: Level
    standard: Identifier
    decision: Text | None = None
    approved_on: date | None = None
    plan: tuple[PlanItem, ...] = ()

    @model_validator(mode="after")
    def _approval_is_documented(self) -> Self:
        if self.state is DossierState.APPROVED and not (self.decision and self.approved_on):
            raise ValueError("an approved dossier needs 'decision' and 'approved_on'")
        return self


class System(Record):
    """Hệ thống thông tin. `level` is None until an owner has classified it."""

    id: Identifier
    name: Text
    name_en: Text | None = None
    owner: Identifier
    level: Level | None = None
    dossier: Dossier | None = None
    sample: bool = False


HTTPS_PORT = 443


class AssetKind(StrEnum):
    SERVER = "server"
    DEVICE = "device"
    ENDPOINT = "endpoint"


class Asset(Record):
    """One thing to review: at one site, serving one or more systems.

    `ports` are the TCP/UDP ports that may listen; `parameters` override the city's adjustable ones for this asset.
    `via` are the assets through which it is reached, in the order passed; the way to the first is that one's own `via`.
    `legacy_ssh` lets SSH algorithms be used that are broken by now (SHA-1), where the asset has no others.
    `addresses` are those that it has beside the one that it is reached at.
    An endpoint's `port` is the one of its service, 443 if left out; `names` are those under which people call it, its
    `address` if left out.
    """

    id: Identifier
    site: Identifier
    systems: tuple[Identifier, ...] = Field(min_length=1)
    kind: AssetKind
    platform: Identifier
    address: Address
    port: Port = 22
    names: tuple[Address, ...] = ()
    addresses: tuple[Address, ...] = ()
    via: tuple[Identifier, ...] = ()
    legacy_ssh: bool = False
    login: Identifier | None = None
    ports: tuple[Port, ...] = ()
    parameters: Mapping[str, Any] = {}
    sample: bool = False

    @model_validator(mode="before")
    @classmethod
    def _an_endpoint_serves_https(cls, written: Any) -> Any:
        if isinstance(written, dict) and written.get("kind") == AssetKind.ENDPOINT:
            return {"port": HTTPS_PORT, **written}
        return written


def way(asset: Asset, assets: Mapping[str, Asset]) -> tuple[str, ...]:
    """Ids of the hops on the way to `asset`, in the order passed; it breaks off where it comes to a hop again."""
    hops = asset.via
    while hops and hops[0] in assets and assets[hops[0]].via and len({*hops, asset.id}) > len(hops):
        hops = (*assets[hops[0]].via, *hops)
    return hops


class LinkEnd(Record):
    """One end of a link: the device, its interface and the address on it."""

    asset: Identifier
    interface: Interface
    address: Address


class Link(Record):
    """The path from a site up to its parent, with the promise it is held to.

    `mtu` is the largest packet, in bytes, that passes undivided; `capacity_mbps` what is paid for, where that is less
    than the interface could carry; `networks` are those of the site behind the child, to be reached over this link.
    """

    id: Identifier
    child: LinkEnd
    parent: LinkEnd
    max_loss_percent: Annotated[float, Field(ge=0, le=100)] = 0.0
    max_delay_ms: Annotated[float, Field(gt=0)] = 100.0
    mtu: Annotated[int, Field(ge=576, le=9216, strict=True)] = 1500
    capacity_mbps: Annotated[float, Field(gt=0)] | None = None
    networks: tuple[Network, ...] = ()

    def seen_from(self, asset: str) -> Iterator[LinkView]:
        """The link as each end that stands on `asset` sees it."""
        for role, here, there in (("child", self.child, self.parent), ("parent", self.parent, self.child)):
            if here.asset == asset:
                yield LinkView(link=self, role=role, here=here, there=there)


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link seen from one of its ends; `id` is the link's."""

    link: Link
    role: str
    here: LinkEnd
    there: LinkEnd

    @property
    def id(self) -> str:
        return self.link.id


class Service(Record):
    """A service behind TCP `address`:`port`: a shared one of the city, which every site must reach.

    With `used_by` it is an outside end (the national portal, a payment gateway …), reached from these systems alone;
    `system` is then the one that answers for the connection.
    """

    id: Identifier
    name: Text
    name_en: Text | None = None
    system: Identifier
    address: Address
    port: Port
    used_by: tuple[Identifier, ...] = ()


class Login(Record):
    """How to log in. `password` and `passphrase` name a secret, never hold one.

    `key` and its OpenSSH `certificate` are paths below the workspace.
    """

    id: Identifier
    user: Text
    key: Text | None = None
    certificate: Text | None = None
    passphrase: Text | None = None
    password: Text | None = None
    sudo: bool = False

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if self.certificate and not self.key:
            raise ValueError("a 'certificate' needs the 'key' that it certifies")
        return self


class Agency(Record):
    """Who reports: the heads and the end of an administrative report (NĐ 30/2020/NĐ-CP, Phụ lục I).

    `symbol` stands in the report's number (its letters, where left out); `addressee` is a higher body ("Kính gửi").
    `signer_post` may have two lines: KT. GIÁM ĐỐC, PHÓ GIÁM ĐỐC.
    """

    parent: Text = "ỦY BAN NHÂN DÂN THÀNH PHỐ HỒ CHÍ MINH"
    name: Text = "TRUNG TÂM CHUYỂN ĐỔI SỐ"
    symbol: Text | None = None
    addressee: Text | None = None
    place: Text = "Thành phố Hồ Chí Minh"
    signer_post: Text = "GIÁM ĐỐC"
    signer_name: Text | None = None
    recipients: tuple[Text, ...] = ()


class AtOnce(Record):
    """How many may be asked at the same time: assets of one site (None: no limit), sessions with one device."""

    site: Annotated[int, Field(ge=1, strict=True)] | None = None
    device: Annotated[int, Field(ge=1, strict=True)] = 1


class Settings(Record):
    """`city.yaml`: what holds for the whole workspace.

    `tree` names a shipped city or is `own`; `targets` the shipped plan whose targets it is held to (None: that of its
    tree, where one has a plan); `classified_levels` is the scope of `systems_classified` (KH 3131 counts
    levels 3-5, Chỉ thị 09 counts 1-5); `unclassified_level` judges what no owner has classified yet. `login` is the one
    that audits; `fix_login`, the administrators' own, is the one that changes machines. `signing` changes no result.
    """

    format: Literal[1]
    name: Text
    tree: Literal["hcmc-2024", "hcmc-2025", "own"] = "own"
    targets: Literal["hcmc-2024"] | None = None
    mode: Literal["live", "lab", "simulated"] = "live"
    standard: Identifier = "tcvn-11930-2017"
    also_judged_by: tuple[Identifier, ...] = ()
    login: Identifier | None = None
    fix_login: Identifier | None = None
    hub: LinkEnd | None = None
    period_days: Annotated[int, Field(ge=1, le=400)] = 31
    classified_levels: tuple[Level, ...] = (1, 2, 3, 4, 5)
    unclassified_level: Level = 3
    limits: AtOnce = AtOnce()
    history: HistoryPlace = HistoryPlace()
    agency: Agency = Agency()
    signing: Signing | None = None
    parameters: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Inventory:
    """Everything a workspace says about its city. Built by `inventory.load`, which has checked every reference."""

    workspace: Path
    settings: Settings
    sites: Mapping[str, Site]
    systems: Mapping[str, System]
    assets: Mapping[str, Asset]
    links: Mapping[str, Link]
    services: Mapping[str, Service]
    logins: Mapping[str, Login]
    attestations: tuple[Attestation, ...]
    waivers: tuple[Waiver, ...]
    sha256: str
    targets: tuple[Target, ...] = ()
    zones: Mapping[str, Zone] = field(default_factory=dict)

    @cached_property
    def city(self) -> Site:
        """The root of the tree."""
        return next(site for site in self.sites.values() if site.parent is None)

    @cached_property
    def _children(self) -> Mapping[str, tuple[Site, ...]]:
        found: dict[str, list[Site]] = {}
        for site in self.sites.values():
            if site.parent is not None:
                found.setdefault(site.parent, []).append(site)
        return {parent: tuple(children) for parent, children in found.items()}

    def children(self, site: str) -> tuple[Site, ...]:
        return self._children.get(site, ())

    def within(self, scope: str) -> Iterator[str]:
        """Ids of the site `scope` and of all sites below it, parents first."""
        yield scope
        for child in self.children(scope):
            yield from self.within(child.id)

    def level_of(self, asset: Asset) -> int:
        """The highest level of the systems that the asset serves (NĐ 331/2026 Art. 8.2)."""
        unclassified = self.settings.unclassified_level
        return max(self.systems[system].level or unclassified for system in asset.systems)

    @cached_property
    def addresses(self) -> frozenset[str]:
        """Every literal address that the inventory names, in its shortest form."""
        told = [address for asset in self.assets.values() for address in (asset.address, *asset.addresses)]
        ends = [end for link in self.links.values() for end in (link.child, link.parent)]
        told += [end.address for end in [*ends, *filter(None, [self.settings.hub])]]
        told += [service.address for service in self.services.values()]
        return frozenset(filter(None, map(literal, told)))

    @cached_property
    def owners(self) -> Mapping[str, Asset]:
        """Address in its shortest form, or name in small letters → who has it: a server rather than its endpoints."""
        servers_last = sorted(self.assets.values(), key=lambda asset: asset.kind is not AssetKind.ENDPOINT)
        told = ((name, one) for one in servers_last for name in (one.address, *one.addresses, *one.names))
        return {literal(name) or name.lower(): asset for name, asset in told}

    @cached_property
    def zone_plan(self) -> ZonePlan:
        """The zones, with all machines that can be logged into."""
        machines = (asset for asset in self.assets.values() if asset.kind is not AssetKind.ENDPOINT)
        return ZonePlan(tuple(self.zones.values()), tuple(one for asset in machines for one in _standing(asset)))

    @cached_property
    def _observers(self) -> Mapping[str, str]:
        at: dict[str, list[Asset]] = {}
        for asset in self.assets.values():
            at.setdefault(asset.site, []).append(asset)
        without = {site: found for site, found in at.items() if all(one.kind is not AssetKind.DEVICE for one in found)}
        servers = {site: [one.id for one in found if one.kind is AssetKind.SERVER] for site, found in without.items()}
        return {site: min(ids) for site, ids in servers.items() if ids}

    def observer(self, site: str) -> str | None:
        """The server that measures the path of a site without a device; None where there is no such server."""
        return self._observers.get(site)

    def login_of(self, asset: Asset) -> Login | None:
        return self.logins.get(asset.login or self.settings.login or "")

    def way(self, asset: Asset) -> tuple[Asset, ...]:
        """The assets through which `asset` is reached, in the order passed; none where it is reached directly."""
        return tuple(self.assets[hop] for hop in way(asset, self.assets))

    def links_at(self, asset: str) -> Iterator[LinkView]:
        for link in self.links.values():
            yield from link.seen_from(asset)


def _standing(asset: Asset) -> Iterator[Standing]:
    own = (asset.address, *asset.addresses)
    return standing(asset.id, asset.kind is AssetKind.SERVER, asset.port, asset.ports, own)
