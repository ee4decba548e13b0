"""Who answers for each requirement: checks, a person, or nobody yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from checks.catalogue import Requirement, Standard

By = Literal["checks", "both", "attestation", "neither"]
LEVELS = range(1, 6)


@dataclass(frozen=True, slots=True)
class Covered:
    """How many requirements of one group at one level are answered by checks, by checks and a person, by a person
    alone, by neither.
    """

    standard: str
    level: int
    kind: Literal["technical", "management"]
    group: str
    requirements: int
    checks: int
    both: int
    attestation: int
    neither: tuple[str, ...]


def answered_by(requirement: Requirement) -> By:
    """Checks where there are any; a person for management, and where a reason is given; both, or neither."""
    by_person = requirement.kind == "management" or requirement.attested is not None
    if requirement.checks:
        return "both" if by_person else "checks"
    return "attestation" if by_person else "neither"


def share(part: int, whole: int) -> float:
    """`part` of `whole` in percent, rounded down to one decimal; 0 of nothing."""
    return part * 1000 // whole / 10 if whole else 0.0


def of(standard: Standard) -> tuple[Covered, ...]:
    """A row for every level and group, technical groups first, in the standard's order."""
    return tuple(
        _covered(standard, level, kind, group)
        for level in LEVELS
        for kind, group in dict.fromkeys((one.kind, one.group) for one in _technical_first(standard.at(level)))
    )


def total(rows: Sequence[Covered], level: int, kind: str) -> tuple[int, int, int, int, int]:
    """(requirements, by checks, by both, by a person alone, by neither) of a level's requirements of one kind."""
    chosen = [row for row in rows if (row.level, row.kind) == (level, kind)]
    return (
        sum(row.requirements for row in chosen),
        sum(row.checks for row in chosen),
        sum(row.both for row in chosen),
        sum(row.attestation for row in chosen),
        sum(len(row.neither) for row in chosen),
    )


def _technical_first(requirements: Iterator[Requirement]) -> list[Requirement]:
    return sorted(requirements, key=lambda one: one.kind != "technical")


def _covered(standard: Standard, level: int, kind: Literal["technical", "management"], group: str) -> Covered:
    rows = [one for one in standard.at(level) if (one.kind, one.group) == (kind, group)]
    answers = [answered_by(one) for one in rows]
    neither = tuple(one.id for one, by in zip(rows, answers, strict=True) if by == "neither")
    by = (answers.count("checks"), answers.count("both"), answers.count("attestation"))
    return Covered(standard.id, level, kind, group, len(rows), *by, neither)
