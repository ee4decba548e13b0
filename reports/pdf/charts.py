"""How the scores went: a small chart for each, its floor as a line, no line across what was not measured alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import cast

from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from reports.document import Score
from reports.pdf import fonts
from reports.pdf.style import ACCENT, INK, LINE, SOFT, TINT
from reports.trend import Point

MONTHS = 12
SMALL = 6.5
AXIS, FOOT, HEAD = 8 * mm, 9, 9
END = 13 * mm


class Line(Flowable):
    """One score over the last twelve points. `labels` stand under the points; `shown` is the last floor in words.

    The floor is a dark line with a dot for each point; the light band above it is what could not be judged, so that the
    truth lies within; the target is a broken line. Where the ruler or the inventory changed, line and band stop, and a
    dotted line with R or I stands between the points.
    """

    def __init__(
        self, points: Sequence[Point], name: str, labels: Sequence[str], shown: str, width: float, height: float
    ) -> None:
        super().__init__()
        self.points, self.name, self.labels, self.shown = points, name, labels, shown
        self.width, self.height = width, height

    @property
    def scores(self) -> list[Score]:
        """The score at each point."""
        return [cast(Mapping[str, Score], point.scores)[self.name] for point in self.points]

    def draw(self) -> None:
        self._scale()
        for start, end in stretches(self.points):
            self._band(start, end)
        self._target()
        for start, end in stretches(self.points):
            self._floor(start, end)
        self._changes()
        self._words()

    def _x(self, at: float) -> float:
        """The points stand at equal distances, the last one always at the right."""
        step = (self.width - AXIS - END) / (MONTHS - 1)
        return float(self.width - END - (len(self.points) - 1 - at) * step)

    def _y(self, percent: float) -> float:
        return float(FOOT + percent / 100 * (self.height - FOOT - HEAD))

    def _scale(self) -> None:
        canvas: Canvas = self.canv
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.4)
        canvas.setFont(fonts.TEXT, SMALL)
        canvas.setFillColor(SOFT)
        for percent in (0, 50, 100):
            canvas.line(AXIS, self._y(percent), self.width - END, self._y(percent))
            canvas.drawRightString(AXIS - 3, self._y(percent) - 2.2, str(percent))

    def _band(self, start: int, end: int) -> None:
        """From the floor to what it would be if all that was not judged were met; a lone point's is a narrow bar."""
        thin = 2.5 if start == end else 0
        low = [(self._x(at), self._y(self.scores[at]["percent"])) for at in range(start, end + 1)]
        high = [(self._x(at), self._y(_highest(self.scores[at]))) for at in range(start, end + 1)]
        corners = [(low[0][0] - thin, low[0][1]), *low, (low[-1][0] + thin, low[-1][1])]
        corners += [(high[-1][0] + thin, high[-1][1]), *reversed(high), (high[0][0] - thin, high[0][1])]
        path = self.canv.beginPath()
        path.moveTo(*corners[0])
        for corner in corners[1:]:
            path.lineTo(*corner)
        path.close()
        self.canv.setFillColor(TINT)
        self.canv.drawPath(path, stroke=0, fill=1)

    def _target(self) -> None:
        self.canv.setStrokeColor(INK)
        self.canv.setLineWidth(0.8)
        self.canv.setDash(3, 2)
        at = self._y(self.scores[-1]["target"])
        self.canv.line(AXIS, at, self.width - END, at)
        self.canv.setDash()

    def _floor(self, start: int, end: int) -> None:
        canvas: Canvas = self.canv
        canvas.setStrokeColor(ACCENT)
        canvas.setFillColor(ACCENT)
        canvas.setLineWidth(1.6)
        spots = [(self._x(at), self._y(self.scores[at]["percent"])) for at in range(start, end + 1)]
        for (x, y), (next_x, next_y) in pairwise(spots):
            canvas.line(x, y, next_x, next_y)
        for x, y in spots:
            canvas.circle(x, y, 1.9, stroke=0, fill=1)

    def _changes(self) -> None:
        canvas: Canvas = self.canv
        canvas.setStrokeColor(INK)
        canvas.setFillColor(INK)
        canvas.setFont(fonts.SEMIBOLD, SMALL)
        canvas.setLineWidth(0.7)
        canvas.setDash(1, 1.6)
        for at, point in enumerate(self.points):
            if at and (point.ruler_changed or point.inventory_changed):
                x = self._x(at - 0.5)
                canvas.line(x, self._y(0), x, self._y(100) + 2)
                canvas.drawCentredString(x, self._y(100) + 3, marks(point))
        canvas.setDash()

    def _words(self) -> None:
        canvas: Canvas = self.canv
        canvas.setFillColor(SOFT)
        canvas.setFont(fonts.TEXT, SMALL)
        for at, label in enumerate(self.labels):
            if (len(self.labels) - 1 - at) % 2 == 0:
                canvas.drawCentredString(self._x(at), 0, label)
        size = 8.0
        while stringWidth(self.shown, fonts.BOLD, size) > END - 4:
            size -= 0.5
        canvas.setFillColor(ACCENT)
        canvas.setFont(fonts.BOLD, size)
        canvas.drawString(self.width - END + 4, self._y(self.scores[-1]["percent"]) - 2.6, self.shown)


def _highest(score: Score) -> float:
    return min(100.0, score["percent"] + 100 - score["coverage"])


def marks(point: Point) -> str:
    """`R` for a changed ruler, `I` for a changed inventory."""
    return "R" * point.ruler_changed + "I" * point.inventory_changed


def stretches(points: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """The first and last of each row of points between which nothing changed that they are measured by."""
    start = 0
    for at, point in enumerate(points):
        if at and (point.ruler_changed or point.inventory_changed):
            yield start, at - 1
            start = at
    if points:
        yield start, len(points) - 1


def floors(points: Sequence[Point], name: str) -> list[float]:
    """The floor at each point, in percent."""
    return [cast(Mapping[str, Score], point.scores)[name]["percent"] for point in points]
