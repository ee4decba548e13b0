"""Where the city stands at a glance: the course of the last twelve reports, and the city as a picture."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table

from reports import standings
from reports.index import Index
from reports.leadership import MONTH, SYSTEMS
from reports.pdf import charts, tiles
from reports.pdf.panel import NO_PADDING
from reports.pdf.style import WIDTH, para
from reports.pdf.tables import Numbers, opening
from reports.standings import INFRASTRUCTURE
from reports.trend import Point, Trend
from reports.words import Words

CHART, BETWEEN = 38 * mm, 6 * mm


def course(trend: Trend | None, words: Words, numbers: Numbers) -> Iterator[Flowable]:
    """A chart for each score over the last twelve points, and how to read them."""
    yield from opening(words, "trend", numbers, room=70 * mm)
    points = trend.points[-charts.MONTHS :] if trend else ()
    if len(points) <= 1:
        yield para(words("trend.none"), "lead")
        return
    width = (WIDTH - BETWEEN) / 2
    cells: list[list[Flowable]] = [_chart(points, name, width, words) for name in (*INFRASTRUCTURE, *SYSTEMS)]
    cells.append(_reading(points, words))
    rows = [[cells[at], None, cells[at + 1]] for at in range(0, len(cells), 2)]
    look = [*NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOTTOMPADDING", (0, 0), (-1, -1), 9)]
    yield Table(rows, colWidths=[width, BETWEEN, width], style=look)


def _chart(points: tuple[Point, ...], name: str, width: float, words: Words) -> list[Flowable]:
    labels = [_label(point, words) for point in points]
    last = charts.floors(points, name)[-1]
    line = charts.Line(points, name, labels, words.percent(last), width, CHART)
    return [para(words(f"score.{name}"), "chart_title"), Spacer(1, 2), line]


def _label(point: Point, words: Words) -> str:
    """`10/26` for a month's report, `21/10` for a run's."""
    month = MONTH.fullmatch(point.label)
    return f"{month[2]}/{month[1][2:]}" if month else words.short_day(point.on)


def _reading(points: tuple[Point, ...], words: Words) -> list[Flowable]:
    """The marks, and on which days the ruler or the inventory changed."""
    told = [words("trend.floor"), words("trend.coverage"), words("trend.target")]
    for name in ("ruler_changed", "inventory_changed"):
        days = [words.day(point.on) for point in points[1:] if getattr(point, name)]
        if days:
            told.append(words(f"trend.{name}", days=words.listed(days)))
    return [para(words("trend.reading"), "chart_title"), *(para(line, "small_point", bullet="–") for line in told)]


def picture(index: Index, words: Words, numbers: Numbers) -> Iterator[Flowable]:
    """Every place of the city by its lowest share."""
    yield from opening(words, "map", numbers, room=80 * mm)
    yield tiles.key(words)
    yield Spacer(1, 8)
    yield from tiles.city_map(index, tuple(standings.blocks(index)), words)
