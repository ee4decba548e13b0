"""What all tables of a report share: their columns by name, and how lists of clauses and names are cut short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable

from reports.index import Index
from reports.pdf.page import heading
from reports.pdf.rows import Cells, Rows
from reports.pdf.style import WIDTH, para
from reports.words import Words

FEW = 4
Numbers = Iterator[int]
"""The numbers of a report's sections, each taken when its heading is made."""


def opening(
    words: Words, name: str, numbers: Numbers, room: float = 45 * mm, to: str | None = None
) -> Iterator[Flowable]:
    """A section's numbered heading with at least `room` (points) below it, and the sentence on how to read it.

    `to` is where that sentence leads: the annex with the list.
    """
    yield CondPageBreak(room)
    yield heading(words("leadership.numbered", number=next(numbers), title=words(f"{name}.title")), name)
    yield para(words(f"{name}.note"), "note", to=to)


def table(
    words: Words, columns: Sequence[tuple[str, float]], rows: Sequence[Cells], groups: frozenset[int] = frozenset()
) -> Rows:
    """Rows under the columns' names; widths in millimetres, 0 takes what is left, a leading `>` sets a head right.

    `groups` are the numbers of the rows that head those below them.
    """
    head = [para(words(f"column.{n.lstrip('>')}"), "head_right" if n.startswith(">") else "head") for n, _ in columns]
    left = WIDTH - sum(width for _, width in columns) * mm
    return Rows(head, rows, [width * mm or left for _, width in columns], groups=groups)


def clauses(index: Index, numbers: Sequence[str]) -> str:
    """The first clauses, unverified ones with an asterisk."""
    shown = index.marked(numbers)
    return ", ".join([*shown[:FEW], *(["…"] if len(shown) > FEW else [])]) or "–"


def few(names: Sequence[str], words: Words) -> str:
    """The first names, and how many more there are."""
    more = len(names) - FEW
    return ", ".join(names) if more <= 0 else ", ".join([*names[:FEW], words("leadership.more", n=more)])


def place(index: Index, site: str, words: Words) -> str:
    """The site, and the district or department that it belongs to."""
    unit = index.unit(site)
    name = words.name(index.sites[site])
    return name if unit == site else f"{name}, {words.name(index.sites[unit])}"
