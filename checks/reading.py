"""From replies to lines that can be judged: a failed reading gets its cause, and every reply proves its own end.

Nothing may be missing before the end of a reply (law 7), which shows in one of these ways:

- a question in shell words is `closed`: behind all else it prints `END`, and only if its command succeeded;
- a question as root is plain words, so nothing can be printed behind it: over many files it names `LAST` behind them;
- other output has an end of its own, which its reader knows: JSON, a last keyword, every known account.

On a terminal the complaints of a program stand among its output; both kinds of hosts are read here alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Protocol

from checks.model import Cause, Question, Unknown

END = "end"
LAST = "/proc/version"  # one line, on every Linux, outside all that is searched
LAST_SAYS = "Linux"  # the first word of it, for a search that lets nothing else through
GREP_MISSED_A_FILE = (0, 1, 2)
FIND_MISSED_A_FOLDER = (0, 1)
COMMAND_NOT_FOUND = 127
SECONDS_A_DAY = 86_400
# Many checks read the same reply, and hosts set up alike have the same lines: each is taken apart once.
TEXTS_KEPT, LINES_KEPT = 64, 4096
REFUSALS = re.compile(r"^sudo: |permission denied|operation not permitted|you must be root|access denied", re.I | re.M)


class Answer(Protocol):
    """What a host replied to one command; where its two streams are one, all of it is in `stdout`."""

    @property
    def rc(self) -> int: ...

    @property
    def stdout(self) -> str: ...

    @property
    def stderr(self) -> str: ...


class Host(Protocol):
    """What can be asked a command: a device's replies (`view.Device`) and a server's (`testinfra.host.Host`)."""

    def run(self, command: str, /) -> Answer: ...


def closed(command: str) -> str:
    """Shell text for `command` with a last line that is printed only if it succeeded: nothing is missing before it."""
    return f"{command} && printf '\\n{END}\\n'"


def stdout(host: Host, question: Question, *, accept: tuple[int, ...] = (0,)) -> str:
    """What `question` printed, if its exit status is one of `accept` and nothing was refused; else raises `Unknown`."""
    result = host.run(question.command)
    if result.rc not in accept:
        complaint = _first_line(result.stderr) or _last_line(result.stdout) or result.rc
        raise Unknown(cause_of(result.rc, result.stderr or result.stdout), f"{question.command}: {complaint}")
    if refusal := REFUSALS.search(result.stderr):
        raise Unknown(Cause.NO_PRIVILEGE, f"{question.command}: {refusal[0]}")
    return str(result.stdout)


def lines(host: Host, question: Question, *, accept: tuple[int, ...] = (0,)) -> list[str]:
    """The lines printed, without empty ones and without complaints of the program. Raises `Unknown` for a refusal."""
    return list(_lines(question.command.partition(" ")[0], stdout(host, question, accept=accept)))


@lru_cache(maxsize=TEXTS_KEPT)
def _lines(program: str, text: str) -> tuple[str, ...]:
    complaints = (f"{program}: ", "sudo: ")
    found = [line.rstrip("\r") for line in text.split("\n")]
    for line in found:
        if line.startswith(complaints) and REFUSALS.search(line):
            raise Unknown(Cause.NO_PRIVILEGE, line)
    return tuple(line for line in found if line.strip() and not line.startswith(complaints))


def complete(host: Host, question: Question) -> list[str]:
    """The lines of a question made with `closed`. Raises `Unknown` where the reply ends early."""
    found = lines(host, question)
    if found[-1:] != [END]:
        raise unreadable(question.command, "the reply ends early")
    return found[:-1]


def dated(host: Host, question: Question) -> tuple[int, list[str]]:
    """The lines of a question made with `closed` behind its first, which `date +%s` has printed."""
    now, *rest = complete(host, question) or [""]
    if not now.isdecimal():
        raise unreadable("date", now)
    return int(now), rest


def texts(host: Host, question: Question) -> Mapping[str, list[str]]:
    """path → its non-empty lines, for a `grep` over files that ends with `LAST`; a file that is not there is absent."""
    program = question.command.partition(" ")[0]
    found = _texts(program, question.command, stdout(host, question, accept=GREP_MISSED_A_FILE))
    return {path: list(told) for path, told in found.items()}


@lru_cache(maxsize=TEXTS_KEPT)
def _texts(program: str, command: str, text: str) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for line in _lines(program, text):
        path, colon, content = line.partition(":")
        if not colon or not path.startswith("/"):
            raise unreadable(command, line)
        found.setdefault(path, []).append(content)
    if [*found][-1:] != [LAST]:
        raise unreadable(command, "the reply ends early")
    return found


def numbered(told: Iterable[str], count: int) -> Iterator[tuple[list[int], str]]:
    """Each line as `count` leading whole numbers and the rest. Raises `Unknown` for any other line."""
    for line in told:
        *numbers, rest = line.split(None, count)
        if len(numbers) != count or not all(number.isdecimal() for number in numbers):
            raise unreadable("not numbers", line)
        yield [int(number) for number in numbers], rest


def age_in_days(now: int, then: int) -> float:
    """Days from `then` to `now`, in seconds since 1970. Raises `Unknown` where `then` lies in the future."""
    if then > now + SECONDS_A_DAY:
        raise unreadable("a file is younger than the host's clock")
    return (now - then) / SECONDS_A_DAY


def cause_of(exit_status: int, complaint: str) -> Cause:
    """Why a command failed, as far as its exit status and its complaint tell."""
    if exit_status == COMMAND_NOT_FOUND or "command not found" in complaint:
        return Cause.NO_TOOL
    return Cause.NO_PRIVILEGE if REFUSALS.search(complaint) else Cause.UNREADABLE


def unreadable(what: str, line: str = "") -> Unknown:
    return Unknown(Cause.UNREADABLE, f"{what}: {line}" if line else what)


@contextmanager
def expected(what: str) -> Iterator[None]:
    """Inside, a reply of another shape than the code expects becomes `Unknown` (unreadable)."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise unreadable(what, f"{type(error).__name__}: {error}") from None


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
