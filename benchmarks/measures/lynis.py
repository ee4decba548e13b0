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
ARGUMENTS = "--quick --quiet --no-colors --logfile /dev/null --report-file /dev/null"
AUDIT = (
    f"cd {PLACE}/usr/share/lynis && ../../sbin/lynis audit system --profile {PLACE}/etc/lynis/default.prf {ARGUMENTS}"
)


def measure(rig: Rig) -> Iterator[Row]:
    host = rig.one
    packed = subprocess.run(["tar", "c", "-C", str(rig.work / "lynis/tree"), "."], capture_output=True, check=True)
    subprocess.run(
        _inside(rig, host, f"mkdir {PLACE} && tar x -C {PLACE} --no-same-owner"), input=packed.stdout, check=True
    )
    theirs = partial(subprocess.run, _inside(rig, host, AUDIT), stdout=subprocess.DEVNULL, check=False)
    pairs = in_turns(theirs, partial(rig.audit, [host]), 1)
    note = "run on the host as root, without a login; it asks other questions, and more of them"
    yield Row("Lynis on one host ÷ our audit of it", [them.wall / us.wall for them, us in pairs], None, note=note)


def _inside(rig: Rig, host: Asset, command: str) -> list[str]:
    first = namespaces.init_of(Ground.of(rig.city), host.id)
    spaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wdns=/root"]
    return ["nsenter", f"--target={first}", *spaces, "--", "env", "-i", f"PATH={namespaces.PATH}", "sh", "-c", command]
