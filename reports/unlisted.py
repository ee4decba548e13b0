"""What was seen on the networks and is not in the inventory, per site, as the findings tell it (law 3).

Each thing is named once, by its hardware address, however many devices of a site saw it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.connectivity import neighbour
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


def lines(document: Document, words: Words, folder: Path | None = None) -> Sequence[str]:
    """The list for a terminal: the count, then site by site what was seen, its maker, and by whom."""
    found = of(document)
    made_by = makers({one["hardware"] for one in found}, folder)
    names = {site["id"]: words.name(site) for site in document["sites"]}
    told = [words("unlisted.count", n=len(found), sites=len({one["site"] for one in found}))]
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
