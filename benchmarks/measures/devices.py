"""Devices: an audit against bare netmiko that logs in and sends the same commands."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from netmiko import ConnectHandler

from benchmarks.rig import ACCOUNT, Rig
from benchmarks.timing import Goal, Row, in_turns, walls
from inventory.model import Asset

THREADS = 8


def measure(rig: Rig) -> Iterator[Row]:
    ours, theirs = partial(rig.audit, rig.devices), partial(_bare, rig)
    note = (
        f"{len(rig.devices)} devices, {THREADS} at a time on both sides; bare netmiko: `ConnectHandler`, then "
        "`send_command` for each of the same commands, its answer thrown away"
    )
    pairs = in_turns(ours, theirs, rig.size.rounds)
    yield Row("device audit ÷ bare netmiko login and commands", walls(pairs), Goal("<=", 1.1), note=note)


def _bare(rig: Rig) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(partial(_asked, rig), rig.devices))


def _asked(rig: Rig, asset: Asset) -> None:
    with ConnectHandler(
        device_type="linux",
        host=asset.address,
        port=asset.port,
        username=ACCOUNT,
        use_keys=True,
        key_file=str(rig.key),
        ssh_strict=True,
        alt_host_keys=True,
        alt_key_file=str(rig.city / "known_hosts"),
    ) as session:
        for command in rig.commands(asset):
            session.send_command(command, read_timeout=30, cmd_verify=False)
