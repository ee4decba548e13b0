"""A disk that is full, or cannot be written: told clearly, and nothing that was kept is lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands.places import closed
from tests.commands.program import rasoat

INTERRUPTED, NOT_JUDGED, REFUSED = 4, 3, 2
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")


@contextmanager
def disk(folder: Path, *options: str) -> Iterator[None]:
    """A disk of its own on `folder`, as far as this machine lets tests mount one."""
    argv = ["mount", "-t", "tmpfs", *options, "rasoat-test", str(folder)]
    tried = subprocess.run(argv, capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no disk can be mounted here: {tried.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def enlarge(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=32m", str(folder)], check=True)


@pytest.mark.parametrize(("journal", "results"), [(0.6, 0.0), (1.1, 0.5)], ids=["walking", "writing-results"])
def test_a_full_disk_keeps_what_was_measured_and_the_run_can_be_gone_on_with(
    tmp_path: Path, journal: float, results: float
) -> None:
    """The disk takes these parts of what a run with room enough has written."""
    workspace = closed(tmp_path / "city", 5)
    runs = workspace / "runs"
    assert rasoat("run", at=workspace).status == NOT_JUDGED
    parts = {"journal.jsonl": journal, "results.json": results}
    size = sum(part * (next(runs.iterdir()) / name).stat().st_size for name, part in parts.items())
    with disk(runs, "-o", f"size={int(size)}"):
        told = rasoat("run", at=workspace)
        assert told.status == INTERRUPTED
        assert "No space left on device" in told.err
        assert "Internal fault" not in told.err
        (run,) = runs.iterdir()
        assert f"rasoat run --resume {run.name}" in told.err
        before = (run / "journal.jsonl").read_bytes()
        assert before.count(b"\n") > 1
        enlarge(runs)
        assert rasoat("run", "--resume", run.name, at=workspace).status == NOT_JUDGED
        assert (run / "journal.jsonl").read_bytes().startswith(before)
        assert rasoat("verify", at=workspace).status == 0


def test_a_disk_that_is_full_from_the_start_is_told(tmp_path: Path) -> None:
    workspace = closed(tmp_path / "city")
    with disk(workspace / "runs", "-o", "size=8k"):
        (workspace / "runs/other").write_bytes(bytes(8192))
        told = rasoat("run", at=workspace)
        assert told.status == REFUSED
        assert "No space left on device" in told.message
        assert "Nothing was run" in told.message


def test_a_report_that_finds_no_room_is_told(tmp_path: Path) -> None:
    workspace = closed(tmp_path / "city")
    assert rasoat("run", at=workspace).status == NOT_JUDGED
    out = tmp_path / "out"
    out.mkdir()
    with disk(out, "-o", "size=8k"):
        told = rasoat("report", "--out", str(out), at=workspace)
        assert told.status == INTERRUPTED
        assert "No space left on device" in told.message
        assert list(out.rglob("*.pdf")) == []


@pytest.mark.parametrize("place", [".", "runs"])
def test_a_disk_that_cannot_be_written_is_told_before_anything_is_run(tmp_path: Path, place: str) -> None:
    workspace = closed(tmp_path / "city")
    subprocess.run(["mount", "--bind", str(workspace / place), str(workspace / place)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(workspace / place)], check=True)
        told = rasoat("run", at=workspace)
        assert told.status == REFUSED
        assert f"{workspace / place}: cannot be written" in told.message
        assert rasoat("inventory", "check", at=workspace).status == 0
    finally:
        subprocess.run(["umount", str(workspace / place)], check=True)
