"""A kept run judged again, offline: its evidence, today's checks, a new run that says what it was made from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checks.catalogue import Catalogue
from checks.model import Cause, Question
from inventory.faults import BadInput
from inventory.model import Asset, Inventory
from runner import canonical, evidence, kept, manifest, plan, runs
from runner.journal import Broken, Journal
from runner.kept import Kept
from runner.outcome import Outcome
from runner.plan import Selection
from runner.review import review
from runner.sessions.base import Session, Unreached
from runner.sessions.replay import ReplaySession
from runner.walk import RunOutcome

SAME = ("address", "kind", "platform")


class NotSealed(Exception):
    """The run is not as it was sealed, or never was: nothing can be founded on it."""

    exit_status = 5


def rejudge(inventory: Inventory, catalogue: Catalogue, run: Path, *, program: str) -> RunOutcome:
    """A new run: what the run in folder `run` was replied, judged by `catalogue` as if on that day.

    What was not asked then is unknown (`not_run`). Raises `NotSealed`, `CannotKeep`, and `BadInput` (of it `Busy`)
    where the run is not complete, or its selection fits the inventory no more.
    """
    then = _sealed(run)
    planned = plan.make(inventory, catalogue, Selection.from_header(then.header))
    source = {"id": run.name, "manifest_sha256": manifest.digest(run)}
    replayed, now = _Replayed(run, then.outcomes, _listed(run)), datetime.now(UTC)

    def header(id_: str) -> Mapping[str, Any]:
        return {
            **then.header,
            "id": id_,
            **plan.rulers(inventory, catalogue, program),
            "previous": manifest.latest(inventory.workspace),
            "judged_again": {**source, "on": canonical.moment(now)},
        }

    def fill(folder: Path, journal: Journal) -> None:
        with asyncio.Runner() as loop:
            for asset in planned.assets.values():
                reviewed = loop.run(review(asset, planned.bound(asset), replayed))
                if reviewed.bundle is not None:
                    reviewed.bundle.keep(folder)
                measured = then.outcomes[asset.id].ended if asset.id in then.outcomes else then.last
                journal.append("asset", replace(reviewed.outcome, ended=measured).as_data())
        journal.append("end", {"ended": then.last, "assets": len(planned.assets)})

    with runs.locked(inventory.workspace):
        return RunOutcome(runs.new(inventory.workspace, now, header, fill), complete=True)


def _sealed(run: Path) -> Kept:
    """What the run kept, if it is complete and as it was sealed. Raises `BadInput`, `NotSealed`."""
    try:
        then = kept.read(run)
    except Broken as error:
        raise NotSealed(f"run '{run.name}' cannot be judged again: {error}.") from error
    if not then.complete:
        raise BadInput(f"run '{run.name}' is not complete. Go on with it first: rasoat run --resume {run.name}")
    if problems := manifest.verify(run):
        raise NotSealed("\n".join([f"run '{run.name}' cannot be judged again: it is not as it was sealed.", *problems]))
    return then


def _listed(run: Path) -> Mapping[str, Mapping[str, Any]]:
    """The assets as the run's results list them, by id."""
    return {asset["id"]: asset for asset in json.loads((run / manifest.RESULTS).read_bytes())["assets"]}


@dataclass(frozen=True)
class _Replayed:
    """Sessions with what was kept. What went by an asset's id then, and is another machine today, tells nothing."""

    run: Path
    outcomes: Mapping[str, Outcome]
    listed: Mapping[str, Mapping[str, Any]]

    def secrets(self, _asset: Asset) -> Sequence[str]:
        return ()

    async def open(self, asset: Asset, allowed: frozenset[Question]) -> Session:
        outcome, listed = self.outcomes.get(asset.id), self.listed.get(asset.id)
        if outcome is None or listed is None or any(listed[name] != getattr(asset, name) for name in SAME):
            raise Unreached(Cause.NOT_RUN, "was not looked at in the run that is judged again")
        if outcome.bundle is None:
            detail = outcome.findings[0].actual if outcome.findings else ""
            raise Unreached(outcome.cause or Cause.NOT_RUN, detail, outcome.hop)
        records = evidence.read(self.run, outcome.bundle).values()
        return ReplaySession([record.reply for record in records], allowed)
