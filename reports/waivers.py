"""Waivers beside findings (law 5): which one is shown, and whether it is valid on the day the document speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reports.document import Asset, Document, Finding, Waiver, WaiverMark
from reports.index import Index, base, ended_on


@dataclass(frozen=True)
class Waivers:
    """The waivers of one document, asked by finding."""

    document: Document

    @cached_property
    def _today(self) -> str:
        return ended_on(self.document)

    @cached_property
    def _index(self) -> Index:
        return Index(self.document)

    @cached_property
    def _by_check(self) -> Mapping[str, Sequence[Waiver]]:
        found: dict[str, list[Waiver]] = {}
        for waiver in self.document["waivers"]:
            found.setdefault(waiver["check"], []).append(waiver)
        return found

    def beside(self, finding: Finding) -> WaiverMark | None:
        """The waiver to show beside a finding that is not good: a valid one, else the one that ends last."""
        if finding["status"] not in {"fail", "unknown"}:
            return None
        fitting = [*self._fitting(finding)]
        if not fitting:
            return None
        chosen = max(fitting, key=lambda waiver: (self._valid(waiver), waiver["end"], waiver["id"]))
        return {
            "id": chosen["id"],
            "reason": chosen["reason"],
            "owner": chosen["owner"],
            "approver": chosen["approver"],
            "start": chosen["start"],
            "end": chosen["end"],
            "valid": self._valid(chosen),
        }

    def _valid(self, waiver: Waiver) -> bool:
        return waiver["start"] <= self._today <= waiver["end"]

    def _fitting(self, finding: Finding) -> Iterator[Waiver]:
        """The waivers of the check or its topic, whose scope the asset is in: itself, its site or above, a system."""
        check = finding["check"]
        for name in {check, base(check), base(check).partition(".")[0]}:
            for waiver in self._by_check.get(name, ()):
                if self._covers(waiver, self._index.all_assets[finding["asset"]]):
                    yield waiver

    def _covers(self, waiver: Waiver, asset: Asset) -> bool:
        return (
            waiver["asset"] == asset["id"]
            or waiver["system"] in asset["systems"]
            or (waiver["site"] is not None and waiver["site"] in self._above(asset["site"]))
        )

    def _above(self, site: str) -> Iterator[str]:
        """The site and everything above it, to the root."""
        here: str | None = site
        while here is not None:
            yield here
            here = self._index.sites[here]["parent"]
