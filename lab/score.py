"""Holds what an audit found against what was planted: every fault found, none invented."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from lab.faults import Expectation, Fault

Found = Mapping[str, Any]
TROUBLE = ("fail", "unknown")


@dataclass(frozen=True, slots=True)
class Missed:
    """A planted fault of which the audit did not say what it must; `actual` is what it said instead."""

    fault: str
    asset: str
    check: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A finding that fails, or could not be judged, where nothing was planted."""

    asset: str
    check: str
    status: str
    cause: str | None
    actual: str


@dataclass(frozen=True, slots=True)
class Report:
    """Ids of the faults that were found, and of those whose assets or checks were not part of the audit; the rest."""

    found: tuple[str, ...]
    not_asked: tuple[str, ...]
    missed: tuple[Missed, ...]
    false_alarms: tuple[FalseAlarm, ...]

    @property
    def perfect(self) -> bool:
        """Every fault that was asked for was found, and none was invented."""
        return not self.missed and not self.false_alarms


def compare(results: Mapping[str, Any], planted: Sequence[Fault]) -> Report:
    """What `results` (the document results.json) says of the faults that `lab.city.faults_of` knows were planted."""
    by_asset: dict[str, list[Found]] = {}
    for finding in results["findings"]:
        by_asset.setdefault(finding["asset"], []).append(finding)
    asked = {finding["check"] for finding in results["findings"]}
    faced = {asset["id"]: [*_faced(asset, results["checks"])] for asset in results["assets"]}
    sites = {asset["id"]: asset["site"] for asset in results["assets"]}
    told = {fault: [*fault.told(sites)] for fault in planted}
    found, not_asked, missed = [], [], []
    for fault in planted:
        heard = [(asset, e) for asset, e in told[fault] if asset in by_asset and _asked(e, asked)]
        relevant = [(asset, e) for asset, e in heard if _faces(e, faced[asset])]
        wrong = [m for asset, e in relevant for m in _missed(fault, asset, e, by_asset[asset])]
        missed += wrong
        if not relevant:
            not_asked.append(fault.id)
        elif not wrong:
            found.append(fault.id)
    expected = [pair for pairs in told.values() for pair in pairs]
    alarms = [one for one in results["findings"] if one["status"] in TROUBLE and not _told(one, expected)]
    return Report(tuple(found), tuple(not_asked), tuple(missed), tuple(map(_alarm, alarms)))


def lines(report: Report) -> tuple[str, ...]:
    """The report for a terminal: the numbers, then one line for each thing that is not as it should be."""
    numbers = {
        "found": report.found,
        "missed": {one.fault for one in report.missed},
        "not asked": report.not_asked,
        "false alarms": report.false_alarms,
    }
    return (
        "planted faults: " + ", ".join(f"{len(what)} {name}" for name, what in numbers.items()),
        *(f"missed: {m.fault}: {m.asset} {m.check}: {m.expected}, not: {m.actual}" for m in report.missed),
        *(f"false alarm: {f.asset} {f.check}: {f.status} {f.cause or ''} {f.actual}" for f in report.false_alarms),
    )


def _faced(asset: Mapping[str, Any], checks: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The checks that the run's standard asks of an asset of that kind and level, whatever was found."""
    for id_, check in checks.items():
        if asset["kind"] in check["kind"] and asset["level"] in check["levels"]:
            yield id_


def _asked(expectation: Expectation, checks: Iterable[str]) -> bool:
    """The audit asked anybody for it: it may have been one of a few checks."""
    return any(fnmatchcase(check, expectation.check) for check in checks)


def _faces(expectation: Expectation, faced: Iterable[str]) -> bool:
    """One of the checks that an asset must face can tell of it. Behind the `@` stands for which link or service."""
    pattern = expectation.check.partition("@")[0]
    return any(fnmatchcase(check, pattern) for check in faced)


def _missed(fault: Fault, asset: str, expectation: Expectation, findings: Sequence[Found]) -> list[Missed]:
    """The findings that should tell of the fault and do not; one line where there is no such finding at all."""
    expected = " ".join(filter(None, (expectation.status, expectation.cause)))
    fitting = [finding for finding in findings if fnmatchcase(finding["check"], expectation.check)]
    if not fitting:
        return [Missed(fault.id, asset, expectation.check, expected, "no such finding")]
    return [
        Missed(fault.id, asset, finding["check"], expected, _said(finding))
        for finding in fitting
        if not _agrees(finding, expectation)
    ]


def _told(finding: Found, expected: Iterable[tuple[str, Expectation]]) -> bool:
    return any(
        asset == finding["asset"] and fnmatchcase(finding["check"], e.check) and _agrees(finding, e)
        for asset, e in expected
    )


def _agrees(finding: Found, expectation: Expectation) -> bool:
    return finding["status"] == expectation.status and expectation.cause in (None, finding["cause"])


def _said(finding: Found) -> str:
    return " ".join(filter(None, (finding["status"], finding["cause"], finding["actual"])))


def _alarm(finding: Found) -> FalseAlarm:
    return FalseAlarm(finding["asset"], finding["check"], finding["status"], finding["cause"], finding["actual"])
