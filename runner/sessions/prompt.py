"""A device that answers between two prompts: where an answer begins and ends is read off the echo and the prompt.

An answer ends where the prompt comes, and comes again for an empty line typed at it: a prompt that only stands in the
text of an answer is not followed by another. So a reply is whole, or it is no reply.
"""

from __future__ import annotations

import re
import time

from checks.model import Cause, Question, Reply
from runner.sessions.answers import Asked, is_text, legible
from runner.sessions.base import Limits
from runner.sessions.conversation import Ended
from runner.sessions.credentials import Credentials
from runner.sessions.drivers import PAGE, Prompted
from runner.sessions.talk import Talk

TAIL = 600  # bytes at the end of what came in which a prompt is looked for, twice
FIRST_LINES = 400  # characters of an answer in which the device says that it does not take the question
MORE = re.compile(r"-- ?More ?--[^\r\n]*\Z", re.I)
TURNED = re.compile(r"-- ?More ?--[^\r\n]*?(?:\r +\r|[\b]+ *[\b]*|\r\n)", re.I)  # how a device takes it back


class PromptTalk(Talk):
    """The terminal of a device whose driver knows its prompt."""

    def __init__(self, driver: Prompted, login: Credentials, limits: Limits) -> None:
        super().__init__(driver, login, limits)
        self._vendor = driver
        self._kept = bytearray()
        self._tail = b""
        self._cut = False
        prompt = rf"[^\r\n]{{0,8}}{re.escape(driver.base_prompt)}[^\r\n]{{0,32}}[>#$%\]]"
        self._once = re.compile(rf"(?:^|[\r\n])({prompt})\s*\Z")
        above = rf"(?:{driver.above_prompt}\s*[\r\n])?"
        self._twice = re.compile(rf"(?:^|[\r\n]){above}({prompt})\s*{above}\s*\1\s*\Z")

    def _greeted(self) -> tuple[Cause, str] | None:
        """The prompt was found when the device was prepared."""
        return None

    def _may_not(self, question: Question) -> str:
        return "this platform knows no sudo" if question.root else ""

    def _answer(self, asked: Asked, begun: float, end: float) -> Reply:
        self._kept, self._tail, self._cut = bytearray(), b"", False
        self._vendor.write_channel(self._vendor.normalize_cmd(asked.question.command))
        self._read_on(min(begun + asked.question.seconds, end))
        seconds = time.monotonic() - begun
        if self._cut or not is_text(bytes(self._kept)):
            detail = "more output than may be kept" if self._cut else "the output is not text"
            return asked.broken(Cause.UNREADABLE, detail, stdout=bytes(self._kept), seconds=seconds)
        said = self._said(asked.question.command)
        cause, detail = self._refusal(said)
        return asked.told(said, seconds=seconds, cause=cause, detail=detail)

    def _pending(self) -> bytes:
        return bytes(self._kept)

    def _read_on(self, end: float) -> None:
        """Read up to the second prompt; turn pages on the way. Raises `TimeoutError`, `OSError`, or `Ended`."""
        typed = False
        while True:
            self._keep(self._received(end))
            tail = self._plain(self._tail)
            if self._vendor.pages and MORE.search(tail):
                self._vendor.write_channel(PAGE)
                self._tail = b""
            elif typed and self._twice.search(tail):
                return
            elif not typed and self._once.search(tail):
                self._vendor.write_channel(self._vendor.RETURN)
                typed = True

    def _keep(self, data: bytes) -> None:
        room = self._limits.output - len(self._kept)
        self._cut = self._cut or len(data) > room
        self._kept += data[:room]
        self._tail = (self._tail + data)[-TAIL:]

    def _plain(self, data: bytes) -> str:
        return str(self._vendor.strip_ansi_escape_codes(legible(data)))

    def _said(self, command: str) -> str:
        """The answer alone: without echo, page marks and prompts. Raises `Ended` where there is no echo."""
        text = TURNED.sub("", self._plain(bytes(self._kept)))
        text = self._twice.sub("", text)
        before, echo, _ = text.partition(command)
        if not echo or before.strip():
            raise Ended("the question was not echoed first of all")
        lines = str(self._vendor.normalize_linefeeds(text[len(before) :])).split("\n")[1:]
        while lines and lines[0].endswith(command) and self._vendor.base_prompt in lines[0]:
            del lines[0]  # RouterOS echoes twice
        said = "\n".join(lines)
        return said if said.endswith("\n") or not said else f"{said}\n"

    def _refusal(self, said: str) -> tuple[Cause | None, str]:
        """Whether the device did not take the question, in the words of its kind."""
        first = said[:FIRST_LINES]
        if found := self._vendor.denies.search(first):
            return Cause.NO_PRIVILEGE, found[0].strip()
        if found := self._vendor.rejects.search(first):
            return Cause.NO_TOOL, found[0].strip()
        return None, ""
