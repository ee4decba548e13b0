"""The first page: an administrative report that can stand alone, with the two targets and what moves them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date

from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, KeepInFrame, Spacer, Table

from reports.change import Change
from reports.document import Document, Score, day_of
from reports.index import Index
from reports.leadership import INFRASTRUCTURE, SYSTEMS, holds_back, moved, scores_of, weakest
from reports.pdf import fonts
from reports.pdf.bars import Bar, Rule, Swatch
from reports.pdf.style import ACCENT, ALARM, TINT, TRACK, WASH, WIDTH, para, styles
from reports.text import mode_notice
from reports.words import Words

LEFT_HEAD = 63 * mm
NUMBER_COLUMN = 45 * mm
PANEL_PADDING = 9
KEPT_TOGETHER = "THÀNH PHỐ"
SMALL_WORDS = ("VÀ", "OF", "AND", "THE", "FOR")
TONES = "\u0300\u0301\u0303\u0309\u0323"
NO_PADDING = [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]


def front(index: Index, change: Change | None, words: Words) -> Iterator[Flowable]:
    """Everything on page one, in order."""
    document = index.document
    yield _heads(document, words)
    yield Spacer(1, 9)
    yield para(words("leadership.title"), "title")
    yield Spacer(1, 2)
    yield para(words("leadership.subject"), "subject")
    yield Rule(28 * mm)
    notice = mode_notice(document, words)
    if notice:
        yield _notice(notice)
    yield para(_opening(index, words), "lead")
    yield Spacer(1, 6)
    yield _panel(document, weakest(document), INFRASTRUCTURE, change, words)
    yield Spacer(1, 6)
    yield _panel(document, SYSTEMS[0], SYSTEMS, change, words)
    yield Spacer(1, 4)
    yield _key(words)
    held = holds_back(index, words) or [words("leadership.nothing_holds")]
    points = [*_points(words("leadership.moved"), moved(change, words)), *_points(words("leadership.holds_back"), held)]
    yield KeepInFrame(WIDTH, 0, points, mode="shrink")


def _heads(document: Document, words: Words) -> Table:
    """Agency and number on the left, nation, motto, place and date on the right."""
    agency = document["city"]["agency"]
    day = day_of(document["run"]["ended"])
    parent = agency["parent"].upper().replace(KEPT_TOGETHER, KEPT_TOGETHER.replace(" ", "\N{NO-BREAK SPACE}"))
    left = [para(parent, "body_parent"), para(agency["name"].upper(), "agency"), Rule(22 * mm)]
    right = [para(words("leadership.nation"), "nation"), para(words("leadership.motto"), "motto"), _motto_rule(words)]
    number = para(words("leadership.number", symbol=symbol(agency["name"])), "number")
    place = para(words("leadership.place", place=agency["place"], **_parts(day, words)), "place")
    look = [*NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 1), (-1, 1), 5)]
    return Table([[left, right], [number, place]], colWidths=[LEFT_HEAD, WIDTH - LEFT_HEAD], style=look)


def symbol(agency: str) -> str:
    """The agency's letters, without their tones, as they stand in a report's number: `TTCĐS`."""
    letters = "".join(word[0] for word in agency.upper().split() if word not in SMALL_WORDS)
    bare = "".join(c for c in unicodedata.normalize("NFD", letters) if c not in TONES)
    return unicodedata.normalize("NFC", bare)


def _parts(day: date, words: Words) -> dict[str, str]:
    """Day and month as the form writes them: days under 10 and the months 1 and 2 with a leading nought."""
    month = f"{day.month:02}" if day.month <= 2 else str(day.month)  # noqa: PLR2004 - the form names months 1 and 2
    return {"day": f"{day.day:02}", "month": month, "year": str(day.year), "date": words.long_day(day)}


def _motto_rule(words: Words) -> Rule:
    """As long as the motto above it."""
    return Rule(stringWidth(words("leadership.motto"), fonts.BOLD, styles()["motto"].fontSize))


def _notice(text: str) -> Table:
    look = [
        ("LINEBEFORE", (0, 0), (0, -1), 3, ALARM, "butt"),
        ("LEFTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
    ]
    return Table([[para(text, "notice")]], colWidths=[WIDTH], style=look, spaceAfter=7)


def _opening(index: Index, words: Words) -> str:
    run = index.document["run"]
    return words(
        "leadership.opening",
        moment=words.moment(run["ended"]),
        scope=words.name(index.sites[run["scope"]]),
        assets=len(index.assets),
        sites=len(index.scope),
        systems=len(index.systems),
        standard=run["catalogue"]["id"].upper(),
    )


def _panel(document: Document, headline: str, names: Sequence[str], change: Change | None, words: Words) -> Table:
    """One target: its number large, and a bar for each score that it is made of."""
    title = words("leadership.infrastructure" if names is INFRASTRUCTURE else "leadership.plans")
    score = scores_of(document)[headline]
    number = [
        para(words.percent(score["percent"]), "number_large"),
        para(words("leadership.target", target=words.percent(score["target"])), "panel_target"),
        para(_movement(headline, change, words), "small"),
    ]
    bars = [row for name in names for row in _bar(name, scores_of(document)[name], words)]
    widths = [NUMBER_COLUMN, WIDTH - NUMBER_COLUMN]
    look = [
        ("BACKGROUND", (0, 0), (-1, -1), WASH),
        ("LINEBEFORE", (0, 0), (0, -1), 3, ACCENT, "butt"),
        ("SPAN", (0, 0), (-1, 0)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        *[(f"{side}PADDING", (0, 0), (-1, -1), PANEL_PADDING) for side in ("LEFT", "RIGHT")],
        ("TOPPADDING", (0, 0), (-1, 0), 7),
        ("BOTTOMPADDING", (0, 0), (-1, 0), 0),
        ("TOPPADDING", (0, 1), (-1, 1), 2),
        ("BOTTOMPADDING", (0, 1), (-1, 1), 7),
    ]
    return Table([[para(title, "label"), None], [number, bars]], colWidths=widths, style=look)


def _movement(name: str, change: Change | None, words: Words) -> str:
    if change is None:
        return words("leadership.lowest" if name in INFRASTRUCTURE else "leadership.share")
    return words("leadership.delta", points=words.points(change.scores[name].points))


def _bar(name: str, score: Score, words: Words) -> list[Flowable]:
    width = WIDTH - NUMBER_COLUMN - 2 * PANEL_PADDING
    label = para(words(f"score.{name}"), "bar_label")
    figure = para(
        words("leadership.figure", percent=words.percent(score["percent"]), met=score["met"], total=score["total"]),
        "bar_figure",
    )
    detail = words(
        "leadership.detail",
        coverage=words.percent(score["coverage"]),
        target=words.percent(score["target"]),
    )
    head = Table([[label, figure]], colWidths=[width - 40 * mm, 40 * mm], style=NO_PADDING)
    return [
        head,
        Spacer(1, 2.5),
        Bar(score, width, 8, score["target"]),
        Spacer(1, 1.5),
        para(detail, "tiny"),
        Spacer(1, 3),
    ]


def _key(words: Words) -> Table:
    """What the parts of a bar mean."""
    parts = ((ACCENT, "met"), (TINT, "unmeasured"), (TRACK, "not_met"), (None, "target"))
    cells = [cell for colour, name in parts for cell in (Swatch(colour), para(words(f"key.{name}"), "tiny"))]
    widths = [11, 27 * mm, 11, 37 * mm, 11, 31 * mm, 11, WIDTH - 95 * mm - 44]
    return Table([cells], colWidths=widths, style=[*NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "MIDDLE")], hAlign="LEFT")


def _points(title: str, lines: Sequence[str]) -> Iterator[Flowable]:
    yield Spacer(1, 7)
    yield para(title, "label")
    yield Spacer(1, 2)
    for line in lines:
        yield para(line, "point", bullet="–")
