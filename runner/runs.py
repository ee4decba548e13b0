"""Runs as folders of a workspace, and the lock that keeps two audits from walking over each other."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inventory.faults import BadInput
from inventory.workspace import Workspace
from runner import canonical
from runner.evidence import FOLDER
from runner.files import CannotKeep
from runner.journal import NAME, Journal

LATEST = "latest"
BEGUN = ".begun-"


class Busy(BadInput):
    """Another audit walks this workspace."""

    def __init__(self, pid: int | None, since: str) -> None:
        self.pid = pid
        self.since = since
        super().__init__(
            f"an audit of this workspace is running (process {pid}, since {since}). Wait for it, or end it."
        )


Fill = Callable[[Path, Journal], None]


def new(workspace: Path, now: datetime, header: Callable[[str], Mapping[str, Any]], fill: Fill | None = None) -> Path:
    """A new run folder named by `now` in UTC, with its journal begun by `header(id)`; it appears whole or not at all.

    What is known from the beginning, `fill` writes. The workspace must be `locked`. Raises `CannotKeep`.
    """
    folder = Workspace(workspace).runs
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for left in folder.glob(f"{BEGUN}*"):
            shutil.rmtree(left)
        run = _free(folder, now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"))
        begun = Path(tempfile.mkdtemp(prefix=BEGUN, dir=folder))
        (begun / FOLDER).mkdir(mode=0o700)
        journal = Journal(begun, None)
        journal.append("run", header(run.name))
        if fill is not None:
            fill(begun, journal)
        journal.close()
        return begun.rename(run)
    except OSError as error:
        raise CannotKeep(folder, error) from error


def _free(folder: Path, stamp: str) -> Path:
    """The first of `stamp`, `stamp-2`, `stamp-3` … that is not taken."""
    names = itertools.chain([stamp], (f"{stamp}-{number}" for number in itertools.count(2)))
    return next(folder / name for name in names if not (folder / name).exists())


def ids(workspace: Path) -> list[str]:
    """Ids of all runs, oldest first."""
    folder = Workspace(workspace).runs
    return sorted((path.parent.name for path in folder.glob(f"[!.]*/{NAME}")), key=_age)


def _age(run: str) -> tuple[str, int]:
    stamp, _, number = run.partition("-")
    return stamp, int(number) if number.isdecimal() else 1


def find(workspace: Path, run: str = LATEST) -> Path:
    """The folder of the run with this id, or of the latest. Raises `BadInput` where there is none."""
    known = ids(workspace)
    if not known:
        raise BadInput("there is no run in this workspace yet. Make one with the verb run.")
    if run == LATEST:
        return Workspace(workspace).runs / known[-1]
    if run not in known:
        raise BadInput(f"there is no run '{run}'. The latest is '{known[-1]}'.")
    return Workspace(workspace).runs / run


@contextmanager
def locked(workspace: Path) -> Iterator[None]:
    """Hold the workspace for one audit. Raises `Busy`; the lock of a dead process is no lock."""
    path = Workspace(workspace).lock
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotKeep(path, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _busy(path) from error
        holder = {"pid": os.getpid(), "since": canonical.moment(datetime.now(UTC))}
        os.ftruncate(handle, 0)
        os.pwrite(handle, canonical.encode(holder), 0)
        yield
    finally:
        os.close(handle)


def _busy(path: Path) -> Busy:
    try:
        holder = json.loads(path.read_bytes())
        return Busy(holder["pid"], holder["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return Busy(None, "?")
