"""Round trips: counted through a proxy that delays everything, and what the delay costs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from benchmarks.rig import ACCOUNT, Rig
from benchmarks.timing import Goal, Row, in_turns, quietly, walls
from inventory.model import Asset
from runner.sessions.base import HostPort

ROUND_TRIP = 0.040
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Proxy:
    """A proxy before one host, and how to read what it has counted."""

    port: int
    counted: Callable[[], list[int]]


def measure(rig: Rig) -> Iterator[Row]:
    with _before(rig, rig.one) as proxy:
        place = HostPort(LOOPBACK, proxy.port)
        inventory = rig.variant("proxied", partial(_moved, rig.one.id, proxy.port), [place])
        known = inventory.workspace / "known_hosts"
        audit = partial(rig.audit, [rig.one], inventory)
        login = partial(quietly, [*rig.ssh(known), f"ssh://{ACCOUNT}@{LOOPBACK}:{proxy.port}", "true"])
        pairs = in_turns(audit, login, rig.size.rounds)
        time.sleep(0.5)
        counted = proxy.counted()
        audit()
        time.sleep(0.5)
        ours = proxy.counted()
    direct = in_turns(partial(rig.audit, [rig.one]), audit_nothing, rig.size.rounds)
    waited = [(far[0].wall - near[0].wall) / ROUND_TRIP for far, near in zip(pairs, direct, strict=True)]
    note = (
        "a proxy of our own holds every byte back for 20 ms on its way, both ways; a round trip is a flight of the "
        "client's that is answered: by what came no sooner than 40 ms after it"
    )
    yield Row("round trips a host, the SSH handshake included", ours, Goal("<=", 8), "", note)
    theirs = [min(counted)]
    yield Row("round trips of `ssh HOST true`", theirs, None, "", "the fewest counted of one connection")
    yield Row("round trips waited for", waited, None, "", "what the delay adds to the wall time of an audit ÷ 40 ms")
    yield Row("audit ÷ bare login, both with 40 ms delay", walls(pairs), Goal("<=", 3.0))


def audit_nothing() -> None:
    """The other side of a pair of which only one is wanted."""


@contextmanager
def _before(rig: Rig, asset: Asset) -> Iterator[Proxy]:
    """A proxy before `asset`, in a process of its own."""
    argv = [sys.executable, "-m", "benchmarks.proxy", asset.address, str(asset.port), str(ROUND_TRIP / 2)]
    counts = rig.work / "proxy.jsonl"
    counts.unlink(missing_ok=True)
    with subprocess.Popen([*argv, str(counts)], stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise RuntimeError("the proxy has no output")
        read = 0

        def counted() -> list[int]:
            nonlocal read
            lines = counts.read_text(encoding="ascii").splitlines()
            new, read = lines[read:], len(lines)
            return [json.loads(line)["trips"] for line in new]

        try:
            yield Proxy(int(process.stdout.readline()), counted)
        finally:
            process.terminate()


def _moved(id_: str, port: int, assets: list[dict[str, object]]) -> None:
    for asset in assets:
        if asset["id"] == id_:
            asset |= {"address": LOOPBACK, "port": port}
