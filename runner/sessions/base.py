"""What every session is: something that answers declared questions, all in one go, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from checks.model import Cause, Question, Reply


class Unreached(Exception):
    """No session could be had with an asset. `cause` is one of law 1; foreign exceptions end here, at the border."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        self.cause = cause
        self.detail = detail
        super().__init__(f"{cause}: {detail}" if detail else str(cause))


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


def refuse_undeclared(questions: Iterable[Question], allowed: frozenset[Question]) -> None:
    """Raise `Undeclared` for the first question that is not on the allow-list."""
    for question in questions:
        if question not in allowed:
            raise Undeclared(question.command)
