"""Puts right what an audit found: which remedy on which asset for which checks, dry or for good.

Nothing is passed over in silence: a failure that no remedy answers is listed with its reason, and devices are never
changed. The words of a check tell what to do by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from checks.catalogue import Catalogue
from inventory.faults import BadInput
from inventory.model import AssetKind, Inventory, Login
from inventory.records import refuse_unknown
from playbooks import run
from playbooks.outcome import PlayOutcome

DEFAULT_LOGIN = "admin"
LAST = ("firewall", "ssh-hardening")  # what could cut us off comes when all else is done
REMEDIED = ("debian", "ubuntu")  # the platforms for which the playbooks are written


class Reason(StrEnum):
    """Why a failure is left to people."""

    NO_REMEDY = "no_remedy"
    DEVICE = "device"
    WAIVED = "waived"
    NOT_LISTED = "not_listed"


@dataclass(frozen=True, slots=True)
class Remedy:
    """One playbook for one asset, and the checks that it is to turn to pass."""

    asset: str
    playbook: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ByHand:
    """A failure that no playbook will touch, and why. `words` is the check's remedy in each language."""

    asset: str
    check: str
    reason: Reason
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """All failures in the scope: each is either in `remedies` or in `by_hand`."""

    remedies: tuple[Remedy, ...]
    by_hand: tuple[ByHand, ...]


def plan(
    document: Mapping[str, Any],
    inventory: Inventory,
    *,
    scope: str | None = None,
    assets: Collection[str] = (),
    checks: Collection[str] = (),
) -> Plan:
    """What to do about the failures in a results document, below site `scope`, on `assets`, of `checks` (all if empty).

    A waived failure is an accepted risk: it is put right only where its check is asked for by name. Raises `BadInput`
    for a scope, an asset or a check that is not known.
    """
    _refuse_unknown(document, inventory, scope, assets, checks)
    sites = None if scope is None else set(inventory.within(scope))
    by_hand: list[ByHand] = []
    wanted: dict[tuple[str, str], list[str]] = {}
    for finding in document["findings"]:
        asset, check = finding["asset"], finding["check"].partition("@")[0]
        if finding["status"] != "fail" or (assets and asset not in assets) or (checks and check not in checks):
            continue
        listed = inventory.assets.get(asset)
        if sites is not None and (listed is None or listed.site not in sites):
            continue
        card = document["checks"][check]
        reason = _left_to_people(finding, card, inventory, by_name=check in checks)
        if reason is None:
            wanted.setdefault((card["playbook"], asset), []).append(check)
        else:
            by_hand.append(ByHand(asset, finding["check"], reason, card["remedy"]))
    ordered = sorted(wanted, key=lambda pair: (pair[0] in LAST, *pair))
    return Plan(
        tuple(Remedy(asset, book, tuple(sorted(wanted[book, asset]))) for book, asset in ordered), tuple(by_hand)
    )


def _left_to_people(
    finding: Mapping[str, Any], card: Mapping[str, Any], inventory: Inventory, *, by_name: bool
) -> Reason | None:
    asset = inventory.assets.get(finding["asset"])
    if asset is None:
        return Reason.NOT_LISTED
    if asset.kind is not AssetKind.SERVER:
        return Reason.DEVICE
    if card["playbook"] is None or asset.platform not in REMEDIED:
        return Reason.NO_REMEDY
    waiver = finding.get("waiver")
    return Reason.WAIVED if waiver and waiver["valid"] and not by_name else None


def _refuse_unknown(
    document: Mapping[str, Any],
    inventory: Inventory,
    scope: str | None,
    assets: Collection[str],
    checks: Collection[str],
) -> None:
    known = (("site", inventory.sites, (scope,) if scope else ()), ("asset", inventory.assets, assets))
    for kind, ids, asked in (*known, ("check", document["checks"], checks)):
        refuse_unknown(kind, asked, ids)


def login(inventory: Inventory, name: str | None = None) -> Login:
    """The administrators' login that changes machines: `name`, else the city's `fix_login`, else `admin`."""
    chosen = name or inventory.settings.fix_login or DEFAULT_LOGIN
    if chosen not in inventory.logins:
        raise BadInput(
            f"there is no login '{chosen}'. Name one of the inventory with --login, or set fix_login in city.yaml."
        )
    return inventory.logins[chosen]


def dry_run(todo: Plan, inventory: Inventory, catalogue: Catalogue, way_in: Login) -> Iterator[PlayOutcome]:
    """What each remedy would change; nothing is changed."""
    return _play(todo, inventory, catalogue, way_in, check=True)


def apply(todo: Plan, inventory: Inventory, catalogue: Catalogue, way_in: Login) -> Iterator[PlayOutcome]:
    """Change the machines, one playbook after the other, each on all of its assets at once."""
    return _play(todo, inventory, catalogue, way_in, check=False)


def _play(
    todo: Plan, inventory: Inventory, catalogue: Catalogue, way_in: Login, *, check: bool
) -> Iterator[PlayOutcome]:
    for book in dict.fromkeys(remedy.playbook for remedy in todo.remedies):
        remedies = [remedy for remedy in todo.remedies if remedy.playbook == book]
        extra = {remedy.asset: variables(remedy.asset, remedy.checks, inventory, catalogue) for remedy in remedies}
        yield run.play(f"remedies/{book}", tuple(extra), inventory, check=check, extra=extra, login=way_in)


def variables(asset: str, checks: Sequence[str], inventory: Inventory, catalogue: Catalogue) -> Mapping[str, Any]:
    """What a remedy is told: the checks asked for, the ports that may listen, every parameter at the asset's level."""
    listed = inventory.assets[asset]
    parameters = next(bound.want.parameters for bound in catalogue.bind(listed, inventory))
    named = {f"rasoat_{name}": value for name, value in parameters.items()}
    return {**named, "rasoat_checks": list(checks), "rasoat_ports": list(listed.ports)}
