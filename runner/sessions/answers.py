"""From what came back for a question to the reply that checks may read: what is not whole is given its cause here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from checks.model import Cause, Question, Reply
from runner.sessions.base import as_sent

# Exit statuses of `timeout`: 124 where the command ended on being asked to, else those of the signals that it sends.
TIMED_OUT = 124
KILLED = frozenset({128 + 9, 128 + 15})
SUDO_REFUSES = re.compile(r"^(?:sudo: (?!unable to resolve host)|Sorry, user |.* is not in the sudoers file)", re.M)
FINDS_NOTHING = re.compile(r"^(?:sudo|(?:/bin/)?sh): .*: (?:command )?not found$", re.M)  # sudo; dash and bash for root


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that `user` was about to ask at `started`; what came of it makes the reply."""

    question: Question
    user: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def answered(self, stdout: bytes, stderr: bytes, exit_status: int, *, seconds: float, cut: bool) -> Reply:
        """The reply of a command that ran to its end, or to its time limit; `cut` where its output was too much."""
        cause, detail = self._judged(stdout, stderr, exit_status, seconds)
        if cut:
            cause, detail = Cause.UNREADABLE, "more output than may be kept"
        return self._reply(cause, detail, stdout, stderr, exit_status=exit_status, seconds=seconds)

    def told(self, said: str, *, seconds: float, cause: Cause | None = None, detail: str = "") -> Reply:
        """The reply of a device that told no exit status: all that it said, up to its prompt."""
        return self._reply(cause, detail, said.encode(), b"", exit_status=None, seconds=seconds)

    def broken(
        self, cause: Cause, detail: str, *, stdout: bytes = b"", stderr: bytes = b"", seconds: float = 0.0
    ) -> Reply:
        """The reply where there was no answer, or only a part of one."""
        return self._reply(cause, detail, stdout, stderr, exit_status=None, seconds=seconds)

    def _judged(self, stdout: bytes, stderr: bytes, exit_status: int, seconds: float) -> tuple[Cause | None, str]:
        if not (is_text(stdout) and is_text(stderr)):
            return Cause.UNREADABLE, "the output is not text"
        if exit_status == TIMED_OUT or (exit_status in KILLED and seconds >= self.question.seconds):
            return Cause.TIMEOUT, f"no end after {self.question.seconds:g} s"
        if exit_status and as_sent(self.question, self.user) != self.question.command:
            return _refused((stderr or stdout).decode())
        return None, ""

    def _reply(
        self, cause: Cause | None, detail: str, stdout: bytes, stderr: bytes, *, exit_status: int | None, seconds: float
    ) -> Reply:
        return Reply(
            question=self.question,
            stdout=legible(stdout),
            stderr=legible(stderr),
            exit_status=exit_status,
            started=self.started,
            seconds=round(seconds, 3),
            login=self.user,
            cause=cause,
            detail=detail,
        )


def unanswered(questions: Iterable[Question], user: str, cause: Cause, detail: str) -> dict[Question, Reply]:
    """A reply without an answer for each question."""
    return {question: Asked(question, user).broken(cause, detail) for question in questions}


def is_text(data: bytes) -> bool:
    """True of UTF-8 without a NUL in it."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


def legible(data: bytes) -> str:
    """`data` for a reader: bytes that are no text are written out as `\\xNN`."""
    return data.decode(errors="backslashreplace")


def _refused(stderr: str) -> tuple[Cause | None, str]:
    """Whether it was sudo, and not the command, that ended with an error."""
    if found := FINDS_NOTHING.search(stderr):
        return Cause.NO_TOOL, found[0]
    if found := SUDO_REFUSES.search(stderr):
        return Cause.NO_PRIVILEGE, stderr[found.start() :].partition("\n")[0]
    return None, ""
