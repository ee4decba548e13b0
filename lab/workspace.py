"""The practice city as a workspace like any user's: inventory, keys, pinned host keys, attestations."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import yaml

from checks import catalogue
from checks.catalogue import Requirement
from inventory import lines
from inventory import workspace as workspaces
from inventory.faults import BadInput
from inventory.model import HTTPS_PORT, AssetKind
from lab.endpoints import PEM
from lab.topology import (
    BACKBONE,
    CORE,
    DATABASES,
    DMZ,
    DOMAIN,
    FIRST_END,
    HTTP_PORT,
    LOOPBACKS,
    MANAGEMENT,
    NAMES,
    OUTSIDE,
    PLATFORMS,
    SERVICE_PORT,
    SERVICES,
    SYSLOG_PORT,
    Cable,
    City,
    End,
    Endpoint,
    Host,
    auditor_address,
)

SYSTEMS = Path(__file__).with_name("systems.yaml")
STANDARD = "tcvn-11930-2017"
AUDIT_ACCOUNT = "rasoat-audit"
ADMIN_ACCOUNT = "quantri"
ACCOUNTS = (AUDIT_ACCOUNT, ADMIN_ACCOUNT)
PATCH_SERVER = "kho-goi.tphcm.example"
CENTRAL_SYSTEMS = {"lgsp": "lgsp", "mail": "thu-dien-tu", "tthc": "tthc"}
ATTESTED = ("trung-tam-du-lieu", "lgsp", "tthc", "lan-760", "lan-769", "lan-26740")
Places = Mapping[str, tuple[str, int]]
"""Where a host is logged into, by its name: address and port."""
_AT_HOME: Places = {}
LACKING: Mapping[AssetKind, str] = {
    AssetKind.SERVER: "Hệ thống không có máy chủ riêng.",
    AssetKind.DEVICE: "Hệ thống dùng thiết bị mạng của hệ thống khác.",
    AssetKind.ENDPOINT: "Hệ thống không có dịch vụ web.",
}
RENTED_MBPS = 1000
HEADER = "# Written by `lab up`; changes are lost at the next one.\n"


class _Plain(yaml.CSafeDumper):
    """Writes every value out: a workspace has no aliases."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def prepare(path: Path, tree: str = workspaces.OWN) -> workspaces.Workspace:
    """A workspace at `path` that the lab may write. Raises `BadInput` where it holds anything but a practice city."""
    if path.exists() and any(path.iterdir()):
        city = lines.read(workspaces.opened(path).city_file).data
        if not isinstance(city, dict) or city.get("mode") not in ("lab", "simulated"):
            raise BadInput(f"{path} is the workspace of a real city; name another folder for the practice city.")
    workspaces.init(path, tree)
    return workspaces.Workspace(path)


def write(
    city: City, workspace: workspaces.Workspace, mode: str, places: Places = _AT_HOME, via: Sequence[str] = ()
) -> None:
    """Write the inventory of `city`; what stands in inventory/ from an earlier city goes.

    Hosts named in `places` are logged into there; all else, as links and services, keeps the city's own addresses.
    Endpoints are reached `via` these hosts.
    """
    for file in workspace.inventory_dir.glob("*.yaml"):
        file.unlink()
    _dump(workspace.city_file, _settings(city, mode))
    systems = list(_systems(city))
    _dump(workspace.inventory_dir / "sites.yaml", {"sites": [_site(site) for site in city.sites], "systems": systems})
    _dump(
        workspace.inventory_dir / "assets.yaml",
        {
            "assets": [
                *({**asset(host, places), "addresses": list(own(host, city, places))} for host in city.hosts),
                *(service(endpoint, via) for endpoint in city.endpoints),
            ],
            "links": [link(cable, city.lan_of(city.by_name[cable.child.host].site)) for cable in city.cables],
            "services": [*_services(city), *outside_ends({system["id"] for system in systems})],
            "logins": [_login("audit", AUDIT_ACCOUNT), _login("admin", ADMIN_ACCOUNT)],
        },
    )
    _dump(workspace.inventory_dir / "zones.yaml", {"zones": [*_zones(city)]})
    levels = {system["id"]: system["level"] for system in systems}
    _dump(workspace.attestations_file, {"attestations": list(_attestations(levels))})


