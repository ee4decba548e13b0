"""The look: one accent, calm greys, and paragraphs that hold text and never markup of strangers.

Heads, titles and signature follow NĐ 30/2020/NĐ-CP, Phụ lục I. Its sizes are for Times New Roman; Be Vietnam Pro is
larger to the eye, so place, number and running text are one to two points below them.
"""

from __future__ import annotations

from functools import lru_cache
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph

from reports.pdf import fonts

INK, SOFT, LINE, WASH = HexColor("#1b2226"), HexColor("#56626a"), HexColor("#cfd6da"), HexColor("#f3f6f7")
ACCENT, TINT, TRACK, ALARM = HexColor("#12586b"), HexColor("#9cc4cf"), HexColor("#e3e7e9"), HexColor("#8c2f1c")

PAGE_WIDTH, PAGE_HEIGHT = A4
LEFT, RIGHT, TOP, BOTTOM = 30 * mm, 15 * mm, 20 * mm, 20 * mm
WIDTH = PAGE_WIDTH - LEFT - RIGHT
LONGEST = 400


@lru_cache
def styles() -> dict[str, ParagraphStyle]:
    """Every paragraph style by name."""
    fonts.register()
    body = ParagraphStyle(
        "body", fontName=fonts.TEXT, bulletFontName=fonts.TEXT, fontSize=11, leading=16, textColor=INK
    )

    def style(name: str, **changes: object) -> ParagraphStyle:
        return ParagraphStyle(name, parent=body, **changes)

    centred = {"alignment": TA_CENTER}
    made = [
        body,
        style("justified", alignment=TA_JUSTIFY, firstLineIndent=10 * mm, spaceAfter=6),
        style("body_parent", fontSize=12, leading=15, **centred),
        style("agency", fontName=fonts.BOLD, fontSize=12, leading=15, **centred),
        style("nation", fontName=fonts.BOLD, fontSize=12, leading=16, **centred),
        style("motto", fontName=fonts.BOLD, fontSize=13, leading=17, **centred),
        style("number", fontSize=11.5, leading=16, **centred),
        style("place", fontName=fonts.ITALIC, fontSize=11.5, leading=16, **centred),
        style("title", fontName=fonts.BOLD, fontSize=14, leading=18, **centred),
        style("subject", fontName=fonts.BOLD, fontSize=13, leading=17.5, **centred),
        style("notice", fontName=fonts.SEMIBOLD, fontSize=10, leading=14, textColor=ALARM),
        style("lead", fontSize=10, leading=14.4),
        style("point", fontSize=10, leading=14.2, leftIndent=12, bulletFontSize=10, bulletIndent=0, spaceAfter=2.2),
        style("label", fontName=fonts.SEMIBOLD, fontSize=10.5, leading=14, textColor=ACCENT),
        style("number_large", fontName=fonts.BOLD, fontSize=30, leading=37, textColor=ACCENT),
        style("panel_target", fontName=fonts.SEMIBOLD, fontSize=10, leading=14),
        style("bar_label", fontSize=9.5, leading=12.5),
        style("bar_figure", fontName=fonts.SEMIBOLD, fontSize=9.5, leading=12.5, alignment=TA_RIGHT),
        style("tiny", fontSize=7.8, leading=10.6, textColor=SOFT),
        style("small", fontSize=8.5, leading=12, textColor=SOFT),
        style("heading", fontName=fonts.BOLD, fontSize=14, leading=19, textColor=ACCENT, spaceBefore=14, spaceAfter=5),
        style("subheading", fontName=fonts.SEMIBOLD, fontSize=11, leading=15, spaceBefore=8, spaceAfter=3),
        style("note", fontSize=9.5, leading=13.6, textColor=SOFT, spaceAfter=6),
        style("cell", fontSize=8.5, leading=11.8),
        style("cell_strong", fontName=fonts.SEMIBOLD, fontSize=8.5, leading=11.8),
        style("cell_right", fontSize=8.5, leading=11.8, alignment=TA_RIGHT),
        style("cell_mono", fontName=fonts.MONO, fontSize=7.8, leading=11.8),
        style("code", fontName=fonts.MONO, fontSize=7, leading=9.6, textColor=SOFT),
        style("footnote", fontSize=8.5, leading=12, textColor=SOFT, spaceBefore=5),
        style("code_block", fontName=fonts.MONO, fontSize=9.5, leading=15, leftIndent=10),
        style("tiny_right", fontSize=7.4, leading=9.8, textColor=SOFT, alignment=TA_RIGHT),
        style("head", fontName=fonts.SEMIBOLD, fontSize=8, leading=10.6, textColor=SOFT),
        style("head_right", fontName=fonts.SEMIBOLD, fontSize=8, leading=10.6, textColor=SOFT, alignment=TA_RIGHT),
        style("annex", fontName=fonts.BOLD, fontSize=14, leading=19, **centred),
        style("annex_title", fontName=fonts.BOLD, fontSize=13, leading=18, spaceAfter=8, **centred),
        style("signer", fontName=fonts.BOLD, fontSize=13, leading=17, **centred),
        style("signing", fontName=fonts.ITALIC, fontSize=10, leading=14, textColor=SOFT, **centred),
        style("copies", fontName=fonts.BOLD_ITALIC, fontSize=12, leading=16),
        style("copy", fontSize=11, leading=15),
    ]
    return {one.name: one for one in made}


def para(text: str, style: str = "body", *, bullet: str | None = None) -> Paragraph:
    """The text as a paragraph: escaped, cut where it is endless, and made of glyphs that exist."""
    chosen = styles()[style]
    shown = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return Paragraph(escape(fonts.drawable(shown, chosen.fontName)), chosen, bulletText=bullet)
