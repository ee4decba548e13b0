"""What a run has kept, read back from its folder: the input of every report, and of a run that is resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.model import Cause
from runner import journal
from runner.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Kept:
    """`header` is as `walk` writes it; `outcomes` are by asset, in the order done; `ended` is None while unfinished."""

    header: Mapping[str, Any]
    outcomes: Mapping[str, Outcome]
    ended: str | None

    @property
    def complete(self) -> bool:
        return self.ended is not None

    @property
    def refused(self) -> frozenset[str]:
        """Ids of the assets where a login was refused, be it that they were audited or on the way to another."""
        found = (outcome for outcome in self.outcomes.values() if outcome.cause is Cause.AUTH_REFUSED)
        return frozenset(outcome.hop or outcome.asset for outcome in found)

    @property
    def last(self) -> str:
        """When the last record was written, in UTC."""
        moments = [outcome.ended for outcome in self.outcomes.values()]
        return self.ended or max(moments, default=str(self.header["started"]))


def header(run: Path) -> Mapping[str, Any]:
    """The header of the run in folder `run`. Raises `journal.Broken`."""
    return next(journal.read(run)).data


def read(run: Path) -> Kept:
    """All that the journal in folder `run` says. Raises `journal.Broken`."""
    entries = journal.read(run)
    first = next(entries).data
    outcomes, ended = {}, None
    for entry in entries:
        if entry.kind == "asset":
            outcome = Outcome.from_data(entry.data)
            outcomes[outcome.asset] = outcome
        else:
            ended = entry.data["ended"]
    return Kept(first, outcomes, ended)
