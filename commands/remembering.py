"""The history as verbs meet it: taken up after an audit, recalled for a report, asked by itself.

A history that cannot be used is said in a sentence, and ends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from commands.caller import Caller

if TYPE_CHECKING:
    from inventory.model import HistoryPlace
    from reports.history import History
    from reports.sealed import Sealed

T = TypeVar("T")


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
