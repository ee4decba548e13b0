"""What every session is: something that answers declared questions, all in one go, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from checks.model import Cause, Question, Reply

SSH_PORT = 22


class Unreached(Exception):
    """No session could be had with an asset. `cause` is one of law 1; foreign exceptions end here, at the border.

    `hop` is the asset on the way to it that could not be reached or passed, where it was one.
    """

    def __init__(self, cause: Cause, detail: str = "", hop: str | None = None) -> None:
        self.cause = cause
        self.detail = detail
        self.hop = hop
        super().__init__(f"{cause}: {detail}" if detail else str(cause))


class HostPort(NamedTuple):
    """Where a host listens. As text: the name that OpenSSH's `known_hosts` gives it."""

    address: str
    port: int

    def __str__(self) -> str:
        return self.address if self.port == SSH_PORT else f"[{self.address}]:{self.port}"


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits in seconds: to reach a port, to log in, and for all questions together; bytes kept of one stream."""

    connect: float = 4.0  # Linux asks after 0, 1 and 3 s: the third question has a second for its answer
    login: float = 15.0
    host: float = 120.0
    output: int = 1 << 20


class Undeclared(Exception):
    """A command that no check declares. It was refused before anything was sent (law 6)."""


class Session(Protocol):
    """An open connection to one asset."""

    async def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        """One reply for each question, whatever happens: a lost connection becomes replies with a cause.

        Raises `Undeclared` before anything is sent if a question is not on the session's allow-list.
        """

    async def close(self) -> None:
        """Free the connection. Never raises."""


@runtime_checkable
class Live(Protocol):
    """A session that also answers what no check declared: what trusted probes try (see `runner.own`)."""

    async def also(self, question: Question) -> Reply:
        """The reply, whatever happens."""


async def also(session: Session, question: Question) -> Reply:
    """The reply of `session` to what a trusted probe tries. Raises `Unreached` where it takes no such questions."""
    if not isinstance(session, Live):
        raise Unreached(Cause.UNSUPPORTED_PLATFORM, "no probes can be run here")
    return await session.also(question)


def refuse_undeclared(questions: Iterable[Question], allowed: frozenset[Question]) -> None:
    """Raise `Undeclared` for the first question that is not on the allow-list."""
    for question in questions:
        if question not in allowed:
            raise Undeclared(question.command)


def as_sent(question: Question, user: str) -> str:
    """The command line that `question` becomes for `user`: a root question goes through `sudo -n` unless he is root."""
    return f"sudo -n -- {question.command}" if question.root and user != "root" else question.command
