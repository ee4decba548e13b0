"""What an audit measures of the plan's targets: a score, the sites' paths to a system's services, or certain checks.

Pure, over the document alone. What was not measured counts as not met (law 2); where nothing is listed that could be
measured there is no figure, which is not nought.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from reports import paths, score
from reports.document import Score, Tally, Target
from reports.index import Index
from reports.judging import PLAIN, Verdict, all_of, verdict


def measured(index: Index, target: Target) -> Tally | None:
    """The share that the audit found; None where the target is declared, or nothing is listed to measure it by."""
    if target["score"] is not None:
        found = cast(dict[str, Score], index.document["scores"])[target["score"]]
        return {
            "met": found["met"],
            "total": found["total"],
            "percent": found["percent"],
            "coverage": found["coverage"],
        }
    system, checks = target.get("paths_to"), target.get("checks", [])
    if system is not None:
        return _tally([*_paths(index, system)])
    return _tally([*_checked(index, checks)]) if checks else None


def _paths(index: Index, system: str) -> Iterator[Verdict]:
    """For each site below the city: do all shared services of the system answer from it?"""
    services = [one["id"] for one in index.document["services"] if one["system"] == system]
    if services:
        for site in index.scope:
            if index.sites[site]["parent"] is not None:
                yield all_of(paths.answers(index, site, service, PLAIN) for service in services)


def _checked(index: Index, checks: Iterable[str]) -> Iterator[Verdict]:
    """For each asset that faces any of the checks: do all that it faces pass?"""
    for asset in index.assets.values():
        expected = [one for check in checks for one in index.expected_of(asset, check)]
        if expected:
            yield verdict(index.found.get(asset["id"], {}), expected, PLAIN)


def _tally(verdicts: list[Verdict]) -> Tally | None:
    if not verdicts:
        return None
    met, judged = sum(one is True for one in verdicts), sum(one is not None for one in verdicts)
    total = len(verdicts)
    return {
        "met": met,
        "total": total,
        "percent": score.percent(met, total),
        "coverage": score.percent(judged, total),
    }
