"""The practice city as a whole: up, down, what it has, and commands inside it.

One city belongs to one workspace; cities of several workspaces stand side by side. What is needed to find a city again
is written down before anything is made, so `down` works whatever became of the program that made it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from checks import privileges
from inventory.faults import BadInput
from inventory.load import load
from inventory.model import AssetKind, SiteKind
from inventory.workspace import Workspace
from lab import endpoints, machines, namespaces, network, topology, workspace
from lab import faults as planted
from lab.endpoints import Authority
from lab.machines import Keys, Machine, Trust
from lab.namespaces import NETNS, PATH, RUN, Ground, NotStarted
from lab.simulated import process as simulation
from lab.topology import AUDITOR, City, Host

STARTED_AT_ONCE = 4
BOOT_SECONDS = 30.0
FORWARDING = "/etc/rsyslog.d/60-central.conf"
SETTLE_SECONDS = 40.0
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Status:
    """A city that has come up. `simulated` says why it is not a real one; None where it is."""

    workspace: Path
    servers: int
    routers: int
    faults: tuple[str, ...]
    seconds: float
    simulated: str | None = None


def up(
    path: Path, servers: int | None = None, wards: int | None = None, faults: bool = True, simulated: bool = False
) -> Status:
    """Bring the city of the workspace `path` up; one that is up already, or is left over, goes down first.

    A simulated one takes the real one's place where that cannot be had here. Raises `BadInput` for a size or workspace
    that cannot be, `NotStarted` where a machine does not come up; nothing is left behind then.
    """
    began = time.monotonic()
    why = "as asked for" if simulated else namespaces.unavailable()
    if why is not None:
        recorded = simulation.recorded(servers, wards, faults, why)
        down(path)
        city = simulation.up(path, recorded)
        ids, seconds = recorded.faults, time.monotonic() - began
        return Status(path.resolve(), len(city.servers), len(city.routers), ids, seconds, why)
    city = topology.plan(servers, wards)
    ground = Ground.of(path)
    simulation.down(path)
    with _only_one(ground):
        _clear(ground)
        chosen = planted.fitting(city) if faults else ()
        try:
            _raise(city, ground, path, chosen)
        except BaseException:
            _clear(ground)
            raise
    ids = tuple(fault.id for fault in chosen)
    return Status(path.resolve(), len(city.servers), len(city.routers), ids, time.monotonic() - began)


def up_whole(path: Path) -> Status:
    """Bring a simulated city of the real one's size up for the workspace `path`: every site, every system."""
    began = time.monotonic()
    down(path)
    city = simulation.up_whole(path)
    routers = sum(host.kind is AssetKind.DEVICE for host in city.hosts)
    seconds, why = time.monotonic() - began, "the whole city can only be simulated"
    return Status(path.resolve(), len(city.hosts) - routers, routers, (), seconds, why)


def down(path: Path | None = None) -> None:
    """Take down the city of the workspace `path` (None: the only one there is). Harmless where there is none."""
    if path is None and not _states():
        return
    home = Path(_state(path)["workspace"]) if path is None else path
    simulation.down(home)
    if os.geteuid() == 0:  # nobody else can have made a real one
        ground = Ground.of(home)
        with _only_one(ground):
            _clear(ground)


def status(path: Path | None = None) -> dict[str, Any]:
    """The city of the workspace `path` (None: the only one there is). Raises `BadInput` where there is none."""
    if path is not None and simulation.is_up(path):
        return simulation.status(path)
    state = _state(path)
    ground, home = Ground(state["id"]), Path(state["workspace"])
    return {
        "workspace": str(home),
        "mode": "lab",
        "auditor": ground.namespace(AUDITOR),
        "hosts": [
            {
                "name": host.name,
                "kind": host.kind.value,
                "site": host.site,
                "address": str(host.address.ip),
                "port": host.port,
                "user": workspace.AUDIT_ACCOUNT,
                "key_file": str(home / "keys" / workspace.AUDIT_ACCOUNT),
                "namespace": ground.namespace(host.name),
            }
            for host in topology.plan(state["servers"], state["wards"]).hosts
        ],
    }


def faults_of(path: Path) -> tuple[planted.Fault, ...]:
    """The faults that were planted when the city of the workspace `path` last came up."""
    note = path / "lab.json"
    if not note.is_file():
        raise BadInput(f"no practice city has come up in {path} yet.")
    ids = set(json.loads(note.read_text(encoding="utf-8"))["faults"])
    return tuple(fault for fault in planted.known() if fault.id in ids)


