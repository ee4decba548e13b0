"""How a fix list is told, whatever it is written as: names, clauses, owners, since when, and what was closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from reports import export
from reports.document import Finding, Score, Tally, day_of
from reports.fixlist import FixList, Task, fix_lists
from reports.formats import Report
from reports.html import file_name
from reports.index import Index
from reports.words import Words

SHOWN = ("infrastructure_reviewed", "infrastructure_upgraded", "infrastructure_interconnected", "plans_implemented")


@dataclass(frozen=True)
class FixView:
    """One unit's list, and how to say things."""

    report: Report
    index: Index
    earlier: Index | None
    fixes: FixList

    @property
    def words(self) -> Words:
        return self.report.words

    @property
    def name(self) -> str:
        return self.site(self.fixes.unit)

    @property
    def file(self) -> str:
        return file_name(self.fixes.unit)

    def file_as(self, ending: str) -> str:
        """The file of the same list in another form."""
        return export.file_name(self.fixes.unit, ending)

    @property
    def tallies(self) -> Mapping[str, Tally]:
        """The unit's share of each score that it has a part in; the city's own unit has the whole city's."""
        scores = cast(Mapping[str, Score], self.index.document["scores"])
        return {n: scores[n]["by_site"][self.fixes.unit] for n in SHOWN if self.fixes.unit in scores[n]["by_site"]}

    @property
    def is_city(self) -> bool:
        return self.fixes.unit == self.index.city["id"]

    @property
    def unjudged_assets(self) -> int:
        return len({one.asset for one in self.fixes.unjudged})

    def site(self, id_: str) -> str:
        return self.words.name(self.index.sites[id_])

    def site_of(self, asset: str) -> str:
        """The site's name; empty for an asset that is no longer listed."""
        found = self.index.all_assets.get(asset)
        return self.site(found["site"]) if found else ""

    def owners(self, asset: str) -> str:
        """Who owns the systems that the asset serves, each named once."""
        served = (self._owner.get(id_) for id_ in self.index.all_assets[asset]["systems"])
        return ", ".join(self.site(owner) for owner in dict.fromkeys(served) if owner)

    @cached_property
    def _owner(self) -> Mapping[str, str]:
        return {one["id"]: one["owner"] for one in self.index.document["systems"]}

    def subject(self, finding: Finding) -> str:
        """The link or service that the finding is about, if it is about one."""
        return finding["check"].partition("@")[2]

    def since(self, finding: Finding) -> str:
        """Since which day it fails, as far as is known; empty where nothing is known of the time before."""
        key = finding["asset"], finding["check"]
        if self.report.trend is not None and key in self.report.trend.failing_since:
            return self.words.day(self.report.trend.failing_since[key])
        if self.earlier is None:
            return ""
        if key in self._failed_before:
            return self.words("fixlist.since_or_before", day=self._day(self.earlier))
        return self.words("fixlist.since_new", day=self._day(self.index))

    @cached_property
    def _failed_before(self) -> frozenset[tuple[str, str]]:
        rows = self.earlier.findings if self.earlier else ()
        return frozenset((row["asset"], row["check"]) for row in rows if row["status"] == "fail")

    def _day(self, index: Index) -> str:
        return self.words.day(day_of(index.document["run"]["ended"]))

    @property
    def measured_before(self) -> str:
        """When the earlier run ended; empty where there is none."""
        return self.words.moment(self.earlier.document["run"]["ended"]) if self.earlier else ""

    def held(self, task: Task) -> str:
        """What the task holds back, as a list in words; empty if it is no headline."""
        counts = (("asset", task.held.assets), ("site", task.held.sites), ("system", task.held.systems))
        return self.words.listed(self.words(f"fixlist.held_{kind}", n=count) for kind, count in counts if count)

    def clauses(self, finding: Finding) -> str:
        """The clauses that ask for it; those not yet read in the standard itself carry an asterisk."""
        return ", ".join(self.index.marked(finding["requirements"]))

    def waiver(self, finding: Finding) -> str:
        """The waiver beside it in words, and whether it holds; empty where there is none."""
        mark = finding["waiver"]
        if mark is None:
            return ""
        key = "fixlist.waived" if mark["valid"] else "fixlist.waiver_ended"
        return self.words(key, id=mark["id"], end=self.words.day(mark["end"]), reason=mark["reason"])

    @property
    def has_unverified(self) -> bool:
        rows = (row for task in self.fixes.tasks for row in task.rows)
        return any(clause in self.index.unverified for row in rows for clause in row["requirements"])


def views(report: Report) -> tuple[FixView, ...]:
    """A view for every unit in the run's scope, the city's own first."""
    index = Index(report.document)
    earlier = Index(report.previous) if report.previous else None
    return tuple(FixView(report, index, earlier, fixes) for fixes in fix_lists(index, earlier))
