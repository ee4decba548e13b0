"""The look: one accent, calm greys, and paragraphs that hold text and never markup of strangers.

The first page and the end follow NĐ 30/2020/NĐ-CP, Phụ lục I, in its typeface and sizes (`FORMS`). Inside pages, tables
and charts have a look of their own (`LOOKS`), in Be Vietnam Pro.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from reportlab.lib.colors import HexColor, black
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

FIRST_LINE = 10 * mm
BETWEEN = 6
STAND_IN = 0.86

# The form's parts by name: NĐ 30/2020/NĐ-CP, Phụ lục I, Mục II; sizes in points
FORMS: dict[str, dict[str, Any]] = {
    "body": {"alignment": TA_JUSTIFY, "firstLineIndent": FIRST_LINE, "spaceAfter": BETWEEN},
    "body_parent": {"fontSize": 12, "leading": 14, "alignment": TA_CENTER},
    "agency": {"fontName": fonts.FORM_BOLD, "fontSize": 12, "leading": 14, "alignment": TA_CENTER},
    "nation": {"fontName": fonts.FORM_BOLD, "alignment": TA_CENTER},
    "motto": {"fontName": fonts.FORM_BOLD, "alignment": TA_CENTER},
    "number": {"alignment": TA_CENTER},
    "place": {"fontName": fonts.FORM_ITALIC, "alignment": TA_CENTER},
    "title": {"fontName": fonts.FORM_BOLD, "fontSize": 14, "leading": 17, "alignment": TA_CENTER},
    "subject": {"fontName": fonts.FORM_BOLD, "fontSize": 14, "leading": 16.5, "alignment": TA_CENTER},
    "addressee": {"alignment": TA_CENTER, "spaceAfter": BETWEEN},
    "form_heading": {
        "fontName": fonts.FORM_BOLD,
        "firstLineIndent": FIRST_LINE,
        "spaceBefore": BETWEEN,
        "spaceAfter": BETWEEN,
        "keepWithNext": 1,
    },
    "annex": {"fontName": fonts.FORM_BOLD, "fontSize": 14, "leading": 19, "alignment": TA_CENTER},
    "annex_title": {
        "fontName": fonts.FORM_BOLD,
        "fontSize": 13,
        "leading": 17,
        "spaceAfter": 8,
        "alignment": TA_CENTER,
    },
    "signer": {"fontName": fonts.FORM_BOLD, "leading": 16, "alignment": TA_CENTER},
    "copies": {"fontName": fonts.FORM_BOLD_ITALIC, "fontSize": 12, "leading": 15},
    "copy": {"fontSize": 11, "leading": 13.5},
}

# name → what is other than in running text
LOOKS: dict[str, dict[str, Any]] = {
    "notice": {"fontName": fonts.SEMIBOLD, "fontSize": 9, "leading": 12, "textColor": ALARM},
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
    "number_large": {"fontName": fonts.BOLD, "fontSize": 25, "leading": 30, "textColor": ACCENT},
    "panel_target": {"fontName": fonts.SEMIBOLD, "fontSize": 9.5, "leading": 12},
    "bar_label": {"fontSize": 9, "leading": 11.5},
    "bar_figure": {"fontSize": 9, "leading": 11.5, "alignment": TA_RIGHT},
    "bar_floor": {"fontName": fonts.BOLD, "fontSize": 9, "leading": 11.5, "alignment": TA_RIGHT},
    "cell_right_strong": {"fontName": fonts.SEMIBOLD, "fontSize": 8.5, "leading": 11.8, "alignment": TA_RIGHT},
    "group": {"fontName": fonts.BOLD, "fontSize": 8.5, "leading": 11.8, "textColor": ACCENT, "spaceBefore": 4},
    "chart_title": {"fontName": fonts.SEMIBOLD, "fontSize": 9, "leading": 12},
    "small_point": {
        "fontSize": 8.2,
        "leading": 11.2,
        "leftIndent": 9,
        "bulletFontSize": 8.2,
        "bulletIndent": 0,
        "spaceAfter": 1.5,
    },
    "map_title": {"fontName": fonts.SEMIBOLD, "fontSize": 8.5, "leading": 12.5},
    "tiny": {"fontSize": 7.8, "leading": 10.6, "textColor": SOFT},
    "small": {"fontSize": 7.8, "leading": 10, "textColor": SOFT},
    "heading": {
        "fontName": fonts.BOLD,
        "fontSize": 14,
        "leading": 19,
        "textColor": ACCENT,
        "spaceBefore": 14,
        "spaceAfter": 5,
    },
    "inside_title": {"fontName": fonts.BOLD, "fontSize": 18, "leading": 24},
    "subheading": {
        "fontName": fonts.SEMIBOLD,
        "fontSize": 11,
        "leading": 15,
        "spaceBefore": 8,
        "spaceAfter": 3,
        "keepWithNext": 1,
    },
    "note": {"fontSize": 9.5, "leading": 13.6, "textColor": SOFT, "spaceAfter": 6},
    "cell": {"fontSize": 8.5, "leading": 11.8},
    "cell_strong": {"fontName": fonts.SEMIBOLD, "fontSize": 8.5, "leading": 11.8},
    "cell_right": {"fontSize": 8.5, "leading": 11.8, "alignment": TA_RIGHT},
    "cell_small": {"fontSize": 7.4, "leading": 11.8},
    "cell_mono": {"fontName": fonts.MONO, "fontSize": 7.8, "leading": 11.8},
    "code": {"fontName": fonts.MONO, "fontSize": 7, "leading": 9.6, "textColor": SOFT},
    "footnote": {"fontSize": 8.5, "leading": 12, "textColor": SOFT, "spaceBefore": 5},
    "code_block": {"fontName": fonts.MONO, "fontSize": 9.5, "leading": 15, "leftIndent": 10},
    "asset": {"fontName": fonts.SEMIBOLD, "fontSize": 10, "leading": 13.5, "spaceBefore": 9},
    "site": {"fontName": fonts.SEMIBOLD, "fontSize": 11, "leading": 15, "spaceBefore": 8, "textColor": ACCENT},
    "code_list": {"fontName": fonts.MONO, "fontSize": 6.3, "leading": 8.8},
    "code_small": {"fontName": fonts.MONO, "fontSize": 8, "leading": 11.5, "backColor": WASH, "borderPadding": 3},
    "tiny_right": {"fontSize": 7.4, "leading": 9.8, "textColor": SOFT, "alignment": TA_RIGHT},
    "head": {"fontName": fonts.SEMIBOLD, "fontSize": 8, "leading": 10.6, "textColor": SOFT},
    "head_right": {
        "fontName": fonts.SEMIBOLD,
        "fontSize": 8,
        "leading": 10.6,
        "textColor": SOFT,
        "alignment": TA_RIGHT,
    },
}


@lru_cache
def styles() -> dict[str, ParagraphStyle]:
    """Every paragraph style by name."""
    fonts.register()
    text = {"fontName": fonts.TEXT, "bulletFontName": fonts.TEXT, "fontSize": 11, "leading": 16, "textColor": INK}
    looks = {name: ParagraphStyle(name, **{**text, **changes}) for name, changes in LOOKS.items()}
    return {**looks, **{name: ParagraphStyle(name, **_formal(changes)) for name, changes in FORMS.items()}}


def _formal(changes: dict[str, Any]) -> dict[str, Any]:
    """A part of the form: black, 13 points if nothing else is said. Be Vietnam Pro in its place, larger to the eye, is
    set smaller.
    """
    look = {"fontName": fonts.FORM, "bulletFontName": fonts.FORM, "fontSize": 13, "leading": 15.6, **changes}
    if fonts.form_typeface() is None:
        look["fontSize"] *= STAND_IN
    return {**look, "textColor": black}


def listed(lines: Sequence[tuple[str, str]], style: str) -> Paragraph:
    """A line for each pair, its second part paler; escaped, and made of glyphs that exist."""
    chosen = styles()[style]
    shown = ([_markup(part, chosen.fontName) for part in pair] for pair in lines)
    return Paragraph(
        "<br/>".join(f'{first} <font color="{SOFT.hexval()}">{more}</font>' for first, more in shown), chosen
    )


def _markup(text: str, font: str) -> str:
    """The text as a paragraph takes it: escaped, made of glyphs that exist, signs that it lacks in another typeface."""
    return "".join(
        escape(part) if face == font else f'<font name="{face}">{escape(part)}</font>'
        for face, part in fonts.runs(text, font)
    )


def para(
    text: str,
    style: str = "body",
    *,
    bullet: str | None = None,
    longest: int = LONGEST,
    to: str | None = None,
    anchor: str | None = None,
) -> Paragraph:
    """The text as a paragraph: escaped, cut where it is endless, and made of glyphs that exist.

    `to` makes a link of it to a bookmark or an anchor of the same document; `anchor` is a name that links lead to.
    """
    chosen = styles()[style]
    cut = text if len(text) <= longest else text[:longest] + "…"
    shown = _markup(cut, chosen.fontName)
    if to is not None:
        shown = f"<a href={quoteattr(f'#{to}')}>{shown}</a>"
    if anchor is not None:
        shown = f"<a name={quoteattr(anchor)}/>{shown}"
    return Paragraph(shown, chosen, bulletText=bullet)
