"""The practice city as data: its sites, hosts, links and addresses for a wanted size. Nothing here touches a machine.

A data centre with the core router, districts linked to the core, wards linked to their district. Every site has one
router with one LAN behind it. The data centre's core has further networks, each a zone of its own: that of the public
platforms (DMZ), that for databases (no server stands there yet), and the management network where the auditor stands.
Addresses are private ones, the same in every practice city: each city lives in network namespaces of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import Any, Literal

import yaml

from inventory.faults import BadInput
from inventory.model import HTTPS_PORT, AssetKind, Site, SiteKind

PLACES = Path(__file__).with_name("places.yaml")
DEFAULT_SERVERS = 15
DEFAULT_WARDS = 6
DATABASES = IPv4Network("10.73.0.0/24")
DMZ = IPv4Network("10.74.0.0/24")
OUTSIDE = IPv4Network("10.75.0.0/24")
MANAGEMENT = IPv4Network("10.76.0.0/24")
LOOPBACKS = IPv4Network("10.77.0.0/16")
BACKBONE = IPv4Network("10.78.0.0/16")
LANS = IPv4Network("10.79.0.0/16")
FIRST_END = 20  # in OUTSIDE: of the outside ends, in the order of systems.yaml
AUDITOR = "auditor"
CORE = "dc-core"
UPLINK = "uplink"
LAN = "lan0"
SERVICE_PORT = 8080
HTTP_PORT = 80
SYSLOG_PORT = 601
LDAPS_PORT = 636
FLOW_PORT = 2055
NTP_PORT = 123
DNS_PORT = 53
ALIASES = 31  # how far from its gateway a server has the first of its addresses for several services
DOMAIN = "tphcm.example"
DIRECTORY_NAME = f"danh-ba.{DOMAIN}"

Role = Literal["router", "log", "time", "lgsp", "mail", "tthc", "platforms", "local"]
NEEDED: tuple[Role, ...] = ("log", "time", "lgsp", "mail", "tthc")
CENTRAL: tuple[Role, ...] = (*NEEDED, "platforms")
SERVICES: tuple[Role, ...] = ("lgsp", "mail", "tthc")
DIRECTORY: Role = "mail"  # its server keeps the accounts of the city's people too
NAMES: Role = "time"  # its server answers for the city's names too
# The five platforms that the city opened in 2023, by the server that carries them: system, and its name before DOMAIN.
PLATFORMS: Mapping[Role, Mapping[str, str]] = {
    "tthc": {"tthc": "dichvucong"},
    "platforms": {"1022": "1022", "ban-do-so": "bando", "dti": "dti", "quan-tri-thuc-thi": "quantri"},
}


@dataclass(frozen=True, slots=True)
class Host:
    """One machine. `address` is where it is managed: a router's loopback, a server's address in its LAN."""

    name: str
    site: str
    role: Role
    address: IPv4Interface
    gateway: IPv4Address | None = None
    aliases: tuple[IPv4Interface, ...] = ()

    @property
    def kind(self) -> AssetKind:
        return AssetKind.DEVICE if self.role == "router" else AssetKind.SERVER

    @property
    def hardware(self) -> str:
        """The hardware address of its one port, where it is a server."""
        return ":".join(f"{number:02x}" for number in (2, 0, *self.address.ip.packed))

    @property
    def port(self) -> int:
        """The TCP port of its sshd."""
        return 22 if self.role == "router" else 2222

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports that may listen beside sshd."""
        extra: dict[Role, tuple[int, ...]] = {"log": (SYSLOG_PORT, FLOW_PORT), NAMES: (NTP_PORT, DNS_PORT)}
        extra |= dict.fromkeys(SERVICES, (SERVICE_PORT,))
        extra[DIRECTORY] = (SERVICE_PORT, LDAPS_PORT)
        for role in PLATFORMS:
            extra[role] = (HTTP_PORT, HTTPS_PORT)
        return extra.get(self.role, ())


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One web service of the city: the system that it is, the server that carries it, where and how it is called."""

    id: str
    system: str
    host: Host
    address: IPv4Address
    name: str


@dataclass(frozen=True, slots=True)
class End:
    """One end of a cable between two routers."""

    host: str
    interface: str
    address: IPv4Interface


@dataclass(frozen=True, slots=True)
class Cable:
    """The link of the site `child` stands at up to its parent."""

    id: str
    child: End
    parent: End


@dataclass(frozen=True)
class City:
    """The whole city: sites parents first, routers before servers."""

    sites: tuple[Site, ...]
    hosts: tuple[Host, ...]
    cables: tuple[Cable, ...]

    @cached_property
    def by_name(self) -> dict[str, Host]:
        return {host.name: host for host in self.hosts}

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The web services of the servers that the city has."""
        return tuple(endpoint for host in self.hosts for endpoint in _endpoints(host))

    @property
    def routers(self) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.role == "router")

    @property
    def servers(self) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.role != "router")

    def router_of(self, site: str) -> Host:
        return next(host for host in self.routers if host.site == site)

    def servers_at(self, site: str) -> tuple[Host, ...]:
        return tuple(host for host in self.servers if host.site == site)

    def lan_of(self, site: str) -> IPv4Interface:
        """The address of the site's router in its LAN."""
        return _lan(next(index for index, place in enumerate(self.sites) if place.id == site))

    def ends_at(self, host: str) -> Iterator[End]:
        """The ends of cables that are plugged into `host`."""
        for cable in self.cables:
            yield from (end for end in (cable.child, cable.parent) if end.host == host)

    def address_of(self, role: Role) -> str:
        """The address of the one central server with `role`."""
        return str(next(host for host in self.hosts if host.role == role).address.ip)


