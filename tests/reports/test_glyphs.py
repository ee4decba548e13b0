"""No name that is shipped or brought loses a character on paper: it has a glyph, or is spelt out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
import yaml

from inventory.workspace import SHIPPED, trees
from reports.formats import Report
from reports.pdf import audit, fonts, leadership, printed
from reports.pdf.tiles import fitted, short
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents
from tests.test_architecture import ROOT

HOSTILE = {
    "decomposed": (
        unicodedata.normalize("NFD", "Phường Trường Thọ, Quận Bình Thạnh"),
        "Phường Trường Thọ, Quận Bình Thạnh",
    ),
    "chinese": ("中文 Quận 5", "[U+4E2D][U+6587] Quận 5"),
    "emoji": ("Phường 🙂", "Phường [U+1F642]"),
    "right to left": ("a\u202eb\u2066c", "a[U+202E]b[U+2066]c"),
    "control": ("a\x00b\x1b[31mc\u200bd", "a[U+0000]b[U+001B][31mc[U+200B]d"),
    "lone surrogate": ("a\ud800b", "a[U+D800]b"),
    "mark without a letter": ("x\u0323\u0301", "x[U+0323][U+0301]"),
    "soft hyphen": ("a\xadb", "a[U+00AD]b"),
    "private use": ("a\ue000b", "a[U+E000]b"),
    "lines and tabs": ("a\nb\tc", "a b c"),
}


def texts(value: object) -> Iterator[str]:
    """Every text in a shipped file, wherever it stands."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def shipped() -> list[str]:
    files = sorted(SHIPPED.rglob("*.yaml"))
    assert {path.parent.name for path in files} >= {*trees()} - {"own"}
    return [text for path in files for text in texts(yaml.safe_load(path.read_text(encoding="utf-8")))]


def faces() -> tuple[str, ...]:
    fonts.register()
    return (*fonts.FACES, *fonts.SUFFIXES)


def test_every_shipped_name_of_both_trees_and_all_systems_is_drawn_as_it_is() -> None:
    names = set(shipped())
    assert len(names) > 700
    assert {"Phường Bến Nghé", "Huyện Nhà Bè"} <= names
    missing = {(face, name) for face in faces() for name in names if fonts.drawable(name, face) != name}
    assert not missing


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_of_the_report_itself_is_spelt_out(lang: Language) -> None:
    document = documents.month({**documents.practice(), "targets": documents.targets()})
    course = documents.course(document, ("2026-03", True, True))
    content = leadership.render(document, documents.practice(), Words(lang), course)
    assert "[U+" not in "".join(word for page in printed.pages(content) for word in page)


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_has_no_glyph_is_spelt_out_and_never_vanishes(kind: str) -> None:
    text, shown = HOSTILE[kind]
    for face in faces():
        assert fonts.drawable(text, face) == shown


@pytest.mark.parametrize("face", faces())
def test_of_all_characters_none_is_drawn_that_the_typeface_has_not(face: str) -> None:
    """A sample over all of Unicode: whatever comes out is in the typeface."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - after the typefaces are registered

    glyphs = pdfmetrics.getFont(face).face.charToGlyph
    for start in range(0, 0x110000, 997):
        assert all(ord(one) in glyphs for one in fonts.drawable(chr(start), face))
        assert fonts.drawable(chr(start), face)


def test_signs_that_checks_speak_with_are_drawn_and_not_spelt_out() -> None:
    """An arrow is drawn in the typeface that has it; what none has is told in a word."""
    assert list(fonts.runs("any → any", fonts.TEXT)) == [
        (fonts.TEXT, "any "),
        (fonts.MONO, "→"),
        (fonts.TEXT, " any"),
    ]
    for path in (ROOT / "checks").rglob("*.py"):
        signs = {one for one in path.read_text(encoding="utf-8") if one.isprintable() and not one.isspace()}
        for face in faces():
            told = "".join(part for _, part in fonts.runs("".join(sorted(signs)), face))
            assert "[U+" not in told, f"{path}: {face}"


def test_hostile_text_cannot_leave_its_paragraph() -> None:
    page = audit.render(Report(documents.hostile(), None, Words("vi")))
    assert "</font>" not in "".join(word for words in printed.pages(page) for word in words)


def test_a_tile_s_name_is_cut_only_where_it_must_be() -> None:
    for name in set(shipped()):
        shown, size = fitted(short(name), 42)
        assert size > 4
        assert shown == short(name) or shown.endswith("…")
    assert short("Phường 13") == "P. 13"
    assert short("Phường Bến Nghé") == "Bến Nghé"
