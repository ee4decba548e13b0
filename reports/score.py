"""The five scores of a document, as its contract defines them. Pure; each number comes with the list behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, cast

from reports import paths, plans
from reports.document import Asset, Document, Item, Score, Scores, System, Tally
from reports.index import Index
from reports.judging import BARE, PLAIN, WAIVED, Lens, Verdict, all_of, not_good, verdict

TARGETS: Mapping[str, float] = {
    "infrastructure_reviewed": 100.0,
    "infrastructure_upgraded": 100.0,
    "infrastructure_interconnected": 100.0,
    "systems_classified": 100.0,
    "plans_implemented": 90.0,
}


@dataclass(frozen=True, slots=True)
class Counted:
    """One thing that a score counts: its verdict through each lens, and whether anything of it could be judged."""

    id: str
    kind: Literal["asset", "site", "system"]
    site: str
    plain: Verdict
    waived: Verdict
    bare: Verdict
    judged: bool
    open: tuple[str, ...] = ()
    state: Literal["fully", "partly", "not"] | None = None


def scores(document: Document) -> Scores:
    """All five scores of the document's scope; what it holds under `scores` is not looked at."""
    index = Index(document)
    counters: Mapping[str, Callable[[Index], Iterator[Counted]]] = {
        "infrastructure_reviewed": _reviewed,
        "infrastructure_upgraded": _upgraded,
        "infrastructure_interconnected": _interconnected,
        "systems_classified": _classified,
        "plans_implemented": _planned,
    }
    return cast(Scores, {name: _score(index, TARGETS[name], tuple(count(index))) for name, count in counters.items()})


def percent(met: int, total: int) -> float:
    """`met` of `total` in percent, rounded down to one decimal: 100.0 only when all are met, 0.0 of nothing."""
    return met * 1000 // total / 10 if total else 0.0


def is_reviewed(index: Index, asset: Asset) -> bool:
    """Every check that the asset must face was judged; an asset that faces none was not reviewed."""
    return asset["state"] == "reviewed" and any(index.expected(asset)) and not unjudged(index, asset)


def unjudged(index: Index, asset: Asset) -> tuple[str, ...]:
    """The checks that the asset must face and that have no verdict."""
    found = index.found.get(asset["id"], {})
    return tuple(c for c in index.expected(asset) if c not in found or found[c]["status"] == "unknown")


def _reviewed(index: Index) -> Iterator[Counted]:
    """Here an item is judged as soon as one of its checks is: coverage tells reached from reviewed."""
    for asset in index.assets.values():
        done = is_reviewed(index, asset)
        reached = any(finding["status"] != "unknown" for finding in index.found.get(asset["id"], {}).values())
        left = unjudged(index, asset) if reached else ()
        yield Counted(asset["id"], "asset", asset["site"], done, done, done, reached, left)
    yield from _sites_without_assets(index)


def _sites_without_assets(index: Index) -> Iterator[Counted]:
    for site in index.scope:
        if site not in index.at_site:
            yield Counted(site, "site", site, None, None, None, judged=False)


def _upgraded(index: Index) -> Iterator[Counted]:
    for asset in index.assets.values():
        expected = tuple(_upgrades(index, asset))
        left = not_good(index.found.get(asset["id"], {}), expected)
        yield _counted(asset["id"], "asset", asset["site"], partial(_up_to_date, index, asset, expected), tuple(left))
    yield from _sites_without_assets(index)


def _upgrades(index: Index, asset: Asset) -> Iterator[str]:
    for check, card in sorted(index.document["checks"].items()):
        if card["counts_for"] == "upgraded":
            yield from index.expected_of(asset, check)


def _up_to_date(index: Index, asset: Asset, expected: tuple[str, ...], lens: Lens) -> Verdict:
    reviewed = True if is_reviewed(index, asset) else None
    return all_of((reviewed, verdict(index.found.get(asset["id"], {}), expected, lens)))


def _interconnected(index: Index) -> Iterator[Counted]:
    for site in index.scope:
        if index.sites[site]["parent"] is not None:
            yield _counted(site, "site", site, partial(paths.proven, index, site), paths.not_proven(index, site))


def _classified(index: Index) -> Iterator[Counted]:
    wanted = (None, *index.document["classified_levels"])
    for system in index.systems.values():
        if system["level"] in wanted:
            met = system["level"] is not None and plans.approved(system) is not None
            yield Counted(system["id"], "system", system["owner"], met, met, met, judged=True)


def _planned(index: Index) -> Iterator[Counted]:
    for system in index.systems.values():
        if plans.approved(system):
            yield _plan(index, system)


def _plan(index: Index, system: System) -> Counted:
    plain, waived, bare = (tuple(plans.judge(index, system, lens)) for lens in (PLAIN, WAIVED, BARE))
    met = plans.implemented(plain)
    return Counted(
        system["id"],
        "system",
        system["owner"],
        met,
        plans.implemented(waived),
        plans.implemented(bare),
        judged=met is not None,
        open=tuple(one.requirement["id"] for one in plain if not one.met),
        state=plans.state(plain),
    )


def _counted(
    id_: str, kind: Literal["asset", "site"], site: str, through: Callable[[Lens], Verdict], left: tuple[str, ...]
) -> Counted:
    plain = through(PLAIN)
    return Counted(id_, kind, site, plain, through(WAIVED), through(BARE), plain is not None, left)


def _score(index: Index, target: float, counted: tuple[Counted, ...]) -> Score:
    waived = sum(one.waived is True for one in counted)
    bare = sum(one.bare is True for one in counted)
    return {
        **_tally(counted),
        "target": target,
        "by_site": _by_site(index, counted),
        "items": [_item(one) for one in sorted(counted, key=lambda one: (one.kind, one.id))],
        "met_with_waivers": waived,
        "percent_with_waivers": percent(waived, len(counted)),
        "met_without_attestations": bare,
        "percent_without_attestations": percent(bare, len(counted)),
    }


def _by_site(index: Index, counted: tuple[Counted, ...]) -> dict[str, Tally]:
    """A tally for each site with everything below it; a site that counts nothing has none."""
    below: dict[str, list[Counted]] = {}
    for one in counted:
        for site in index.upwards(one.site):
            below.setdefault(site, []).append(one)
    return {site: _tally(tuple(below[site])) for site in sorted(below)}


def _tally(counted: tuple[Counted, ...]) -> Tally:
    met, judged = sum(one.plain is True for one in counted), sum(one.judged for one in counted)
    total = len(counted)
    return {"met": met, "total": total, "percent": percent(met, total), "coverage": percent(judged, total)}


def _item(one: Counted) -> Item:
    item: Item = {
        "id": one.id,
        "kind": one.kind,
        "site": one.site,
        "met": one.plain is True,
        "judged": one.judged,
        "met_with_waivers": one.waived is True,
        "met_without_attestations": one.bare is True,
        "open": list(one.open),
    }
    if one.state is not None:
        item["state"] = one.state
    return item