def plan(servers: int | None = None, wards: int | None = None) -> City:
    """The city with so many servers and wards. Raises `BadInput` where it cannot have that size."""
    sites = tuple(_sites(DEFAULT_WARDS if wards is None else wards))
    wanted = DEFAULT_SERVERS if servers is None else servers
    if wanted < len(NEEDED):
        raise BadInput(f"the practice city needs at least {len(NEEDED)} servers: those of its data centre.")
    if wanted > len(CENTRAL) + 200 * (len(sites) - 1):
        raise BadInput(f"{wanted} servers do not fit into {len(sites) - 1} sites. Ask for fewer, or for more wards.")
    routers = tuple(_router(index, site) for index, site in enumerate(sites))
    return City(sites, routers + tuple(_servers(sites, wanted)), tuple(_cables(sites)))


def auditor_address() -> IPv4Interface:
    return IPv4Interface((MANAGEMENT[10], MANAGEMENT.prefixlen))


def management_gateway() -> IPv4Interface:
    """The core's address in the management network."""
    return IPv4Interface((MANAGEMENT[1], MANAGEMENT.prefixlen))


def _sites(wards: int) -> Iterator[Site]:
    places: dict[str, Any] = yaml.load(PLACES.read_bytes(), Loader=yaml.CSafeLoader)
    city = places["city"]["id"]
    yield Site(**places["city"], kind=SiteKind.CITY, sample=True)
    chosen = _choose_wards([district["wards"] for district in places["districts"]], wards)
    for district in places["districts"]:
        own = {key: value for key, value in district.items() if key != "wards"}
        yield Site(**own, kind=SiteKind.DISTRICT, parent=city, sample=True)
    for district, below in zip(places["districts"], chosen, strict=True):
        for ward in below:
            yield Site(**ward, kind=SiteKind.WARD, parent=district["id"], sample=True)


def _choose_wards(lists: list[list[dict[str, str]]], wanted: int) -> list[list[dict[str, str]]]:
    """The wards of each district, taken in turns so that the districts stay alike."""
    if not 0 <= wanted <= sum(map(len, lists)):
        raise BadInput(f"the practice city can have 0 to {sum(map(len, lists))} wards, not {wanted}.")
    taken = [0] * len(lists)
    while sum(taken) < wanted:
        for index, wards in enumerate(lists):
            if sum(taken) < wanted and taken[index] < len(wards):
                taken[index] += 1
    return [wards[:count] for wards, count in zip(lists, taken, strict=True)]


def _lan(index: int) -> IPv4Interface:
    return IPv4Interface((LANS[index * 256 + 1], 24))


def _router(index: int, site: Site) -> Host:
    name = CORE if site.parent is None else f"router-{site.id}"
    return Host(name, site.id, "router", IPv4Interface((LOOPBACKS[index + 1], 32)))


def _servers(sites: tuple[Site, ...], wanted: int) -> Iterator[Host]:
    public = IPv4Interface((DMZ[1], DMZ.prefixlen))
    for place, role in enumerate(CENTRAL[:wanted]):
        yield _server(f"dc-{role}", sites[0].id, role, public if role in PLATFORMS else _lan(0), place)
    for number in range(wanted - len(CENTRAL)):
        turn, index = divmod(number, len(sites) - 1)
        site = sites[index + 1]
        name = f"server-{site.id}" + (f"-{turn + 1}" if turn else "")
        yield _server(name, site.id, "local", _lan(index + 1), turn)


def _server(name: str, site: str, role: Role, gateway: IPv4Interface, place: int) -> Host:
    count = len(PLATFORMS[role]) if role == "platforms" else 0
    aliases = tuple(IPv4Interface((gateway.ip + ALIASES + number, 24)) for number in range(count))
    return Host(name, site, role, IPv4Interface((gateway.ip + 10 + place, 24)), gateway.ip, aliases)


def _endpoints(host: Host) -> Iterator[Endpoint]:
    carried = PLATFORMS.get(host.role, {})
    addresses = host.aliases or (host.address,)
    for (system, name), address in zip(carried.items(), addresses, strict=False):
        yield Endpoint(f"web-{system}", system, host, address.ip, f"{name}.{DOMAIN}")


def _cables(sites: tuple[Site, ...]) -> Iterator[Cable]:
    core = sites[0].id
    for index, site in enumerate(sites[1:]):
        child, parent = (IPv4Interface((BACKBONE[index * 4 + offset], 30)) for offset in (2, 1))
        above = CORE if site.parent == core else f"router-{site.parent}"
        yield Cable(
            f"link-{site.id}",
            End(f"router-{site.id}", UPLINK, child),
            End(above, f"to-{site.id}", parent),
        )
