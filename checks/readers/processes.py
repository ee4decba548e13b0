"""The living processes of a host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from checks.model import Cause, Question, Unknown
from checks.reading import LINES_KEPT, Host, closed, complete, unreadable

PROCESSES = Question(closed("ps -A -o pid=,user=,comm=,args="))


@dataclass(frozen=True, slots=True)
class Process:
    """A living process. `names` are the command's name (15 characters of it) and the program's file name."""

    pid: int
    user: str
    names: frozenset[str]


def processes(host: Host) -> list[Process]:
    """All living processes. Raises `Unknown` where process 1 is hidden, since others may be hidden too."""
    found = [_process(line) for line in complete(host, PROCESSES)]
    if not any(process.pid == 1 for process in found):
        raise Unknown(Cause.NO_PRIVILEGE, "the process table is hidden from this login (hidepid)")
    return found


def alive(host: Host, names: Iterable[str]) -> list[str]:
    """Those of `names` that a living process has, in order. A process's own name ends after 15 characters."""
    names_alive = frozenset().union(*(process.names for process in processes(host)))
    return [name for name in names if {name, name[:15]} & names_alive]


@lru_cache(maxsize=LINES_KEPT)
def _process(line: str) -> Process:
    match = re.match(r"\s*(\d+) (\S+)\s+(\S+)(?:\s+(\S+))?", line)
    if match is None:
        raise unreadable("ps", line)
    pid, user, name, program = match.groups(default="")
    if line.endswith("<defunct>"):
        return Process(int(pid), user, frozenset())
    return Process(int(pid), user, frozenset({name, PurePosixPath(program.rstrip(":")).name}))
