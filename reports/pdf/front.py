"""The first page: an administrative report that can stand alone, with the two targets and what moves them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date

from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, KeepInFrame, Spacer, Table

from reports import shortest
from reports.change import Change
from reports.document import Agency, Document, day_of
from reports.index import Index
from reports.leadership import NAMED, SYSTEMS, ages, called, holds_back, moved, way_to_target, weakest
from reports.pdf import fonts
from reports.pdf.bars import Rule
from reports.pdf.page import heading
from reports.pdf.panel import NO_PADDING, key, panel
from reports.pdf.style import ALARM, BOTTOM, PAGE_HEIGHT, TOP, WIDTH, para, styles
from reports.standings import INFRASTRUCTURE
from reports.text import mode_notice
from reports.words import Words

LEFT_HEAD = 66 * mm
KEPT_TOGETHER = "THÀNH PHỐ"
SMALL_WORDS = ("VÀ", "OF", "AND", "THE", "FOR")
TONES = "\u0300\u0301\u0303\u0309\u0323"
ROOM = PAGE_HEIGHT - TOP - BOTTOM


def front(index: Index, change: Change | None, words: Words) -> Iterator[Flowable]:
    """Everything on page one, in order."""
    above = [*heads(index.document, words), *_title(index, words), *_figures(index.document, change, words)]
    room = ROOM - _height(above)
    said = _fitting(index, change, words, room)
    yield from above
    yield from said if _height(said) <= room else [KeepInFrame(WIDTH, 0, said, mode="shrink")]


def _title(index: Index, words: Words) -> Iterator[Flowable]:
    document = index.document
    yield para(words("leadership.title"), "title")
    yield Spacer(1, 1)
    yield para(subject(document, words), "subject")
    yield Rule(28 * mm)
    notice = mode_notice(document, words)
    if notice:
        yield _notice(notice)
    if document["city"]["agency"].get("addressee"):
        yield para(words("leadership.addressee", to=document["city"]["agency"]["addressee"]), "addressee")
    yield para(_opening(index, words), "body")


def _figures(document: Document, change: Change | None, words: Words) -> Iterator[Flowable]:
    yield panel(document, weakest(document), INFRASTRUCTURE, change, words)
    yield Spacer(1, 5)
    yield panel(document, SYSTEMS[0], SYSTEMS, change, words)
    yield Spacer(1, 3)
    yield key(words)


def _fitting(index: Index, change: Change | None, words: Words, room: float) -> list[Flowable]:
    """What is said of the figures, with as many names as fit `room` (points) at the size that the form asks for."""
    path = shortest.path(index)
    story: list[Flowable] = []
    for named in range(NAMED, -1, -1):
        held = holds_back(index, words, named) or [words("leadership.nothing_holds")]
        story = [
            *_points("moved", 1, moved(change, words), words),
            *_points("holds_back", 2, held, words),
            *_points("path", 3, [way_to_target(index, path, words, named)], words),
        ]
        if _height(story) <= room:
            break
    return story


def _height(story: Sequence[Flowable]) -> float:
    """How high the parts are one below the other, in points; the first one's space above falls away, as on a page."""
    spaces = [one.getSpaceBefore() for one in story[1:]]
    after = [one.getSpaceAfter() for one in story]
    between = sum(max(pair) for pair in zip(after[:-1], spaces, strict=True))
    return float(sum(one.wrap(WIDTH, ROOM)[1] for one in story) + between + (after[-1] if after else 0))


def heads(document: Document, words: Words, numbered: str | None = None) -> Iterator[Flowable]:
    """Agency and number (a report's, if none is given) on the left; nation, motto, place and date on the right."""
    agency = document["city"]["agency"]
    day = day_of(document["run"]["ended"])
    parent = _kept_together(agency["parent"].upper())
    left = [para(parent, "body_parent"), para(agency["name"].upper(), "agency"), Rule(22 * mm)]
    right = [para(words("leadership.nation"), "nation"), para(words("leadership.motto"), "motto"), _motto_rule(words)]
    number = para(numbered or words("leadership.number", symbol=_symbol(agency)), "number")
    place = para(words("leadership.place", place=agency["place"], **_parts(day, words)), "place")
    look = [*NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "TOP")]
    yield Table([[left, right], [number, place]], colWidths=[LEFT_HEAD, WIDTH - LEFT_HEAD], style=look)
    yield Spacer(1, 9)


def _kept_together(parent: str) -> str:
    """Where the body's name needs two lines, it breaks before the name of the city."""
    before, city, rest = parent.partition(KEPT_TOGETHER)
    return before + (city + rest).replace(" ", "\N{NO-BREAK SPACE}")


def _symbol(agency: Agency) -> str:
    return agency.get("symbol") or symbol(agency["name"])


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
    return Rule(stringWidth(words("leadership.motto"), fonts.FORM_BOLD, styles()["motto"].fontSize))


def _notice(text: str) -> Table:
    look = [
        ("LINEBEFORE", (0, 0), (0, -1), 3, ALARM, "butt"),
        ("LEFTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]
    return Table([[para(text, "notice")]], colWidths=[WIDTH], style=look, spaceAfter=5)


def subject(document: Document, words: Words) -> str:
    """What the report is about, and of which month where it is of one."""
    told = words("leadership.subject")
    if "period" not in document:
        return told
    return words("leadership.subject_month", subject=told, month=called(document["period"]["month"], words))


def _opening(index: Index, words: Words) -> str:
    """What was measured when, how much of it, and by which ruler."""
    run = index.document["run"]
    days = [day for day, _ in ages(index) if day is not None]
    when = words("leadership.measured_until", moment=words.moment(run["ended"]))
    if "period" in index.document and days:
        when = words("leadership.measured_between", start=words.day(days[0]), end=words.day(days[-1]))
        if days[0] == days[-1]:
            when = words("leadership.measured_on", day=words.day(days[0]))
    return words(
        "leadership.opening",
        when=when,
        scope=words.name(index.sites[run["scope"]]),
        assets=len(index.assets),
        sites=len(index.scope),
        systems=len(index.systems),
        standard=run["catalogue"]["id"].upper(),
    )


def _points(name: str, number: int, lines: Sequence[str], words: Words) -> Iterator[Flowable]:
    title = words("leadership.numbered", number=number, title=words(f"leadership.{name}"))
    yield heading(title, f"front-{name}", "form_heading")
    for line in lines:
        yield para(words("leadership.item", text=line), "body")
