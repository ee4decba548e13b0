"""Questions of several commands, each of which shows how it ended, and the words of the inventory in a command.

Behind each command its exit status stands on a line of its own: what failed is told apart, and nothing is missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from checks.connectivity.facts import Address
from checks.model import Cause, Question, Unknown
from checks.reading import Host, cause_of, expected, unreadable

STATUS = re.compile(r"^rc=(\d{1,3})$", re.M)
HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")


def shell(*commands: str, seconds: float = 10.0) -> Question:
    """The commands as one question, the exit status behind each. A terminal takes some 500 characters in one line."""
    return Question("; ".join(f'{command}; echo "rc=$?"' for command in commands), seconds=seconds)


def parts(host: Host, question: Question, count: int = 1) -> list[tuple[str, int]]:
    """What each of the `count` commands of a `shell` question printed, and its exit status."""
    text = host.run(question.command).stdout.rstrip()
    ends = list(STATUS.finditer(text))
    if len(ends) != count or ends[-1].end() != len(text):
        raise unreadable(f"{len(ends)} of {count} exit statuses in the reply")
    starts = [0, *(end.end() for end in ends)]
    return [(text[start : end.start()].strip("\n"), int(end[1])) for start, end in zip(starts, ends, strict=False)]


def failed(output: str, status: int) -> Unknown:
    """Why a command failed, by its exit status and its last words."""
    return Unknown(cause_of(status, output), output.strip().rpartition("\n")[2] or f"exit status {status}")


def json_object(text: str) -> Mapping[str, Any]:
    """The one JSON object in `text`. Raises `Unknown` (unreadable) for anything else."""
    with expected("JSON"):
        found = json.loads(text)
        if not isinstance(found, dict):
            raise TypeError(type(found).__name__)
        return found


def json_list(text: str) -> list[Mapping[str, Any]]:
    """The one JSON list of objects in `text`. Raises `Unknown` (unreadable) for anything else."""
    with expected("JSON"):
        found = json.loads(text)
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise TypeError(type(found).__name__)
        return found


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
