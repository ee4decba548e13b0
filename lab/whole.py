"""The whole city, simulated: each site of `hcmc-2024` with its router and server, each system with hosts and service.

One process serves all of it (`python -m lab.whole WORKSPACE`): an SSH server on every loopback address, where a host is
known by the address that was called and answers what its like in the recorded, well kept practice city answered; web
services are real TLS servers behind the core router (`lab.simulated.acted`). Nothing of it is the real city's: names of
sites and systems are public, hosts and addresses are samples, and every result says `simulated`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from ipaddress import IPv4Address
from itertools import cycle
from pathlib import Path
from typing import Any

import asyncssh

from inventory import lines
from inventory.load import load
from inventory.model import HTTPS_PORT, AssetKind
from inventory.workspace import SHIPPED, Workspace
from lab import endpoints, fleet, machines, paperwork, topology, workspace
from lab.endpoints import Authority
from lab.simulated import acted, hosts, recordings
from lab.simulated.acted import Carrier, Doors
from lab.simulated.hosts import Served
from lab.simulated.recordings import HEALTHY, Recording
from lab.topology import CORE, DOMAIN, SERVICE_PORT, Cable, End, Endpoint, Host

TREE = fleet.TREE
FIRST_ADDRESS = IPv4Address("127.84.0.1")
FIRST_SERVICE = IPv4Address("10.74.0.101")  # of the systems that the practice city does not have
PLAYED = "dc-platforms"  # whom the servers of those systems act
LAN_LEVEL = 2  # a site's network whose owner has not proposed a level is asked what it was recorded with
NO_SERVICE = ("metronet", "trung-tam-du-lieu")  # networks and rooms, which nobody opens in a browser
SHARED = ("thanh-toan", "quan-ly-van-ban")  # what every site must reach beside the practice city's shared services


@dataclass(frozen=True)
class Whole:
    """The whole city as data: `plays` has whose recorded answers each host gives, `extra` the system of a server.

    `services` are those that the practice city does not have: shared ones, and outside ends.
    """

    hosts: tuple[Host, ...]
    cables: tuple[Cable, ...]
    endpoints: tuple[Endpoint, ...]
    services: tuple[Mapping[str, Any], ...]
    plays: Mapping[str, Recording]
    extra: Mapping[str, str]

    @cached_property
    def addresses(self) -> Mapping[str, str]:
        """host → where it is called."""
        return {host.name: str(FIRST_ADDRESS + number) for number, host in enumerate(self.hosts)}

    @cached_property
    def by_address(self) -> Mapping[str, str]:
        return {address: name for name, address in self.addresses.items()}


def plan() -> Whole:
    """Every site with a router, a link up and a server; every system with a server and, where it has one, a service."""
    recorded = recordings.load(HEALTHY)
    practice = topology.plan(recorded.servers, recorded.wards)
    central = tuple(host for host in practice.hosts if host.site == practice.sites[0].id)
    extra = {f"dc-{system}": system for system in _systems() if system not in _carried(practice)}
    like = practice.by_name[PLAYED]
    others = tuple(Host(name, like.site, like.role, like.address, like.gateway) for name in extra)
    local = [*_local(practice)]
    made = (*central, *others, *(host for host, _, _ in local))
    cables = tuple(cable for _, _, cable in local if cable is not None)
    known = {system: practice.by_name[f"dc-{role}"] for role, system in workspace.CENTRAL_SYSTEMS.items()}
    carriers = known | {extra[host.name]: host for host in others}
    for endpoint in practice.endpoints:
        carriers.pop(endpoint.system, None)
    opened = (*practice.endpoints, *_endpoints(carriers))
    services = (*_shared(opened), *workspace.outside_ends(_systems()))
    played = {host.host: _knowing(host, services, practice) for host in recorded.hosts}
    plays = {host.name: played[host.name] for host in central}
    plays |= dict.fromkeys(extra, played[PLAYED]) | {host.name: played[actor] for host, actor, _ in local}
    return Whole(made, cables, opened, services, plays, extra)


def _shared(opened: Iterable[Endpoint]) -> Iterator[dict[str, Any]]:
    """The systems in `SHARED` as services, where their web services stand."""
    names = {str(one["id"]): one for one in lines.read(SHIPPED / "systems.yaml").data["systems"]}
    for one in opened:
        if one.system in SHARED:
            name = {field: names[one.system][field] for field in ("id", "name", "name_en")}
            yield name | {"system": one.system, "address": str(one.address), "port": HTTPS_PORT}


def _knowing(host: Recording, services: Iterable[Mapping[str, Any]], practice: topology.City) -> Recording:
    """The recording, answering about further services as it answers about one that it was asked of."""
    asked = f"/dev/tcp/{practice.address_of('lgsp')}/{SERVICE_PORT}'"
    answers = dict(host.answers)
    for sent, said in host.answers.items():
        if asked in sent:
            places = (f"/dev/tcp/{one['address']}/{one['port']}'" for one in services)
            answers |= {sent.replace(asked, place): said for place in places}
    return replace(host, answers=answers)


def _systems() -> list[str]:
    shipped = lines.read(SHIPPED / "systems.yaml").data["systems"]
    return [str(system["id"]) for system in shipped]


def _carried(practice: topology.City) -> set[str]:
    """The systems that have hosts in the practice city's data centre."""
    return {
        "metronet",
        "trung-tam-du-lieu",
        *workspace.CENTRAL_SYSTEMS.values(),
        *(e.system for e in practice.endpoints),
    }


