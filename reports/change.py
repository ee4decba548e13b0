"""What changed between two documents, and whether the ruler changed with it (law 9)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from reports.document import Document, Score
from reports.index import Index
from reports.judging import GOOD
from reports.trend import made_with

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

    `reopened` are those of `failing` that had failed before and were put right in between. `ruler` and `inventory` tell
    that the two were not measured alike, so that numbers do not compare directly. Where `scope`, they did not even look
    at the same: then `scores` is empty, and the lists are only of what both asked.
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
    reopened: tuple[Key, ...] = ()


def between(earlier: Document, later: Document, failed_before: Collection[Key] = ()) -> Change:
    """What happened from `earlier` to `later`; `failed_before` are findings known to have failed up to the earlier."""
    unlike = _asked(earlier) != _asked(later)
    rulers, inventories = (
        {*first, *second} for first, second in zip(made_with(earlier), made_with(later), strict=True)
    )
    before, after = _statuses(earlier), _statuses(later)
    if unlike:
        both = before.keys() & after.keys()
        before, after = {key: before[key] for key in both}, {key: after[key] for key in both}
    failed = {key for key, status in before.items() if status == "fail"}
    fails = {key for key, status in after.items() if status == "fail"}
    good = {key for key, status in after.items() if status in GOOD}
    put_right = {key for key, status in before.items() if status in GOOD}
    dark_before, dark_after = _unreached(earlier, before, unlike), _unreached(later, after, unlike)
    return Change(
        earlier=earlier["run"]["id"],
        failing=tuple(sorted(fails - failed)),
        fixed=tuple(sorted(failed & good)),
        lost=tuple(sorted(failed - good - fails)),
        unreached=tuple(sorted(dark_after - dark_before)),
        reached=tuple(sorted((dark_before - dark_after) & Index(later).assets.keys())),
        scores={} if unlike else _deltas(earlier, later),
        ruler=len(rulers) > 1,
        inventory=len(inventories) > 1,
        scope=unlike,
        reopened=tuple(sorted(fails & put_right & {*failed_before})),
    )


def _statuses(document: Document) -> Mapping[Key, str]:
    return {(finding["asset"], finding["check"]): finding["status"] for finding in Index(document).findings}


def _unreached(document: Document, found: Collection[Key], unlike: bool) -> set[str]:
    """The assets that were not reached; of runs that did not look at the same, those that both looked at."""
    asked = {asset for asset, _ in found}
    dark = (asset for asset in Index(document).assets.values() if asset["state"] == "unreached")
    return {asset["id"] for asset in dark if not unlike or asset["id"] in asked}


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
