"""Lynis on one host, locally, for context: what a thorough script takes that is carried to the machine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial

from benchmarks.rig import Rig
from benchmarks.timing import Row, in_turns
from inventory.model import Asset
from lab import namespaces
from lab.namespaces import Ground

PLACE = "/root/lynis"
ARGUMENTS = f"--profile {PLACE}/etc/lynis/default.prf --plugindir {PLACE}/etc/lynis/plugins --quick --no-colors"
AUDIT = f"cd {PLACE}/usr/share/lynis && ../../sbin/lynis audit system {ARGUMENTS}"
FINISHED = "Hardening index"


def measure(rig: Rig) -> Iterator[Row]:
    host = rig.one
    packed = subprocess.run(["tar", "c", "-C", str(rig.work / "lynis/tree"), "."], capture_output=True, check=True)
    unpack = f"mkdir {PLACE} && tar x -C {PLACE} --no-same-owner && mkdir -p {PLACE}/etc/lynis/plugins"
    subprocess.run(_inside(rig, host, unpack), input=packed.stdout, check=True)
    rig.audit([host])
    pairs = in_turns(partial(_lynis, rig, host), partial(rig.audit, [host]), 1, warm=False)
    note = "run on the host as root, without a login; it asks other questions, and more of them"
    yield Row("Lynis on one host ÷ our audit of it", [them.wall / us.wall for them, us in pairs], None, note=note)


def _lynis(rig: Rig, host: Asset) -> None:
    done = subprocess.run(_inside(rig, host, AUDIT), capture_output=True, text=True, check=False)
    if FINISHED not in done.stdout:
        raise RuntimeError(f"Lynis did not finish: {(done.stdout + done.stderr)[-500:]}")


def _inside(rig: Rig, host: Asset, command: str) -> list[str]:
    """`command` as root on `host`."""
    first = namespaces.init_of(Ground.of(rig.city), host.id)
    spaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wdns=/root"]
    return ["nsenter", f"--target={first}", *spaces, "--", "env", "-i", f"PATH={namespaces.PATH}", "sh", "-c", command]
