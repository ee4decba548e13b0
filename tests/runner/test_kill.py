"""`kill -9` at any point of a run over real servers: what was kept stays, what is missing is asked, nothing else.

Six real sshd, each with a name of its own, which it tells in every reply.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from checks.model import Question, Verdict, Want, asks, judged
from inventory.faults import BadInput
from inventory.model import Inventory, Login
from reports import results
from reports.document import Document
from runner import evidence, journal, kept, manifest, runs, walk
from runner.plan import Selection
from tests.runner import city, peers

SERVERS = 6
KILLS = 50
SEED = 20261121
WHO = Question('echo "I am $RASOAT_NAME"')
KERNEL = Question("uname -r")


@asks(WHO)
def says_who_it_is(host: Any, want: Want) -> Verdict:
    said = host.run(WHO.command).stdout
    return judged(said == f"I am {want.asset.id}\n", want.asset.id, said)


@asks(KERNEL, WHO)
def has_a_kernel(host: Any, _: Want) -> Verdict:
    said = host.run(KERNEL.command).stdout
    return judged(bool(said.strip()), "a kernel", said)


CATALOGUE = city.catalogue([says_who_it_is, has_a_kernel])


def _is_idle(server: peers.Sshd) -> bool:
    return not Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()


@dataclass(frozen=True)
class Fleet:
    """Six servers and the inventory that lists them."""

    inventory: Inventory
    servers: dict[str, peers.Sshd]

    @property
    def workspace(self) -> Path:
        return self.inventory.workspace

    def logins(self) -> dict[str, int]:
        """How often each server has let somebody in, once it has done with all who called."""
        for server in self.servers.values():
            peers.await_true(partial(_is_idle, server))
        return {name: server.log.count("Accepted publickey") for name, server in self.servers.items()}

    def audit(self, resume: str | None = None) -> Path:
        """The folder of a run to its end."""
        done = walk.audit(self.inventory, CATALOGUE, Selection(), program="test", concurrency=2, resume=resume)
        results.write(done, self.inventory, CATALOGUE)
        return done.folder

    def killed(self, after: float, resume: str | None = None) -> float:
        """Begin or go on with a run in another process and kill it `after` seconds; how long it lived."""
        begun = time.monotonic()
        child = os.fork()
        if child == 0:
            with suppress(BaseException):
                self.audit(resume)
            os._exit(0)
        while time.monotonic() - begun < after and os.waitpid(child, os.WNOHANG) == (0, 0):
            time.sleep(0.001)
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return time.monotonic() - begun


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    workspace, folder = tmp_path_factory.mktemp("city"), tmp_path_factory.mktemp("servers")
    with ExitStack() as stack:
        names = [f"server-{number}" for number in range(SERVERS)]
        servers = {
            name: stack.enter_context(peers.sshd(folder / name, f"SetEnv RASOAT_NAME={name} HOME=/")) for name in names
        }
        (workspace / "known_hosts").write_text("".join(server.line for server in servers.values()))
        key = (servers[names[0]].folder / "user").read_bytes()
        public = (servers[names[0]].folder / "user.pub").read_bytes()
        for server in servers.values():
            (server.folder / "user.pub").write_bytes(public)
        (workspace / "key").write_bytes(key)
        assets = [city.asset(name, address=one.host.address, port=one.host.port) for name, one in servers.items()]
        yield Fleet(city.inventory(workspace, assets, Login(id="audit", user=peers.USER, key="key")), servers)


def told(document: Document) -> tuple[Any, ...]:
    """All that a document says but for times, ids, and what is named by evidence of another time."""
    findings = [{**finding, "evidence": len(finding["evidence"])} for finding in document["findings"]]
    return document["assets"], findings, document["scores"], document["run"]["complete"]


def what_was_said(run: Path) -> dict[str, list[str]]:
    return {
        id_: [record.reply.stdout for record in evidence.read(run, outcome.bundle).values()]
        for id_, outcome in kept.read(run).outcomes.items()
        if outcome.bundle
    }


def is_sealed(run: Path) -> bool:
    return (run / manifest.NAME).exists()


def newest(workspace: Path, but: Sequence[str]) -> str | None:
    """The run that was begun since; None where it died before it began."""
    return next((id_ for id_ in runs.ids(workspace) if id_ not in but), None)


def test_killed_at_any_point_a_run_goes_on_where_it_was(fleet: Fleet) -> None:
    begun = time.monotonic()
    whole = fleet.audit()
    seconds = time.monotonic() - begun
    expected, said = told(results.read(whole)), what_was_said(whole)
    assert {name for name, lines in said.items() if f"I am {name}\n" in lines} == set(fleet.servers)

    chance = random.Random(SEED)  # noqa: S311 - points in time, not secrets
    moments = [seconds * 1.2 * (number + chance.random()) / KILLS for number in range(KILLS)]
    found_done = set()
    for moment in moments:
        before = runs.ids(fleet.workspace)
        fleet.killed(moment)
        run = newest(fleet.workspace, before)
        if run is None:
            continue
        folder = runs.find(fleet.workspace, run)
        done, logins, sealed = set(kept.read(folder).outcomes), fleet.logins(), is_sealed(folder)
        found_done.add((len(done), sealed))
        if sealed:
            with pytest.raises(BadInput, match="nothing to resume"):
                fleet.audit(run)
        else:
            fleet.audit(run)
        asked = {name: count - logins[name] for name, count in fleet.logins().items()}
        assert asked == {name: 0 if sealed or name in done else 1 for name in fleet.servers}
        assert told(results.read(folder)) == expected
        assert what_was_said(folder) == said
        assert manifest.verify(folder) == []
        assert results.problems(folder) == []
    assert len({done for done, _ in found_done}) >= 3, "the kills all fell on the same point"


def test_killed_again_and_again_it_still_comes_to_its_end(fleet: Fleet) -> None:
    whole = fleet.audit()
    before = runs.ids(fleet.workspace)
    chance, run, lived = random.Random(SEED), None, 0.05  # noqa: S311
    while run is None:
        lived += 0.02
        fleet.killed(lived)
        run = newest(fleet.workspace, before)
    folder, seen = runs.find(fleet.workspace, run), 0
    for _ in range(10):
        fleet.killed(chance.uniform(0.05, 0.25), run)
        done = len(kept.read(folder).outcomes)
        assert done >= seen
        seen = done
    if not is_sealed(folder):
        fleet.audit(run)
    assert told(results.read(folder)) == told(results.read(whole))
    assert manifest.verify(folder) == []


def test_what_a_dying_program_had_begun_to_keep_is_no_evidence(fleet: Fleet) -> None:
    folder = fleet.audit()
    path, left = folder / journal.NAME, folder / evidence.FOLDER / ".half.json.gz-x1y2"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))  # a bundle is kept, its record is not
    left.write_bytes(b"half")
    for sealed in (manifest.NAME, manifest.RESULTS):
        (folder / sealed).unlink()
    before = fleet.logins()
    fleet.audit(folder.name)
    assert sum(fleet.logins().values()) == sum(before.values()) + 1
    assert not left.exists()
    assert manifest.verify(folder) == []


def test_a_killed_run_leaves_its_lock_to_whoever_comes(fleet: Fleet) -> None:
    fleet.killed(0.1)
    with runs.locked(fleet.workspace):
        pass


def test_what_one_server_says_is_never_kept_for_another(fleet: Fleet) -> None:
    for run in runs.ids(fleet.workspace):
        for asset, lines in what_was_said(runs.find(fleet.workspace, run)).items():
            assert {line for line in lines if line.startswith("I am ")} == {f"I am {asset}\n"}
