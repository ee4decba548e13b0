"""The mark of a digital signature: blue, who signed, of which body, when (NĐ 30/2020/NĐ-CP, Phụ lục I, Mục II.8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from reports.pdf import fonts
from reports.words import Words

BLUE = HexColor("#1f3fa8")
LARGEST, SMALLEST, LEADING = 9.0, 5.0, 1.35
PADDING = 5.0


def lines(name: str, agency: str, at: datetime, words: Words) -> tuple[str, ...]:
    """What the mark says."""
    moment = f"{at:%d.%m.%Y %H:%M:%S}"
    return words("stamp.by", name=name), words("stamp.of", agency=agency), words("stamp.at", moment=moment)


def draw(said: Sequence[str], width: float, height: float) -> bytes:
    """The mark as a PDF of one page of this size (points): a frame with the lines, as large as they fit."""
    fonts.register()
    target = BytesIO()
    canvas = Canvas(target, pagesize=(width, height), invariant=1)
    shown = [fonts.drawable(line, fonts.TEXT) for line in said]
    size = _fitting(shown, width - 2 * PADDING, height - 2 * PADDING)
    canvas.setStrokeColor(BLUE)
    canvas.setFillColor(BLUE)
    canvas.setLineWidth(1)
    canvas.rect(0.5, 0.5, width - 1, height - 1, stroke=1, fill=0)
    canvas.setFont(fonts.TEXT, size)
    top = (height + len(shown) * size * LEADING) / 2 - size
    for number, line in enumerate(shown):
        canvas.drawString(PADDING, top - number * size * LEADING, _cut(line, size, width - 2 * PADDING))
    canvas.save()
    return target.getvalue()


def _fitting(lines: Sequence[str], width: float, height: float) -> float:
    size = min(LARGEST, height / (len(lines) * LEADING))
    while size > SMALLEST and any(stringWidth(line, fonts.TEXT, size) > width for line in lines):
        size -= 0.25
    return size


def _cut(line: str, size: float, width: float) -> str:
    while len(line) > 1 and stringWidth(line, fonts.TEXT, size) > width:
        line = line[:-2] + "…"
    return line
