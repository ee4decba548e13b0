"""The lists that are too long for the report itself, each an annex with its own page numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from reportlab.platypus import Flowable, PageBreak

from reports.document import System
from reports.index import Index
from reports.leadership import Planned, cause_of, failing, planned, since, unreached, without_dossier
from reports.pdf import beyond
from reports.pdf.page import NewNumbers, heading
from reports.pdf.rows import Cells, Rows
from reports.pdf.sections import WORST, failures
from reports.pdf.style import para
from reports.pdf.tables import clauses, place, table
from reports.trend import Trend
from reports.words import Words, capital

NUMERALS = ("I", "II", "III", "IV", "V")


def annexes(index: Index, trend: Trend | None, words: Words) -> Iterator[Flowable]:
    """Every annex that has something to list."""
    makers: tuple[tuple[str, Callable[[Index, Words], Rows | None]], ...] = (
        ("unreached", partial(_unreached, trend)),
        ("unlisted", beyond.things),
        ("plans", _plans),
        ("unclassified", _unclassified),
        ("worst", _worst),
    )
    made = [(name, rows) for name, make in makers if (rows := make(index, words))]
    for numeral, (name, rows) in zip(NUMERALS, made, strict=False):
        yield PageBreak()
        yield NewNumbers()
        yield para(words("annex.number", numeral=numeral), "annex")
        yield heading(words(f"annex.{name}"), f"annex-{name}", "annex_title")
        yield rows


def _unreached(trend: Trend | None, index: Index, words: Words) -> Rows | None:
    rows = [
        [
            para(asset["id"], "cell_mono"),
            para(place(index, asset["site"], words), "cell"),
            para(capital(words(f"asset_kind.{asset['kind']}")), "cell"),
            para(capital(words(f"cause.{cause_of(index, asset)}")), "cell"),
            para(words.day(day) if (day := since(asset, trend)) else "–", "cell"),
        ]
        for asset in unreached(index)
    ]
    return (
        table(words, [("asset", 38), ("site", 0), ("kind", 26), ("cause", 38), ("since", 20)], rows) if rows else None
    )


def _plans(index: Index, words: Words) -> Rows | None:
    rows = [_plan(index, one, words) for one in planned(index)]
    columns = [("system", 0), ("owner", 30), (">level", 14), ("plan", 30), (">requirements", 18), ("open", 34)]
    return table(words, columns, rows) if rows else None


def _plan(index: Index, one: Planned, words: Words) -> Cells:
    system = one.system
    level = str(system["level"] or (system["dossier"]["level"] if system["dossier"] else ""))
    numbers = {r["id"]: r["clauses"].get(level, r["id"]) for r in index.document["requirements"]}
    return [
        para(words.name(system), "cell_strong"),
        para(words.name(index.sites[system["owner"]]), "cell"),
        para(level, "cell_right"),
        para(words(f"plan_state.{one.state}"), "cell"),
        para(words("leadership.of", part=one.met, whole=one.total), "cell_right"),
        para(clauses(index, [numbers[id_] for id_ in one.open]), "cell"),
    ]


def _unclassified(index: Index, words: Words) -> Rows | None:
    rows = [_missing(index, system, words) for system in without_dossier(index)]
    return table(words, [("system", 0), ("owner", 40), (">level", 15), ("dossier", 45)], rows) if rows else None


def _worst(index: Index, words: Words) -> Rows | None:
    found = failing(index)
    return failures(index, found, words) if len(found) > WORST else None


def _missing(index: Index, system: System, words: Words) -> Cells:
    state = system["dossier"]["state"] if system["dossier"] else "none"
    return [
        para(words.name(system), "cell_strong"),
        para(words.name(index.sites[system["owner"]]), "cell"),
        para(str(system["level"] or "–"), "cell_right"),
        para(words(f"dossier.{state}"), "cell"),
    ]