def make_key(path: Path, comment: str) -> str:
    """Make an Ed25519 key pair at `path` unless there is one; its public line."""
    if not path.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)], check=True)
    return path.with_name(f"{path.name}.pub").read_text(encoding="ascii")


def pin(workspace: workspaces.Workspace, keys: Mapping[Host, str], places: Places = _AT_HOME) -> None:
    """Write `known_hosts` with the public host key of each host."""
    lines = (f"{_known_as(*_place(host, places))} {' '.join(key.split()[:2])}\n" for host, key in keys.items())
    workspace.known_hosts.write_text("".join(lines), encoding="ascii")


def trust(workspace: workspaces.Workspace, authority: str) -> None:
    """Trust the practice authority (PEM), and none of an earlier city."""
    workspace.authorities.mkdir(exist_ok=True)
    (workspace.authorities / PEM).write_text(authority, encoding="ascii")


def forget(workspace: workspaces.Workspace) -> None:
    """Throw away the keys of an earlier city."""
    shutil.rmtree(workspace.keys, ignore_errors=True)
    workspace.keys.mkdir(mode=0o700)


def _place(host: Host, places: Places) -> tuple[str, int]:
    return places.get(host.name, (str(host.address.ip), host.port))


def _known_as(address: str, port: int) -> str:
    return address if port == 22 else f"[{address}]:{port}"  # noqa: PLR2004  # SSH's own


def _dump(path: Path, content: Mapping[str, Any]) -> None:
    text = yaml.dump(content, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)
    path.write_text(HEADER + text, encoding="utf-8")


def _settings(city: City, mode: str) -> dict[str, Any]:
    return {
        "format": 1,
        "name": "Thành phố thực hành",
        "tree": "own",
        "targets": "hcmc-2024",
        "mode": mode,
        "standard": STANDARD,
        "login": "audit",
        "hub": _end(End(CORE, "lo", city.by_name[CORE].address)),
        "parameters": {
            "log_collectors": [city.address_of("log")],
            "flow_collectors": [city.address_of("log")],
            "log_collector_port": SYSLOG_PORT,
            "time_sources": [city.address_of("time")],
            "dns_servers": [city.address_of(NAMES)],
            "management_sources": [str(MANAGEMENT)],
            "jump_hosts": [str(auditor_address().ip)],
            "backup_paths": ["/var/backups/practice"],
            "backup_stores": [f"kho-sao-luu.{DOMAIN}"],
            "patch_servers": [PATCH_SERVER],
            "automation_accounts": list(ACCOUNTS),
            "device_administrators": ["leminhan", ADMIN_ACCOUNT],
            "device_operators": [AUDIT_ACCOUNT],
            "user_networks": [str(MANAGEMENT), str(OUTSIDE)],
        },
    }


def _zones(city: City) -> Iterator[dict[str, Any]]:
    """The plan of zones: the networks of the sites, those of the data centre, the lines between them."""
    centre, *sites = (str(city.lan_of(site.id).network) for site in city.sites)
    if sites:
        yield _zone("noi-bo", "internal", "Mạng nội bộ các đơn vị", "Networks of the sites", *sites)
    yield _zone("may-chu", "server", "Máy chủ nội bộ", "Internal servers", centre)
    yield _zone("dmz", "dmz", "Vùng DMZ của các nền tảng", "DMZ of the platforms", DMZ)
    yield _zone("csdl", "database", "Máy chủ cơ sở dữ liệu", "Database servers", DATABASES)
    yield _zone("bien", "edge", "Vùng biên", "Edge", OUTSIDE)
    yield _zone("quan-tri", "management", "Vùng quản trị", "Management", MANAGEMENT, LOOPBACKS)
    yield _zone("wan", "wan", "Mạng diện rộng của thành phố", "The city's wide area network", BACKBONE)
    none = {"name_en": "Wireless", "absent": "Thành phố thực hành không có mạng không dây", "sample": True}
    yield {"id": "khong-day", "name": "Mạng không dây", "kind": "wireless", **none}


