"""What a run is to look at: the selected assets, and the checks that each of them must face."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.catalogue import BoundCheck, Catalogue
from checks.model import Cause
from inventory.faults import BadInput
from inventory.model import Asset, Inventory
from inventory.records import refuse_unknown
from runner.judge import column
from runner.outcome import Outcome, State


@dataclass(frozen=True, slots=True)
class Selection:
    """What to look at inside the site `scope` (None: the whole city); what is left empty selects everything.

    `checks` are ids (`ssh.idle_timeout`, `link.up@q1`) or topics (`ssh`); `level` is that of the assets.
    """

    scope: str | None = None
    systems: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    level: int | None = None

    def as_data(self) -> dict[str, Any]:
        """Without the scope, which a run's header names by itself."""
        return {
            "systems": list(self.systems),
            "assets": list(self.assets),
            "checks": list(self.checks),
            "level": self.level,
        }

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> Selection:
        """The selection that the header of a run's journal names."""
        chosen = header["selection"]
        return cls(
            scope=header["scope"],
            systems=tuple(chosen["systems"]),
            assets=tuple(chosen["assets"]),
            checks=tuple(chosen["checks"]),
            level=chosen["level"],
        )


@dataclass(frozen=True)
class Plan:
    """The assets of one run, in the inventory's order. What it measures will be judged again by the rulers `others`."""

    inventory: Inventory
    catalogue: Catalogue
    selection: Selection
    assets: Mapping[str, Asset]
    others: Sequence[Catalogue] = ()

    def bound(self, asset: Asset) -> tuple[BoundCheck, ...]:
        """The checks that `asset` faces in this run: exactly one finding will come of each."""
        return _bound(asset, self.inventory, self.catalogue, self.selection)

    def also(self, asset: Asset) -> tuple[BoundCheck, ...]:
        """The checks that `asset` faces under the other rulers: they ask now what they will judge then."""
        return tuple(
            one
            for other in self.others
            for one in _bound(asset, self.inventory, other, self.selection)
            if not one.check.probe
        )

    def unfinished(self, done: Collection[str], ended: str) -> Iterator[Outcome]:
        """An outcome for each asset that is not `done`: all its checks are unknown, for they were interrupted."""
        for asset in self.assets.values():
            if asset.id not in done:
                findings = column(self.bound(asset), Cause.INTERRUPTED)
                yield Outcome(asset.id, State.UNREACHED, Cause.INTERRUPTED, findings, None, ended)


def make(inventory: Inventory, catalogue: Catalogue, selection: Selection, others: Sequence[Catalogue] = ()) -> Plan:
    """The plan of `selection`. Raises `BadInput` where it names what does not exist, or selects nothing."""
    _refuse_unknown(inventory, catalogue, selection)
    sites = frozenset(inventory.within(selection.scope or inventory.city.id))
    chosen = {
        asset.id: asset
        for asset in inventory.assets.values()
        if asset.site in sites and _selected(asset, inventory, catalogue, selection)
    }
    if not chosen:
        raise BadInput("the selection fits no asset of the inventory. Widen it, or list the assets.")
    return Plan(inventory, catalogue, selection, chosen, others)


def rulers(inventory: Inventory, catalogue: Catalogue, program: str) -> dict[str, Any]:
    """What a run was made with, and cannot be resumed without."""
    standard = catalogue.standard
    return {
        "inventory_sha256": inventory.sha256,
        "catalogue": {"id": standard.id, "version": standard.version, "sha256": catalogue.sha256},
        "program": program,
    }


def _selected(asset: Asset, inventory: Inventory, catalogue: Catalogue, selection: Selection) -> bool:
    return (
        (not selection.systems or not set(selection.systems).isdisjoint(asset.systems))
        and (not selection.assets or asset.id in selection.assets)
        and selection.level in {None, inventory.level_of(asset)}
        and (not selection.checks or bool(_bound(asset, inventory, catalogue, selection)))
    )


def _bound(asset: Asset, inventory: Inventory, catalogue: Catalogue, selection: Selection) -> tuple[BoundCheck, ...]:
    bound = catalogue.bind(asset, inventory)
    if not selection.checks:
        return bound
    return tuple(one for one in bound if {one.id, one.check.id, _topic(one.check.id)} & set(selection.checks))


def _topic(check: str) -> str:
    return check.partition(".")[0]


def _refuse_unknown(inventory: Inventory, catalogue: Catalogue, selection: Selection) -> None:
    checks = {*catalogue.checks, *map(_topic, catalogue.checks)}
    scope = () if selection.scope is None else (selection.scope,)
    named = (
        ("site", scope, inventory.sites),
        ("system", selection.systems, inventory.systems),
        ("asset", selection.assets, inventory.assets),
        ("check", tuple(check.partition("@")[0] for check in selection.checks), checks),
    )
    for kind, names, known in named:
        refuse_unknown(kind, names, known)
