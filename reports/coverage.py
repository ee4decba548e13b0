"""Which requirements checks answer, which a person, which nobody yet: tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from checks import coverage
from checks.catalogue import Standard
from reports.text import Row, aligned
from reports.words import Words

KINDS = ("technical", "management")


def lines(standards: Sequence[Standard], words: Words) -> list[str]:
    """The standards side by side; then a table for each standard and level, its groups, what they add up to, and below
    it what nobody answers.
    """
    found = ["", *_side_by_side(standards, words)]
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
        words(f"coverage.{name}")
        for name in ("group", "requirements", "checks", "both", "attestation", "neither", "share_alone", "share")
    )


def _row(row: coverage.Covered, words: Words) -> Row:
    kind = words(f"requirement_kind.{row.kind}")
    counts = (row.requirements, row.checks, row.both, row.attestation, len(row.neither))
    return (f"{row.group} ({kind})", *map(words.number, counts), *_shares(counts, words))


def _totals(rows: Sequence[coverage.Covered], level: int, words: Words) -> list[Row]:
    found = []
    for kind in KINDS:
        counts = coverage.total(rows, level, kind)
        name = words("coverage.total", kind=words(f"requirement_kind.{kind}"))
        found.append((name, *map(words.number, counts), *_shares(counts, words)))
    return found


def _shares(counts: Sequence[int], words: Words) -> tuple[str, str]:
    """Of what is required: answered by checks alone, and with what checks answer in part."""
    required, alone, partly = counts[:3]
    return words.percent(coverage.share(alone, required)), words.percent(coverage.share(alone + partly, required))


def _side_by_side(standards: Sequence[Standard], words: Words) -> list[str]:
    """A row a level and standard: its technical requirements, and the shares that checks answer."""
    rows: list[Row] = [(words("coverage.level"), words("coverage.standard"), *_head(words)[1:])]
    for level in coverage.LEVELS:
        for standard in standards:
            counts = coverage.total(coverage.of(standard), level, "technical")
            rows.append((words.number(level), standard.id, *map(words.number, counts), *_shares(counts, words)))
    return [words("coverage.side_by_side"), *aligned(rows), "", words("coverage.how_counted")]
