"""The look: one accent, calm greys, and paragraphs that hold text and never markup of strangers.

Heads, titles and signature follow NĐ 30/2020/NĐ-CP, Phụ lục I. Its sizes are for Times New Roman; Be Vietnam Pro is
larger to the eye, so place, number and running text are one to two points below them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
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


# name → what is other than in running text
LOOKS: dict[str, dict[str, Any]] = {
    "body": {},
    "body_parent": {"fontSize": 12, "leading": 15, "alignment": TA_CENTER},
    "agency": {"fontName": fonts.BOLD, "fontSize": 12, "leading": 15, "alignment": TA_CENTER},
    "nation": {"fontName": fonts.BOLD, "fontSize": 12, "leading": 16, "alignment": TA_CENTER},
    "motto": {"fontName": fonts.BOLD, "fontSize": 13, "leading": 17, "alignment": TA_CENTER},
    "number": {"fontSize": 11.5, "leading": 16, "alignment": TA_CENTER},
    "place": {"fontName": fonts.ITALIC, "fontSize": 11.5, "leading": 16, "alignment": TA_CENTER},
    "title": {"fontName": fonts.BOLD, "fontSize": 14, "leading": 18, "alignment": TA_CENTER},
    "subject": {"fontName": fonts.BOLD, "fontSize": 13, "leading": 17.5, "alignment": TA_CENTER},
    "notice": {"fontName": fonts.SEMIBOLD, "fontSize": 10, "leading": 14, "textColor": ALARM},
    "lead": {"fontSize": 10, "leading": 14.4},
    "point": {
        "fontSize": 10,
        "leading": 14.2,
        "leftIndent": 12,
        "bulletFontSize": 10,
        "bulletIndent": 0,
        "spaceAfter": 2.2,
    },
    "label": {"fontName": fonts.SEMIBOLD, "fontSize": 10.5, "leading": 14, "textColor": ACCENT},
    "number_large": {"fontName": fonts.BOLD, "fontSize": 30, "leading": 37, "textColor": ACCENT},
    "panel_target": {"fontName": fonts.SEMIBOLD, "fontSize": 10, "leading": 14},
    "bar_label": {"fontSize": 9.5, "leading": 12.5},
    "bar_figure": {"fontName": fonts.SEMIBOLD, "fontSize": 9.5, "leading": 12.5, "alignment": TA_RIGHT},
    "tiny": {"fontSize": 7.8, "leading": 10.6, "textColor": SOFT},
    "small": {"fontSize": 8.5, "leading": 12, "textColor": SOFT},
    "heading": {
        "fontName": fonts.BOLD,
        "fontSize": 14,
        "leading": 19,
        "textColor": ACCENT,
        "spaceBefore": 14,
        "spaceAfter": 5,
    },
    "subheading": {"fontName": fonts.SEMIBOLD, "fontSize": 11, "leading": 15, "spaceBefore": 8, "spaceAfter": 3},
    "note": {"fontSize": 9.5, "leading": 13.6, "textColor": SOFT, "spaceAfter": 6},
    "cell": {"fontSize": 8.5, "leading": 11.8},
    "cell_strong": {"fontName": fonts.SEMIBOLD, "fontSize": 8.5, "leading": 11.8},
    "cell_right": {"fontSize": 8.5, "leading": 11.8, "alignment": TA_RIGHT},
    "cell_mono": {"fontName": fonts.MONO, "fontSize": 7.8, "leading": 11.8},
    "code": {"fontName": fonts.MONO, "fontSize": 7, "leading": 9.6, "textColor": SOFT},
    "footnote": {"fontSize": 8.5, "leading": 12, "textColor": SOFT, "spaceBefore": 5},
    "code_block": {"fontName": fonts.MONO, "fontSize": 9.5, "leading": 15, "leftIndent": 10},
    "tiny_right": {"fontSize": 7.4, "leading": 9.8, "textColor": SOFT, "alignment": TA_RIGHT},
    "head": {"fontName": fonts.SEMIBOLD, "fontSize": 8, "leading": 10.6, "textColor": SOFT},
    "head_right": {
        "fontName": fonts.SEMIBOLD,
        "fontSize": 8,
        "leading": 10.6,
        "textColor": SOFT,
        "alignment": TA_RIGHT,
    },
    "annex": {"fontName": fonts.BOLD, "fontSize": 14, "leading": 19, "alignment": TA_CENTER},
    "annex_title": {"fontName": fonts.BOLD, "fontSize": 13, "leading": 18, "spaceAfter": 8, "alignment": TA_CENTER},
    "signer": {"fontName": fonts.BOLD, "fontSize": 13, "leading": 17, "alignment": TA_CENTER},
    "copies": {"fontName": fonts.BOLD_ITALIC, "fontSize": 12, "leading": 16},
    "copy": {"fontSize": 11, "leading": 15},
}


@lru_cache
def styles() -> dict[str, ParagraphStyle]:
    """Every paragraph style by name."""
    fonts.register()
    text = {"fontName": fonts.TEXT, "bulletFontName": fonts.TEXT, "fontSize": 11, "leading": 16, "textColor": INK}
    return {name: ParagraphStyle(name, **{**text, **changes}) for name, changes in LOOKS.items()}


def para(text: str, style: str = "body", *, bullet: str | None = None) -> Paragraph:
    """The text as a paragraph: escaped, cut where it is endless, and made of glyphs that exist."""
    chosen = styles()[style]
    shown = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return Paragraph(escape(fonts.drawable(shown, chosen.fontName)), chosen, bulletText=bullet)
