"""The city as a picture: a block for each unit, a tile for each ward. Tone, pattern and number say how it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Spacer, Table

from reports.index import Index
from reports.pdf import fonts
from reports.pdf.panel import NO_PADDING
from reports.pdf.style import ACCENT, INK, SOFT, TINT, WIDTH, para
from reports.standings import Block, Class, Place
from reports.words import Words, capital

TILE, GAP, COLUMN_GAP = 8 * mm, 0.9 * mm, 5 * mm
TITLE = 12.5
IN_UNIT, IN_ROW = 5, 10
BESIDE = 100  # tiles of a block that stands beside another: it must fit on a page
SMALL, SMALLEST, FIGURE = 5.8, 4.4, 7
MIDDLE, PALE = HexColor("#4b8292"), HexColor("#d3e3e8")
# class → (tone, words' colour); darker is better, so that grey keeps the order
TONES: dict[Class, tuple[Color, Color]] = {
    "all": (ACCENT, white),
    "most": (MIDDLE, white),
    "half": (TINT, INK),
    "some": (PALE, INK),
    "none": (white, INK),
    "unmeasured": (white, INK),
}


class Tile(Flowable):
    """One place: its name over its figure. What meets nothing is hatched; what was not measured has a broken edge."""

    def __init__(self, name: str, figure: str, class_: Class, width: float, height: float = TILE) -> None:
        super().__init__()
        self.name, self.figure, self.class_ = fonts.drawable(name, fonts.SEMIBOLD), figure, class_
        self.width, self.height = width, height

    def draw(self) -> None:
        canvas: Canvas = self.canv
        tone, ink = TONES[self.class_]
        canvas.saveState()
        canvas.setFillColor(tone)
        canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        if self.class_ == "none":
            self._hatch(canvas)
        self._edge(canvas)
        self._words(canvas, ink)
        canvas.restoreState()

    def _hatch(self, canvas: Canvas) -> None:
        """Only below the words, which must stay legible."""
        canvas.saveState()
        path = canvas.beginPath()
        path.rect(0, 0, self.width, self.height)
        canvas.clipPath(path, stroke=0)
        canvas.setStrokeColor(SOFT)
        canvas.setLineWidth(0.45)
        start = -self.height
        while start < self.width:
            canvas.line(start, 0, start + self.height, self.height)
            start += 3
        canvas.setFillColor(white)
        for text, size, base in self._lines():
            wide = stringWidth(text, fonts.SEMIBOLD, size)
            canvas.rect((self.width - wide) / 2 - 1.5, base - 1.6, wide + 3, size + 0.8, stroke=0, fill=1)
        canvas.restoreState()

    def _edge(self, canvas: Canvas) -> None:
        canvas.setStrokeColor(SOFT)
        canvas.setLineWidth(0.5)
        if self.class_ == "unmeasured":
            canvas.setDash(1.4, 1.4)
        canvas.rect(0, 0, self.width, self.height, stroke=1, fill=0)

    def _words(self, canvas: Canvas, ink: Color) -> None:
        canvas.setFillColor(ink)
        for text, size, base in self._lines():
            canvas.setFont(fonts.SEMIBOLD, size)
            canvas.drawCentredString(self.width / 2, base, text)

    def _lines(self) -> Iterator[tuple[str, float, float]]:
        """(text, size, base line) of the name and of the figure."""
        name, size = fitted(self.name, self.width - 3)
        yield name, size, self.height - 8.2
        yield self.figure, FIGURE, 3.4


def fitted(name: str, width: float) -> tuple[str, float]:
    """The name at the largest size that fits, cut off with `…` where the smallest does not."""
    size = SMALL
    while size > SMALLEST and stringWidth(name, fonts.SEMIBOLD, size) > width:
        size -= 0.2
    shown = name
    while len(shown) > 1 and stringWidth(shown, fonts.SEMIBOLD, size) > width:
        shown = shown[:-2].rstrip() + "…"
    return shown, size


def city_map(index: Index, blocks: Sequence[Block], words: Words) -> Iterator[Flowable]:
    """Blocks of places without anything below them over the whole width, then the units, two side by side."""
    half = (WIDTH - COLUMN_GAP) / 2
    top = index.document["run"]["scope"]
    wide = [one for one in blocks if one.unit in (None, top) or len(one.tiles) > BESIDE]
    for block in wide:
        yield from _block(index, block, WIDTH, IN_ROW, words)
        yield Spacer(1, 5)
    units = [_block(index, block, half, IN_UNIT, words) for block in blocks if block not in wide]
    for left, right in _pairs(units):
        yield _side_by_side(list(left), list(right or ()), half)


def _pairs(units: Sequence[Iterator[Flowable]]) -> Iterator[tuple[Iterator[Flowable], Iterator[Flowable] | None]]:
    for at in range(0, len(units), 2):
        yield units[at], units[at + 1] if at + 1 < len(units) else None


def _side_by_side(left: list[Flowable], right: list[Flowable], half: float) -> Table:
    look = [*NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOTTOMPADDING", (0, 0), (-1, -1), 6)]
    return Table([[left, None, right]], colWidths=[half, COLUMN_GAP, half], style=look)


def _block(index: Index, block: Block, width: float, in_row: int, words: Words) -> Iterator[Flowable]:
    """A heading, and the tiles in rows; a row is a table of its own, so that a long block can break between rows."""
    tile = (width - (in_row - 1) * GAP) / in_row
    yield para(_title(index, block, words), "map_title", anchor=f"map-{block.unit or block.kind}")
    tiles = [_tile(index, block, place, tile, words) for place in block.tiles]
    look = [*NO_PADDING, ("RIGHTPADDING", (0, 0), (-2, -1), GAP), ("BOTTOMPADDING", (0, 0), (-1, -1), GAP)]
    for at in range(0, len(tiles), in_row):
        row: list[Flowable | None] = [*tiles[at : at + in_row]]
        row += [None] * (in_row - len(row))
        widths = [tile + GAP] * (in_row - 1) + [tile]
        yield Table([row], colWidths=widths, rowHeights=[TILE + GAP], style=look, hAlign="LEFT")


def _title(index: Index, block: Block, words: Words) -> str:
    if block.unit is None:
        return capital(words(f"map.{block.kind}"))
    name = words.name(index.sites[block.unit])
    return words("map.unit", name=name, figure=figure(block.whole, words)) if block.whole else name


def _tile(index: Index, block: Block, place: Place, width: float, words: Words) -> Tile:
    site = index.sites[place.site]
    own = place.site == block.unit
    name = words("map.own") if own else short(words.name(site))
    return Tile(name, figure(place, words), place.class_, width)


def figure(place: Place, words: Words) -> str:
    """Its percentage, or a sign that nothing could be measured."""
    return words.percent(place.percent) if place.known else "?"


def short(name: str) -> str:
    """A ward's name without what kind of place it is, where the rest is not a number: `Bến Nghé`, but `P. 13`."""
    for kind, letter in (("Phường ", "P."), ("Xã ", "X."), ("Thị trấn ", "TT."), ("Đặc khu ", "ĐK.")):
        if name.startswith(kind):
            rest = name.removeprefix(kind)
            return f"{letter} {rest}" if rest.isdigit() else rest
    return name


def key(words: Words) -> Table:
    """What the tones and patterns mean, a tile for each."""
    width, longer = 8 * mm, 8 * mm
    cells: list[Flowable] = []
    for class_ in TONES:
        cells += [Tile("", "", class_, width, 4 * mm), para(words(f"map_class.{class_}"), "tiny")]
    each = (WIDTH - longer) / len(TONES) - width - 4
    look = [*NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    widths = [width + 4, each] * len(TONES)
    return Table([cells], colWidths=[*widths[:-1], each + longer], style=look, hAlign="LEFT")
