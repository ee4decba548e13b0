"""What people state, each with a date: attestations, waivers, and the figures of targets that no machine measures."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from inventory.fields import Identifier, Record, Text, Words

ScoreName = Literal[
    "infrastructure_reviewed",
    "infrastructure_upgraded",
    "infrastructure_interconnected",
    "systems_classified",
    "plans_implemented",
]


class Attestation(Record):
    """A named officer's dated, expiring statement, with a document, that a requirement of a system is met.

    `file` is the document's place below the workspace: where it lies there, it must have the digest given.
    """

    id: Identifier
    system: Identifier
    requirement: Text
    officer: Text
    document: Text
    document_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    file: Text | None = None
    signed_on: date
    expires_on: date

    @model_validator(mode="after")
    def _a_file_has_its_digest(self) -> Self:
        if self.file and not self.document_sha256:
            raise ValueError("a 'file' needs its 'document_sha256'")
        return self

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.expires_on <= self.signed_on:
            raise ValueError("'expires_on' must be later than 'signed_on'")
        return self

    def valid_on(self, day: date) -> bool:
        return self.signed_on <= day <= self.expires_on


class Waiver(Record):
    """An accepted risk. Exactly one of `asset`, `site`, `system` is its scope; the approver is another person."""

    id: Identifier
    check: Text
    asset: Identifier | None = None
    site: Identifier | None = None
    system: Identifier | None = None
    reason: Text
    owner: Text
    approver: Text
    start: date
    end: date

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        if sum(scope is not None for scope in (self.asset, self.site, self.system)) != 1:
            raise ValueError("a waiver needs exactly one of 'asset', 'site', 'system'")
        if _name(self.owner) == _name(self.approver):
            raise ValueError("'approver' must be another person than 'owner'")
        if self.end < self.start:
            raise ValueError("'end' must not be before 'start'")
        return self

    def valid_on(self, day: date) -> bool:
        return self.start <= day <= self.end


class Target(Record):
    """A target of the city's plan. An audit measures it, or its owner declares a `figure`.

    Measured by `score`, by the sites' paths to the services of the system `paths_to`, by the paths to the outside ends
    that the system `outside_ends_of` answers for, or by the assets that pass all of `checks` that they face; where none
    of them is said, nothing measures it yet. `source` and `on` are those of the figure, `stated_in` names the document
    that sets the target.
    """

    id: Identifier
    group: Literal["theme", "government", "economy", "security"]
    title: Words
    goal: float | None
    unit: Literal["percent", "rank"] = "percent"
    direction: Literal["at_least", "more_than", "at_most"] = "at_least"
    measured_by: Literal["audit", "declared"]
    score: ScoreName | None = None
    paths_to: Identifier | None = None
    outside_ends_of: Identifier | None = None
    checks: tuple[Text, ...] = ()
    figure: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    source: Text | None = None
    on: date | None = None
    stated_in: Text | None = None

    @model_validator(mode="after")
    def _is_declared_by_someone(self) -> Self:
        if (self.figure is None) != (self.source is None) or (self.figure is None) != (self.on is None):
            raise ValueError("'figure', 'source' and 'on' are given together")
        if self.measured_by == "audit" and self.figure is not None:
            raise ValueError("an audit measures this target: no figure can be declared for it")
        if self.unit == "percent" and self.figure is not None and self.figure > 100:  # noqa: PLR2004  # per cent
            raise ValueError("'figure' is more than 100 %")
        return self


def _name(text: str) -> str:
    """A person's name as it is compared: case, blanks and what stands behind a comma (the post) do not matter."""
    return " ".join(text.partition(",")[0].split()).casefold()
