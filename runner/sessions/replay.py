"""A session that answers from what was kept: a run can be judged again without touching a machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from checks.model import Cause, Question, Reply
from runner.sessions.answers import unanswered
from runner.sessions.base import refuse_undeclared


class ReplaySession:
    """Answers as one asset did. What it was not asked at the time it cannot tell: `not_run`.

    A question is the same one whatever its time limit.
    """

    def __init__(self, replies: Iterable[Reply], allowed: frozenset[Question]) -> None:
        self._replies = {_what(reply.question): reply for reply in replies}
        self._allowed = allowed

    async def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        """The replies of the time."""
        refuse_undeclared(questions, self._allowed)
        missing = [question for question in questions if _what(question) not in self._replies]
        unknown = unanswered(missing, "", Cause.NOT_RUN, "was not asked in the run that is replayed")
        return {
            question: self._replies.get(_what(question)) or unknown[question] for question in dict.fromkeys(questions)
        }

    async def also(self, question: Question) -> Reply:
        """The reply of the time to what a probe tries."""
        known = self._replies.get(_what(question))
        detail = "was not asked in the run that is replayed"
        return known or unanswered([question], "", Cause.NOT_RUN, detail)[question]

    async def close(self) -> None:
        """Nothing is open."""


def _what(question: Question) -> tuple[str, bool]:
    return question.command, question.root
