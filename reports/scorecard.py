"""The targets of the city's plan as they are told, whatever they are written as: goal, figure, how it was had."""

from __future__ import annotations

from typing import Literal

from reports import targets
from reports.document import Target
from reports.index import Index
from reports.words import Words, capital

ALL = 100  # percent: nothing is more
SIGNS = {"at_least": "≥", "more_than": ">", "at_most": "≤"}
State = Literal["met", "not_met", "open"]


def figure_of(index: Index, target: Target) -> float | None:
    """The floor of what was measured, else what its owner declared; None where there is no figure."""
    found = targets.measured(index, target)
    return target["figure"] if found is None else found["percent"]


def shown(target: Target, figure: float, words: Words) -> str:
    """A figure of the target in its unit."""
    if target["unit"] == "percent":
        return words.percent(figure)
    return words("scorecard.rank", number=words.number(figure))


def goal(target: Target, words: Words) -> str:
    """What is to be reached, with its direction."""
    if target["goal"] is None:
        return "–"
    told = shown(target, target["goal"], words)
    whole = target["unit"] == "percent" and target["goal"] == ALL
    return told if whole else f"{SIGNS[target['direction']]} {told}"


def state(target: Target, figure: float | None) -> State:
    """Whether the figure reaches the goal; open where there is none of either."""
    wanted = target["goal"]
    if figure is None or wanted is None:
        return "open"
    reached = {"at_least": figure >= wanted, "more_than": figure > wanted, "at_most": figure <= wanted}
    return "met" if reached[target["direction"]] else "not_met"


def origin(index: Index, target: Target, words: Words) -> str:
    """How the figure was had: measured with its coverage, declared with source and day, or to be had."""
    found = targets.measured(index, target)
    if found is not None:
        return words("scorecard.measured", coverage=words.percent(found["coverage"]))
    if target["figure"] is None:
        return capital(words(f"measured_by.{target['measured_by']}"))
    day = words.day(target["on"]) if target["on"] else "–"
    return words("scorecard.declared", source=target["source"] or "–", day=day)
