"""The two targets as figures: the floor large, and each score that it is made of with its coverage and its change."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table

from reports.change import Change
from reports.document import Document, Score
from reports.leadership import scores_of
from reports.pdf.bars import Bar, Swatch
from reports.pdf.style import ACCENT, TINT, TRACK, WASH, WIDTH, para
from reports.standings import INFRASTRUCTURE
from reports.words import Words

NO_PADDING = [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
HEADLINE, PADDING = 37 * mm, 8
NAME, FIGURES = 43 * mm, (25 * mm, 14 * mm, 15.5 * mm, 13.5 * mm)
COLUMNS = ("result", "floor", "coverage", "change")


def panel(document: Document, headline: str, names: Sequence[str], change: Change | None, words: Words) -> Table:
    """One target: the floor of its headline, and a row for each score that it is made of."""
    title = words("leadership.infrastructure" if names is INFRASTRUCTURE else "leadership.plans")
    score = scores_of(document)[headline]
    number = [
        para(words.percent(score["percent"]), "number_large"),
        para(words("leadership.target", target=words.percent(score["target"])), "panel_target"),
        para(_movement(headline, change, words), "small"),
    ]
    look = [
        ("BACKGROUND", (0, 0), (-1, -1), WASH),
        ("LINEBEFORE", (0, 0), (0, -1), 3, ACCENT, "butt"),
        ("SPAN", (0, 0), (-1, 0)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        *[(f"{side}PADDING", (0, 0), (-1, -1), PADDING) for side in ("LEFT", "RIGHT")],
        ("RIGHTPADDING", (0, 1), (0, 1), 2),
        ("LEFTPADDING", (1, 1), (1, 1), 0),
        ("TOPPADDING", (0, 0), (-1, 0), 4),
        ("BOTTOMPADDING", (0, 0), (-1, 0), 0),
        ("TOPPADDING", (0, 1), (-1, 1), 0),
        ("BOTTOMPADDING", (0, 1), (-1, 1), 4),
    ]
    rows = [
        [para(title, "label", to="districts" if names is INFRASTRUCTURE else "systems"), None],
        [number, _rows(document, names, change, words)],
    ]
    return Table(rows, colWidths=[HEADLINE, WIDTH - HEADLINE], style=look)


def _movement(name: str, change: Change | None, words: Words) -> str:
    """The change where there is one to tell; else what the number stands for."""
    if change is None or name not in change.scores:
        return words("leadership.lowest" if name in INFRASTRUCTURE else "leadership.share")
    return words("leadership.delta", points=words.points(change.scores[name].points))


def _rows(document: Document, names: Sequence[str], change: Change | None, words: Words) -> Table:
    bar = WIDTH - HEADLINE - PADDING - NAME - sum(FIGURES)
    head = [None, None, *(para(words(f"panel.{name}"), "tiny_right") for name in COLUMNS)]
    rows = [_row(name, scores_of(document)[name], change, bar, words) for name in names]
    look = [
        *NO_PADDING,
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("RIGHTPADDING", (0, 0), (0, -1), 6),
        ("TOPPADDING", (0, 1), (-1, -1), 2.2),
        ("BOTTOMPADDING", (0, 1), (-1, -1), 2.2),
    ]
    return Table([head, *rows], colWidths=[NAME, bar, *FIGURES], style=look)


def _row(name: str, score: Score, change: Change | None, bar: float, words: Words) -> list[Flowable]:
    figures = (
        words("leadership.of", part=score["met"], whole=score["total"]),
        words.percent(score["percent"]),
        words.percent(score["coverage"]),
        words.points(change.scores[name].points) if change and name in change.scores else "–",
    )
    return [
        para(words(f"score.{name}"), "bar_label"),
        Bar(score, bar, 8, score["target"]),
        *(para(figure, "bar_floor" if n == 1 else "bar_figure") for n, figure in enumerate(figures)),
    ]


def key(words: Words) -> Table:
    """What the parts of a bar mean."""
    parts = ((ACCENT, "met"), (TINT, "unmeasured"), (TRACK, "not_met"), (None, "target"))
    cells = [cell for colour, name in parts for cell in (Swatch(colour), para(words(f"key.{name}"), "tiny"))]
    widths = [11, 22 * mm, 11, 40 * mm, 11, 30 * mm, 11, WIDTH - 92 * mm - 44]
    return Table([cells], colWidths=widths, style=[*NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "MIDDLE")], hAlign="LEFT")
