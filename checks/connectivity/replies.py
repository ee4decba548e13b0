"""How a reply is proven whole, where only text comes back: no exit status, and the complaints among the output.

A question without root shows for itself how it ended: behind each command its exit status stands on a line of its own.
One with root is plain words, so its output must have an end that can be told: JSON, a known last file, a known keyword.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

from checks.connectivity.facts import Address
from checks.model import Cause, Question, Unknown
from checks.reading import REFUSALS, cause_of

LAST = "/usr/lib/os-release"  # read behind all others, so that nothing before it can be missing
STATUS = re.compile(r"^rc=(\d{1,3})$", re.M)
HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
COMPLAINT = re.compile(r"^[\w./-]+: .+$", re.M)
MISSING = re.compile(r"not found|No such file or directory")


def shell(*commands: str, seconds: float = 10.0) -> Question:
    """The commands as one question, the exit status behind each. A terminal takes some 500 characters in one line."""
    return Question("; ".join(f'{command}; echo "rc=$?"' for command in commands), seconds=seconds)


def parts(text: str, count: int = 1) -> list[tuple[str, int]]:
    """What each of `count` commands of a `shell` question printed, and its exit status."""
    text = text.replace("\r\n", "\n").rstrip()
    ends = list(STATUS.finditer(text))
    if len(ends) != count or ends[-1].end() != len(text):
        raise Unknown(Cause.UNREADABLE, f"{len(ends)} of {count} exit statuses in the reply")
    starts = [0, *(end.end() for end in ends)]
    return [(text[start : end.start()].strip("\n"), int(end[1])) for start, end in zip(starts, ends, strict=False)]


def printed(text: str, *, accept: tuple[int, ...] = (0,)) -> str:
    """What the one command of a `shell` question printed. Raises `Unknown` where its exit status is not accepted."""
    ((output, status),) = parts(text)
    if status not in accept:
        raise failed(output, status)
    return output


def failed(output: str, status: int) -> Unknown:
    """Why a command failed, by its exit status and its last words."""
    return Unknown(cause_of(status, output), output.strip().rpartition("\n")[2] or f"exit status {status}")


def bare(text: str) -> str:
    """The reply to a question asked as root, which has no exit status: raises `Unknown` where it is a refusal."""
    for complaint in COMPLAINT.findall(text):
        if MISSING.search(complaint):
            raise Unknown(Cause.NO_TOOL, complaint)
        if REFUSALS.search(complaint):
            raise Unknown(Cause.NO_PRIVILEGE, complaint)
    return text.replace("\r\n", "\n")


def listing(*paths: str) -> str:
    """A command that prints every line of these files, and of those in these folders, behind the file's path."""
    return f"/usr/bin/grep -r -a . {' '.join(paths)} {LAST}"


def files(text: str) -> Mapping[str, list[str]]:
    """path → lines of a `listing`. A path that is not there is left out; one that may not be read is `Unknown`."""
    found: dict[str, list[str]] = {}
    for line in text.replace("\r\n", "\n").splitlines():
        path, colon, content = line.partition(":")
        if not colon or not path.startswith("/") or (path == "/usr/bin/grep" and REFUSALS.search(line)):
            raise failed(line, 1)
        found.setdefault(path, []).append(content)
    if not found or [*found][-1] != LAST:
        raise unreadable("the listing of files ends early")
    return found


@contextmanager
def expected(what: str) -> Iterator[None]:
    """Inside, a reply of another shape than the code expects becomes `Unknown` (unreadable)."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise unreadable(what, f"{type(error).__name__}: {error}") from None


def json_object(text: str) -> Mapping[str, Any]:
    """The one JSON object in `text`. Raises `Unknown` (unreadable) for anything else."""
    with expected("JSON"):
        found = json.loads(text)
        if not isinstance(found, dict):
            raise TypeError(type(found).__name__)
        return found


def unreadable(what: str, line: str = "") -> Unknown:
    return Unknown(Cause.UNREADABLE, f"{what}: {line}" if line else what)


def address(text: str) -> Address:
    """An address that a device printed. Raises `Unknown` (unreadable) where it is none."""
    try:
        return ip_address(text)
    except ValueError:
        raise unreadable("not an address", text) from None


def literal(text: str) -> Address:
    """An address of the inventory. Raises `Unknown` (dns) for anything else.

    A zone (`fe80::1%eth0`) is refused as well: Python takes any text for one, and the address stands in a command.
    """
    try:
        if "%" not in text:
            return ip_address(text)
    except ValueError:
        pass
    raise Unknown(Cause.DNS, f"not an address: {text}")


def target(text: str) -> str:
    """An address or host name of the inventory, fit to stand in a command. Raises `Unknown` (dns) for anything else."""
    return text if HOST_NAME.fullmatch(text) else str(literal(text))
