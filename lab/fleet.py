"""A simulated fleet: any number of assets at the 334 districts and wards of `hcmc-2024`, over real SSH on loopback.

One process serves them all (`python -m lab.fleet KEY COUNT`): it listens once, on every loopback address, and an asset
is known by the address that was called. Districts, wards and servers answer what those of the recorded practice city
answered; every fiftieth asset is faulty, each in its turn in another way. Links carry the recorded addresses: a fleet
is for measuring how an audit grows, and its workspace says `simulated`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from ipaddress import IPv4Address
from itertools import count, cycle
from pathlib import Path
from typing import Any, Literal

import asyncssh
import yaml

from inventory import workspace as workspaces
from inventory.faults import BadInput
from inventory.model import AssetKind
from inventory.workspace import SHIPPED, Workspace
from lab import machines, topology, workspace
from lab.simulated import hosts, recordings
from lab.simulated.recordings import HEALTHY, PLANTED, PROJECT, NotStarted, Recording
from lab.topology import CORE, Cable, End

TREE = "hcmc-2024"
FIRST_ADDRESS = IPv4Address("127.80.0.1")
DEVICES = 5  # one asset in so many is a network device
BACKLOG = 1024
FAULTY = 50  # one asset in so many has a fault
Fault = Literal["timeout", "refused", "auth_refused", "host_key_changed", "weak"]
FAULTS: tuple[Fault, ...] = ("timeout", "refused", "auth_refused", "host_key_changed", "weak")


@dataclass(frozen=True, slots=True)
class Spot:
    """One asset: where it stands, where it is called, whose recorded answers it gives."""

    id: str
    site: str
    kind: AssetKind
    address: str
    plays: Recording
    fault: Fault | None


@dataclass(frozen=True)
class Fleet:
    """The whole fleet as data. `links` are (child, parent, the recorded cable whose addresses they carry)."""

    spots: tuple[Spot, ...]
    links: tuple[tuple[str, str, Cable], ...]

    @cached_property
    def by_address(self) -> Mapping[str, Spot]:
        return {spot.address: spot for spot in self.spots}


def plan(assets: int) -> Fleet:
    """A fleet of so many assets: the core router, then devices and servers, each dealt out site by site."""
    cast = _Cast()
    sites = _sites()
    routers, servers = _dealt(sites, "router"), _dealt(sites, "server")
    spots = [Spot(CORE, cast.city, AssetKind.DEVICE, str(FIRST_ADDRESS), cast.healthy[CORE], None)]
    links = []
    for number in range(1, assets):
        device = number % DEVICES == 0
        name, site = next(routers if device else servers)
        fault = FAULTS[number // FAULTY % len(FAULTS)] if number % FAULTY == FAULTY // 2 else None
        kind = AssetKind.DEVICE if device else AssetKind.SERVER
        plays = cast.part(kind, site["kind"], fault)
        spots.append(Spot(name, site["id"], kind, str(FIRST_ADDRESS + number), plays, fault))
        if device and name == f"router-{site['id']}":
            above = CORE if site["kind"] == "district" else f"router-{site['parent']}"
            links.append((name, above, cast.cables[site["kind"]]))
    return Fleet(tuple(spots), tuple(links))


@contextmanager
def up(path: Path, assets: int) -> Iterator[Fleet]:
    """A fleet of so many assets, up while the context lasts, its workspace made at `path`, a new or an empty folder.

    Raises `BadInput` where it is another one, `NotStarted`.
    """
    if path.exists() and any(path.iterdir()):
        raise BadInput(f"{path} holds something: name a new folder for the fleet.")
    workspaces.init(path, TREE)
    home, fleet = Workspace(path.resolve()), plan(assets)
    key = home.keys / workspace.AUDIT_ACCOUNT
    workspace.make_key(key, workspace.AUDIT_ACCOUNT)
    command = [sys.executable, "-m", "lab.fleet", f"{key}.pub", str(assets)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            told = process.stdout.readline() if process.stdout else b""
            if not told:
                raise NotStarted("the simulated fleet did not come up")
            _write(fleet, home, json.loads(told))
            yield fleet
        finally:
            process.terminate()


class _Cast:
    """Whose recorded answers the assets of a fleet give."""

    def __init__(self) -> None:
        healthy, planted = recordings.load(HEALTHY), recordings.load(PLANTED)
        self.healthy = {host.host: host for host in healthy.hosts}
        practice = topology.plan(healthy.servers, healthy.wards)
        ward = next(cable for cable in practice.cables if cable.parent.host != CORE)
        district = next(cable for cable in practice.cables if cable.child.host == ward.parent.host)
        self.city = next(site["id"] for site in tree() if site["kind"] == "city")
        self.cables = {"district": district, "ward": ward}
        local = {host.name for host in practice.servers if host.role == "local"}
        self._servers = cycle([host for host in healthy.hosts if host.host in local])
        answering = [host for host in planted.hosts if host.unreached is None]
        self._weak_servers = cycle([host for host in answering if host.host in local])
        self._weak = {kind: next(h for h in answering if h.host == c.child.host) for kind, c in self.cables.items()}

    def part(self, kind: AssetKind, site: str, fault: Fault | None) -> Recording:
        """The host that an asset of this kind plays at a site of kind `site`."""
        if kind is AssetKind.SERVER:
            return next(self._weak_servers if fault == "weak" else self._servers)
        return self._weak[site] if fault == "weak" else self.healthy[self.cables[site].child.host]


def tree() -> list[dict[str, Any]]:
    """The sites of the shipped tree, as its file has them."""
    sites: list[dict[str, Any]] = yaml.load((SHIPPED / TREE / "sites.yaml").read_bytes(), Loader=yaml.CSafeLoader)[
        "sites"
    ]
    return sites


def _sites() -> list[dict[str, Any]]:
    """Districts, then wards: so every ward that has a router has one above it."""
    sites = tree()
    return [site for kind in ("district", "ward") for site in sites if site["kind"] == kind]


def _dealt(sites: list[dict[str, Any]], what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and places without end: `what-<site>` at each site, then `what-<site>-2` at each, and so on."""
    for turn in count(1):
        for site in sites:
            yield f"{what}-{site['id']}" + ("" if turn == 1 else f"-{turn}"), site