def _zone(id_: str, kind: str, name: str, english: str, *networks: object) -> dict[str, Any]:
    inside = [*map(str, networks)]
    return {"id": id_, "name": name, "name_en": english, "kind": kind, "networks": inside, "sample": True}


def _site(site: Any) -> dict[str, Any]:
    record: dict[str, Any] = site.model_dump(mode="json", exclude_none=True)
    return record


def _systems(city: City) -> Iterator[dict[str, Any]]:
    pairs = [(system, host.kind) for host in city.hosts for system in _serves(host)]
    pairs += [(endpoint.system, AssetKind.ENDPOINT) for endpoint in city.endpoints]
    for system in _listed(city):
        dossier = system.get("dossier")
        if dossier is None:
            yield system
        else:
            kinds = {kind for id_, kind in pairs if id_ == system["id"]}
            yield {**system, "dossier": {**dossier, "plan": deviations(dossier["level"], kinds)}}


def requirements(level: int) -> Sequence[Requirement]:
    """What the practice city's standard asks at `level`."""
    return tuple(catalogue.load(STANDARD).standard.at(level))


def deviations(level: int, kinds: Collection[AssetKind]) -> list[dict[str, str]]:
    """How the plan of a system that has assets of these kinds alone meets what only others could be asked.

    It does not apply; what a person vouches for in part, a person vouches for.
    """
    found = []
    for one in requirements(level):
        lacking = [kind for kind in LACKING if kind not in kinds and _asked_of(one, kind)]
        if lacking and not any(_asked_of(one, kind) for kind in kinds):
            how = "attested" if one.attested else "not_applicable"
            found.append({"requirement": one.id, "how": how, "reason": LACKING[lacking[0]]})
    return found


def _asked_of(requirement: Requirement, kind: AssetKind) -> bool:
    checks = catalogue.load(STANDARD).checks
    return any(checks[check].card.fits(kind) for check in requirement.checks)


def _listed(city: City) -> Iterator[dict[str, Any]]:
    shipped = yaml.load(SYSTEMS.read_bytes(), Loader=yaml.CSafeLoader)
    owner = city.sites[0].id
    for system in shipped["systems"]:
        yield {**system, "owner": owner, "sample": True}
    lan = shipped["lan"]
    for number, site in enumerate(city.sites[1:]):
        dossier = dict(lan["dossiers"][number % len(lan["dossiers"])])
        if "decision" in dossier:
            dossier["decision"] = dossier["decision"].format(number=number + 1)
        yield {
            "id": lan["id"].format(site=site.id),
            "name": lan["name"].format(place=site.name),
            "name_en": lan["name_en"].format(place=site.name_en),
            "owner": site.id,
            "sample": True,
            **({"level": None} if site.id == lan["unclassified"] else {"level": lan["level"], "dossier": dossier}),
        }


def asset(host: Host, places: Places) -> dict[str, Any]:
    """The record of a host, logged into where `places` says."""
    address, port = _place(host, places)
    record = {
        "id": host.name,
        "site": host.site,
        "systems": list(_serves(host)),
        "kind": host.kind.value,
        "platform": "frr" if host.role == "router" else "debian",
        "address": address,
        "port": port,
        "ports": sorted({host.port, *host.ports}),
        "sample": True,
    }
    if host.role == "time":
        record["parameters"] = {"time_sources": [str(OUTSIDE[10])]}
    return record


