"""The city's own probes on one server: each test runs in a thread of its own over the session that is open already.

Whatever a test tries goes to the server as a question of its own, masked, kept as evidence, and asked once: a second
test that asks the same reads the same. A test ends in one finding, also where it crashes, skips or never ends.
"""

from __future__ import annotations

import ast
import asyncio
import hashlib
import inspect
import itertools
import threading
import traceback
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from checks.catalogue import BoundCheck, Probe
from checks.model import Cause, Finding, Question, Reply, Status, Unknown, Verdict, judged, not_applicable
from inventory.model import Asset
from runner.evidence import Record
from runner.masking import Mask
from runner.sessions.answers import SUDO_REFUSES
from runner.sessions.backend import host_asking
from runner.sessions.base import Session, Unreached, also
from runner.sessions.causes import detail_of

SECONDS = 60.0  # for one test with all that it asks
SHOWN = 400  # characters of what an assertion says
Records = dict[Question, Record]


async def run(
    asset: Asset, bound: Sequence[BoundCheck], session: Session, records: Records, mask: Mask
) -> Mapping[str, Finding]:
    """check → its finding, for those of `bound` that are probes; what they asked is added to `records`."""
    found = {}
    for check in bound:
        if check.check.probe is not None:
            asking = _Asking(asset, session, records, mask, asyncio.get_running_loop())
            found[check.id] = await _finding(check, check.check.probe, asking)
    return found


@dataclass
class _Asking:
    """What one test asks: over the session, or from what was asked before. `names` are the records that it rests on."""

    asset: Asset
    session: Session
    records: Records
    mask: Mask
    loop: asyncio.AbstractEventLoop
    names: list[str] = field(default_factory=list)
    over: bool = False

    def ask(self, command: str) -> Reply:
        """The masked reply to `command`, asked from the test's thread. Raises `Unknown` where it is not whole."""
        if self.over:
            raise Unknown(Cause.TIMEOUT, "the test's time is over")
        try:
            record = asyncio.run_coroutine_threadsafe(self._record(Question(command)), self.loop).result()
        except Unreached as unreached:
            raise Unknown(unreached.cause, unreached.detail) from unreached
        if record.name not in self.names:
            self.names.append(record.name)
        reply = record.reply
        if reply.cause is not None:
            raise Unknown(reply.cause, f"{command}: {reply.detail}")
        if reply.exit_status and command.startswith("sudo ") and (refused := SUDO_REFUSES.search(reply.stderr)):
            raise Unknown(Cause.NO_PRIVILEGE, reply.stderr[refused.start() :].partition("\n")[0])
        return reply

    async def _record(self, question: Question) -> Record:
        if question not in self.records:
            reply = await also(self.session, question)
            self.records[question] = Record(self.asset.id, self.mask.reply(reply))
        return self.records[question]


async def _finding(check: BoundCheck, probe: Probe, asking: _Asking) -> Finding:
    status, cause = Status.UNKNOWN, None
    expected, actual = "", ""
    try:
        verdict = await _verdict(check, probe, asking)
        if verdict.status is Status.PASS and not asking.names:
            raise Unknown(Cause.NOT_RUN, "the test asked the host nothing")
        status, expected, actual = verdict.status, verdict.expected, verdict.actual
    except Unknown as unknown:
        cause, actual = unknown.cause, unknown.detail
    except TimeoutError:
        cause, actual = Cause.TIMEOUT, f"no end after {SECONDS:g} s"
    finally:
        asking.over = True
    return Finding(
        asset=asking.asset.id,
        check=check.id,
        requirements=(),
        status=status,
        expected=asking.mask.text(expected),
        actual=asking.mask.text(actual),
        cause=cause,
        evidence=tuple(asking.names),
    )


async def _verdict(check: BoundCheck, probe: Probe, asking: _Asking) -> Verdict:
    if probe.trouble:
        raise Unknown(Cause.NOT_RUN, probe.trouble)
    if probe.hosts and not any(fnmatchcase(asking.asset.id, pattern) for pattern in probe.hosts):
        return not_applicable(f"testinfra_hosts: {', '.join(probe.hosts)}")
    host = host_asking(asking.ask, check.want.asset.address)
    async with asyncio.timeout(SECONDS):
        return await _in_thread(lambda: _tested(probe, host, check.check.card.title.en))


