"""Where the time of an audit goes: our own by library and room, the far side's by command. Told for context."""

from __future__ import annotations

import cProfile
import gzip
import json
import pstats
import shutil
from collections import Counter
from collections.abc import Iterator

from benchmarks.rig import PROGRAM, Rig
from benchmarks.timing import Row
from runner import walk

ROOMS = ("asyncssh", "cryptography", "testinfra", "checks", "runner", "asyncio", "json", "re")
WAITING = ("epoll", "_thread.lock")
SLOWEST = 5


def measure(rig: Rig) -> Iterator[Row]:
    chosen = walk.Selection(assets=tuple(asset.id for asset in rig.servers))
    rig.audit(rig.servers)
    profile = cProfile.Profile()
    profile.enable()
    folder = walk.audit(rig.inventory, rig.catalogue, chosen, program=PROGRAM).folder
    profile.disable()
    shutil.rmtree(folder)
    shares = _shares(profile)
    told = ", ".join(f"{room} {share:.0%}" for room, share in shares.most_common(8))
    note = f"own time by room and library under cProfile, the waiting left out: {told}"
    yield Row("share of asyncssh and cryptography in our processor time", [_ssh(shares) * 100], None, "%", note)
    yield from _far_side(rig)


def _shares(profile: cProfile.Profile) -> Counter[str]:
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if not any(word in name for word in WAITING):
            spent[_room(file, name)] += own
    return Counter({room: own / spent.total() for room, own in spent.items()})


def _room(file: str, name: str) -> str:
    parts = f"{file} {name}".replace(".py", "").replace("/", " ").replace(".", " ").replace("'", " ").split()
    return next((room for room in ROOMS if room in parts), "other")


def _ssh(shares: Counter[str]) -> float:
    return shares["asyncssh"] + shares["cryptography"]


def _far_side(rig: Rig) -> Iterator[Row]:
    """How long one idle server works on the commands."""
    chosen = walk.Selection(assets=(rig.one.id,))
    folder = walk.audit(rig.inventory, rig.catalogue, chosen, program=PROGRAM).folder
    bundle = next((folder / "evidence").glob("*.json.gz"))
    records = json.loads(gzip.decompress(bundle.read_bytes()))
    shutil.rmtree(folder)
    slow = sorted(records, key=lambda record: -record["seconds"])[:SLOWEST]
    told = "; ".join(f"{record['seconds'] * 1000:.0f} ms `{_short(record['sent'])}`" for record in slow)
    total = sum(record["seconds"] for record in records) * 1000
    yield Row("commands of one server, end to end", [total], None, "ms", f"{len(records)} commands; slowest: {told}")


def _short(command: str) -> str:
    return command.replace("|", "\\|").replace("\n", " ")[:50]
