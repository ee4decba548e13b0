"""Verbs about protection plans: what is met, what is missing, what to do first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.caller import OK, Caller, Run, group, verb

plan = group("Protection plans of systems: what is met, what is missing, what to do first.")
System = Annotated[str, typer.Argument(metavar="SYSTEM", help="A system's id.")]


@verb(plan)
def show(caller: Caller, system: System, run: Run = "latest") -> int:
    """Requirement by requirement: what is met, by what evidence, and what is missing."""
    from reports import planning, results
    from reports.index import Index

    index = Index(results.read(caller.run(run)))
    seen = planning.view(index, system)
    caller.give(planning.as_data(seen), *planning.lines(index, seen, caller.words))
    return OK


@verb(plan)
def template(
    caller: Caller,
    system: System,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write; printed if left out.")] = None,
) -> int:
    """The YAML to fill in: an attestation for each requirement that needs a person, and the plan's deviations."""
    from datetime import UTC, datetime

    from inventory.exchange.keeping import keep
    from reports import todo
    from reports.document import VIETNAM

    opened = caller.open()
    today = datetime.now(UTC).astimezone(VIETNAM).date()
    text = todo.template(opened.inventory, opened.catalogue.standard, system, today, caller.words)
    if out is not None:
        keep(out, text.encode())
    caller.give({"text": text}, *([str(out)] if out else text.splitlines()))
    return OK


@verb(plan)
def path(caller: Caller, run: Run = "latest") -> int:
    """Which fixes, in which order, bring the most systems to fully implemented for the least work."""
    from dataclasses import asdict

    from reports import results, shortest
    from reports.index import Index

    index = Index(results.read(caller.run(run)))
    found = shortest.path(index)
    caller.give({**asdict(found), "work": found.work}, *shortest.lines(index, found, caller.words))
    return OK
