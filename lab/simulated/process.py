"""The simulated city of a workspace, seen from the tool: up, down, what it has. Its hosts are a process of their own.

That process is known by its file in the workspace, which it locks while it lives: who holds the lock is the one whose
number stands in it. So it is found and ended whatever became of the program that started it, and no other ever is.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from inventory.faults import BadInput
from inventory.workspace import Workspace
from lab import topology, whole, workspace
from lab.simulated import recordings
from lab.simulated.recordings import LOOPBACK, PID_FILE, PROJECT, NotStarted, Recorded
from lab.topology import CORE, City, Host

NOTE = "lab.json"
START_SECONDS = 30.0
END_SECONDS = 5.0


def recorded(servers: int | None, wards: int | None, faults: bool, why: str) -> Recorded:
    """The recorded city of this size. Raises `BadInput`, that says `why` the city is simulated, where there is none."""
    recorded = recordings.load(recordings.PLANTED if faults else recordings.HEALTHY)
    if servers not in (None, recorded.servers) or wards not in (None, recorded.wards):
        size = f"{recorded.servers} servers and {recorded.wards} wards"
        raise BadInput(f"a simulated city ({why}) has {size}, as it was recorded. Only a real one has other sizes.")
    return recorded


def up(path: Path, recorded: Recorded) -> City:
    """Bring the simulated city of the workspace `path` up; none may be up there.

    Raises `BadInput` for a workspace that cannot be, `NotStarted`; nothing is left behind then.
    """
    home = workspace.prepare(path)
    try:
        hosts = _started(path.resolve(), "lab.simulated.hosts", recorded.name)
        city = topology.plan(recorded.servers, recorded.wards)
        _write(city, home, hosts)
        note = {"workspace": str(path.resolve()), "mode": "simulated", "servers": recorded.servers}
        note |= {"wards": recorded.wards, "faults": recorded.faults, "ports": hosts["ports"]}
        (path / NOTE).write_text(json.dumps(note, ensure_ascii=False) + "\n", encoding="utf-8")
    except BaseException:
        down(path)
        raise
    return city


def up_whole(path: Path) -> whole.Whole:
    """Bring the whole simulated city of the workspace `path` up; none may be up there. Raises as `up` does."""
    home = workspace.prepare(path, whole.TREE)
    try:
        told, city = _started(path.resolve(), "lab.whole"), whole.plan()
        _take_keys(home, told)
        port = told["ports"][topology.CORE]
        whole.write(city, home, port, told)
        note = {"workspace": str(path.resolve()), "mode": "simulated", "faults": [], "whole": True, "port": port}
        (path / NOTE).write_text(json.dumps(note, ensure_ascii=False) + "\n", encoding="utf-8")
    except BaseException:
        down(path)
        raise
    return city


def down(path: Path) -> None:
    """End the process of the workspace's simulated city, if there is one."""
    deadline = time.monotonic() + END_SECONDS
    while (process := _process(path)) is not None:
        late = time.monotonic() > deadline
        if process:  # it has written its number
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL if late else signal.SIGTERM)
        time.sleep(0.02)
    (path / PID_FILE).unlink(missing_ok=True)


def is_up(path: Path) -> bool:
    """The workspace has a simulated city, and it is up."""
    return _process(path) is not None


def status(path: Path) -> dict[str, Any]:
    """What the workspace's simulated city has, in the same form as a real one; it has no namespaces."""
    note = json.loads((path / NOTE).read_bytes())
    hosts, places = _stand(note)
    return {
        "workspace": note["workspace"],
        "mode": "simulated",
        "auditor": None,
        "hosts": [
            {
                "name": host.name,
                "kind": host.kind.value,
                "site": host.site,
                "address": places[host.name][0],
                "port": places[host.name][1],
                "user": workspace.AUDIT_ACCOUNT,
                "key_file": str(Path(note["workspace"]) / "keys" / workspace.AUDIT_ACCOUNT),
                "namespace": None,
            }
            for host in hosts
        ],
    }


def _stand(note: Mapping[str, Any]) -> tuple[tuple[Host, ...], workspace.Places]:
    """The hosts of the city that a note tells of, and where each is called."""
    if note.get("whole"):
        city = whole.plan()
        return city.hosts, {name: (address, note["port"]) for name, address in city.addresses.items()}
    hosts = topology.plan(note["servers"], note["wards"]).hosts
    return hosts, {host.name: (LOOPBACK, note["ports"][host.name]) for host in hosts}


def _process(path: Path) -> int | None:
    """The process that holds the lock; 0 where it has not said its number yet, None where nobody holds it."""
    try:
        with (path / PID_FILE).open(encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or 0)
    except FileNotFoundError:
        pass
    return None


def _started(path: Path, module: str, *which: str) -> Mapping[str, Any]:
    """Start the process; what it tells of its hosts: their ports and keys, and the keys of the accounts."""
    command = [sys.executable, "-m", module, str(path), *which, *workspace.ACCOUNTS]
    try:
        said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=START_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NotStarted(f"the simulated hosts did not come up in {START_SECONDS:.0f} s") from error
    if not said.stdout:
        raise NotStarted(f"the simulated hosts did not come up. They said: {said.stderr.strip() or 'nothing'}")
    told: dict[str, Any] = json.loads(said.stdout)
    return told


def _write(city: City, home: Workspace, hosts: Mapping[str, Any]) -> None:
    places = {host.name: (LOOPBACK, int(hosts["ports"][host.name])) for host in city.hosts}
    _take_keys(home, hosts)
    workspace.write(city, home, "simulated", places, via=(CORE,))
    workspace.trust(home, hosts["authority"])
    workspace.pin(home, {host: hosts["host_keys"][host.name] for host in city.hosts}, places)


def _take_keys(home: Workspace, hosts: Mapping[str, Any]) -> None:
    workspace.forget(home)
    for account, key in hosts["accounts"].items():
        with os.fdopen(os.open(home.keys / account, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)
