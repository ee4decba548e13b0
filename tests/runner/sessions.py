"""Sessions of both kinds, opened and asked as the walk does it, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from checks.model import Question, Reply
from runner.sessions import device, shell, trust
from runner.sessions.base import HostPort, Limits, Session
from runner.sessions.credentials import Credentials

STACKS = ("shell", "device")
QUICK = Limits(connect=0.5, login=3.0, host=30.0, output=1 << 16)


async def ask(
    stack: str,
    host: HostPort,
    login: Credentials,
    known: trust.KnownHosts,
    questions: Sequence[Question],
    *,
    limits: Limits = QUICK,
) -> Mapping[Question, Reply]:
    """The replies of a session of the kind `stack`."""
    with ThreadPoolExecutor(1) as threads:
        session: Session
        if stack == "shell":
            session = await shell.connect(host, login, known, frozenset(questions), limits)
        else:
            terminal = device.Terminal("frr", host, login, limits)
            session = await device.connect(terminal, known.keys(host), frozenset(questions), threads)
        try:
            return await session.ask(questions)
        finally:
            await session.close()
