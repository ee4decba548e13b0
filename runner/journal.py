"""The journal of a run: one line a record, appended and never changed, each bound to the one before by its digest.

    {"data":{…},"kind":"run|asset|end","n":0,"prev":"<sha256 of the record before>","sha256":"<of this one>"}

`sha256` is that of the same object without the key `sha256`, as canonical JSON. A line without its newline was being
written when the program died: it says nothing, and is dropped. Any other line that is not as it must be is an error.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from runner import canonical
from runner.files import CannotKeep

NAME = "journal.jsonl"
FIRST = "0" * 64
Kind = Literal["run", "asset", "end"]


class Broken(Exception):
    """A journal that was changed, or is none. `line` counts from 1."""

    exit_status = 5

    def __init__(self, line: int, why: str) -> None:
        self.line = line
        super().__init__(f"{NAME}:{line}: {why}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One record, checked. `end` is where its line ends in the file."""

    n: int
    kind: Kind
    data: Mapping[str, Any]
    sha256: str
    end: int


def read(run: Path) -> Iterator[Entry]:
    """The records of the run in folder `run`, in order. Raises `Broken`."""
    entry: Entry | None = None
    try:
        with (run / NAME).open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    entry = _entry(line, entry)
                    yield entry
    except OSError as error:
        raise Broken(1, error.strerror or str(error)) from error
    if entry is None:
        raise Broken(1, "the journal is empty")


def _entry(line: bytes, before: Entry | None) -> Entry:
    n, previous, start = (0, FIRST, 0) if before is None else (before.n + 1, before.sha256, before.end)
    try:
        record = json.loads(line)
        written = canonical.encode(record) + b"\n"
        digest = record.pop("sha256")
        kind, data = record["kind"], record["data"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Broken(n + 1, "is no record") from error
    if (record.get("n"), record.get("prev")) != (n, previous):
        raise Broken(n + 1, "does not follow from the record before it")
    if written != line or canonical.sha256(canonical.encode(record)) != digest:
        raise Broken(n + 1, "was changed")
    if (kind == "run") != (n == 0) or kind not in {"run", "asset", "end"}:
        raise Broken(n + 1, f"a record of kind '{kind}' does not belong here")
    return Entry(n, kind, data, digest, start + len(line))


class Journal:
    """A journal that can be written to. Every record is durable once `append` has returned."""

    def __init__(self, run: Path, last: Entry | None) -> None:
        self._path = run / NAME
        self._next = 0 if last is None else last.n + 1
        self._head = FIRST if last is None else last.sha256
        self._end = 0 if last is None else last.end
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.ftruncate(self._file, self._end)
        except OSError as error:
            raise CannotKeep(self._path, error) from error

    @classmethod
    def resumed(cls, run: Path) -> Self:
        """An earlier run's journal, to be written on; a torn last line is cut off. Raises `Broken`, `CannotKeep`."""
        last = None
        for last in read(run):  # noqa: B007 - only the last is wanted, all are checked
            pass
        return cls(run, last)

    def append(self, kind: Kind, data: Mapping[str, Any]) -> None:
        """Write one record. Raises `CannotKeep`; the journal is then as it was before."""
        record: dict[str, Any] = {"n": self._next, "prev": self._head, "kind": kind, "data": data}
        digest = canonical.sha256(canonical.encode(record))
        line = canonical.encode(record | {"sha256": digest}) + b"\n"
        try:
            self._write(line)
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise CannotKeep(self._path, error) from error
        self._next, self._head, self._end = self._next + 1, digest, self._end + len(line)

    def close(self) -> None:
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        at, left = self._end, memoryview(line)
        while left:
            written = os.pwrite(self._file, left, at)
            at, left = at + written, left[written:]
        os.fsync(self._file)
