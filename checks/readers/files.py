"""Files and folders with their rights, as `find … -ls` and `stat` print them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from checks.model import Question
from checks.reading import FIND_MISSED_A_FOLDER, LAST, LINES_KEPT, Host, lines, unreadable

ENTRY = re.compile(
    r"(?P<rights>[-dlbcps][-rwxsStT]{9})[.+@]?\s+\d+ +(?P<owner>\S+) +(?P<group>\S+) +"
    r"(?:(?P<size>\d+) (?P<changed>\d+) - - |\d+ +\S+ +\S+ +\S+ +)?(?P<path>/.*)$"
)
KEY_FILES = ("/.ssh/authorized_keys", "/.ssh/authorized_keys2")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder with its rights, as `ls -l` writes them: `-rw-r--r--`.

    `size` in bytes and `changed` in seconds since 1970 are known where `stat` was asked for them.
    """

    rights: str
    owner: str
    group: str
    path: str
    size: int | None = None
    changed: int | None = None

    @property
    def open_to_others(self) -> bool:
        """Anyone may read or write it, or its group may write it."""
        return self.rights[5] == "w" or self.rights[7:9] != "--"

    @property
    def writable_by_others(self) -> bool:
        """Anyone but its owner may write it."""
        return "w" in (self.rights[5], self.rights[8])

    def __str__(self) -> str:
        return f"{self.path} ({self.rights} {self.owner}:{self.group})"


def entries(host: Host, question: Question) -> list[Entry]:
    """The files listed by a `find … -ls` or `stat` that ends with `LAST`."""
    listed = lines(host, question, accept=FIND_MISSED_A_FOLDER)
    if not listed or not listed[-1].endswith(f" {LAST}"):
        raise unreadable(question.command, "the reply ends early")
    return [_entry(line) for line in listed[:-1]]


def homes_with_keys(listed: Iterable[Entry]) -> frozenset[str]:
    """The home folders in which somebody's SSH keys are authorised."""
    return frozenset(entry.path.rpartition("/.ssh/")[0] for entry in listed if entry.path.endswith(KEY_FILES))


@lru_cache(maxsize=LINES_KEPT)
def _entry(line: str) -> Entry:
    match = ENTRY.search(line)
    if match is None:
        raise unreadable("find", line)
    size, changed = (int(match[name]) if match[name] else None for name in ("size", "changed"))
    return Entry(match["rights"], match["owner"], match["group"], match["path"], size, changed)
