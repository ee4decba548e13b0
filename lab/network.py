"""The practice city's cables: namespaces, veth pairs, LANs and addresses, as batches for ip(8)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterator

from inventory.model import HTTPS_PORT
from lab import namespaces
from lab.namespaces import NETNS, Ground
from lab.topology import (
    AUDITOR,
    CORE,
    DATABASES,
    DMZ,
    FIRST_END,
    LAN,
    MANAGEMENT,
    OUTSIDE,
    City,
    Host,
    auditor_address,
)

OUTSIDE_WORLD = "outside"
MANAGEMENT_PORT = "mgmt0"
OUTSIDE_PORT = "out0"
DMZ_PORT, DATABASES_PORT = "dmz0", "db0"
ROGUE = "rogue"
ROGUE_PLACE = 200  # how far from the gateway
ROGUE_HARDWARE = "b8:27:eb:5a:00:17"  # of a maker of small computers, as IEEE's register has it
ENDS = 10  # how many addresses outside ends may have
OUTSIDE_CLOCK = """\
local stratum 1
allow
cmdport 0
pidfile {folder}/outside-chronyd.pid
"""


def build(city: City, ground: Ground, unplugged: Collection[str], dark: Collection[str]) -> None:
    """Make all namespaces and links of `city`.

    The links in `unplugged` are down at their child's end; the hosts in `dark` have cables, but nothing answers there.
    """
    namespaces.ip([*_namespaces(city, ground), *_links(city, ground)])
    for host in city.hosts:
        own = [*(_router(host, city, unplugged) if host.role == "router" else _server(host))]
        if host.name in dark:
            own = [line for line in own if not line.startswith(("address", "route"))]
        namespaces.ip(["link set lo up", *own], ground.namespace(host.name))
    for site in city.sites:
        namespaces.bridge([*_locked(city, site.id)], ground.namespace(city.router_of(site.id).name))
    for name, address in ((AUDITOR, auditor_address()), (OUTSIDE_WORLD, f"{OUTSIDE[10]}/{OUTSIDE.prefixlen}")):
        gateway = (MANAGEMENT if name == AUDITOR else OUTSIDE)[1]
        lines = [f"address add {address} dev eth0", "link set eth0 up", f"route add default via {gateway}"]
        namespaces.ip(["link set lo up", *lines], ground.namespace(name))
    ends = (f"address add {OUTSIDE[FIRST_END + number]}/{OUTSIDE.prefixlen} dev eth0" for number in range(ENDS))
    namespaces.ip([*ends], ground.namespace(OUTSIDE_WORLD))


def plug_in(city: City, ground: Ground, site: str) -> None:
    """Plug something into the LAN of `site` that no inventory has: a small computer, which says hello to the router."""
    name, router, gateway = f"{ROGUE}-{site}", city.router_of(site), city.lan_of(site)
    namespaces.ip([f"netns add {ground.namespace(name)}", _pair(ground, (name, "eth0"), (router.name, ROGUE))])
    namespaces.ip([f"link set {ROGUE} master {LAN} up"], ground.namespace(router.name))
    address = f"{gateway.ip + ROGUE_PLACE}/{gateway.network.prefixlen}"
    own = [f"link set eth0 address {ROGUE_HARDWARE} up", f"address add {address} dev eth0", "link set lo up"]
    namespaces.ip(own, ground.namespace(name))


def says_hello(city: City, ground: Ground, site: str) -> bool:
    """Whether the router answers what was plugged in; from then on it knows it."""
    inside = ["nsenter", f"--net={NETNS / ground.namespace(f'{ROGUE}-{site}')}"]
    ping = ["ping", "-c", "1", "-W", "1", str(city.lan_of(site).ip)]
    return subprocess.run([*inside, *ping], capture_output=True, check=False).returncode == 0


def start_outside(ground: Ground) -> None:
    """Start what the world outside has: the time server that the data centre's own follows, and what takes connections
    at the outside ends.
    """
    settings = ground.run / "outside-chrony.conf"
    settings.write_text(OUTSIDE_CLOCK.format(folder=ground.run), encoding="ascii")
    inside = ["nsenter", f"--net={NETNS / ground.namespace(OUTSIDE_WORLD)}"]
    subprocess.run([*inside, "chronyd", "-x", "-u", "root", "-f", str(settings)], check=True)
    page = ground.run / "outside"
    page.mkdir()
    serve = [sys.executable, "-m", "http.server", "--directory", str(page), str(HTTPS_PORT)]
    nowhere = subprocess.DEVNULL
    apart = [*inside, "setsid", "--fork", *serve]
    subprocess.run(apart, stdin=nowhere, stdout=nowhere, stderr=nowhere, check=True)


def _namespaces(city: City, ground: Ground) -> Iterator[str]:
    for name in (*city.by_name, AUDITOR, OUTSIDE_WORLD):
        yield f"netns add {ground.namespace(name)}"


def _links(city: City, ground: Ground) -> Iterator[str]:
    for cable in city.cables:
        yield _pair(ground, (cable.child.host, cable.child.interface), (cable.parent.host, cable.parent.interface))
    for site in city.sites:
        for number, server in enumerate(city.servers_at(site.id)):
            yield _pair(ground, (server.name, "eth0"), (city.router_of(site.id).name, f"{LAN}p{number}"))
    yield _pair(ground, (AUDITOR, "eth0"), (CORE, MANAGEMENT_PORT))
    yield _pair(ground, (OUTSIDE_WORLD, "eth0"), (CORE, OUTSIDE_PORT))


def _pair(ground: Ground, one: tuple[str, str], other: tuple[str, str]) -> str:
    near, far = (f"{interface} netns {ground.namespace(host)}" for host, interface in (one, other))
    return f"link add {near} type veth peer name {far}"


def _router(host: Host, city: City, unplugged: Collection[str]) -> Iterator[str]:
    yield f"address add {host.address} dev lo"
    down = {cable.child.interface for cable in city.cables if cable.id in unplugged and cable.child.host == host.name}
    for end in city.ends_at(host.name):
        yield f"address add {end.address} dev {end.interface}"
        if end.interface not in down:
            yield f"link set {end.interface} up"
    yield f"link add {LAN} type bridge"
    yield f"address add {city.lan_of(host.site)} dev {LAN}"
    yield f"link set {LAN} up"
    if host.name == CORE:
        for bridge, network in ((DMZ_PORT, DMZ), (DATABASES_PORT, DATABASES)):
            yield f"link add {bridge} type bridge"
            yield f"address add {network[1]}/{network.prefixlen} dev {bridge}"
            yield f"link set {bridge} up"
    for number, server in enumerate(city.servers_at(host.site)):
        yield f"link set {LAN}p{number} master {DMZ_PORT if server.address.ip in DMZ else LAN} up"
    if host.name == CORE:
        for port, network in ((MANAGEMENT_PORT, MANAGEMENT), (OUTSIDE_PORT, OUTSIDE)):
            yield f"address add {network[1]}/{network.prefixlen} dev {port}"
            yield f"link set {port} up"


def _locked(city: City, site: str) -> Iterator[str]:
    """Each port of the site's LAN lets in the one server that is plugged into it, and learns of no other."""
    for number, server in enumerate(city.servers_at(site)):
        yield f"link set dev {LAN}p{number} locked on learning off"
        yield f"fdb replace {server.hardware} dev {LAN}p{number} master static"


def _server(host: Host) -> Iterator[str]:
    yield f"link set eth0 address {host.hardware}"
    for address in (host.address, *host.aliases):
        yield f"address add {address} dev eth0"
    yield "link set eth0 up"
    yield f"route add default via {host.gateway}"
