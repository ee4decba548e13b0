"""Results of several runs laid over one another, the latest in front: the inside of a month's document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import cast

from reports.document import Asset, Document, Finding, StateWord, Tried
from reports.index import Index, base
from reports.sealed import Sealed
from reports.waivers import Waivers

SAME = ("address", "kind", "platform", "level")
NOT_RUN = "not_run"


@dataclass
class Seen:
    """What the runs say of one asset: its results by check, each with its run and day; the latest attempt's state."""

    judged: dict[str, tuple[Finding, str, date]] = field(default_factory=dict)
    open: dict[str, tuple[Finding, str]] = field(default_factory=dict)
    state: tuple[StateWord, str | None] | None = None
    tried: Tried | None = None


@dataclass
class Composed:
    """Results laid over the listing of `index`, of the days from `first` to `last`; the latest run is taken first."""

    index: Index
    first: date
    last: date
    seen: dict[str, Seen] = field(default_factory=dict)
    _left: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.seen = {id_: Seen() for id_ in self.index.all_assets}
        self._left = {id_ for id_ in self.seen if self._expected[id_]}

    @cached_property
    def _expected(self) -> Mapping[str, frozenset[str]]:
        return {id_: frozenset(self.index.expected(asset)) for id_, asset in self.index.all_assets.items()}

    @property
    def whole(self) -> bool:
        """Whether every check of every asset is judged already: earlier runs can add nothing."""
        return not self._left

    def take(self, run: Sealed, document: Document) -> None:
        """Lay `document`, of `run`, behind what was taken before."""
        said = Index(document)
        days = {} if run.day is not None else run.days()
        for id_, seen in self.seen.items():
            listed = said.all_assets.get(id_)
            day = run.day or days.get(id_)
            if listed is None or day is None or not self.first <= day <= self.last or not self._is_same(listed):
                continue
            if found := said.found.get(id_):
                self._lay(seen, listed, run.id, day, found)
            if self._expected[id_] <= seen.judged.keys():
                self._left.discard(id_)

    def _is_same(self, listed: Asset) -> bool:
        now = cast(Mapping[str, object], self.index.all_assets[listed["id"]])
        then = cast(Mapping[str, object], listed)
        return all(now[name] == then[name] for name in SAME)

    def _lay(self, seen: Seen, listed: Asset, run: str, day: date, found: Mapping[str, Finding]) -> None:
        owed = {check: one for check, one in found.items() if check in self._expected[listed["id"]]}
        judged = {check: one for check, one in owed.items() if one["status"] != "unknown"}
        if seen.state is None and (owed or not self._expected[listed["id"]]):
            seen.state = listed["state"], listed["cause"]
            if owed and not judged:
                seen.tried = {"run": run, "on": day.isoformat(), "cause": listed["cause"]}
        for check, one in owed.items():
            if check in judged:
                seen.judged.setdefault(check, (one, run, day))
            else:
                seen.open.setdefault(check, (one, run))

    def fill(self, document: Document) -> None:
        """Put findings and states into the `document` whose listing this is."""
        beside = Waivers(document).beside
        for asset in document["assets"]:
            _settle(asset, self.seen[asset["id"]], self._expected[asset["id"]])
            for finding in self._findings(asset):
                finding["waiver"] = beside(finding)
                document["findings"].append(finding)

    def _findings(self, asset: Asset) -> Iterator[Finding]:
        """Exactly one for each check that the asset must face (law 1)."""
        seen = self.seen[asset["id"]]
        for check in sorted(self._expected[asset["id"]]):
            if check in seen.judged:
                one, run, _ = seen.judged[check]
                yield {**one, "run": run}
            elif check in seen.open:
                one, run = seen.open[check]
                yield {**one, "run": run}
            else:
                yield self._not_run(asset, check)

    def _not_run(self, asset: Asset, check: str) -> Finding:
        level = str(asset["level"])
        asked = (one for one in self.index.document["requirements"] if base(check) in one["checks"])
        return {
            "asset": asset["id"],
            "check": check,
            "requirements": [one["clauses"][level] for one in asked if level in one["clauses"]],
            "status": "unknown",
            "cause": NOT_RUN,
            "expected": "",
            "actual": "",
            "evidence": [],
            "waiver": None,
            "run": None,
        }


def _settle(asset: Asset, seen: Seen, expected: frozenset[str]) -> None:
    """The asset's state by all results of the month, and how old they are."""
    if seen.judged:
        asset["state"], asset["cause"] = ("reviewed" if expected <= seen.judged.keys() else "partly"), None
    else:
        asset["state"], asset["cause"] = seen.state or ("unreached", NOT_RUN)
    oldest = min(((day, run) for _, run, day in seen.judged.values()), default=None)
    asset["judged_on"] = oldest[0].isoformat() if oldest else None
    asset["run"] = oldest[1] if oldest else None
    asset["tried"] = seen.tried if oldest else None
