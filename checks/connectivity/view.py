"""A device as its checks see it: the replies already fetched, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from checks.model import Reply, Unknown


class Device:
    """The replies of one device. It answers the declared commands only; another one is a `LookupError`."""

    def __init__(self, replies: Iterable[Reply]) -> None:
        self._replies = {reply.question.command: reply for reply in replies}

    def run(self, command: str, /) -> Reply:
        """The reply to `command`. Raises `Unknown` with the reply's cause where it did not come back whole."""
        if command not in self._replies:
            raise LookupError(f"not a declared question: {command}")
        reply = self._replies[command]
        if reply.cause is not None:
            raise Unknown(reply.cause, reply.detail)
        return reply
