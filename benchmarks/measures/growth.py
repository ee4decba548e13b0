"""A whole city, simulated: does an asset cost the same among thousands, and how much memory does the auditor need?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.rig import HERE, Rig, edited
from benchmarks.timing import Goal, Row
from lab import fleet

FEW = 3


def measure(rig: Rig) -> Iterator[Row]:
    small, large = rig.size.small_fleet, rig.size.fleet
    with fleet.up(rig.work / f"fleet-{small}", small) as city:
        silent = next(spot.id for spot in city.spots if spot.fault == "timeout")
        few = [_audited(rig.work / f"fleet-{small}") for _ in range(min(rig.size.rounds, FEW))]
        yield _with_black_holes(rig.work / f"fleet-{small}", silent, [told["wall"] for told in few])
    with fleet.up(rig.work / f"fleet-{large}", large) as city:
        many = _audited(rig.work / f"fleet-{large}")
        sites = len({spot.site for spot in city.spots})
    faulty = sum(spot.fault is not None for spot in city.spots)
    note = (
        f"SIMULATED: {large:,} assets at {sites} sites, {faulty} of them faulty, real SSH to one process on loopback, "
        f"which takes a core of its own; {many['findings']:,} findings; states {many['states']}"
    )
    name = f"simulated fleet of {large:,}"
    yield Row(f"{name}: finished", [many["assets"] / large * 100], Goal(">=", 100, "%"), "%", note)
    yield Row(f"{name}: peak memory", [many["peak"]], Goal("<=", 300, "MiB"), "MiB")
    for what, key in (("processor time", "cpu"), ("wall time", "wall")):
        ratios = [(many[key] / large) / (told[key] / small) for told in few]
        yield Row(f"{name}: {what} an asset ÷ at {small:,}", ratios, Goal("<=", 1.1))
    yield Row(f"{name}: processor time an asset", [many["cpu"] / large * 1000], None, "ms")


def _with_black_holes(workspace: Path, silent: str, without: list[float]) -> Row:
    """The small fleet again, with a tenth more assets that are as silent as the one that is."""
    assets = workspace / "inventory" / "assets.yaml"
    before = assets.read_bytes()

    def add(content: dict[str, Any]) -> None:
        listed = content["assets"]
        model = next(asset for asset in listed if asset["id"] == silent)
        for number in range(len(listed) // 10):
            hole = {**model, "id": f"hole-{number}", "address": f"127.90.0.{number + 1}"}
            listed.insert(number * 11, hole)

    edited(assets, add)
    ratios = [_audited(workspace)["wall"] / wall for wall in without]
    assets.write_bytes(before)
    name = "10 % black-holed hosts added ÷ without, in the small simulated fleet"
    return Row(name, ratios, Goal("<=", 1.2))


def _audited(workspace: Path) -> dict[str, Any]:
    """What an audit of the workspace took, in a process of its own."""
    argv = [sys.executable, "-m", "benchmarks.audited", str(workspace)]
    done = subprocess.run(argv, cwd=HERE.parent, stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told
