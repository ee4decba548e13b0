"""The leadership report: one page to decide by, then every number's list, and how it was made."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from io import BytesIO

from reportlab.platypus import Flowable, PageBreak

from reports import change
from reports.document import Document
from reports.index import Index
from reports.leadership import called
from reports.pdf import beyond, closing, overview, record, sections
from reports.pdf.annexes import annexes
from reports.pdf.front import front, subject
from reports.pdf.page import Drawn, Room, Sheet
from reports.pdf.scorecard import scorecard
from reports.trend import Trend
from reports.words import Words, capital
from runner import canonical

FIRST_INSIDE = 4


def render(document: Document, previous: Document | None, words: Words, trend: Trend | None = None) -> bytes:
    """The PDF. The same documents, history and language give the same bytes."""
    return draw(document, previous, words, trend).content


def draw(document: Document, previous: Document | None, words: Words, trend: Trend | None = None) -> Drawn:
    """The PDF, which carries its record, and the place between the signer's post and name."""
    index = Index(document)
    run = document["run"]
    target = BytesIO()
    kept = record.encoded(record.make(document, previous, trend, words.lang))
    sheet = Sheet(
        target,
        title=subject(document, words),
        author=document["city"]["agency"]["name"],
        lang=words.lang,
        foot=words("leadership.foot", run=capital(called(run["id"], words)), mode=words(f"mode_name.{run['mode']}")),
        carries=(record.NAME, kept),
    )
    moved = change.between(previous, document) if previous else None
    mark = Room(closing.SIGNING_ROOM)
    story = [*front(index, moved, words), PageBreak(), *_inside(index, trend, words)]
    end = closing.ending(document, canonical.sha256(kept), mark, words)
    sheet.build([*story, end, *annexes(index, trend, words)])
    assert mark.place is not None, "the end is always drawn"  # noqa: S101
    return Drawn(target.getvalue(), mark.place)


def _inside(index: Index, trend: Trend | None, words: Words) -> Iterator[Flowable]:
    """The pages behind the first; their numbers go on from those of the first page."""
    numbers = itertools.count(FIRST_INSIDE)
    yield from overview.course(trend, words, numbers)
    yield from overview.picture(index, words, numbers)
    yield from sections.districts(index, words, numbers)
    yield from sections.plans_of_systems(index, words, numbers)
    yield from sections.out_of_reach(index, trend, words, numbers)
    yield from beyond.unlisted_things(index, words, numbers)
    yield from sections.worst(index, words, numbers)
    yield from sections.endings(index, words, numbers)
    yield from scorecard(index, words, numbers)
    yield from closing.method(index, words, numbers)
