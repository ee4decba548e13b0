"""Who answers for each requirement: checks, a person, or nobody yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from checks.catalogue import Requirement, Standard

By = Literal["checks", "attestation", "neither"]
LEVELS = range(1, 6)


@dataclass(frozen=True, slots=True)
class Covered:
    """How many requirements of one group at one level are answered by checks, by a person, by neither."""

    standard: str
    level: int
    kind: Literal["technical", "management"]
    group: str
    requirements: int
    checks: int
    attestation: int
    neither: tuple[str, ...]

    @property
    def percent(self) -> float:
        """The share answered by checks, rounded down to one decimal; 0 of nothing."""
        return self.checks * 1000 // self.requirements / 10 if self.requirements else 0.0


def answered_by(requirement: Requirement) -> By:
    """Checks where there are any; a person for management, and where a reason is given; else neither."""
    if requirement.checks:
        return "checks"
    return "attestation" if requirement.kind == "management" or requirement.by_person else "neither"


def of(standard: Standard) -> tuple[Covered, ...]:
    """A row for every level and group, technical groups first, in the standard's order."""
    return tuple(
        _covered(standard, level, kind, group)
        for level in LEVELS
        for kind, group in dict.fromkeys((one.kind, one.group) for one in _technical_first(standard.at(level)))
    )


def total(rows: Sequence[Covered], level: int, kind: str) -> tuple[int, int, int, int]:
    """(requirements, by checks, by attestation, by neither) of a level's technical or management requirements."""
    chosen = [row for row in rows if (row.level, row.kind) == (level, kind)]
    return (
        sum(row.requirements for row in chosen),
        sum(row.checks for row in chosen),
        sum(row.attestation for row in chosen),
        sum(len(row.neither) for row in chosen),
    )


def _technical_first(requirements: Iterator[Requirement]) -> list[Requirement]:
    return sorted(requirements, key=lambda one: one.kind != "technical")


def _covered(standard: Standard, level: int, kind: Literal["technical", "management"], group: str) -> Covered:
    rows = [one for one in standard.at(level) if (one.kind, one.group) == (kind, group)]
    answers = [answered_by(one) for one in rows]
    neither = tuple(one.id for one, by in zip(rows, answers, strict=True) if by == "neither")
    return Covered(
        standard.id, level, kind, group, len(rows), answers.count("checks"), answers.count("attestation"), neither
    )
