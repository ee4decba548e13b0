"""pytest-testinfra as administrators run it, with the same commands as tests."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.rig import ACCOUNT, PEERS, Rig, uri
from benchmarks.timing import Goal, Row, in_turns, quietly
from inventory.model import Asset

TESTS = '''"""One test for each command, on each host."""
import json
import pathlib

import pytest

ASKED = json.loads(pathlib.Path(__file__).with_name("asked.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(len(ASKED)))
def test_answered(host, number):
    assert host.run(ASKED[number]).rc in range(125)
'''
SSH_CONFIG = """Host *
  User {account}
  IdentityFile {key}
  IdentitiesOnly yes
  UserKnownHostsFile {known}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  LogLevel ERROR
{more}"""


def measure(rig: Rig) -> Iterator[Row]:
    # a socket's path has little room (sun_path, unix(7)): a folder of ours may stand too deep
    with tempfile.TemporaryDirectory(prefix="rs-") as sockets:
        yield from _measured(rig, f"  ControlMaster auto\n  ControlPersist 60\n  ControlPath {sockets}/%C\n")


def _measured(rig: Rig, shared: str) -> Iterator[Row]:
    asked, probed = rig.commands(rig.one), _by_probe(rig)
    each = f"one test for each of the {len(asked)} different commands"
    ways: tuple[tuple[str, str, list[str], str, list[str], Goal | None, str], ...] = (
        ("ControlPersist, 8 workers", "ssh", ["-n8"], shared, asked, Goal(">=", 30), f"{each}; `ControlPath` set"),
        ("the same, each probe for itself", "ssh", ["-n8"], shared, probed, Goal(">=", 30), _told(rig, probed)),
        ("plain ssh", "ssh", [], "  ControlMaster no\n", asked, None, each),
        ("paramiko", "paramiko", [], "", asked, None, each),
    )
    rig.audit(_hosts(rig))
    for name, backend, workers, more, commands, goal, note in ways:
        folder = rig.work / f"testinfra-{name.split(',')[0].replace(' ', '-')}-{len(commands)}"
        _write(rig, folder, more, commands)
        theirs = partial(_run, rig, folder, backend, workers)
        hosts = _hosts(rig)
        pairs = in_turns(theirs, partial(rig.audit, hosts), rig.size.peer_rounds, warm=False)
        ratios = [them.wall / us.wall for them, us in pairs]
        yield Row(f"pytest-testinfra, {name} ÷ ours", ratios, goal, note=f"{len(hosts)} hosts on both sides; {note}")


def _hosts(rig: Rig) -> tuple[Asset, ...]:
    return rig.servers[-rig.size.peer_hosts :]


def _by_probe(rig: Rig) -> list[str]:
    """The commands of each check of a server one after the other: testinfra remembers no answer."""
    user = "sudo -n -- "
    bound = rig.catalogue.bind(rig.one, rig.inventory)
    return [f"{user if q.root else ''}{q.command}" for check in bound for q in check.questions()]


def _told(rig: Rig, probed: list[str]) -> str:
    return f"the {rig.probes(rig.one)} checks send their own commands, {len(probed)} in all, as tests of theirs would"


def _write(rig: Rig, folder: Path, more: str, commands: list[str]) -> None:
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # or they would take ours, from above
    (folder / "test_probes.py").write_text(TESTS, encoding="utf-8")
    (folder / "asked.json").write_text(json.dumps(commands), encoding="utf-8")
    config = SSH_CONFIG.format(account=ACCOUNT, key=rig.key, known=rig.city / "known_hosts", more=more)
    (folder / "ssh_config").write_text(config, encoding="utf-8")


def _run(rig: Rig, folder: Path, backend: str, workers: list[str]) -> None:
    hosts = ",".join(f"{backend}://{uri(asset)}" for asset in _hosts(rig))
    argv = [str(PEERS / "bin/python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    options = [f"--hosts={hosts}", f"--ssh-config={folder / 'ssh_config'}"]
    env = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    quietly([*argv, *workers, *options, "-W", "ignore", str(folder / "test_probes.py")], env)
