"""How the five scores went from report to report: what a chart draws and what a list says of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reports.document import Scores

Pair = tuple[str, str]
"""An asset's id and a check's."""


@dataclass(frozen=True, slots=True)
class Point:
    """The scores as one month (`2026-10`) or one run had them, and what changed since the point before.

    Where ruler or inventory changed, a line between the two points compares what is not alike, and says so.
    """

    label: str
    on: date
    scores: Scores
    ruler_changed: bool
    inventory_changed: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """The points, oldest first, the reported one last; and since which day something has been so without a break."""

    points: tuple[Point, ...]
    failing_since: Mapping[Pair, date]
    unreached_since: Mapping[str, date]
