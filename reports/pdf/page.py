"""The sheet: margins and page numbers as NĐ 30/2020/NĐ-CP has them, a foot that names the run, bookmarks."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from reports.pdf import fonts
from reports.pdf.style import BOTTOM, INK, LEFT, PAGE_HEIGHT, PAGE_WIDTH, SOFT, TOP, WIDTH, para

NUMBER_SIZE = 13
FOOT_SIZE = 7.5


class Sheet(BaseDocTemplate):
    """An A4 document, the same bytes for the same story: no clock, no chance."""

    def __init__(self, target: BytesIO, *, title: str, author: str, lang: str, foot: str) -> None:
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

    def _furnish(self, canvas: Canvas, _: Any) -> None:
        """The page number centred in the top margin, not on a first page; the run in the foot."""
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
