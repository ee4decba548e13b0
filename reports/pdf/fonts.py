"""The typefaces, and text made fit for them: a character without a glyph would vanish silently, so it is spelt out."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import fontpkg
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus.tables import CellStyle

TEXT, BOLD, SEMIBOLD, ITALIC, BOLD_ITALIC, MONO = (
    "Text",
    "TextBold",
    "TextSemiBold",
    "TextItalic",
    "TextBoldItalic",
    "Mono",
)
FACES = {
    TEXT: ("Be Vietnam Pro", 400, "normal"),
    SEMIBOLD: ("Be Vietnam Pro", 600, "normal"),
    BOLD: ("Be Vietnam Pro", 700, "normal"),
    ITALIC: ("Be Vietnam Pro", 400, "italic"),
    BOLD_ITALIC: ("Be Vietnam Pro", 700, "italic"),
    MONO: ("IBM Plex Mono", 400, "normal"),
}


@lru_cache
def register() -> None:
    """Make the typefaces known to reportlab. If pages or tables begin with its own, it lists Helvetica unembedded."""
    for name, (family, weight, style) in FACES.items():
        pdfmetrics.registerFont(TTFont(name, str(fontpkg.path(family, weight, style))))
    pdfmetrics.registerFontFamily(TEXT, normal=TEXT, bold=BOLD, italic=ITALIC, boldItalic=BOLD_ITALIC)
    rl_config.canvas_basefontname = TEXT
    CellStyle.fontname = TEXT


def drawable(text: str, font: str = TEXT) -> str:
    """The text in NFC (or an accent would be drawn beside its letter), each character without a glyph as `[U+4E2D]`."""
    register()
    known = pdfmetrics.getFont(font).face.charToGlyph
    return "".join(_drawable(character, known) for character in unicodedata.normalize("NFC", text))


def _drawable(character: str, known: dict[int, int]) -> str:
    if character.isspace():
        return character if character == "\N{NO-BREAK SPACE}" else " "
    invisible = unicodedata.category(character)[0] == "C"
    return f"[U+{ord(character):04X}]" if invisible or ord(character) not in known else character
