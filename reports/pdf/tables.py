"""What all tables of a report share: their columns by name, and how lists of clauses and names are cut short."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.lib.units import mm

from reports.index import Index
from reports.pdf.rows import Cells, Rows
from reports.pdf.style import WIDTH, para
from reports.words import Words

FEW = 4


def table(words: Words, columns: Sequence[tuple[str, float]], rows: Sequence[Cells]) -> Rows:
    """Rows under the columns' names; widths in millimetres, 0 takes what is left, a leading `>` sets a head right."""
    head = [para(words(f"column.{n.lstrip('>')}"), "head_right" if n.startswith(">") else "head") for n, _ in columns]
    left = WIDTH - sum(width for _, width in columns) * mm
    return Rows(head, rows, [width * mm or left for _, width in columns])


def clauses(index: Index, numbers: Sequence[str]) -> str:
    """The first clauses, unverified ones with an asterisk."""
    shown = [f"{number}*" if number in index.unverified else number for number in numbers]
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
