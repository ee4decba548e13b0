"""A POSIX shell as an auditor sees one: it knows the answers that were recorded, and runs nothing that it is told.

What an auditor writes to a shell (`runner.sessions.wire`) is understood word by word: on a terminal, the line that puts
a shell of his own in the login shell's place; the preamble with his mark; and `ask NUMBER SECONDS COMMAND`. Whatever
else comes is taken as a command line and looked up.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from lab.simulated.recordings import Said

OWN_SHELL = re.compile(r"exec env PS1='([0-9a-f]+)''([0-9a-f]+)'")
PREAMBLE = re.compile(r"\bm=([0-9a-f]{32});")
BOTH_STREAMS = ">&2"
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
        try:
            words = shlex.split(self._begun)
        except ValueError:  # a quote goes on in the next line
            return NOTHING
        line, self._begun = self._begun, ""
        if found := OWN_SHELL.search(line):
            self.prompt, self._echo = found[1] + found[2], False
            return NOTHING
        if found := PREAMBLE.search(line):
            self._mark, self._merged, self.prompt = found[1], BOTH_STREAMS not in line, ""
            return self._framed(NOTHING, "0")
        match words:
            case ["ask", number, _, command] if self._mark:
                return self._framed(self.run(command), number)
            case []:
                return NOTHING
        return self.run(line)

    def _framed(self, said: Said, number: str) -> Said:
        """`said` with the frame behind it that tells an auditor where it ends, on both streams unless they are one."""
        frame = f"{self._mark} {number} {said.status}\n"
        if self._merged:
            return Said(f"{said.out}{said.err}{frame}", "", 0)
        return Said(said.out + frame, said.err + frame, 0)