def own(host: Host, city: City, places: Places) -> Iterator[str]:
    """The addresses of a host beside the one that it is managed at, and those of its links, which stand there."""
    if host.name in places:
        yield str(host.address.ip)
    yield from (str(alias.ip) for alias in host.aliases)
    if host.role == "router":
        yield str(city.lan_of(host.site).ip)
    if host.name == CORE:
        yield from (str(network[1]) for network in (MANAGEMENT, OUTSIDE, DMZ, DATABASES))


def service(endpoint: Endpoint, via: Sequence[str]) -> dict[str, Any]:
    """The record of a web service that is reached `via` these hosts."""
    return {
        "id": endpoint.id,
        "site": endpoint.host.site,
        "systems": [endpoint.system],
        "kind": "endpoint",
        "platform": "web",
        "address": str(endpoint.address),
        "names": [endpoint.name],
        "via": [*via],
        "ports": sorted({HTTP_PORT, endpoint.host.port, *endpoint.host.ports}),
        "parameters": {"web_firewall_pages": ["/"]},
        "sample": True,
    }


def _serves(host: Host) -> Iterator[str]:
    if host.role == "router":
        yield "metronet"
    if host.name == CORE:
        yield from ("trung-tam-du-lieu", *CENTRAL_SYSTEMS.values())
    elif host.role in PLATFORMS:
        yield from PLATFORMS[host.role]
    elif host.role in ("router", "local"):
        yield f"lan-{host.site}"
    else:
        yield CENTRAL_SYSTEMS.get(host.role, "trung-tam-du-lieu")


def _end(end: End) -> dict[str, str]:
    return {"asset": end.host, "interface": end.interface, "address": str(end.address.ip)}


def link(cable: Cable, lan: IPv4Interface | None = None) -> dict[str, Any]:
    """The record of a link. It carries what its owner has rented; behind the child lies the site's own network."""
    return {
        "id": cable.id,
        "child": _end(cable.child),
        "parent": _end(cable.parent),
        "capacity_mbps": RENTED_MBPS,
        "networks": [] if lan is None else [str(lan.network)],
    }


def _services(city: City) -> Iterator[dict[str, Any]]:
    shipped = yaml.load(SYSTEMS.read_bytes(), Loader=yaml.CSafeLoader)["services"]
    for role in SERVICES:
        port = HTTPS_PORT if role in PLATFORMS else SERVICE_PORT
        yield {**shipped[role], "address": city.address_of(role), "port": port}


def outside_ends(systems: Collection[str]) -> Iterator[dict[str, Any]]:
    """What one of the city's `systems` is connected to outside it; these are the other end's addresses here."""
    shipped = yaml.load(SYSTEMS.read_bytes(), Loader=yaml.CSafeLoader)["outside"]
    for number, end in enumerate(shipped):
        if end["system"] in systems:
            yield {**end, "address": str(OUTSIDE[FIRST_END + number]), "port": HTTPS_PORT}


def _login(id_: str, account: str) -> dict[str, Any]:
    return {"id": id_, "user": account, "key": f"keys/{account}", "sudo": True}


def _attestations(levels: Mapping[str, int | None]) -> Iterator[dict[str, Any]]:
    """For a few systems, one for each requirement that takes a person's word: so that their plans can be fully met."""
    today = date.today()  # noqa: DTZ011  # the signer's day
    for system in ATTESTED:
        if level := levels.get(system):
            yield from attested(system, level, today)


def attested(system: str, level: int, today: date) -> Iterator[dict[str, Any]]:
    """A statement for each requirement of the level that takes a person's word."""
    for requirement in requirements(level):
        if requirement.attested or not requirement.checks:
            yield {
                "id": f"{system}-{requirement.id}",
                "system": system,
                "requirement": requirement.id,
                "officer": "Nguyễn Văn Mẫu, Trưởng phòng An toàn thông tin",
                "document": "Quyết định số 45/QĐ-MẪU",
                "signed_on": today - timedelta(days=30),
                "expires_on": today + timedelta(days=335),
            }
