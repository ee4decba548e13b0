"""What changed between two documents, and whether the ruler changed with it (law 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from reports.document import Document, Score
from reports.index import Index
from reports.judging import GOOD

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Delta:
    """One score, then and now, in met, total and percent."""

    met: tuple[int, int]
    total: tuple[int, int]
    percent: tuple[float, float]

    @property
    def points(self) -> float:
        """Percentage points gained (or lost), to one decimal."""
        return round(self.percent[1] - self.percent[0], 1)


@dataclass(frozen=True, slots=True)
class Change:
    """Findings are named (asset, check). `fixed` failed and is good now; `lost` failed and is not known now.

    `ruler`, `inventory` and `scope` tell that the two were not measured alike, so that numbers do not compare directly.
    """

    earlier: str
    failing: tuple[Key, ...]
    fixed: tuple[Key, ...]
    lost: tuple[Key, ...]
    unreached: tuple[str, ...]
    reached: tuple[str, ...]
    scores: Mapping[str, Delta]
    ruler: bool
    inventory: bool
    scope: bool


def between(earlier: Document, later: Document) -> Change:
    """What happened from `earlier` to `later`, each within its own scope."""
    before, after = _statuses(earlier), _statuses(later)
    failed = {key for key, status in before.items() if status == "fail"}
    fails = {key for key, status in after.items() if status == "fail"}
    good = {key for key, status in after.items() if status in GOOD}
    dark_before, dark_after = _unreached(earlier), _unreached(later)
    return Change(
        earlier=earlier["run"]["id"],
        failing=tuple(sorted(fails - failed)),
        fixed=tuple(sorted(failed & good)),
        lost=tuple(sorted(failed - good - fails)),
        unreached=tuple(sorted(dark_after - dark_before)),
        reached=tuple(sorted((dark_before - dark_after) & Index(later).assets.keys())),
        scores=_deltas(earlier, later),
        ruler=earlier["run"]["catalogue"]["sha256"] != later["run"]["catalogue"]["sha256"],
        inventory=earlier["run"]["inventory_sha256"] != later["run"]["inventory_sha256"],
        scope=_asked(earlier) != _asked(later),
    )


def _statuses(document: Document) -> Mapping[Key, str]:
    return {(finding["asset"], finding["check"]): finding["status"] for finding in Index(document).findings}


def _unreached(document: Document) -> set[str]:
    return {asset["id"] for asset in Index(document).assets.values() if asset["state"] == "unreached"}


def _deltas(earlier: Document, later: Document) -> Mapping[str, Delta]:
    before, after = (cast(Mapping[str, Score], document["scores"]) for document in (earlier, later))
    return {
        name: Delta(
            met=(before[name]["met"], now["met"]),
            total=(before[name]["total"], now["total"]),
            percent=(before[name]["percent"], now["percent"]),
        )
        for name, now in after.items()
    }


def _asked(document: Document) -> tuple[object, ...]:
    return document["run"]["scope"], document["run"]["selection"]
