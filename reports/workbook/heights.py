"""How high a row must be for its wrapped texts to be read. Excel finds that out by itself; other programs do not."""

from __future__ import annotations

from collections.abc import Iterable

LINE = 15.0
"""Points of one line of a new workbook's type, 11 points."""
HIGHEST = 409.0
"""Points: no program shows a higher row."""


def height(cells: Iterable[tuple[str, float]]) -> float | None:
    """Points for a row of (text, signs that fit on a line of its column); None where one line is enough."""
    lines = max((_lines(text, fitting) for text, fitting in cells), default=1)
    return min(lines * LINE, HIGHEST) if lines > 1 else None


def _lines(text: str, fitting: float) -> int:
    if len(text) <= fitting and "\n" not in text:
        return 1
    return sum(_wrapped(part, fitting) for part in text.split("\n"))


def _wrapped(part: str, fitting: float) -> int:
    """The lines of one paragraph, filled word by word; a word that is too long is broken."""
    if len(part) <= fitting:
        return 1
    lines, used = 1, 0
    for word in part.split(" "):
        if used and used + 1 + len(word) > fitting:
            lines, used = lines + 1, 0
        used += len(word) + bool(used)
        while used > fitting:
            lines, used = lines + 1, used - int(fitting)
    return lines
