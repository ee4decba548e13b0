"""Speaking with a device from one thread: its questions one after another, each answered before the next is typed."""

from __future__ import annotations

import secrets
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from checks.model import Cause, Question, Reply
from runner.sessions import beside, wire
from runner.sessions.answers import Asked, unanswered
from runner.sessions.base import Limits, as_sent
from runner.sessions.conversation import Ended
from runner.sessions.credentials import Credentials
from runner.sessions.drivers import Careful

CHUNK = 1 << 16


class Talk(ABC):
    """One terminal of one device."""

    def __init__(self, driver: Careful, login: Credentials, limits: Limits) -> None:
        self._driver = driver
        self._channel: Any = driver.remote_conn
        self._user = login.user
        self._limits = limits

    def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        """One reply for each question; where the terminal is lost, those not asked are `not_run`."""
        end = time.monotonic() + self._limits.host
        replies = self._beside(end)
        replies |= self._in_turn([question for question in questions if question not in replies], end)
        return {question: replies[question] for question in questions}

    def _beside(self, _end: float) -> dict[Question, Reply]:
        """The replies to what needs no terminal, had before `_end`."""
        return {}

    def _in_turn(self, questions: Sequence[Question], end: float) -> dict[Question, Reply]:
        if questions and (trouble := self._greeted()):
            return unanswered(questions, self._user, *trouble)
        replies: dict[Question, Reply] = {}
        for number, question in enumerate(questions, 1):
            if time.monotonic() > end:
                detail = f"all questions together took more than {self._limits.host:g} s"
                return replies | unanswered(questions[number - 1 :], self._user, Cause.TIMEOUT, detail)
            if refusal := self._may_not(question):
                replies |= unanswered([question], self._user, Cause.NO_PRIVILEGE, refusal)
                continue
            replies[question], lost = self._answered(question, end)
            if lost:
                return replies | unanswered(questions[number:], self._user, Cause.NOT_RUN, f"never asked: {lost}")
        return replies

    def _answered(self, question: Question, end: float) -> tuple[Reply, str]:
        """The reply to one question, and why nothing more can be asked, if that is so."""
        asked, begun = Asked(question, self._user), time.monotonic()
        try:
            return self._answer(asked, begun, end), ""
        except (OSError, Ended) as error:
            late = isinstance(error, TimeoutError)
            lost = f"no end after {question.seconds:g} s" if late else f"the reply broke off: {error}"
            cause = Cause.TIMEOUT if late else Cause.UNREADABLE
            return asked.broken(cause, lost, stdout=self._pending(), seconds=time.monotonic() - begun), lost

    def _received(self, end: float) -> bytes:
        """What comes next, before `end`."""
        self._channel.settimeout(max(0.0, end - time.monotonic()))
        data: bytes = self._channel.recv(CHUNK)
        if not data:
            raise Ended("the device closed the connection")
        return data

    @abstractmethod
    def _greeted(self) -> tuple[Cause, str] | None:
        """None where questions are answered from now on, else what is wrong."""

    @abstractmethod
    def _may_not(self, question: Question) -> str:
        """Why the login may not ask `question`; nothing where it may."""

    @abstractmethod
    def _answer(self, asked: Asked, begun: float, end: float) -> Reply:
        """The reply to one question. Raises `TimeoutError`, `OSError`, or `Ended`."""

    @abstractmethod
    def _pending(self) -> bytes:
        """What has come of an answer that is not there yet."""


class ShellTalk(Talk):
    """A device whose command line is a shell gets one of our own, which is asked as a server's is (see `wire`).

    One question at a time: what is typed ahead could be read by a command. `joined` are those that root may be asked
    together, and is, on a channel of their own.
    """

    def __init__(self, driver: Careful, login: Credentials, limits: Limits, joined: Sequence[Question] = ()) -> None:
        super().__init__(driver, login, limits)
        self._sudo = login.sudo or login.user == "root"
        self._joined = joined if login.sudo and login.user != "root" else ()
        self._mark = secrets.token_hex(16)
        self._stream = wire.Stream(self._mark, limits.output)
        self._frames: deque[wire.Frame] = deque()
        self._number = wire.HELLO

    def _beside(self, end: float) -> dict[Question, Reply]:
        client: Any = self._driver.remote_conn_pre
        return beside.answered(client, self._user, self._joined, self._limits, end) if self._joined else {}

    def _greeted(self) -> tuple[Cause, str] | None:
        try:
            self._driver.write_channel(wire.terminal_shell(self._mark))
            self._await_prompt()
            self._driver.write_channel(wire.preamble(self._mark, merged=True))
            hello = self._next(wire.HELLO_SECONDS)
        except (OSError, Ended) as error:
            return Cause.NO_PROMPT, str(error) or "no shell answers"
        return (Cause.NO_TOOL, "the device has no 'timeout'") if hello.status else None

    def _await_prompt(self) -> None:
        """Read away all that a login shows, up to the prompt of our shell."""
        end, seen = time.monotonic() + wire.HELLO_SECONDS, b""
        while self._mark.encode() not in seen:
            seen = seen[-len(self._mark) :] + self._received(end)

    def _may_not(self, question: Question) -> str:
        return "the login may not use sudo" if question.root and not self._sudo else ""

    def _answer(self, asked: Asked, begun: float, end: float) -> Reply:
        question = asked.question
        self._number += 1
        self._driver.write_channel(wire.line(self._number, question.seconds, as_sent(question, self._user)))
        frame = self._next(min(question.seconds, end - begun))
        return asked.answered(frame.data, b"", frame.status, seconds=time.monotonic() - begun, cut=frame.cut)

    def _pending(self) -> bytes:
        return self._stream.pending

    def _next(self, seconds: float) -> wire.Frame:
        """The frame of what was asked last. Raises `TimeoutError`, `OSError`, or `Ended`."""
        begun, held = time.monotonic(), False
        while not self._frames:
            try:
                self._frames.extend(self._stream.feed(self._received(begun + seconds + wire.GRACE)))
            except wire.Garbled as error:
                raise Ended(str(error)) from error
            if self._stream.flooded and not held:
                # an endless output is read on only when its time limit has ended it
                held = True
                time.sleep(max(0.0, begun + seconds - time.monotonic()))
        frame = self._frames.popleft()
        if frame.number != self._number:
            raise Ended("its frames are out of order")
        return frame
