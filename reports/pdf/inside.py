"""What working papers (fix lists, the full audit) share: how they begin, and tables under words of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table

from reports.document import Document, Tally
from reports.leadership import called
from reports.pdf.bars import Bar
from reports.pdf.page import Sheet
from reports.pdf.rows import Cells, Rows
from reports.pdf.style import WIDTH, para
from reports.text import mode_notice
from reports.words import Words, capital

WHOLE = 1_000_000
"""Characters that are never cut: commands and lists of evidence."""


def sheet(target: BytesIO, document: Document, words: Words, title: str) -> Sheet:
    """An empty document of this title, its foot naming the run."""
    run = document["run"]
    foot = words("leadership.foot", run=capital(called(run["id"], words)), mode=words(f"mode_name.{run['mode']}"))
    return Sheet(target, title=title, author=document["city"]["agency"]["name"], lang=words.lang, foot=foot)


def opening(document: Document, words: Words, kicker: str, title: str) -> Iterator[Flowable]:
    """The title, when it was measured, and what must be said of a city that is not the real one."""
    yield para(kicker, "label")
    yield para(title, "inside_title")
    yield para(words("fixlist.measured", moment=words.moment(document["run"]["ended"])), "note")
    notice = mode_notice(document, words)
    if notice:
        yield para(notice, "notice")
        yield Spacer(1, 6)


def tallies(shares: Mapping[str, Tally], targets: Mapping[str, float], words: Words) -> Table:
    """A line for each score: its name, its bar with the target where it has one here, its figures."""
    rows = [
        [
            para(words(f"score.{name}"), "cell_strong"),
            Bar(tally, 50 * mm, 6, targets.get(name)),
            para(words.percent(tally["percent"]), "cell_right_strong"),
            para(
                words(
                    "fixlist.tally", met=tally["met"], total=tally["total"], coverage=words.percent(tally["coverage"])
                ),
                "tiny",
            ),
        ]
        for name, tally in shares.items()
    ]
    look = [
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        *[(f"{side}PADDING", (0, 0), (-1, -1), 2.2) for side in ("TOP", "BOTTOM")],
    ]
    return Table(rows, colWidths=[55 * mm, 55 * mm, 17 * mm, WIDTH - 127 * mm], style=look, hAlign="LEFT")


def table(words: Words, columns: Sequence[tuple[str, float]], rows: Sequence[Cells]) -> Rows:
    """Rows under these words (keys); widths in millimetres, 0 takes what is left, a leading `>` sets a head right."""
    head = [para(words(key.lstrip(">")), "head_right" if key.startswith(">") else "head") for key, _ in columns]
    left = WIDTH - sum(width for _, width in columns) * mm
    return Rows(head, rows, [width * mm or left for _, width in columns])
