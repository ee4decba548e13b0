"""What the site's templates ask: names, counts, and every finding with the words that go with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reports import change, unlisted
from reports.change import Change
from reports.document import Asset, Check, Finding, Item, Score, System, Tally, Unlisted
from reports.fixlist import SEVERITIES, fix_commands
from reports.fixview import SHOWN, FixView, views
from reports.formats import Report
from reports.html import token
from reports.index import Index, base
from reports.leadership import scores_of
from reports.score import TARGETS
from reports.unlisted import Sight
from reports.words import Words

ORDER = ("fail", "unknown", "pass", "not_applicable")


@dataclass(frozen=True, slots=True)
class Row:
    """One finding, told: `subject` is the link or service that it is about, if it is about one."""

    finding: Finding
    card: Check
    name: str
    subject: str
    anchor: str


@dataclass(frozen=True)
class View:
    """One report as the site shows it."""

    report: Report
    index: Index

    @property
    def words(self) -> Words:
        return self.report.words

    @cached_property
    def scores(self) -> Mapping[str, Score]:
        """The five scores, in the order in which the targets name them."""
        found = scores_of(self.index.document)
        return {name: found[name] for name in TARGETS}

    @cached_property
    def change(self) -> Change | None:
        """What changed since the earlier run; None where there is none."""
        return change.between(self.report.previous, self.report.document) if self.report.previous else None

    @cached_property
    def lists(self) -> Mapping[str, FixView]:
        """unit → its fix list."""
        return {one.fixes.unit: one for one in views(self.report)}

    def site(self, id_: str) -> str:
        return self.words.name(self.index.sites[id_])

    def system(self, id_: str) -> str:
        found = self._systems.get(id_)
        return self.words.name(found) if found else id_

    @cached_property
    def _systems(self) -> Mapping[str, Any]:
        return {one["id"]: one for one in self.index.document["systems"]}

    def title(self, check: str) -> str:
        """The title of a check, of this run or the earlier one; its id where neither knows it."""
        known = [one.document["checks"] for one in (self.index, *self._earlier)]
        card = next((cards[base(check)] for cards in known if base(check) in cards), None)
        return self.words.of(card["title"]) if card else check

    @cached_property
    def _earlier(self) -> tuple[Index, ...]:
        return (Index(self.report.previous),) if self.report.previous else ()

    def dossier(self, system: System) -> str:
        """Where the system's dossier stands, in words."""
        dossier = system["dossier"]
        if dossier is not None and dossier["state"] == "approved" and system["level"] is not None:
            return self.words("site.approved")
        return self.words(f"dossier.{dossier['state'] if dossier else 'none'}")

    def linked(self, site: str) -> str | None:
        """Whether the site is interconnected, as a status; None for the city itself, which has no path upwards."""
        item = self._linked.get(site)
        return item and ("pass" if item["met"] else "fail" if item["judged"] else "unknown")

    @cached_property
    def _linked(self) -> Mapping[str, Item]:
        return {item["id"]: item for item in self.scores["infrastructure_interconnected"]["items"]}

    def plan_item(self, system: str) -> Item | None:
        """What `plans_implemented` has of the system; None where it does not count."""
        return self._plans.get(system)

    @cached_property
    def _plans(self) -> Mapping[str, Item]:
        return {item["id"]: item for item in self.scores["plans_implemented"]["items"]}

    @cached_property
    def sight(self) -> Sight:
        """What was seen on the networks here and is not in the inventory."""
        return unlisted.seen(self.index)

    @cached_property
    def beyond(self) -> Mapping[str, Sequence[Unlisted]]:
        """The same by district or department."""
        return unlisted.by_unit(self.index, self.sight)

    def sighted(self) -> str:
        """The same in one sentence."""
        return unlisted.sentence(self.sight, self.words)

    def crumbs(self, site: str) -> list[str]:
        """The sites from the top of the scope down to `site`."""
        return [*self.index.upwards(site)][::-1]

    def shares(self, site: str) -> list[Tally | None]:
        """The site's share of each of the scores in `SHOWN`, None where it counts nothing."""
        return [self.scores[name]["by_site"].get(site) for name in SHOWN]

    @cached_property
    def _counts(self) -> Mapping[str, Counter[str]]:
        """asset → how many findings of each status."""
        found: dict[str, Counter[str]] = {id_: Counter() for id_ in self.index.assets}
        for finding in self.index.findings:
            found[finding["asset"]][finding["status"]] += 1
        return found

    @cached_property
    def _below(self) -> Mapping[str, Counter[str]]:
        """site → the same with everything below it; `assets` and `unreached` are counts of assets."""
        found: dict[str, Counter[str]] = {id_: Counter() for id_ in self.index.scope}
        for id_, asset in self.index.assets.items():
            own = self._counts[id_] + Counter({"assets": 1, "unreached": int(asset["state"] == "unreached")})
            for site in self.index.upwards(asset["site"]):
                found[site].update(own)
        return found

    def of_asset(self, asset: str, status: str) -> int:
        return self._counts[asset][status]

    def of_site(self, site: str, what: str) -> int:
        return self._below[site][what]

    def rows(self, asset: str) -> Mapping[str, Sequence[Row]]:
        """status → the asset's findings, the gravest first."""
        found: dict[str, list[Row]] = {status: [] for status in ORDER}
        for finding in self.index.found.get(asset, {}).values():
            found[finding["status"]].append(self.row(finding))
        for rows in found.values():
            rows.sort(key=lambda row: (SEVERITIES.index(row.card["severity"]), row.finding["check"]))
        return found

    def row(self, finding: Finding) -> Row:
        check, _, subject = finding["check"].partition("@")
        card = self.index.document["checks"][check]
        return Row(finding, card, self.words.of(card["title"]), subject, token(finding["check"]))

    def by_cause(self, rows: Sequence[Row]) -> Mapping[str, Sequence[Row]]:
        """What could not be judged, by why not; the most frequent cause first."""
        found: dict[str, list[Row]] = {}
        for row in rows:
            found.setdefault(row.finding["cause"] or "not_run", []).append(row)
        return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])))

    def list_of(self, asset: str) -> FixView:
        """The fix list that the asset's failures are on: it knows clauses, waivers and since when."""
        return self.lists[self.index.unit(self.index.assets[asset]["site"])]

    def command(self, row: Row) -> str | None:
        """The dry run of the check's remedy on this one asset; None where none can be played there."""
        asset = self.index.assets[row.finding["asset"]]
        if row.card["playbook"] is None or asset["kind"] != "server":
            return None
        return fix_commands(self.index, None, base(row.finding["check"]), [row.finding])[0]

    @cached_property
    def by_check(self) -> Mapping[str, Sequence[Finding]]:
        """check → all its findings in scope."""
        found: dict[str, list[Finding]] = {id_: [] for id_ in sorted(self.index.document["checks"])}
        for finding in self.index.findings:
            found[base(finding["check"])].append(finding)
        return found

    def assets_at(self, site: str) -> Sequence[Asset]:
        return self.index.at_site.get(site, ())

    def children(self, site: str) -> list[str]:
        return [one["id"] for one in self.index.sites.values() if one["parent"] == site]

    def by_unit(self, items: Sequence[Item]) -> Mapping[str, Sequence[Item]]:
        """The items of a score by district or department, in the order of the tree."""
        found: dict[str, list[Item]] = {unit: [] for unit in self.index.units()}
        for item in items:
            found[self.index.unit(item["site"])].append(item)
        return {unit: listed for unit, listed in found.items() if listed}