def _endpoints(carriers: Mapping[str, Host]) -> Iterator[Endpoint]:
    """A service of each system that has a server and, in the practice city, no service."""
    for number, (system, host) in enumerate(carriers.items()):
        yield Endpoint(f"web-{system}", system, host, FIRST_SERVICE + number, f"{system}.{DOMAIN}")


def _local(practice: topology.City) -> Iterator[tuple[Host, str, Cable | None]]:
    """Router and server of every site below the city, each with whom it acts, the router with its link up.

    Departments hang from the core as districts do.
    """
    ward = next(cable for cable in practice.cables if cable.parent.host != CORE)
    district = next(cable for cable in practice.cables if cable.child.host == ward.parent.host)
    actors = cycle([host for host in practice.servers if host.role == "local"])
    for site in (one for one in fleet.tree() if one["kind"] != "city"):
        like = ward if site["kind"] == "ward" else district
        above = f"router-{site['parent']}" if site["kind"] == "ward" else CORE
        router = _as(practice.by_name[like.child.host], f"router-{site['id']}", site["id"])
        yield router, like.child.host, _cable(site["id"], router.name, above, like)
        actor = next(actors)
        yield _as(actor, f"server-{site['id']}", site["id"]), actor.name, None


def _as(actor: Host, name: str, site: str) -> Host:
    return Host(name, site, actor.role, actor.address, actor.gateway)


def _cable(site: str, router: str, above: str, like: Cable) -> Cable:
    child = End(router, like.child.interface, like.child.address)
    return Cable(f"link-{site}", child, End(above, like.parent.interface, like.parent.address))


