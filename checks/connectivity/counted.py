"""Tables that prove no end of their own, and the device's own count of the lines that it prints for them.

The same command is asked again through the device's filter that counts lines, so a reply that lacks any line is known.
A table that changed between the two questions is unknown, too: the next audit asks again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from checks.connectivity.configuration import told
from checks.model import Cause, Question, Unknown
from checks.reading import Host, unreadable

SECONDS = 20.0  # a long table takes its time


@dataclass(frozen=True, slots=True)
class Counted:
    """`table` and, as another question, how many lines with any character it has: as `says` takes from the reply."""

    table: Question
    count: Question
    says: re.Pattern[str]

    @property
    def questions(self) -> tuple[Question, Question]:
        return self.table, self.count

    def text(self, host: Host) -> str:
        """The whole table. Raises `Unknown` where it has not as many lines as the device counts."""
        text = told(host, self.table.command)
        counted = self.says.fullmatch(told(host, self.count.command))
        lines = sum(bool(line) for line in text.split("\n"))
        if counted is None or int(counted[1]) != lines:
            raise unreadable(self.table.command, f"{lines} lines of {counted[1] if counted else 'an unknown number'}")
        return text

    def text_if(self, configured: bool, host: Host) -> str:
        """As `text`; nothing where the device knows no such command, and is not configured to have such a table."""
        try:
            return self.text(host)
        except Unknown as unknown:
            if configured or unknown.cause is not Cause.NO_TOOL:
                raise
            return ""


def counting(filter_: str, says: re.Pattern[str]) -> Callable[[str], Counted]:
    """Makes a device's commands to `Counted` tables, by the filter with which it counts lines and what that says."""

    def counted(command: str) -> Counted:
        return Counted(Question(command, seconds=SECONDS), Question(f"{command} | {filter_}", seconds=SECONDS), says)

    return counted
