"""Taking times: always side by side, in turns, so that a busy moment of the machine meets both sides alike."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """What is aimed at: at most (`<=`) or at least (`>=`) a value."""

    sign: str
    value: float
    unit: str = ""

    def met(self, measured: float) -> bool:
        return measured <= self.value if self.sign == "<=" else measured >= self.value

    def missed_by(self, measured: float) -> float:
        """How far off the goal, in percent of it."""
        return abs(measured / self.value - 1) * 100


@dataclass(frozen=True)
class Row:
    """One line of the table. `values` are ratios unless the `unit` says otherwise; `goal` None: told for context."""

    measure: str
    values: Sequence[float]
    goal: Goal | None = None
    unit: str = "×"
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def as_data(self) -> dict[str, Any]:
        return {**asdict(self), "values": list(self.values)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Row:
        goal = data["goal"] and Goal(**data["goal"])
        return cls(data["measure"], data["values"], goal, data["unit"], data["note"])


@dataclass(frozen=True, slots=True)
class Taken:
    """What one go took: wall-clock seconds, and processor seconds of this process or of the children it started."""

    wall: float
    own: float
    children: float


def take(go: Callable[[], object]) -> Taken:
    """What `go()` takes."""
    before, children, began = os.times(), _children(), time.perf_counter()
    go()
    wall, after = time.perf_counter() - began, os.times()
    return Taken(wall, after.user + after.system - before.user - before.system, _children() - children)


def in_turns(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int, *, warm: bool = True
) -> list[tuple[Taken, Taken]]:
    """Pairs of what both took; who begins changes every round. The first time, to `warm` up, is lost."""
    if warm:
        ours(), theirs()
    pairs = []
    for number in range(rounds):
        if number % 2:
            there = take(theirs)
            pairs.append((take(ours), there))
        else:
            here = take(ours)
            pairs.append((here, take(theirs)))
    return pairs


def walls(pairs: Sequence[tuple[Taken, Taken]]) -> list[float]:
    """First ÷ second, of each round."""
    return [first.wall / second.wall for first, second in pairs]


def quietly(argv: Sequence[str], env: Mapping[str, str] | None = None, fine: Sequence[int] = (0,)) -> None:
    """Run a command whose output nobody needs. Raises `RuntimeError` with what it said where it fails."""
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=None if env is None else {**os.environ, **env},
        check=False,
    )
    if done.returncode not in fine:
        said = done.stdout.decode(errors="replace")
        raise RuntimeError(f"{argv[0]} ended with {done.returncode}: {said[-2000:]}")


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
