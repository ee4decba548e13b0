"""The history as verbs meet it: taken up after an audit, recalled for a report; and the verbs history and diff.

A history that cannot be used is said in a sentence, and ends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from commands.caller import BAD_INPUT, OK, Caller, group, verb

if TYPE_CHECKING:
    from inventory.history import HistoryPlace
    from reports.document import Document
    from reports.history import History
    from reports.remembered import Remembered
    from reports.sealed import Sealed

T = TypeVar("T")
top = group("")


class BadHistory(Exception):
    """The history itself was asked for, and cannot be used."""

    exit_status = BAD_INPUT


def remember(caller: Caller, place: HistoryPlace) -> None:
    """Let the history take in the runs that it does not hold yet. Raises nothing: an audit is never failed by it."""
    from reports import history

    try:
        with history.opened(caller.workspace, place) as held:
            caller.warn(*held.notices)
    except Exception as error:  # noqa: BLE001 - whatever it is, the run is whole without it
        why = str(error) or type(error).__name__
        caller.warn(f"The run is kept, but the history cannot be used ({why}). It will take the run in when it can be.")


def recalled(caller: Caller, make: Callable[[Sequence[Sealed], History | None], T]) -> T:
    """What `make` makes of the complete runs, with their history, or without one where it cannot be used."""
    from inventory import load
    from inventory.faults import BadInput
    from reports import history
    from reports.sealed import all_runs

    try:
        place = load.settings(caller.workspace).history
    except BadInput as faulty:
        caller.warn(f"{faulty}", "The report is made without the history.")
        return make(all_runs(caller.workspace), None)
    try:
        with history.opened(caller.workspace, place) as held:
            caller.warn(*held.notices)
            return make(held.runs, held)
    except history.Unavailable as why:
        caller.warn(f"The history cannot be used ({why}). The report is made without it.")
        return make(all_runs(caller.workspace), None)


@verb(top)
def history(
    caller: Caller,
    asset: Annotated[str | None, typer.Option(metavar="ID", help="What one asset was, when it was last seen.")] = None,
    check: Annotated[str | None, typer.Option(metavar="ID", help="How many failed one check from run to run.")] = None,
    site: Annotated[str | None, typer.Option(metavar="SITE", help="The scores of one site, what fails there.")] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build it anew from runs/ first.")] = False,
) -> int:
    """How the scores went by month and by run, and what fails since when; runs of other scope stand apart."""
    from inventory import load
    from reports import history as histories
    from reports import remembered

    settings = load.settings(caller.workspace)
    try:
        with histories.opened(caller.workspace, settings.history, anew=rebuild) as held:
            caller.warn(*held.notices)
            found = _asked(held, settings.mode, asset, check, site)
    except histories.Unavailable as why:
        raise BadHistory(f"the history cannot be used ({why}). Nothing of any run is lost.") from why
    caller.give(found, *remembered.told(found, caller.words, check=check))
    return OK


def _asked(held: History, mode: str, asset: str | None, check: str | None, site: str | None) -> Remembered:
    """What was asked of the history; `BadInput` where it knows nothing of what is named."""
    from functools import partial

    from inventory.faults import BadInput
    from reports import subject
    from reports.history import views
    from reports.remembered import Remembered

    sites = subject.below(held.runs, mode, site) if site else ()
    lines = [] if asset else held.ask(partial(views.lines, site=site, check=check))
    spells = held.ask(partial(views.spells, asset=asset, mode=mode)) if asset else []
    failing = held.ask(partial(views.failing, mode=mode, asset=asset, check=check, sites=sites))
    named = " · ".join(one for one in (asset, check, site) if one)
    if not (lines or spells):
        raise BadInput(f"no run knows of '{named}'." if named else "there is no complete run in this workspace yet.")
    months = subject.months_up_to(held.runs, mode, held) if not named else []
    return Remembered(months, lines, spells, failing)


@verb(top)
def diff(
    caller: Caller,
    earlier: Annotated[str, typer.Argument(metavar="A", help="A run's id, or a month: 2026-09.")],
    later: Annotated[str, typer.Argument(metavar="B", help="A run's id, or a month: 2026-10.")],
) -> int:
    """What changed from A to B: scores, findings new, failing again and put right, what was reached; the ruler."""
    from inventory.faults import BadInput
    from reports import change, text
    from reports.history import asking

    def made(runs: Sequence[Sealed], held: History | None) -> change.Change:
        before, after = (_document(caller, runs, name) for name in (earlier, later))
        modes = [document["run"]["mode"] for document in (before, after)]
        if modes[0] != modes[1]:
            raise BadInput(f"'{earlier}' is of mode {modes[0]}, '{later}' of mode {modes[1]}: they do not compare.")
        failed = held.ask(asking.failed(before["run"])) if held else ()
        return change.between(before, after, failed)

    found = recalled(caller, made)
    caller.give(found, *text.changes(found, caller.words))
    return OK


def _document(caller: Caller, runs: Sequence[Sealed], name: str) -> Document:
    """The document of a run or a month, by its name."""
    from inventory import load
    from reports import month, results

    if month.is_month(name):
        return month.compose(runs, month.Month.of(name), load.settings(caller.workspace).mode)
    return results.read(caller.run(name))