def exec_(host: str, argv: Sequence[str], path: Path | None = None) -> int:
    """Run `argv` on `host` as root, or where the auditor stands (there with the caller's own files and folder).

    Input and output pass through; the exit status is the command's, 128 + N where signal N ended it.
    """
    if path is not None and simulation.is_up(path):
        raise BadInput("this practice city is simulated: its machines answer an audit, and run no commands.")
    state = _state(path)
    ground = Ground(state["id"])
    if host == AUDITOR:
        command = ["nsenter", f"--net={NETNS / ground.namespace(AUDITOR)}", "--", *argv]
    else:
        command = [*_enter(ground, host), *argv]
    with subprocess.Popen(command) as process:
        while process.returncode is None:
            with suppress(KeyboardInterrupt):  # the command is told of Ctrl-C too, and decides what comes of it
                process.wait()
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _enter(ground: Ground, host: str) -> list[str]:
    if ground.namespace(host) not in ground.namespaces():
        raise BadInput(f"the practice city has no host '{host}'. `lab status` lists them.")
    first = namespaces.init_of(ground, host)
    if first is None:
        raise BadInput(f"'{host}' is not running.")
    inside = ["nsenter", f"--target={first}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wdns=/root"]
    clean = ["env", "-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", f"TERM={os.environ.get('TERM', 'dumb')}"]
    return [*inside, "--", *clean]


def _raise(city: City, ground: Ground, path: Path, chosen: Sequence[planted.Fault]) -> None:
    home = workspace.prepare(path)
    state = {
        "id": ground.id,
        "workspace": str(path.resolve()),
        "servers": len(city.servers),
        "wards": sum(site.kind is SiteKind.WARD for site in city.sites),
        "faults": [fault.id for fault in chosen],
    }
    for note in (_state_file(ground), path / "lab.json"):
        note.write_text(json.dumps(state, ensure_ascii=False) + "\n", encoding="utf-8")
    workspace.forget(home)
    workspace.write(city, home, "lab")
    namespaces.make(ground, list(city.by_name))
    machines_ = _machines(city, ground, path, chosen)
    network.build(city, ground, planted.unplugged(chosen), planted.dark(chosen, city))
    for site in planted.rogues(chosen):
        network.plug_in(city, ground, site)
    network.start_outside(ground)
    _start(machines_, ground, planted.dark(chosen, city))
    _settle(city, ground, machines_, planted.unplugged(chosen), planted.dark(chosen, city))
    hellos = {site: partial(network.says_hello, city, ground, site) for site in planted.rogues(chosen)}
    _await_all({f"what is plugged in at {site}": hello for site, hello in hellos.items()}, SETTLE_SECONDS)


def _machines(city: City, ground: Ground, path: Path, chosen: Sequence[planted.Fault]) -> list[Machine]:
    """Every machine with its faults, written into its upper layer; the host keys pinned."""
    home = Workspace(path)
    account_keys = [workspace.make_key(home.keys / name, name) for name in workspace.ACCOUNTS]
    inventory = load(path)
    authority = Authority()
    workspace.trust(home, authority.pem)
    trust = Trust(authority.pem, authority.issue(topology.DIRECTORY_NAME), secrets.token_hex(KEY_BYTES))
    served = endpoints.services(city, planted.neglected(chosen))
    pinned, done = {}, []
    for host in city.hosts:
        key = ground.folder(host.name) / "host_key"
        pinned[host] = workspace.make_key(key, host.name)
        if host.name in planted.rekeyed(chosen):
            key = key.with_name("other_key")
            workspace.make_key(key, host.name)
        public = key.with_name(f"{key.name}.pub").read_text(encoding="ascii")
        keys = Keys(account_keys[0], account_keys[1], key.read_text(encoding="ascii"), public)
        commands = privileges.of_asset(inventory.assets[host.name], inventory)
        carried = {one: authority.certify(one) for one in served if one.endpoint.host == host}
        machine = planted.plant(machines.machine(host, city, keys, commands, trust, carried), chosen)
        machines.write(machine, ground.folder(host.name) / "upper")
        done.append(machine)
    workspace.pin(home, pinned)
    return done


def _start(machines_: Sequence[Machine], ground: Ground, dark: set[str]) -> None:
    """Start all but the dark machines, a few at a time, routers first: paths are found while servers come up."""

    def one(host: Host) -> None:
        namespaces.start(ground, host.name)
        namespaces.await_ready(ground, host.name, BOOT_SECONDS)

    with ThreadPoolExecutor(STARTED_AT_ONCE) as pool:
        list(pool.map(one, (machine.host for machine in machines_ if machine.host.name not in dark)))


def _settle(city: City, ground: Ground, machines_: Sequence[Machine], unplugged: set[str], dark: set[str]) -> None:
    """Wait until every path that can be there is there, every clock that is meant to follow one does, and
    logs and flows are told."""
    cut = {cable.child.host for cable in city.cables if cable.id in unplugged or cable.child.host in dark}
    reached = [site.id for site in city.sites if not _cut_off(city, site.id, cut)]
    waits: dict[str, Callable[[], bool]] = {
        f"the path to site {site}": partial(_path_known, city, ground, site) for site in reached[1:]
    }
    for machine in machines_:
        if _keeps_time(machine) and machine.host.site in reached and machine.host.name not in dark:
            waits[f"the clock of {machine.host.name}"] = partial(_clock_follows, ground, machine.host)
        if "softflowd" in machine.daemons and machine.host.site in reached and machine.host.name not in dark:
            waits[f"the flows of {machine.host.name}"] = partial(_flows_told, city, ground, machine.host)
        if _sends_logs(machine) and machine.host.site in reached and machine.host.name not in dark:
            waits[f"the log connection of {machine.host.name}"] = partial(_logs_flow, city, ground, machine.host)
    _await_all(waits, SETTLE_SECONDS)


