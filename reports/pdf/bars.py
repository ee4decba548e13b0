"""Shares as bars: met in the accent, not measured in its tint, the rest grey, and a line where the target is."""

from __future__ import annotations

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from reports.document import Tally
from reports.pdf.style import ACCENT, INK, TINT, TRACK


class Bar(Flowable):
    """One share of a whole. Legible in grey: the three parts differ in lightness and the target is a dark stroke."""

    def __init__(self, tally: Tally, width: float, height: float, target: float | None = None) -> None:
        super().__init__()
        self.tally, self.width, self.height, self.target = tally, width, height, target

    def draw(self) -> None:
        met = self.tally["percent"] / 100
        unmeasured = 1 - self.tally["coverage"] / 100
        self._part(0, 1, TRACK)
        self._part(met, min(1, met + unmeasured), TINT)
        self._part(0, met, ACCENT)
        if self.target is not None:
            self._mark(self.target / 100)

    def _part(self, start: float, end: float, colour: Color) -> None:
        if end > start:
            self.canv.setFillColor(colour)
            self.canv.rect(start * self.width, 0, (end - start) * self.width, self.height, stroke=0, fill=1)

    def _mark(self, at: float) -> None:
        self.canv.setStrokeColor(INK)
        self.canv.setLineWidth(1.4)
        self.canv.line(at * self.width, -2.5, at * self.width, self.height + 2.5)


class Rule(Flowable):
    """A thin line in the middle of its column."""

    def __init__(self, width: float) -> None:
        super().__init__()
        self.line, self.height, self.hAlign = width, 9, "CENTER"

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        self.width = width
        return width, self.height

    def draw(self) -> None:
        self.canv.setStrokeColor(INK)
        self.canv.setLineWidth(0.8)
        self.canv.line((self.width - self.line) / 2, self.height - 4, (self.width + self.line) / 2, self.height - 4)


class Swatch(Flowable):
    """A small square of a colour, or a target stroke where the colour is None: the key to a bar."""

    def __init__(self, colour: Color | None, size: float = 7) -> None:
        super().__init__()
        self.colour, self.width, self.height = colour, size, size

    def draw(self) -> None:
        canvas: Canvas = self.canv
        if self.colour is None:
            canvas.setStrokeColor(INK)
            canvas.setLineWidth(1.4)
            canvas.line(self.width / 2, -1, self.width / 2, self.height + 1)
        else:
            canvas.setFillColor(self.colour)
            canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
