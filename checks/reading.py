"""Gives a failed reading its cause, in one place, so that no check mistakes "could not ask" for "not there"."""

from __future__ import annotations

import re

from testinfra.host import Host

from checks.model import Cause, Question, Unknown

COMMAND_NOT_FOUND = 127
REFUSALS = re.compile(r"^sudo: |permission denied|operation not permitted|you must be root|access denied", re.I | re.M)


def stdout(host: Host, question: Question, *, accept: tuple[int, ...] = (0,)) -> str:
    """What `question` printed, if its exit status is one of `accept`; otherwise raises `Unknown` with the cause."""
    result = host.run(question.command)
    if result.rc in accept:
        return str(result.stdout)
    raise Unknown(cause_of(result.rc, result.stderr), f"{question.command}: {_first_line(result.stderr) or result.rc}")


def cause_of(exit_status: int, stderr: str) -> Cause:
    """Why a command failed, as far as its exit status and its complaint tell."""
    if exit_status == COMMAND_NOT_FOUND or "command not found" in stderr:
        return Cause.NO_TOOL
    return Cause.NO_PRIVILEGE if REFUSALS.search(stderr) else Cause.UNREADABLE


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