def _sends_logs(machine: Machine) -> bool:
    """It is meant to send its logs to another host, and its packet filter lets them out."""
    settings, rules = (machine.files[path].content or "" for path in (FORWARDING, "/etc/nftables.conf"))
    return machine.host.role != "log" and "*.* @@" in settings and f"dport {topology.SYSLOG_PORT} drop" not in rules


def _keeps_time(machine: Machine) -> bool:
    settings = machine.files["/etc/chrony/chrony.conf"].content or ""
    return "chronyd" in machine.daemons and settings.startswith("server ")


def _cut_off(city: City, site: str | None, cut: set[str]) -> bool:
    places = {place.id: place for place in city.sites}
    while site is not None:
        if city.router_of(site).name in cut:
            return True
        site = places[site].parent
    return False


def _await_all(waits: Mapping[str, Callable[[], bool]], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for what, reached in waits.items():
        while not reached():
            if time.monotonic() > deadline:
                raise NotStarted(f"the practice city did not settle in {seconds:.0f} s: {what} is missing")
            time.sleep(0.2)


def _path_known(city: City, ground: Ground, site: str) -> bool:
    """The core knows the site's LAN, and the site's router the way to the core."""
    router, core = city.router_of(site), city.by_name[topology.CORE]
    ways = ((core, router), (router, core))
    return all(_has_route(ground, here.name, str(there.address.ip)) for here, there in ways)


def _has_route(ground: Ground, host: str, address: str) -> bool:
    command = ["ip", "-n", ground.namespace(host), "route", "show", "exact", address]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return "proto ospf" in said


def _clock_follows(ground: Ground, host: Host) -> bool:
    inside = ["nsenter", f"--net={NETNS / ground.namespace(host.name)}"]
    command = [*inside, "chronyc", "-h", "127.0.0.1", "-n", "-c", "tracking"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return said.strip().endswith(",Normal")


def _logs_flow(city: City, ground: Ground, host: Host) -> bool:
    inside = ["nsenter", f"--net={NETNS / ground.namespace(host.name)}"]
    command = [*inside, "ss", "-Htn", "state", "established", "dst", str(city.address_of("log"))]
    return bool(subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip())


def _flows_told(city: City, ground: Ground, host: Host) -> bool:
    """Whether softflowd has told of any. It sees what passes by the quarter of a megabyte: so much is sent its way."""
    first = namespaces.init_of(ground, host.name)
    ask = ["nsenter", f"--target={first}", "--mount", "--root", "softflowctl", "statistics"]
    said = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    if re.search(r"Flows exported: [1-9]", said):
        return True
    far = next(
        far.address.ip
        for cable in city.cables
        for near, far in ((cable.child, cable.parent), (cable.parent, cable.child))
        if near == next(city.ends_at(host.name))
    )
    inside = ["nsenter", f"--net={NETNS / ground.namespace(host.name)}"]
    send = ["ping", "-q", "-f", "-c", "200", "-s", "1400", "-w", "1", str(far)]
    subprocess.run([*inside, *send], capture_output=True, check=False)
    return False


def _clear(ground: Ground) -> None:
    namespaces.sweep(ground)
    _state_file(ground).unlink(missing_ok=True)


def _state_file(ground: Ground) -> Path:
    return RUN / f"{ground.id}.json"


def _states() -> list[dict[str, Any]]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(RUN.glob("*.json"))]


def _state(path: Path | None) -> dict[str, Any]:
    if path is not None:
        file = _state_file(Ground.of(path))
        if not file.exists():
            raise BadInput(f"no practice city is up for {path}. Bring it up: rasoat lab up --workspace {path}")
        state: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return state
    states = _states()
    if len(states) != 1:
        what = "no practice city is up" if not states else "several practice cities are up: name one with --workspace"
        raise BadInput(f"{what}.")
    return states[0]


@contextmanager
def _only_one(ground: Ground) -> Iterator[None]:
    """Hold the city's lock. Raises `BadInput` where another command holds it; a killed one holds nothing."""
    path = RUN / f"{ground.id}.lock"
    lock = _locked(path)
    try:
        yield
    finally:
        if not _state_file(ground).exists():
            path.unlink()
            with suppress(OSError):  # another city is there
                RUN.rmdir()
        os.close(lock)


def _locked(path: Path) -> int:
    """An open file that holds the lock. One that its last holder has just removed from the folder does not count."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:  # the folder has just been removed
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise BadInput("another command is just bringing this practice city up or down.") from None
        if path.exists() and os.path.samestat(os.fstat(lock), path.stat()):
            return lock
        os.close(lock)
