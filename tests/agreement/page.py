"""docs/agreement.md, made of what we and the others said: for each question the same verdict, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from tests.agreement.judges import Verdict
from tests.agreement.questions import Asked, Question

Said = Mapping[str, Any]
Outcome = Literal["same", "differs", "untold"]
OURS: Mapping[str, Verdict] = {"pass": True, "fail": False}
WORDS: Mapping[Verdict, str] = {True: "content", False: "not content", None: "cannot tell"}
HEAD = """\
# Agreement with other judges

Made by `scripts/agreement` from one practice city with planted faults: we audited it, then three judges that are not
ours were let in on {n} of its hosts: `oscap` with Debian's `ssg-debian` content (the hosts said Debian 11 meanwhile:
the content is not written for 12), Lynis, and `ssh-audit`. A test holds this page to what was recorded, and every
difference to a reason.

Questions that one of them also answers: **{answered}** (of {asked} asked). Verdicts on a host that both gave: {pairs};
the same: **{same}**; different, each with its reason below: **{differs}**. Not told by one side: {untold}.

| our check | judge | its tests | same | differs | not told |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Answer:
    """One question on every host: (ours, theirs)."""

    question: Question
    on: Mapping[str, tuple[Verdict, Verdict]]

    def hosts(self, outcome: Outcome) -> list[str]:
        return [host for host, pair in self.on.items() if _outcome(*pair) == outcome]

    @cached_property
    def is_answered(self) -> bool:
        """Both told, on some host."""
        return len(self.hosts("untold")) < len(self.on)

    def why(self, host: str) -> str | None:
        """The reason given for a difference there."""
        return self.question.why.get(host, self.question.why.get("*"))


def answers(asked: Asked, said: Said) -> list[Answer]:
    return [Answer(one, {host: _pair(one, said[host]) for host in asked.hosts}) for one in asked.questions]


def text(asked: Asked, said: Said) -> str:
    """The whole page."""
    found = answers(asked, said)
    counts = {name: sum(len(one.hosts(name)) for one in found) for name in ("same", "differs", "untold")}
    head = HEAD.format(
        n=len(asked.hosts),
        asked=len(found),
        answered=sum(one.is_answered for one in found),
        pairs=counts["same"] + counts["differs"],
        **counts,
    )
    rows = "".join(f"{_row(one)}\n" for one in found)
    return head + rows + "\n" + "\n".join(_reasons(found)) + "\n"


def _pair(question: Question, said: Said) -> tuple[Verdict, Verdict]:
    theirs = [said[question.judge][test] for test in question.tests]
    together: Verdict = None if None in theirs else all(theirs)
    ours, _ = said["ours"].get(question.check, (None, ""))
    return OURS.get(ours), False if False in theirs else together


def _outcome(ours: Verdict, theirs: Verdict) -> Outcome:
    if ours is None or theirs is None:
        return "untold"
    return "same" if ours == theirs else "differs"


def _row(one: Answer) -> str:
    tests = ", ".join(f"`{test}`" for test in one.question.tests)
    counts = (len(one.hosts("same")), len(one.hosts("differs")), len(one.hosts("untold")))
    return f"| `{one.question.check}` | {one.question.judge} | {tests} | {' | '.join(str(n or '') for n in counts)} |"


def _reasons(found: list[Answer]) -> Iterator[str]:
    yield from ("## Where we differ, and why", "")
    for one in found:
        told: dict[tuple[str, str], list[str]] = {}
        for host in one.hosts("differs"):
            ours, theirs = one.on[host]
            told.setdefault((f"we are {WORDS[ours]}, it is {WORDS[theirs]}", one.why(host) or ""), []).append(host)
        for (verdicts, why), hosts in told.items():
            yield f"- `{one.question.check}`, {one.question.judge} ({', '.join(hosts)}: {verdicts}): {why}"
    yield from ("", "## What one side could not tell", "")
    for one in found:
        untold = one.hosts("untold")
        if untold:
            why = one.question.why.get("untold", "")
            yield f"- `{one.question.check}`, {one.question.judge} ({', '.join(untold)}): {why}"
