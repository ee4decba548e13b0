"""What the audit account must be allowed to run as root, and nothing more: made from the questions of the checks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from checks.catalogue import BoundCheck
from checks.model import Question, Unknown

FOLDERS = ("/usr/bin", "/usr/sbin")
SPECIAL = re.compile(r"([\\,:=!*?\[\]])")  # sudoers(5): these have a meaning in a command


def sudo_commands(bound: Iterable[BoundCheck]) -> tuple[str, ...]:
    """The commands of a sudoers rule, sorted, each exact in its words: all that `bound` asks as root.

    A program named without its folder is allowed in both of `FOLDERS`, where only root may write. A check that has no
    question for its asset's platform asks nothing.
    """
    return tuple(sorted({rule for check in bound for question in _asked(check) for rule in _rules(question)}))


def _asked(check: BoundCheck) -> tuple[Question, ...]:
    try:
        return tuple(question for question in check.questions() if question.root)
    except Unknown:
        return ()


def _rules(question: Question) -> list[str]:
    program, *words = shlex.split(question.command)
    places = [program] if program.startswith("/") else [f"{folder}/{program}" for folder in FOLDERS]
    said = " ".join(SPECIAL.sub(r"\\\1", word) for word in words) or '""'
    return [f"{place} {said}" for place in places]
