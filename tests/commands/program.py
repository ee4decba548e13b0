"""The program as a user calls it: a process of its own, its answer, its exit status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer

import audit

ROOT = Path(__file__).parent.parent.parent
PROGRAM = (sys.executable, str(ROOT / "audit.py"))


@dataclass(frozen=True)
class Told:
    status: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """What it said to a user in trouble: something, without a traceback, and not that the program is at fault."""
        assert "Traceback" not in self.err, self.err
        assert "Internal fault" not in self.err, self.err
        assert self.err.strip()
        assert self.out == ""
        return self.err


def environment(more: Mapping[str, str]) -> Mapping[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("RASOAT_")}
    return {**ours, "COLUMNS": "120", **more}


def rasoat(*words: str, at: Path, given: str = "", more: Mapping[str, str] | None = None) -> Told:
    """Call it in the folder `at` with `given` on its input and `more` in its environment."""
    argv = [*PROGRAM, *words]
    done = subprocess.run(
        argv,
        input=given,
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
        cwd=at,
        timeout=90,
        env=environment(more or {}),
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Told(done.returncode, done.stdout, done.stderr)


def called(*words: str, at: Path, capfd: pytest.CaptureFixture[str]) -> Told:
    """The same within this process, which is many times faster: for verbs that refuse before they do anything."""
    capfd.readouterr()
    with chdir(at), pytest.raises(SystemExit) as ended:
        typer.main.get_command(audit.app).main([*words], prog_name="audit.py")
    printed = capfd.readouterr()
    return Told(int(ended.value.code or 0), printed.out, printed.err)


@dataclass
class Running:
    """The program at work, in a process group of its own as a terminal makes one."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    _said: threading.Condition = field(default_factory=threading.Condition)
    _ended: bool = False

    def listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._said:
                self.lines.append(line)
                self._said.notify()
        with self._said:
            self._ended = True
            self._said.notify()

    def await_line(self, start: str, seconds: float = 60) -> None:
        with self._said:
            self._said.wait_for(lambda: self._ended or any(line.startswith(start) for line in self.lines), seconds)
        assert any(line.startswith(start) for line in self.lines), self.lines

    def interrupt(self) -> Told:
        """Ctrl-C: every process of the group is told."""
        os.killpg(self.process.pid, signal.SIGINT)
        return Told(self.process.wait(60), "", "")

    @property
    def said(self) -> str:
        return "".join(self.lines)


@contextmanager
def running(*words: str, at: Path) -> Iterator[Running]:
    """The program while it works; what is left of it in the end is killed. What it says is told apart by `lines`."""
    with subprocess.Popen(
        [*PROGRAM, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=at,
        env=environment({}),
        start_new_session=True,
    ) as process:
        here = Running(process)
        listening = threading.Thread(target=here.listen)
        listening.start()
        try:
            yield here
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            listening.join()
