"""What was seen on the networks and is not in the inventory, per site, as the findings tell it (law 3).

Each thing is named once, by its hardware address, however many devices of a site saw it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.connectivity import neighbour
from reports.index import Index
from reports.makers import makers
from reports.words import Words

if TYPE_CHECKING:
    from reports.document import Document, Unlisted

CHECK = "neighbour.listed"


def of(document: Document) -> list[Unlisted]:
    """The unlisted things of every site, sites in the document's order."""
    sites = {asset["id"]: asset["site"] for asset in document["assets"]}
    found: dict[tuple[str, str], Unlisted] = {}
    for finding in document["findings"]:
        if finding["check"] == CHECK and finding["status"] == "fail":
            for one in neighbour.read(finding["actual"]):
                _add(found, sites[finding["asset"]], finding["asset"], one)
    order = {site["id"]: number for number, site in enumerate(document["sites"])}
    return sorted(found.values(), key=lambda one: (order.get(one["site"], len(order)), one["hardware"]))


def _add(found: dict[tuple[str, str], Unlisted], site: str, seer: str, one: neighbour.Unlisted) -> None:
    known = found.setdefault(
        (site, one.hardware),
        {"site": site, "hardware": one.hardware, "name": one.name, "addresses": [], "seen_by": []},
    )
    known["addresses"] = sorted({*known["addresses"], *one.addresses})
    known["name"] = known["name"] or one.name
    known["seen_by"] = sorted({*known["seen_by"], f"{seer} {one.interface}".strip()})


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen in a document's scope and is not listed; `looked` are the sites whose neighbours could be read.

    Where nobody looked, that nothing was seen means nothing (law 2).
    """

    things: tuple[Unlisted, ...]
    looked: frozenset[str]
    sites: int

    @property
    def counts(self) -> Mapping[str, int]:
        """`n` things at `sites`, of `of` sites of which `looked` could be looked at."""
        there = {one["site"] for one in self.things}
        return {"n": len(self.things), "sites": len(there), "looked": len(self.looked), "of": self.sites}

    def at(self, site: str) -> tuple[Unlisted, ...]:
        """What was seen at this one site."""
        return tuple(one for one in self.things if one["site"] == site)


def seen(index: Index) -> Sight:
    """What the document tells of its scope, and no other district's things."""
    inside = set(index.scope)
    things = tuple(one for one in of(index.document) if one["site"] in inside)
    told = [f for f in index.findings if f["check"] == CHECK and f["status"] in ("pass", "fail")]
    looked = frozenset(index.assets[finding["asset"]]["site"] for finding in told)
    return Sight(things, looked, len(index.scope))


def sentence(sight: Sight, words: Words) -> str:
    """The count in one sentence, with at how many sites anyone could look at all."""
    if not sight.looked:
        return words("unlisted.nobody_looked", **sight.counts)
    return words("unlisted.seen" if sight.things else "unlisted.nothing_seen", **sight.counts)


def by_unit(index: Index, sight: Sight) -> Mapping[str, Sequence[Unlisted]]:
    """The things by district or department, the one with most of them first."""
    counts = Counter(index.unit(one["site"]) for one in sight.things)
    order = sorted(counts, key=lambda unit: (-counts[unit], unit))
    return {unit: [one for one in sight.things if index.unit(one["site"]) == unit] for unit in order}


def lines(document: Document, words: Words, folder: Path | None = None) -> Sequence[str]:
    """The list for a terminal: the count, then site by site what was seen, its maker, and by whom."""
    sight = seen(Index(document))
    found = sight.things
    made_by = makers({one["hardware"] for one in found}, folder)
    names = {site["id"]: words.name(site) for site in document["sites"]}
    told = [sentence(sight, words)]
    for number, one in enumerate(found):
        if not number or found[number - 1]["site"] != one["site"]:
            told += ["", f"{names[one['site']]} [{one['site']}]"]
        told.append("  " + "  ".join(_cells(one, made_by, words)))
    return told


def as_data(document: Document, folder: Path | None = None) -> list[dict[str, Any]]:
    """The list for machines, with the makers that this machine knows (null where it does not)."""
    found = of(document)
    made_by = makers({one["hardware"] for one in found}, folder)
    return [{**one, "maker": made_by.get(one["hardware"])} for one in found]


def _cells(one: Unlisted, made_by: Mapping[str, str], words: Words) -> tuple[str, ...]:
    maker = made_by.get(one["hardware"]) or words("unlisted.maker_unknown")
    addresses = ", ".join(one["addresses"]) or "–"
    by = words("unlisted.seen_by", by=", ".join(one["seen_by"]))
    return tuple(filter(None, (addresses, one["hardware"], f"({maker})", one["name"], by)))