def _write(fleet: Fleet, home: Workspace, told: Mapping[str, Any]) -> None:
    """The workspace of a fleet that is up: the practice city's, with other assets. `told` are its ports and keys."""
    practice = recordings.load(HEALTHY)
    workspace.write(topology.plan(practice.servers, practice.wards), home, "simulated")
    (home.inventory_dir / "sites.yaml").unlink()
    settings, listed = read(home.city_file), read(home.inventory_dir / "assets.yaml")
    # the neighbours that were recorded are the practice city's
    parameters = settings["parameters"] | {"user_networks": [machines.PRACTICE_NETWORKS]}
    dump(home.city_file, settings | {"tree": TREE, "name": "Thành phố mô phỏng", "parameters": parameters})
    ports = {"refused": told["refusing"], "timeout": told["silent"]}
    called = [(spot, ports.get(spot.fault or "", told["port"])) for spot in fleet.spots]
    records = {"assets": [_asset(*one) for one in called], "links": [_link(*link) for link in fleet.links]}
    dump(home.inventory_dir / "assets.yaml", listed | records)
    home.known_hosts.write_text("".join(_known(*one, told) for one in called), encoding="ascii")


def read(path: Path) -> dict[str, Any]:
    """What a YAML file of ours holds."""
    content: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return content


def dump(path: Path, content: Mapping[str, Any]) -> None:
    """Write `content` as YAML."""
    path.write_bytes(yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, encoding="utf-8"))


def _asset(spot: Spot, port: int) -> dict[str, Any]:
    systems = [f"lan-{spot.site}"] if spot.kind is AssetKind.SERVER else ["metronet"]
    platform = "debian" if spot.kind is AssetKind.SERVER else "frr"
    place = {"address": spot.address, "port": port, "ports": [port]}
    return {
        "id": spot.id,
        "site": spot.site,
        "systems": systems,
        "kind": spot.kind.value,
        "platform": platform,
        **place,
    }


def _link(child: str, parent: str, cable: Cable) -> dict[str, Any]:
    return {"id": f"link-{child}", "child": _end(child, cable.child), "parent": _end(parent, cable.parent)}


def _end(asset: str, end: End) -> dict[str, str]:
    return {"asset": asset, "interface": end.interface, "address": str(end.address.ip)}


def _known(spot: Spot, port: int, told: Mapping[str, Any]) -> str:
    key = told["other_key" if spot.fault == "host_key_changed" else "host_key"]
    return f"[{spot.address}]:{port} {key}\n"


class _Door(hosts.Door):
    """The one door of all assets: it lets nobody in where a refused login is to be acted out."""

    def __init__(self, fleet: Fleet, account: asyncssh.SSHKey) -> None:
        super().__init__({workspace.AUDIT_ACCOUNT: account})
        self._fleet = fleet

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        super().connection_made(conn)
        if _called(self._fleet, conn).fault == "auth_refused":
            self._accounts = {}


def _called(fleet: Fleet, place: Any) -> Spot:
    """The asset whose address was called."""
    return fleet.by_address[place.get_extra_info("sockname")[0]]


async def _session(fleet: Fleet, process: asyncssh.SSHServerProcess[str]) -> None:
    await hosts.session(_called(fleet, process).plays.answers, process)


def everywhere(listen: int | None) -> socket.socket:
    """A TCP socket on every loopback address and no other; with `listen` None it refuses whoever knocks."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
    door.bind(("0.0.0.0", 0))  # noqa: S104  # of this device alone
    if listen is not None:
        door.listen(listen)
    return door


async def _serve(public_key: Path, fleet: Fleet) -> None:
    """Serve until standard input ends, which it does with whoever started this."""
    key, other = (asyncssh.generate_private_key(hosts.KEY) for _ in range(2))
    account = asyncssh.read_public_key(public_key)
    door, refusing, silent = everywhere(BACKLOG), everywhere(None), everywhere(0)
    knocking = socket.create_connection(("127.0.0.1", silent.getsockname()[1]))  # fills its queue for ever
    await asyncssh.listen(
        sock=door,
        server_factory=partial(_Door, fleet, account),
        server_host_keys=[key],
        process_factory=partial(_session, fleet),
        **hosts.SERVER,
    )
    told: dict[str, Any] = {
        "port": door.getsockname()[1],
        "refusing": refusing.getsockname()[1],
        "silent": silent.getsockname()[1],
        "host_key": key.export_public_key("openssh").decode().strip(),
        "other_key": other.export_public_key("openssh").decode().strip(),
    }
    print(json.dumps(told), flush=True)  # noqa: T201  # what whoever started us waits for
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    knocking.close()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), plan(int(sys.argv[2]))))
