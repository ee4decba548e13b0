"""Several findings to one verdict: met, not met, or not to be told. What was not measured is never met (law 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reports.document import Finding

GOOD = ("pass", "not_applicable")
Verdict = bool | None


@dataclass(frozen=True, slots=True)
class Lens:
    """What is let count beside the bare status: valid waivers of failures, valid attestations."""

    waivers: bool
    attestations: bool


PLAIN = Lens(waivers=False, attestations=True)
WAIVED = Lens(waivers=True, attestations=True)
BARE = Lens(waivers=False, attestations=False)


def waived(finding: Finding) -> bool:
    """A failure that somebody answers for today. What could not be judged is not made good by a waiver."""
    return finding["status"] == "fail" and finding["waiver"] is not None and finding["waiver"]["valid"]


def status(finding: Finding | None, lens: Lens) -> str:
    """The status as seen through `lens`; a finding that is missing was not measured."""
    if finding is None:
        return "unknown"
    return "pass" if lens.waivers and waived(finding) else finding["status"]


def verdict(found: Mapping[str, Finding], expected: Iterable[str], lens: Lens) -> Verdict:
    """Met when all of `expected` are good and one passes, not met when one fails; None when neither can be told."""
    seen = {status(found.get(check), lens) for check in expected}
    if "fail" in seen:
        return False
    return True if "pass" in seen and "unknown" not in seen else None


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Met when every part is met, not met when one is not; None when neither can be told, or there is no part."""
    seen = set(verdicts)
    if False in seen:
        return False
    return True if seen == {True} else None


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Met when one part is met, not met when all are not; None when neither can be told, or there is no part."""
    seen = set(verdicts)
    if True in seen:
        return True
    return False if seen == {False} else None


def not_good(found: Mapping[str, Finding], expected: Iterable[str]) -> list[str]:
    """Those of `expected` that fail, could not be judged or are missing."""
    return [check for check in expected if check not in found or found[check]["status"] not in GOOD]
