"""What came of one asset, as the journal keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from checks.model import Cause, Finding, Status


class State(StrEnum):
    """`reviewed`: every check was judged. `unreached`: nothing could be asked of it. `partly`: all between."""

    REVIEWED = "reviewed"
    PARTLY = "partly"
    UNREACHED = "unreached"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One asset's findings, and the bundle of its evidence (`sha256:<hex>`, None where nothing was asked).

    `cause` is why an unreached asset was not reached; None for any other. `ended` is when it was done with, in UTC.
    `hop` is the asset on the way to it at which it was not reached, where it was one.
    """

    asset: str
    state: State
    cause: Cause | None
    findings: tuple[Finding, ...]
    bundle: str | None
    ended: str
    hop: str | None = None

    def as_data(self) -> dict[str, Any]:
        return {
            "asset": self.asset,
            "state": self.state,
            "cause": self.cause,
            "findings": [_finding_data(finding) for finding in self.findings],
            "bundle": self.bundle,
            "ended": self.ended,
            "hop": self.hop,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Outcome:
        return cls(
            asset=data["asset"],
            state=State(data["state"]),
            cause=None if data["cause"] is None else Cause(data["cause"]),
            findings=tuple(_finding(finding) for finding in data["findings"]),
            bundle=data["bundle"],
            ended=data["ended"],
            hop=data.get("hop"),
        )


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "asset": finding.asset,
        "check": finding.check,
        "requirements": list(finding.requirements),
        "status": finding.status,
        "cause": finding.cause,
        "expected": finding.expected,
        "actual": finding.actual,
        "evidence": list(finding.evidence),
    }


def _finding(data: Mapping[str, Any]) -> Finding:
    return Finding(
        asset=data["asset"],
        check=data["check"],
        requirements=tuple(data["requirements"]),
        status=Status(data["status"]),
        cause=None if data["cause"] is None else Cause(data["cause"]),
        expected=data["expected"],
        actual=data["actual"],
        evidence=tuple(data["evidence"]),
    )
