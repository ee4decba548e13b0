"""A testinfra host that answers from replies already fetched: nothing that a check does to it can be sent anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from checks.model import Question, Reply, Unknown
from runner.sessions.base import Undeclared


class Replies(BaseBackend):
    """Answers `run` from `replies`, by the text of the command."""

    NAME = "replies"

    def __init__(self, replies: Mapping[Question, Reply], hostname: str) -> None:
        super().__init__(hostname)
        self._encoding = "utf-8"
        self._replies = {question.command: reply for question, reply in replies.items()}

    def run(self, command: str, *args: str, **_: Any) -> CommandResult:
        """The reply to a declared command. Raises `Unknown` where it did not come whole, else `Undeclared`."""
        asked = self.quote(command, *args)
        if asked not in self._replies:
            raise Undeclared(asked)
        reply = self._replies[asked]
        if reply.cause is not None:
            raise Unknown(reply.cause, reply.detail)
        return self.result(reply.exit_status or 0, asked.encode(), reply.stdout, reply.stderr)


class Asking(BaseBackend):
    """Answers `run` with what `ask` replies to the command, which goes to the host if it was not asked before."""

    NAME = "asking"

    def __init__(self, ask: Callable[[str], Reply], hostname: str) -> None:
        super().__init__(hostname)
        self._encoding = "utf-8"
        self._ask = ask

    def run(self, command: str, *args: str, **_: Any) -> CommandResult:
        """The reply to `command`. Raises `Unknown` where it did not come whole."""
        asked = self.get_command(command, *args)
        reply = self._ask(asked)
        return self.result(reply.exit_status or 0, asked.encode(), reply.stdout, reply.stderr)


def host_asking(ask: Callable[[str], Reply], hostname: str) -> Host:
    """A host named `hostname` that is asked with `ask`, for probes that declare nothing beforehand."""
    backend = Asking(ask, hostname)
    host = Host(backend)
    backend.set_host(host)
    return host


def host_from(replies: Mapping[Question, Reply], hostname: str) -> Host:
    """A host named `hostname` that gave `replies`."""
    backend = Replies(replies, hostname)
    host = Host(backend)
    backend.set_host(host)
    return host
