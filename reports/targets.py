"""What an audit measures of the plan's targets: a score, paths to services or to outside ends, or certain checks.

Pure, over the document alone. What was not measured counts as not met (law 2); where nothing is listed that could be
measured there is no figure, which is not nought.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from reports import paths, score
from reports.document import Score, Service, Tally, Target
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
    if (system := target.get("paths_to")) is not None:
        return _tally([*_paths(index, _services(index, system))])
    if (system := target.get("outside_ends_of")) is not None:
        return _tally([*_paths(index, [one for one in _services(index, system) if one.get("used_by")])])
    checks = target.get("checks", [])
    return _tally([*_checked(index, checks)]) if checks else None


def _services(index: Index, system: str) -> list[Service]:
    return [one for one in index.document["services"] if one["system"] == system]


def _paths(index: Index, services: Sequence[Service]) -> Iterator[Verdict]:
    """For each site that must reach any of the services: do all that it must reach answer from it?

    A shared one is owed by every site below the city, an outside end by each site where a system that uses it stands.
    """
    for site in index.scope:
        owed = [one for one in services if _owes(index, site, one)]
        if owed:
            yield all_of(paths.answers(index, site, one["id"], PLAIN) for one in owed)


def _owes(index: Index, site: str, service: Service) -> bool:
    below = index.sites[site]["parent"] is not None
    return paths.used(index, site, service) and (below or bool(service.get("used_by")))


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
