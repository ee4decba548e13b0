"""What a city leaves on the machine underneath, looked up without any help of the lab."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path


def city_id(workspace: Path) -> str:
    return hashlib.sha256(os.fsencode(workspace.resolve())).hexdigest()[:8]


def traces(workspace: Path) -> list[str]:
    """Namespaces, mounts, files and processes that carry the id of the workspace's city."""
    marker = city_id(workspace)
    found = [str(path) for path in Path("/run/netns").glob(f"*{marker}*")]
    found += [str(path) for path in Path("/run/rasoat").glob(f"{marker}*")]
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    found += [line for line in mounts.splitlines() if marker in line]
    return found + [f"process {process}" for process in processes(marker)]


def processes(marker: str) -> list[str]:
    """Processes whose command line, or one of whose mounts, names the city."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "cmdline").read_bytes() + (folder / "mountinfo").read_bytes()
        except OSError:
            continue
        if marker.encode() in told:
            found.append(folder.name)
    return found


def networks(workspace: Path) -> set[int]:
    """The numbers of the city's network namespaces, as long as it has any."""
    return {path.stat().st_ino for path in Path("/run/netns").glob(f"*{city_id(workspace)}*")}


def standing_in(numbers: set[int]) -> list[str]:
    """Processes that stand in one of these network namespaces, whether it still has a name or not."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "ns/net").stat().st_ino in numbers:
                found.append(folder.name)
        except OSError:
            continue
    return found


def shared_state() -> tuple[str, ...]:
    """What belongs to the machine underneath and must not change: accounts, addresses, routes, clock steps."""
    files = [Path(f"/etc/{name}").read_text(encoding="utf-8") for name in ("passwd", "group", "shadow", "hostname")]
    links = json.loads(subprocess.run(["ip", "-j", "address"], capture_output=True, check=True).stdout)
    addresses = [(link["ifname"], [one["local"] for one in link["addr_info"]]) for link in links]
    routes = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True).stdout
    return (*files, str(addresses), routes)