async def _in_thread(work: Callable[[], Verdict]) -> Verdict:
    """What `work` comes to, in a thread that nobody waits for once the time is over, nor when the program ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Verdict] = loop.create_future()

    def settle(verdict: Verdict | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        elif verdict is not None:
            done.set_result(verdict)

    def go() -> None:
        try:
            verdict, error = work(), None
        except Unknown as unknown:
            verdict, error = None, unknown
        except BaseException as other:  # noqa: BLE001 - a test may raise whatever it likes
            verdict, error = None, Unknown(Cause.CRASHED, detail_of(other))
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, verdict, error)

    threading.Thread(target=go, name="probe", daemon=True).start()
    return await done


def _tested(probe: Probe, host: Any, says: str) -> Verdict:
    """The verdict of a test: it passes where no assertion fails, for every set of its parameters."""
    function = getattr(_module(probe.file, probe.sha256), probe.test)
    _refuse_skipped(function)
    passed = 0
    for values in _sets(function):
        missing = [name for name in _wanted(function) if name != "host" and name not in values]
        if missing:
            raise Unknown(Cause.CRASHED, f"only the fixture 'host' is known here, not {', '.join(missing)}")
        given = {"host": host} if "host" in _wanted(function) else {}
        try:
            left = function(**given, **values)
        except BaseException as error:
            if isinstance(error, AssertionError) or type(error).__name__ == "Failed":  # pytest.fail
                return judged(False, _line(error, probe.file) or says, _shown(values) + _said(error))
            raise _other(error) from error
        if inspect.iscoroutine(left) or inspect.isgenerator(left):
            left.close()
            raise Unknown(Cause.NOT_RUN, "the test is a coroutine or a generator: nothing of it was run")
        passed += 1
    if not passed:
        raise Unknown(Cause.NOT_RUN, "its parameters are an empty list: the test was not run")
    return judged(True, says, f"{passed} ✔")


def _refuse_skipped(function: Any) -> None:
    """Raise `Unknown` for a test that is marked to be skipped."""
    for mark in getattr(function, "pytestmark", ()):
        if mark.name == "skip" or (mark.name == "skipif" and any(mark.args)):
            raise Unknown(Cause.NOT_RUN, f"the test is marked to be skipped: {mark.kwargs.get('reason', '')}".strip())


def _other(error: BaseException) -> Unknown:
    """What a test that neither passed nor failed comes to: skipped, or crashed."""
    if isinstance(error, Unknown):
        return error
    kind = type(error).__name__
    if kind == "Skipped":
        return Unknown(Cause.NOT_RUN, f"the test skips itself: {error}")
    return Unknown(Cause.CRASHED, detail_of(error))


@lru_cache(maxsize=64)
def _module(file: Path, sha256: str) -> types.ModuleType:
    """The file executed once, if it still is what was trusted; its assertions say what they compared."""
    # it belongs to pytest's inside, and is what makes its assertions speak; testinfra brings pytest along
    from _pytest.assertion.rewrite import rewrite_asserts  # noqa: PLC0415

    source = file.read_bytes()
    if hashlib.sha256(source).hexdigest() != sha256:
        raise Unknown(Cause.NOT_RUN, f"probes/{file.name} has changed while the audit ran")
    tree = ast.parse(source, str(file))
    rewrite_asserts(tree, source, str(file))
    module = types.ModuleType(f"probes.{file.stem}")
    module.__file__ = str(file)
    exec(compile(tree, str(file), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - trusted by its owner
    return module


def _wanted(function: Any) -> tuple[str, ...]:
    code = function.__code__
    return tuple(code.co_varnames[: code.co_argcount])


def _sets(function: Any) -> Iterator[Mapping[str, Any]]:
    """Every set of values that pytest's `parametrize` marks give; one empty set where there are none."""
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
    choices = [[*_parametrized(*mark.args[:2])] for mark in marks]
    for chosen in itertools.product(*choices):
        yield {name: value for one in chosen for name, value in one.items()}


def _parametrized(names: str | Sequence[str], rows: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    words = [word.strip() for word in names.split(",")] if isinstance(names, str) else list(names)
    for row in rows:
        values = getattr(row, "values", row) if type(row).__name__ == "ParameterSet" else row
        single = len(words) == 1 and type(row).__name__ != "ParameterSet"
        yield dict(zip(words, (values,) if single else values, strict=True))


def _line(error: BaseException, file: Path) -> str:
    """The line of the test whose assertion failed."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return (frames[-1].line or "").strip() if frames else ""


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split()) or "AssertionError"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def _shown(values: Mapping[str, Any]) -> str:
    told = ", ".join(f"{name}={value!r}" for name, value in values.items())
    return f"[{told}] " if told else ""