def write(city: Whole, home: Workspace, port: int, told: Mapping[str, Any]) -> None:
    """The workspace of the whole city that is up at `port`; `told` has its host key and its authority."""
    recorded = recordings.load(HEALTHY)
    practice = topology.plan(recorded.servers, recorded.wards)
    workspace.write(practice, home, "simulated")
    (home.inventory_dir / "sites.yaml").unlink()
    settings, listed = fleet.read(home.city_file), fleet.read(home.inventory_dir / "assets.yaml")
    parameters = settings["parameters"] | {"user_networks": [machines.PRACTICE_NETWORKS]}  # whom recorded hosts saw
    own = {"tree": TREE, "name": "Thành phố mô phỏng", "parameters": parameters, "unclassified_level": LAN_LEVEL}
    fleet.dump(home.city_file, settings | own)
    places = {name: (address, port) for name, address in city.addresses.items()}
    assets = [_asset(host, city, places, practice) for host in city.hosts]
    services = [workspace.service(one, (CORE,)) for one in city.endpoints]
    links = [workspace.link(cable) for cable in city.cables]
    beyond = {one["id"]: one for one in (*listed["services"], *city.services)}
    told_of = {"assets": [*assets, *services], "links": links, "services": [*beyond.values()]}
    fleet.dump(home.inventory_dir / "assets.yaml", listed | told_of)
    _write_papers(home)
    pinned = (f"[{address}]:{port} {told['host_keys'][CORE]}\n" for address in city.addresses.values())
    home.known_hosts.write_text("".join(pinned), encoding="ascii")
    workspace.trust(home, told["authority"])


def _write_papers(home: Workspace) -> None:
    """Dossiers and statements of every system that the workspace has by now: the shipped ones, and each site's own."""
    inventory = load(home.root)
    listed = [one.model_dump(include={"id", "level"}) for one in inventory.systems.values()]
    kinds: dict[str, set[AssetKind]] = {id_: set() for id_ in inventory.systems}
    for asset in inventory.assets.values():
        for system in asset.systems:
            kinds[system].add(asset.kind)
    fleet.dump(home.inventory_dir / "systems.yaml", {"systems": [*paperwork.dossiers(listed, kinds)]})
    today = date.today()  # noqa: DTZ011  # the signer's day
    fleet.dump(home.attestations_file, {"attestations": [*paperwork.attestations(listed, today)]})


def _asset(host: Host, city: Whole, places: workspace.Places, practice: topology.City) -> dict[str, Any]:
    """The record of a host. What stands in the data centre has the addresses that it has in the practice city."""
    own = workspace.own(host, practice, places) if host.site == practice.sites[0].id else (str(host.address.ip),)
    record = workspace.asset(host, places) | {"addresses": [*own]}
    return record | ({"systems": [city.extra[host.name]]} if host.name in city.extra else {})


class _Door(hosts.Door):
    """The one door of all hosts; what is behind it is reached through the core router alone."""

    def __init__(self, city: Whole, accounts: Mapping[str, asyncssh.SSHKey], behind: Doors) -> None:
        super().__init__(accounts)
        self._city = city
        self._all_behind = behind

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> Carrier:
        if _called(self._city, self._connection) == CORE:
            self._behind = self._all_behind
        return super().connection_requested(dest_host, dest_port, orig_host, orig_port)


def _called(city: Whole, place: Any) -> str:
    """The host whose address was called."""
    return city.by_address[place.get_extra_info("sockname")[0]]


async def _session(city: Whole, process: asyncssh.SSHServerProcess[str]) -> None:
    await hosts.session(city.plays[_called(city, process)].answers, process)


async def serve(accounts: tuple[str, ...]) -> Served:
    """Everything open; what is told are the one port, the one host key, the accounts' keys and the authority."""
    city, authority = plan(), Authority()
    keys = {name: asyncssh.generate_private_key(hosts.KEY, name) for name in accounts}
    key, door = asyncssh.generate_private_key(hosts.KEY), fleet.everywhere(fleet.BACKLOG)
    behind = await acted.listening((endpoints.Service(one) for one in city.endpoints), authority)
    listening = await asyncssh.listen(
        sock=door,
        server_factory=partial(_Door, city, keys, behind),
        server_host_keys=[key],
        process_factory=partial(_session, city),
        **hosts.SERVER,
    )
    public = key.export_public_key("openssh").decode().strip()
    return Served(keys, {CORE: door.getsockname()[1]}, {CORE: public}, [listening], authority.pem)


def main(path: Path, accounts: tuple[str, ...]) -> None:
    hosts.stay(path, partial(serve, accounts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]))
