"""Evidence: every reply as a record named by its SHA-256, all records of an asset in one compressed bundle.

A bundle is a file `evidence/<sha256 of the file>.json.gz`, a JSON list of records in the order asked: `sha256sum` and
`zcat` are enough to check and to read it.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from checks.model import Cause, Question, Reply
from runner import canonical
from runner.files import CannotKeep, replace
from runner.sessions.base import as_sent

FOLDER = "evidence"
PREFIX = "sha256:"
LEVEL = 6


class NoEvidence(Exception):
    """Evidence that is missing, or is not what its name says."""


@dataclass(frozen=True)
class Record:
    """One masked reply of one asset, as it is kept."""

    asset: str
    reply: Reply

    @cached_property
    def content(self) -> Mapping[str, Any]:
        question, reply = self.reply.question, self.reply
        return {
            "asset": self.asset,
            "login": reply.login,
            "command": question.command,
            "sent": as_sent(question, reply.login),
            "root": question.root,
            "limit": question.seconds,
            "started": canonical.moment(reply.started),
            "seconds": reply.seconds,
            "exit_status": reply.exit_status,
            "stdout": reply.stdout,
            "stderr": reply.stderr,
            "cause": reply.cause,
            "detail": reply.detail,
        }

    @cached_property
    def name(self) -> str:
        """`sha256:<hex>` of the record: what a finding cites."""
        return PREFIX + canonical.sha256(canonical.encode(self.content))


@dataclass(frozen=True)
class Bundle:
    """All records of one asset as the file that keeps them."""

    content: bytes

    @cached_property
    def name(self) -> str:
        return PREFIX + canonical.sha256(self.content)

    def keep(self, run: Path) -> None:
        """Write the bundle below the folder of a run. Raises `CannotKeep`."""
        replace(path_of(run, self.name), self.content)


def bundle(records: Sequence[Record]) -> Bundle:
    return Bundle(gzip.compress(canonical.encode([record.content for record in records]), LEVEL, mtime=0))


def path_of(run: Path, name: str) -> Path:
    """Where the bundle `sha256:<hex>` of a run is kept."""
    return run / FOLDER / f"{name.removeprefix(PREFIX)}.json.gz"


def sweep(run: Path, named: Collection[str]) -> None:
    """Leave only the bundles in `named`: what was begun by a program that died is no evidence. Raises `CannotKeep`."""
    kept = {path_of(run, name) for name in named}
    for left in set((run / FOLDER).iterdir()) - kept:
        try:
            left.unlink()
        except OSError as error:
            raise CannotKeep(left, error) from error


def read(run: Path, name: str) -> Mapping[str, Record]:
    """The records of the bundle `name` by their names, in the order asked. Raises `NoEvidence`."""
    path = path_of(run, name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoEvidence(f"{path.name}: {error.strerror}") from error
    if PREFIX + canonical.sha256(content) != name:
        raise NoEvidence(f"{path.name}: the content is not what the name says")
    try:
        records = _records(json.loads(gzip.decompress(content)))
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise NoEvidence(f"{path.name}: {error}") from error
    return {record.name: record for record in records}


def _records(contents: Iterable[Mapping[str, Any]]) -> list[Record]:
    return [Record(content["asset"], _reply(content)) for content in contents]


def _reply(content: Mapping[str, Any]) -> Reply:
    return Reply(
        question=Question(content["command"], content["root"], content["limit"]),
        stdout=content["stdout"],
        stderr=content["stderr"],
        exit_status=content["exit_status"],
        started=canonical.instant(content["started"]),
        seconds=content["seconds"],
        login=content["login"],
        cause=None if content["cause"] is None else Cause(content["cause"]),
        detail=content["detail"],
    )
