"""Root's questions of a device whose command line is a shell: all in one go, on a channel beside its terminal.

`sudo` costs such a device more than most of what it is asked, and on a terminal each question waits for the answer to
the one before it. What is not answered here, for whatever reason, is asked by itself there, and the cause is found.
"""

from __future__ import annotations

import secrets
import selectors
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress

import paramiko

from checks import privileges
from checks.model import Question, Reply
from runner.sessions import wire
from runner.sessions.answers import Asked
from runner.sessions.base import Limits

CHUNK = 1 << 16
Pair = tuple[wire.Frame, wire.Frame]


def answered(
    client: paramiko.SSHClient | None, user: str, questions: Sequence[Question], limits: Limits, end: float
) -> dict[Question, Reply]:
    """The replies of those of `questions` that were answered whole before `end`; root may be asked all together."""
    seconds = min(privileges.longest(questions) + wire.GRACE, end - time.monotonic())
    mark = secrets.token_hex(16)
    script = wire.for_root(mark, privileges.together(questions)).encode()
    replies: dict[Question, Reply] = {}
    with (
        suppress(OSError, EOFError, wire.Garbled, paramiko.SSHException),
        closing(_opened(client, limits.connect)) as channel,
        _closed_after(channel, seconds),
    ):
        channel.exec_command(wire.SHELL)
        channel.sendall(script)
        _heard(_pairs(channel, mark, limits.output, seconds), user, questions, replies)
    return replies


@contextmanager
def _closed_after(channel: paramiko.Channel, seconds: float) -> Iterator[None]:
    """Whatever waits for `channel` ends after so long: paramiko waits for ever for the answer to a request."""
    timer = threading.Timer(seconds, channel.close)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _heard(pairs: Iterator[Pair], user: str, questions: Sequence[Question], replies: dict[Question, Reply]) -> None:
    """Fill `replies` from frames in their order; what came before the first of all belongs to no question."""
    if next(pairs, None) is None:
        return
    for number, question in enumerate(questions, wire.HELLO + 1):
        asked, begun = Asked(question, user), time.monotonic()
        pair = next(pairs, None)
        if pair is None or {frame.number for frame in pair} != {number}:
            return
        out, err = pair
        seconds = time.monotonic() - begun
        replies[question] = asked.answered(out.data, err.data, out.status, seconds=seconds, cut=out.cut or err.cut)


def _opened(client: paramiko.SSHClient | None, seconds: float) -> paramiko.Channel:
    transport = client.get_transport() if client else None
    if transport is None:
        raise OSError("the connection is closed")
    return transport.open_session(timeout=seconds)


def _pairs(channel: paramiko.Channel, mark: str, limit: int, seconds: float) -> Iterator[Pair]:
    """The frames of both streams as they come, until the shell ends, floods, or `seconds` have passed."""
    streams = wire.Stream(mark, limit), wire.Stream(mark, limit)
    frames: tuple[deque[wire.Frame], deque[wire.Frame]] = deque(), deque()
    end = time.monotonic() + seconds
    with selectors.DefaultSelector() as waiting:
        waiting.register(channel, selectors.EVENT_READ)
        while (left := end - time.monotonic()) > 0 and not any(stream.flooded for stream in streams):
            waiting.select(left)
            came = _came(channel)
            for number, data in enumerate(came):
                frames[number].extend(streams[number].feed(data))
            while frames[0] and frames[1]:
                yield frames[0].popleft(), frames[1].popleft()
            if not any(came) and (channel.eof_received or channel.closed):
                return


def _came(channel: paramiko.Channel) -> tuple[bytes, bytes]:
    """What is there to be read on standard output and on standard error."""
    out = channel.recv(CHUNK) if channel.recv_ready() else b""
    return out, channel.recv_stderr(CHUNK) if channel.recv_stderr_ready() else b""
