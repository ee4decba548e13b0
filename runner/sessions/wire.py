"""What is written to a remote shell and read back from it, as plain text and bytes: no connection is known here.

Written, all in one go: one preamble line, then one line for each question:

    … m=MARK; … ask() { … }; …           MARK is 32 hexadecimal digits, new for every shell
    ask 1 10 'cat /etc/os-release'       number, time limit in whole seconds, the command as one quoted word

What only root may ask stands in one command (`checks.privileges.together`), which takes the place of a second shell:

    … exec sudo -n -- … <<E              it is told MARK, and the number of the frame before its first

Read back, on standard output and on standard error alike, in order:

    MARK 0 STATUS\\n                      first of all, STATUS 0 where commands can be asked
    …output…MARK 1 STATUS\\n              behind the output of each command, whatever that ended in

MARK is known to nobody on the far side but the shell itself, so no output can pass for a frame. What was printed before
frame 0 (banners, complaints of a login shell) belongs to no question.

A shell without a terminal stands under one `timeout` for all its questions (`opening`): a `timeout` for each would cost
two processes a question, as much as the questions themselves. On a terminal, each question has its own.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from checks.privileges import KILL_AFTER

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PAGERS = "PAGER SYSTEMD_PAGER TERM"
SHELL = "exec /bin/sh"  # whatever the login shell is
HELLO = 0
GRACE = KILL_AFTER + 3.0  # seconds that an answer may be late before its shell is given up
HELLO_SECONDS = 10.0
LONGEST_FRAME = 64  # bytes from a mark to the end of its line; more is not ours

# Words that a shell knows by itself: what begins with one of them is no program that could take the shell's place.
BUILTIN = re.compile(
    r"(?:[.:]|alias|bg|break|case|cd|command|continue|do|done|elif|else|esac|eval|exec|exit|export|fg|fi|for|function|"
    r"getopts|hash|if|in|jobs|local|read|readonly|return|set|shift|then|time|times|trap|type|ulimit|umask|unalias|unset|"
    r"until|wait|while)(?: |\Z)"
)
QUOTED = re.compile(r"'[^']*'")
PLAIN = re.compile(r"[\w@%+:,./-]+(?: [\w@%+=:,./^-]+)*", re.ASCII)
FRAME = re.compile(rb" (\d{1,6}) (\d{1,3})\n")


class Garbled(Exception):
    """A mark that is not followed by what our shell prints there."""


def opening(seconds: float) -> str:
    """The command that opens a shell; the far side ends it when `seconds` have passed."""
    return f"exec timeout -k {KILL_AFTER} {whole(seconds)} /bin/sh"


def preamble(mark: str, *, merged: bool = False) -> str:
    """The line that makes a shell answer `ask` lines; it prints frame 0 by itself.

    On a terminal the two streams are `merged` into one, each frame is printed once, and each question is timed.
    """
    quiet = f"set +m; PS1=; PAGER=cat; SYSTEMD_PAGER=cat; TERM=dumb; export {PAGERS}; " if merged else ""
    both = "" if merged else ' echo "$m $1 $2" >&2;'
    # the command must not see the mark, nor read what is yet to be asked, nor end the shell that asks
    asked = f'timeout -k {KILL_AFTER} "$2" /bin/sh -c "$3"' if merged else '( unset m; eval "$3" )'
    return (
        f"unset m ENV BASH_ENV MAIL MAILPATH; m={mark}; PATH={PATH}; LC_ALL=C; export PATH LC_ALL; "
        f"VTYSH_HISTFILE=/dev/null; export VTYSH_HISTFILE; {quiet}cd /; "  # an audit leaves no history
        f'frame() {{ echo "$m $1 $2";{both} }}; '
        f'ask() {{ {asked} </dev/null; frame "$1" $?; }}; '
        f"command -v timeout >/dev/null; frame {HELLO} $?\n"
    )


def terminal_shell(mark: str) -> str:
    """The line that puts a shell in the place of a terminal's login shell: no echo, no line length, MARK its prompt.

    What the terminal echoes of it holds the two halves of the mark, never the whole.
    """
    half = len(mark) // 2
    return f"stty -echo -icanon -onlcr; exec env PS1='{mark[:half]}''{mark[half:]}' PS2= /bin/sh\n"


def line(number: int, seconds: float, command: str) -> str:
    """The line that asks one question."""
    return f"ask {number} {whole(seconds)} {shlex.quote(command)}\n"


def briefly(command: str) -> str:
    """`command`, without a process for a shell of its own where it is plain words of a program."""
    plain = PLAIN.fullmatch(QUOTED.sub("q", command)) and not BUILTIN.match(command)
    return f"exec {command}" if plain else command


def for_root(mark: str, command: str) -> str:
    """The lines that put in a shell's place what asks for root (`command`), frame HELLO before it."""
    return (
        f"PATH={PATH}; LC_ALL=C; export PATH LC_ALL; echo {mark} {HELLO} 0; echo {mark} {HELLO} 0 >&2; "
        f"exec sudo -n -- {command} <<E\n{mark} {HELLO}\nE\n"
    )


def whole(seconds: float) -> int:
    """As `timeout` takes it."""
    return max(1, math.ceil(seconds))


@dataclass(frozen=True, slots=True)
class Frame:
    """All that came for one question on one stream; `cut` where there was more than may be kept."""

    number: int
    status: int
    data: bytes
    cut: bool


class Stream:
    """Cuts what arrives on one stream at its marks."""

    def __init__(self, mark: str, limit: int) -> None:
        self._mark = mark.encode()
        self._limit = limit
        self._kept = bytearray()
        self._cut = False
        self._unread = bytearray()

    @property
    def pending(self) -> bytes:
        """What has come for the question whose frame is not there yet."""
        return bytes(self._kept + self._unread)[: self._limit]

    @property
    def flooded(self) -> bool:
        """True once more has come for the present question than may be kept."""
        return self._cut

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes. Raises `Garbled`."""
        self._unread += data
        while (at := self._unread.find(self._mark)) >= 0:
            behind = at + len(self._mark)
            tail = bytes(self._unread[behind : behind + LONGEST_FRAME])
            if b"\n" not in tail and len(tail) < LONGEST_FRAME:
                return
            end = FRAME.match(tail)
            if end is None:
                raise Garbled("a mark without a frame")
            self._keep(at)
            frame = Frame(int(end[1]), int(end[2]), bytes(self._kept), self._cut)
            del self._unread[: len(self._mark) + end.end()]
            self._kept, self._cut = bytearray(), False
            yield frame
        self._keep(max(0, len(self._unread) - len(self._mark) + 1))

    def _keep(self, size: int) -> None:
        """Move `size` unread bytes, which hold no mark, to what is kept, up to the limit."""
        room = self._limit - len(self._kept)
        self._cut = self._cut or size > room
        self._kept += self._unread[: min(size, room)]
        del self._unread[:size]
