"""Run folders and the lock of a workspace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from inventory.faults import BadInput
from runner import kept, runs
from tests.runner.city import WHEN
from tests.runner.peers import await_true

HOLD = """
import sys, time
from pathlib import Path
from runner import runs
with runs.locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def new(workspace: Path, after: int = 0) -> Path:
    return runs.new(workspace, WHEN + timedelta(seconds=after), lambda run: {"id": run})


def test_runs_are_named_by_their_time_and_appear_whole(tmp_path: Path) -> None:
    folders = [new(tmp_path), new(tmp_path), new(tmp_path), new(tmp_path, after=60)]
    names = ["20261121T214500Z", "20261121T214500Z-2", "20261121T214500Z-3", "20261121T214600Z"]
    assert [folder.name for folder in folders] == names == runs.ids(tmp_path)
    assert [kept.header(folder)["id"] for folder in folders] == names
    assert (folders[0] / "evidence").is_dir()


def test_the_tenth_run_of_a_second_is_later_than_the_ninth(tmp_path: Path) -> None:
    made = [new(tmp_path).name for _ in range(11)]
    assert runs.ids(tmp_path) == made


def test_a_run_that_was_never_begun_is_none(tmp_path: Path) -> None:
    run = new(tmp_path)
    left = tmp_path / "runs" / f"{runs.BEGUN}x"
    left.mkdir()
    assert runs.find(tmp_path) == run
    new(tmp_path)
    assert not left.exists()


def test_finding_a_run(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no run in this workspace"):
        runs.find(tmp_path)
    first, second = new(tmp_path), new(tmp_path, after=1)
    assert runs.find(tmp_path, first.name) == first
    assert runs.find(tmp_path, "latest") == second
    with pytest.raises(BadInput, match=r"no run '\.\./x'"):
        runs.find(tmp_path, "../x")


def test_a_second_audit_is_told_who_holds_the_lock_until_that_one_is_dead(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(runs.Busy) as caught, runs.locked(tmp_path):
        pass
    assert caught.value.pid == holder.pid
    assert caught.value.since.endswith("Z")
    os.kill(holder.pid, signal.SIGKILL)
    await_true(lambda: holder.poll() is not None)
    holder.stdout.close()
    with runs.locked(tmp_path):
        pass
