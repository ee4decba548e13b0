"""The targets of the city's plan: measured as they stand, declared and said to be so, or without a figure."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.platypus import Flowable

from reports import targets
from reports.document import Target
from reports.index import Index
from reports.pdf.rows import Cells
from reports.pdf.style import para
from reports.pdf.tables import Numbers, opening, table
from reports.words import Words, capital

ALL = 100  # percent: nothing is more
SIGNS = {"at_least": "≥", "more_than": ">", "at_most": "≤"}
COLUMNS = [("target_name", 0), (">goal", 19), (">figure", 26), ("state", 17), ("measured_by", 40)]


def scorecard(index: Index, words: Words, numbers: Numbers) -> Iterator[Flowable]:
    """Every target of the plan under its group; nothing where the city has no plan of targets."""
    listed = index.document.get("targets", [])
    if not listed:
        return
    yield from opening(words, "scorecard", numbers)
    rows: list[Cells] = []
    groups: set[int] = set()
    for before, target in zip([None, *listed], listed, strict=False):
        if before is None or before["group"] != target["group"]:
            groups.add(len(rows))
            rows.append(_group(target, words))
        rows.append(_row(index, target, words))
    yield table(words, COLUMNS, rows, frozenset(groups))


def _group(target: Target, words: Words) -> Cells:
    return [para(words(f"target_group.{target['group']}"), "group"), *(para("", "cell") for _ in COLUMNS[1:])]


def _row(index: Index, target: Target, words: Words) -> Cells:
    figure = figure_of(index, target)
    shown = words("scorecard.none") if figure is None else _shown(target, figure, words)
    return [
        para(words.of(target["title"]), "cell"),
        para(_goal(target, words), "cell_right"),
        para(shown, "cell_right" if figure is None else "cell_right_strong"),
        para(words(f"target_state.{_state(target, figure)}"), "cell"),
        para(_origin(index, target, words), "cell"),
    ]


def figure_of(index: Index, target: Target) -> float | None:
    """The floor of what was measured, else what its owner declared; None where there is no figure."""
    found = targets.measured(index, target)
    return target["figure"] if found is None else found["percent"]


def _shown(target: Target, figure: float, words: Words) -> str:
    return (
        words.percent(figure) if target["unit"] == "percent" else words("scorecard.rank", number=words.number(figure))
    )


def _goal(target: Target, words: Words) -> str:
    if target["goal"] is None:
        return "–"
    shown = _shown(target, target["goal"], words)
    whole = target["unit"] == "percent" and target["goal"] == ALL
    return shown if whole else f"{SIGNS[target['direction']]} {shown}"


def _state(target: Target, figure: float | None) -> str:
    goal = target["goal"]
    if figure is None or goal is None:
        return "open"
    reached = {"at_least": figure >= goal, "more_than": figure > goal, "at_most": figure <= goal}
    return "met" if reached[target["direction"]] else "not_met"


def _origin(index: Index, target: Target, words: Words) -> str:
    """How the figure was had: measured with its coverage, declared with source and day, or to be had."""
    found = targets.measured(index, target)
    if found is not None:
        return words("scorecard.measured", coverage=words.percent(found["coverage"]))
    if target["figure"] is None:
        return capital(words(f"measured_by.{target['measured_by']}"))
    day = words.day(target["on"]) if target["on"] else "–"
    return words("scorecard.declared", source=target["source"] or "–", day=day)
