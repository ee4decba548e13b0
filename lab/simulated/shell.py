"""A POSIX shell as an auditor sees one: it knows the answers that were recorded, and runs nothing that it is told.

What an auditor writes to a shell (`runner.sessions.wire`) is understood word by word: on a terminal, the line that puts
a shell of his own in the login shell's place; the preamble with his mark; `ask NUMBER SECONDS COMMAND`; and the lines
with which another shell asks all that is for root. Whatever else comes is taken as a command line and looked up.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from checks import privileges
from lab.simulated.recordings import Said

OWN_SHELL = re.compile(r"exec env PS1='([0-9a-f]+)''([0-9a-f]+)'")
PREAMBLE = re.compile(r"\bm=([0-9a-f]{32});")
BOTH_STREAMS = ">&2"
BRIEFLY = "exec "
ROOTS = re.compile(r"PATH=\S+ [^\n]*?exec (sudo -n -- )(.+) <<E\n([0-9a-f]{32}) (\d+)\nE\n", re.S)
ROOTS_BEGIN = re.compile(r"PATH=\S+ [^\n]*?exec sudo ")
PROMPT = "$ "
NOT_RECORDED = Said("", "not recorded: this is a simulated machine, it knows only what an audit asks\n", 127)
NOTHING = Said("", "", 0)


class Shell:
    """One shell that answers from `answers`, with a prompt and an echo on a `terminal`."""

    def __init__(self, answers: Mapping[str, Said], *, terminal: bool) -> None:
        self._answers = answers
        self._terminal = terminal
        self._echo = terminal
        self._begun = ""
        self._mark = ""
        self._merged = False
        self.prompt = PROMPT if terminal else ""

    def run(self, command: str) -> Said:
        """What `command` answered when it was recorded."""
        return self._answers.get(command.strip(), NOT_RECORDED)

    def take(self, line: str) -> Said:
        """What is printed when `line` is typed: echo, answer, prompt. On a terminal all of it is output."""
        echo = line if self._echo else ""
        said = self._taken(line)
        out = echo + said.out + (said.err if self._terminal else "")
        out = out.replace("\n", "\r\n") if self._echo else out
        return Said(out + self.prompt, "" if self._terminal else said.err, said.status)

    def _taken(self, line: str) -> Said:
        self._begun += line
        if not _is_whole(self._begun):
            return NOTHING
        line, self._begun = self._begun, ""
        if found := OWN_SHELL.search(line):
            self.prompt, self._echo = found[1] + found[2], False
            return NOTHING
        if found := ROOTS.fullmatch(line):
            self._mark = found[3]
            return self._together(found[1], privileges.apart(found[2]), int(found[4]))
        if found := PREAMBLE.search(line):
            self._mark, self._merged, self.prompt = found[1], BOTH_STREAMS not in line, ""
            return self._framed(NOTHING, "0")
        return self._asked(line) if self._mark else self.run(line)

    def _asked(self, line: str) -> Said:
        match shlex.split(line):
            case ["ask", number, _, command]:
                return self._framed(self.run(command.removeprefix(BRIEFLY)), number)
            case _:
                return self.run(line)

    def _together(self, sudo: str, commands: Sequence[str], last: int) -> Said:
        said = [self._framed(NOTHING, str(last))]
        said += [self._framed(self.run(sudo + command), str(n)) for n, command in enumerate(commands, last + 1)]
        return Said("".join(one.out for one in said), "".join(one.err for one in said), 0)

    def _framed(self, said: Said, number: str) -> Said:
        """`said` with the frame behind it that tells an auditor where it ends, on both streams unless they are one."""
        frame = f"{self._mark} {number} {said.status}\n"
        if self._merged:
            return Said(f"{said.out}{said.err}{frame}", "", 0)
        return Said(said.out + frame, said.err + frame, 0)


def _is_whole(line: str) -> bool:
    """Whether neither a quote nor a document goes on in the next line."""
    if ROOTS_BEGIN.match(line):
        return line.endswith("\nE\n")
    try:
        return bool(shlex.split(line))
    except ValueError:
        return False
