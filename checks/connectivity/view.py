"""A device or an endpoint as its checks see it: the replies already fetched, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from checks.model import Reply, Unknown


@dataclass(frozen=True, slots=True)
class Told:
    """An answer of a terminal: both streams in one, and 0 for the exit status where the device tells none."""

    rc: int
    stdout: str
    stderr: str


class Device:
    """The replies of one device or endpoint. It answers the declared commands only; another one is a `LookupError`."""

    def __init__(self, replies: Iterable[Reply]) -> None:
        self._replies = {reply.question.command: reply for reply in replies}

    def run(self, command: str, /) -> Told:
        """The answer to `command`. Raises `Unknown` with the reply's cause where it did not come back whole."""
        if command not in self._replies:
            raise LookupError(f"not a declared question: {command}")
        reply = self._replies[command]
        if reply.cause is not None:
            raise Unknown(reply.cause, reply.detail)
        return Told(reply.exit_status or 0, reply.stdout.replace("\r\n", "\n"), reply.stderr)
