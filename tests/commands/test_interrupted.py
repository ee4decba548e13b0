"""An audit that is ended from outside: what was measured is kept, and the run can be gone on with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.commands.places import live
from tests.commands.program import Running, rasoat, running
from tests.runner import peers

INTERRUPTED, NOT_JUDGED, REFUSED = 4, 3, 2


@contextmanager
def stuck(folder: Path, server: peers.Sshd) -> Iterator[tuple[Path, Running]]:
    """A workspace and an audit of it that has done two assets and waits for the third, which will never answer."""
    with peers.silent() as silent:
        ports = {"refuses": peers.free_port(), "answers": server.host.port, "silent": silent.port}
        workspace = live(folder, ports)
        shutil.copy(server.folder / "user", workspace / "keys/audit")
        (workspace / "known_hosts").write_text(server.line, encoding="utf-8")
        with running("run", at=workspace) as audit:
            audit.await_line("2/3")
            yield workspace, audit


def document(workspace: Path) -> dict[str, Any]:
    (results,) = workspace.glob("runs/*/results.json")
    found: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    return found


def findings(document: dict[str, Any]) -> list[dict[str, Any]]:
    """All but what differs from one time to the next: the evidence."""
    return [{**finding, "evidence": bool(finding["evidence"])} for finding in document["findings"]]


def settled(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings that rest on files: which processes run is another thing each time, on a machine where tests run."""
    return [
        one for one in findings(document) if one["check"].startswith(("accounts.", "files.", "passwords.", "sudo."))
    ]


def states(document: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {asset["id"]: (asset["state"], asset["cause"]) for asset in document["assets"]}


def test_ctrl_c_keeps_what_was_measured_and_resume_ends_as_if_never_interrupted(
    tmp_path: Path, server: peers.Sshd
) -> None:
    with stuck(tmp_path / "city", server) as (workspace, audit):
        assert audit.interrupt().status == INTERRUPTED
        run = document(workspace)["run"]
    assert not run["complete"]
    assert "Traceback" not in audit.said
    assert f"rasoat run --resume {run['id']}" in audit.said
    kept = states(document(workspace))
    assert kept["silent"] == ("unreached", "interrupted")
    assert kept["answers"][0] != "unreached"
    first = {(one["asset"], one["check"]): one for one in document(workspace)["findings"] if one["asset"] == "answers"}

    resumed = rasoat("run", "--resume", run["id"], at=workspace)
    assert resumed.status == NOT_JUDGED
    assert [line.partition("  ")[0] for line in resumed.err.splitlines()] == ["3/3"]
    whole = document(workspace)
    assert whole["run"]["complete"]
    again = {(one["asset"], one["check"]): one for one in whole["findings"] if one["asset"] == "answers"}
    assert again == first
    assert rasoat("verify", run["id"], at=workspace).status == 0

    uninterrupted = rasoat("run", "--json", at=workspace)
    assert uninterrupted.status == NOT_JUDGED
    pairs = [
        [(one["asset"], one["check"]) for one in found["findings"]] for found in (json.loads(uninterrupted.out), whole)
    ]
    assert pairs[0] == pairs[1]
    assert settled(json.loads(uninterrupted.out)) == settled(whole) != []
    assert states(json.loads(uninterrupted.out)) == states(whole)


def test_a_second_audit_is_refused_and_a_killed_one_holds_nothing(tmp_path: Path, server: peers.Sshd) -> None:
    with stuck(tmp_path / "city", server) as (workspace, audit):
        second = rasoat("run", at=workspace)
        assert second.status == REFUSED
        assert f"process {audit.process.pid}," in second.message
        audit.process.kill()
        audit.process.wait()
    (killed,) = (workspace / "runs").iterdir()
    assert rasoat("verify", killed.name, at=workspace).status == 5
    assert rasoat("report", killed.name, at=workspace).status == REFUSED

    assert rasoat("run", "--resume", "latest", at=workspace).status == NOT_JUDGED
    assert states(document(workspace))["answers"][0] != "unreached"
    assert rasoat("verify", killed.name, at=workspace).status == 0
    assert rasoat("run", at=workspace).status == NOT_JUDGED


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Sshd]:
    with peers.sshd(tmp_path_factory.mktemp("sshd")) as running_:
        yield running_
