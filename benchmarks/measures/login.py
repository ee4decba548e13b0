"""An audit against a mere login: the whole fleet, one host, the processor time it costs us."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import asyncssh

from benchmarks.rig import ACCOUNT, HERE, Rig, uri
from benchmarks.timing import Goal, Row, Taken, in_turns, quietly, take, walls
from inventory.model import Asset

AT_ONCE = 16
REPEATED = 3
LANES = 32
JUDGED = (0, 1, 3)


def measure(rig: Rig) -> Iterator[Row]:
    servers, everything = rig.servers, (*rig.servers, *rig.devices)
    fleet = in_turns(partial(rig.audit, servers), partial(logins, rig, servers), rig.size.rounds)
    note = f"`xargs -P{AT_ONCE} ssh HOST true` over the same hosts, with the same key and pinned host keys"
    name = "whole fleet audit ÷ `xargs -P16 ssh HOST true`"
    yield Row(f"{name}, servers only", walls(fleet), Goal("<=", 1.0), note=f"{note}; ours in a warm process")
    both = in_turns(partial(rig.audit, everything), partial(logins, rig, everything), rig.size.rounds)
    yield Row(f"{name}, servers and devices", walls(both), Goal("<=", 1.0), note=note)
    whole = in_turns(partial(command, rig), partial(logins, rig, everything), rig.size.rounds)
    with_start = "from the start of `audit.py run` to its exit: Python, inventory, audit, results, manifest"
    yield Row(f"{name}, as a command", walls(whole), note=with_start)
    one = in_turns(partial(_often, rig.audit, [rig.one]), partial(_often, _login, rig, rig.one), rig.size.rounds)
    yield Row("one host, full audit ÷ `ssh HOST true`", walls(one), Goal("<=", 1.5), note="warm process")
    yield from _processor(rig, fleet)
    yield from _floor(rig)


def _processor(rig: Rig, fleet: Sequence[tuple[Taken, Taken]]) -> Iterator[Row]:
    count = len(rig.servers)
    ours = [pair[0].own / count * 1000 for pair in fleet]
    logged = [take(partial(_login, rig, rig.one)).children for _ in range(REPEATED * rig.size.rounds)]
    mean = sum(logged) / len(logged)
    note = "user and system time of our process in the fleet audit, by server; of `ssh` the client's alone"
    yield Row("our own processor time a host", ours, Goal("<=", 40, "ms"), "ms", note)
    yield Row("the same ÷ that of one `ssh HOST true`", [one / 1000 / mean for one in ours], Goal("<=", 0.25))
    yield Row("processor time of one `ssh HOST true`", [one * 1000 for one in logged], None, "ms")


def _floor(rig: Rig) -> Iterator[Row]:
    """What the SSH library needs for a login and nothing else: no audit over it can be faster."""
    pairs = in_turns(lambda: asyncio.run(_connected(rig)), partial(logins, rig, rig.servers), rig.size.rounds)
    note = f"connect, `true`, close, {LANES} at once: what is left of the first row when nothing is asked"
    yield Row("asyncssh, login alone ÷ `xargs -P16 ssh HOST true`", walls(pairs), None, note=note)
    yield Row(
        "processor time of one asyncssh login", [one.own / len(rig.servers) * 1000 for one, _ in pairs], None, "ms"
    )


async def _connected(rig: Rig) -> None:
    known, lanes = str(rig.city / "known_hosts"), asyncio.Semaphore(LANES)

    async def one(asset: Asset) -> None:
        options = {"config": None, "agent_path": None, "known_hosts": known, "client_keys": [str(rig.key)]}
        async with (
            lanes,
            asyncssh.connect(asset.address, asset.port, username=ACCOUNT, **options) as connection,
        ):
            await connection.run("true", check=True)

    await asyncio.gather(*map(one, rig.servers))


def logins(rig: Rig, assets: Sequence[Asset]) -> None:
    """A login to each of `assets` and nothing else, a few at a time."""
    places = "\n".join(f"ssh://{uri(asset)}" for asset in assets)
    argv = ["xargs", f"-P{AT_ONCE}", "-I{}", *rig.ssh(), "{}", "true"]
    subprocess.run(argv, input=places, text=True, stderr=subprocess.DEVNULL, check=True)


def command(rig: Rig) -> None:
    """The whole audit as its users start it."""
    argv = [sys.executable, str(HERE.parent / "audit.py"), "run", "--quiet", "--workspace", str(rig.city)]
    quietly(argv, fine=JUDGED)


def _login(rig: Rig, asset: Asset) -> None:
    quietly([*rig.ssh(), f"ssh://{uri(asset)}", "true"])


def _often(go: Callable[..., object], *arguments: object) -> None:
    for _ in range(REPEATED):
        go(*arguments)
