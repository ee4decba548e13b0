"""Bad input, said so that its author can mend it: file, line, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one place. `line` counts from 1, None where a whole file is meant."""

    file: Path
    line: int | None
    problem: str
    mend: str

    def __str__(self) -> str:
        place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.problem}. {self.mend}"


class BadInput(Exception):
    """Input that cannot be used; nothing was run."""

    exit_status = 2

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        self.faults: tuple[Fault, ...] = () if isinstance(faults, str) else tuple(faults)
        super().__init__(faults if isinstance(faults, str) else "\n".join(map(str, faults)))
