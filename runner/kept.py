"""What a run has kept, read back from its folder: the input of every report, and of a run that is resumed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.model import Cause
from runner import journal
from runner.outcome import Outcome

_END_RECORD = 4096  # bytes; an end is far shorter


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


def ended(run: Path) -> str | None:
    """When the run in folder `run` ended, in UTC, by its journal's last record; None where that is not its end.

    Only that record is looked at. Raises `journal.Broken` where there is none.
    """
    try:
        with (run / journal.NAME).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _END_RECORD))
            last = json.loads(file.read().splitlines()[-1])
            return str(last["data"]["ended"]) if last["kind"] == "end" else None
    except OSError as error:
        raise journal.Broken(1, error.strerror or str(error)) from error
    except (ValueError, LookupError, TypeError):
        return None  # a record that is longer than an end, or torn


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
