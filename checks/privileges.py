"""What the audit account must be allowed to run as root, and nothing more: made from the questions of the checks.

Every command is granted by itself, word for word, and all that an asset is asked as root also as one command
(`together`): `sudo` costs more than most of what it is asked for, so an audit calls it once and not for every question.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable
from functools import cache, lru_cache

from checks import catalogue
from checks.catalogue import BoundCheck
from checks.model import Question, Unknown
from inventory.model import Asset, Inventory

FOLDERS = ("/usr/bin", "/usr/sbin")
SPECIAL = re.compile(r"([\\,:=!*?\[\]^#\t])")  # sudoers(5): these have a meaning in a command
KILL_AFTER = 2  # seconds between asking a command to end and making it
ALLOWANCE = 5.0  # seconds that all questions of a shell may need together, beside the one that takes longest
# Asks one question after another, each in the words of its line, and prints a frame behind each answer on both streams
# (runner.sessions.wire). The mark, and the number of the last frame, are read from standard input. sudo compares the
# words of a command as one text with a space between each two: a script with spaces inside quotes alone can be taken
# for other words only by breaking a quote open, which is no script at all.
ASKING = (
    "export PATH=/usr/sbin:/usr/bin LC_ALL=C;cd /;read -r m n;"
    'a(){ "$@" </dev/null;s=$?;n=$((n+1));echo $m $n $s;echo $m $n $s >&2;}'
).replace(" ", "\t")
NEXT = ";a\t"
WORD = r"(?:[^\s'\"\\$`;&|<>(){}]|'[^'\t\n]*')+"
WORDS = re.compile(rf"{WORD}(?: {WORD})*")
SPACE = re.compile(r"'[^']*'| ")


def of_asset(asset: Asset, inventory: Inventory) -> tuple[str, ...]:
    """What audits by any standard may run as root on `asset`: by each of them alone, and by all of them in one walk."""
    by_ruler = [catalogue.load(name).bind(asset, inventory) for name in catalogue.standards()]
    walks = [*by_ruler, tuple(check for bound in by_ruler for check in bound)]
    return tuple(sorted({command for bound in walks for command in sudo_commands(bound)}))


def sudo_commands(bound: Iterable[BoundCheck]) -> tuple[str, ...]:
    """The commands of a sudoers rule, sorted, each exact in its words: all that one walk by `bound` asks as root.

    A program named without its folder is allowed in both of `FOLDERS`, where only root may write. A check that has no
    question for its asset's platform asks nothing.
    """
    asked = list(dict.fromkeys(question for check in bound for question in _asked(check)))
    all_ = together(asked)
    return tuple(sorted({*(rule for question in asked for rule in _rules(question)), *_granted(all_)}))


def together(asked: Iterable[Question]) -> str:
    """The one command that asks all questions of `asked` for root, in `order`; nothing where there are none to join."""
    joined = order(asked)
    return _script(joined) if joined else ""


@lru_cache(maxsize=64)  # most hosts are asked the same
def _script(joined: tuple[Question, ...]) -> str:
    script = NEXT.join([ASKING, *(_with_tabs(question.command) for question in joined)])
    return f"/usr/bin/timeout -k {KILL_AFTER} {math.ceil(longest(joined))} /bin/sh -c {shlex.quote(script)}"


def longest(asked: Iterable[Question]) -> float:
    """How many seconds a shell has for `asked` together: the time of the longest of them, and some for the rest."""
    return max(question.seconds for question in asked) + ALLOWANCE


def order(asked: Iterable[Question]) -> tuple[Question, ...]:
    """The questions for root that are asked together, each once, as the command asks them; none where it is but one."""
    joined = {question for question in asked if question.root and _is_joined(question.command)}
    return tuple(sorted(joined, key=lambda question: question.command)) if len(joined) > 1 else ()


def as_granted(asked: Iterable[Question], allowed: Iterable[Question]) -> tuple[Question, ...]:
    """Those of `asked` that root is asked together: all that are `allowed` to be, as they were granted, or none."""
    joined = order(asked)
    return joined if joined == order(allowed) else ()


def apart(command: str) -> tuple[str, ...]:
    """The commands that `together` joined to `command`."""
    script = shlex.split(command)[-1]
    return tuple(one.replace("\t", " ") for one in script.split(NEXT)[1:])


@cache
def _is_joined(command: str) -> bool:
    """Whether it is words, quoted or not, told apart by single spaces: all else could mean more to a shell."""
    return WORDS.fullmatch(command) is not None


def _with_tabs(command: str) -> str:
    return SPACE.sub(lambda found: "\t" if found[0] == " " else found[0], command)


def _granted(command: str) -> list[str]:
    return [" ".join(SPECIAL.sub(r"\\\1", word) for word in shlex.split(command))] if command else []


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
