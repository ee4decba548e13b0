"""Hosts that swallow every packet: what a tenth of them costs the others."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from benchmarks.rig import Rig
from benchmarks.timing import Goal, Row, in_turns, take, walls
from runner.sessions.base import HostPort, Limits

NOWHERE = "198.18.0"
DROP = f"""
table ip black_holes {{
    chain out {{
        type filter hook output priority 0;
        ip daddr {NOWHERE}.0/24 drop
    }}
}}
"""


def measure(rig: Rig) -> Iterator[Row]:
    count = max(1, len(rig.servers) // 10)
    places = [HostPort(f"{NOWHERE}.{number}", rig.one.port) for number in range(1, count + 1)]
    with _swallowed():
        inventory = rig.variant("holes", partial(_added, rig.one.id, places), places)
        holes = [asset for asset in inventory.assets.values() if asset.address.startswith(NOWHERE)]
        pairs = in_turns(
            partial(rig.audit, [*rig.servers, *holes], inventory, dead=count),
            partial(rig.audit, rig.servers),
            rig.size.rounds,
        )
        alone = take(partial(rig.audit, holes, inventory, dead=count)).wall
    note = (
        f"{count} addresses more, on which every packet is dropped. Their connect timeout ({Limits().connect:g} s) is "
        "paid once for all of them, and is longer than so small a fleet takes; the simulated fleet shows a larger one"
    )
    yield Row("10 % black-holed hosts added ÷ without", walls(pairs), Goal("<=", 1.2), note=note)
    seconds = [(with_.wall - without.wall) / Limits().connect for with_, without in pairs]
    yield Row("what they add, in connect timeouts", seconds, None, "timeouts")
    yield Row("the black-holed hosts alone, in connect timeouts", [alone / Limits().connect], None, "timeouts")


@contextmanager
def _swallowed() -> Iterator[None]:
    """Packets to nowhere are dropped without a word."""
    subprocess.run(["nft", "-f", "-"], input=DROP, text=True, check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", "ip", "black_holes"], check=True)


def _added(like: str, places: list[HostPort], assets: list[dict[str, Any]]) -> None:
    """One more asset at each place, spread among the others."""
    model = next(asset for asset in assets if asset["id"] == like)
    step = max(1, len(assets) // len(places))
    for number, place in enumerate(places):
        assets.insert(number * (step + 1), {**model, "id": f"hole-{number + 1}", "address": place.address})
