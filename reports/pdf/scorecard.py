"""The targets of the city's plan: measured as they stand, declared and said to be so, or without a figure."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.platypus import Flowable

from reports import scorecard as told
from reports.document import Target
from reports.index import Index
from reports.pdf.rows import Cells
from reports.pdf.style import para
from reports.pdf.tables import Numbers, opening, table
from reports.words import Words

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
    figure = told.figure_of(index, target)
    shown = words("scorecard.none") if figure is None else told.shown(target, figure, words)
    return [
        para(words.of(target["title"]), "cell"),
        para(told.goal(target, words), "cell_right"),
        para(shown, "cell_right" if figure is None else "cell_right_strong"),
        para(words(f"target_state.{told.state(target, figure)}"), "cell"),
        para(told.origin(index, target, words), "cell"),
    ]
