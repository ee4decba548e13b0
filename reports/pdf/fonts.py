"""The typefaces, and text made fit for them: a character without a glyph would vanish silently, so it is spelt out."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import fontpkg
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
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
FORM, FORM_BOLD, FORM_ITALIC, FORM_BOLD_ITALIC = "Form", "FormBold", "FormItalic", "FormBoldItalic"
STAND_INS = {FORM: TEXT, FORM_BOLD: BOLD, FORM_ITALIC: ITALIC, FORM_BOLD_ITALIC: BOLD_ITALIC}
SUFFIXES = {FORM: "Regular", FORM_BOLD: "Bold", FORM_ITALIC: "Italic", FORM_BOLD_ITALIC: "BoldItalic"}
# Named by file: Debian's older Liberation 1 has the same family name, and lacks most Vietnamese letters.
LIKE_TIMES = {
    "Liberation Serif 2": "/usr/share/fonts/truetype/liberation2/LiberationSerif-{}.ttf",
    "Tinos": "/usr/share/fonts/truetype/croscore/Tinos-{}.ttf",
}
# What checks say of themselves with signs that no typeface of ours has.
LIKE = {"∈": "in", "∉": "not in", "✔": "OK"}
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
MISSING = "no typeface like Times New Roman (Debian: fonts-liberation2) is here: reports are set in Be Vietnam Pro"


@lru_cache
def vietnamese() -> str:
    """The 134 letters of Vietnamese that ASCII has not, composed: those with a mark or a tone, and đ."""
    toned = {unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in TONES}
    lower = sorted({letter for letter in toned if not letter.isascii()} | {"đ"})
    return "".join(lower) + "".join(lower).upper()


@lru_cache
def register() -> None:
    """Make the typefaces known to reportlab. If pages or tables begin with its own, it lists Helvetica unembedded."""
    for name, (family, weight, style) in FACES.items():
        pdfmetrics.registerFont(TTFont(name, str(fontpkg.path(family, weight, style))))
    pdfmetrics.registerFontFamily(TEXT, normal=TEXT, bold=BOLD, italic=ITALIC, boldItalic=BOLD_ITALIC)
    for name in SUFFIXES:
        pdfmetrics.registerFont(TTFont(name, str(file_of(name))))
    if form_typeface() is None:
        logging.getLogger(__name__).warning(MISSING)
    rl_config.canvas_basefontname = TEXT
    CellStyle.fontname = TEXT


@lru_cache
def form_typeface() -> str | None:
    """What stands for Times New Roman where the form of a document asks for it; None where nothing on this machine."""
    return next((name for name, pattern in LIKE_TIMES.items() if _complete(pattern)), None)


def file_of(name: str) -> Path:
    """The file of a typeface; Be Vietnam Pro's where the form's is not on this machine."""
    typeface = form_typeface()
    if name in SUFFIXES and typeface is not None:
        return Path(LIKE_TIMES[typeface].format(SUFFIXES[name]))
    return Path(fontpkg.path(*FACES[STAND_INS.get(name, name)]))


def _complete(pattern: str) -> bool:
    """All four styles are there, each with every Vietnamese letter."""
    return all(_has_all(Path(pattern.format(suffix))) for suffix in SUFFIXES.values())


def _has_all(file: Path) -> bool:
    try:
        glyphs = TTFont(f"trial-{file.stem}", str(file)).face.charToGlyph
    except TTFError:
        return False
    return all(ord(letter) in glyphs for letter in vietnamese())


def drawable(text: str, font: str = TEXT) -> str:
    """The text in NFC (or an accent would be drawn beside its letter), each character without a glyph as `[U+4E2D]`."""
    register()
    known = pdfmetrics.getFont(font).face.charToGlyph
    return "".join(_drawable(character, known) for character in unicodedata.normalize("NFC", text))


def runs(text: str, font: str = TEXT) -> Iterator[tuple[str, str]]:
    """The drawable text in parts, each with the typeface that has its glyphs: `MONO` alone has arrows."""
    register()
    known, other = (pdfmetrics.getFont(name).face.charToGlyph for name in (font, MONO))
    composed = unicodedata.normalize("NFC", text)
    if composed.isascii():  # as most text is: no look at each character
        yield font, drawable(composed, font)
        return
    apart = {one for one in composed if ord(one) not in known and ord(one) in other and one.isprintable()}
    for is_apart, part in groupby(composed, apart.__contains__):
        face = MONO if is_apart else font
        yield face, drawable("".join(part), face)


def _drawable(character: str, known: dict[int, int]) -> str:
    if character.isspace():
        return character if character == "\N{NO-BREAK SPACE}" else " "
    if ord(character) not in known and character in LIKE:
        return LIKE[character]
    invisible = unicodedata.category(character)[0] in "CM"  # a mark that no letter took would be drawn beside it
    return f"[U+{ord(character):04X}]" if invisible or ord(character) not in known else character
