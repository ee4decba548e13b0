"""The sheet: margins and page numbers as NĐ 30/2020/NĐ-CP has them, a foot that names the run, bookmarks."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from reports.pdf import fonts
from reports.pdf.style import BOTTOM, INK, LEFT, PAGE_HEIGHT, PAGE_WIDTH, SOFT, TOP, WIDTH, para

NUMBER_SIZE = 13
FOOT_SIZE = 7.5


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle on a page (the first is 0): left, bottom, right, top in points from the lower left corner."""

    page: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A PDF, and where on it the mark of whoever signs it belongs."""

    content: bytes
    place: Place


class Sheet(BaseDocTemplate):
    """An A4 document, the same bytes for the same story: no clock, no chance."""

    def __init__(
        self,
        target: BytesIO,
        *,
        title: str,
        author: str,
        lang: str,
        foot: str,
        carries: tuple[str, bytes] | None = None,
    ) -> None:
        """`carries` is a file, by name and content, that travels with the pages."""
        fonts.register()
        margins = {
            "leftMargin": LEFT,
            "rightMargin": PAGE_WIDTH - LEFT - WIDTH,
            "topMargin": TOP,
            "bottomMargin": BOTTOM,
        }
        shown = {"title": fonts.drawable(title), "author": fonts.drawable(author), "lang": lang}
        super().__init__(target, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1, creator="Rà Soát", **margins, **shown)
        self.foot = fonts.drawable(foot)
        no_padding = dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0)
        frame = Frame(LEFT, BOTTOM, WIDTH, PAGE_HEIGHT - TOP - BOTTOM, id="body", **no_padding)
        self.addPageTemplates([PageTemplate(id="page", frames=[frame], onPageEnd=self._furnish)])
        self.first = 1
        self.carries = carries

    def _furnish(self, canvas: Canvas, _: Any) -> None:
        """The page number centred in the top margin, not on a first page; the run in the foot."""
        if self.carries is not None and canvas.getPageNumber() == 1:
            _carry(canvas, *self.carries)
        canvas.saveState()
        number = canvas.getPageNumber() - self.first + 1
        if number > 1:
            canvas.setFont(fonts.FORM, NUMBER_SIZE)
            canvas.setFillColor(INK)
            canvas.drawCentredString(PAGE_WIDTH / 2, PAGE_HEIGHT - TOP / 2 - NUMBER_SIZE / 3, str(number))
        canvas.setFont(fonts.TEXT, FOOT_SIZE)
        canvas.setFillColor(SOFT)
        canvas.drawString(LEFT, BOTTOM / 2, self.foot)
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab's name
        """A bookmark for each heading; page numbers begin anew where it is said."""
        if isinstance(flowable, NewNumbers):
            self.first = self.page
        bookmark = getattr(flowable, "bookmark", None)
        if bookmark is not None:
            self.canv.bookmarkPage(bookmark)
            level = getattr(flowable, "level", 0)
            self.canv.addOutlineEntry(flowable.getPlainText(), bookmark, level=level, closed=level > 0)


def _carry(canvas: Canvas, name: str, content: bytes) -> None:
    """Put a file into the PDF (ISO 32000-1, 7.11.4): reportlab has no word for it, so its objects are made by hand."""
    document = canvas._doc
    stream = PDFStream(PDFDictionary({"Type": PDFName("EmbeddedFile")}))
    stream.content = content.decode("ascii")
    kept = PDFDictionary({"F": document.Reference(stream)})
    file = {"Type": PDFName("Filespec"), "F": PDFString(name), "UF": PDFString(name), "EF": kept}
    named = PDFDictionary({"Names": PDFArray([PDFString(name), document.Reference(PDFDictionary(file))])})
    document.Catalog.Names = PDFDictionary({"EmbeddedFiles": named})


class Room(Flowable):
    """Empty space of the width of its column, which remembers where it was put."""

    def __init__(self, height: float) -> None:
        super().__init__()
        self.height = height
        self.place: Place | None = None

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.width = width
        return width, self.height

    def draw(self) -> None:
        left, bottom = self.canv.absolutePosition(0, 0)
        corners = (left, bottom, left + self.width, bottom + self.height)
        self.place = Place(self.canv.getPageNumber() - 1, corners)


class NewNumbers(Flowable):
    """The page that this stands on is a first page."""

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        """Nothing is to be seen of it."""


def heading(text: str, bookmark: str, style: str = "heading", level: int = 0) -> Paragraph:
    """A section's heading, also found in the reader's outline, `level` deep."""
    made = para(text, style)
    made.bookmark, made.level = bookmark, level
    return made
