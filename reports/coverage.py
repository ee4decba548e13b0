"""Which requirements checks answer, which a person, which nobody yet: tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from checks import coverage
from checks.catalogue import Standard
from reports.text import Row, aligned
from reports.words import Words

KINDS = ("technical", "management")


def lines(standards: Sequence[Standard], words: Words) -> list[str]:
    """A table for each standard and level, its groups, then what they add up to; below it what nobody answers."""
    found: list[str] = []
    for standard in standards:
        rows = coverage.of(standard)
        for level in coverage.LEVELS:
            here = [row for row in rows if row.level == level]
            neither = [id_ for row in here for id_ in row.neither]
            found += ["", words("coverage.heading", standard=standard.id, level=level)]
            found += aligned([_head(words), *(_row(row, words) for row in here), *_totals(rows, level, words)])
            found += [words("coverage.unanswered", ids=", ".join(neither))] if neither else []
    return found[1:]


def _head(words: Words) -> Row:
    return tuple(
        words(f"coverage.{name}") for name in ("group", "requirements", "checks", "attestation", "neither", "share")
    )


def _row(row: coverage.Covered, words: Words) -> Row:
    kind = words(f"requirement_kind.{row.kind}")
    counts = (row.requirements, row.checks, row.attestation, len(row.neither))
    return (f"{row.group} ({kind})", *map(words.number, counts), words.percent(row.percent))


def _totals(rows: Sequence[coverage.Covered], level: int, words: Words) -> list[Row]:
    found = []
    for kind in KINDS:
        requirements, checks, attestation, neither = coverage.total(rows, level, kind)
        share = words.percent(checks * 1000 // requirements / 10 if requirements else 0.0)
        name = words("coverage.total", kind=words(f"requirement_kind.{kind}"))
        found.append((name, *map(words.number, (requirements, checks, attestation, neither)), share))
    return found
