"""Reads what machines are (hardware, network, mounts, system) and keeps it for reports. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from inventory.model import Asset, AssetKind, Inventory, Login
from playbooks import run
from playbooks.outcome import HostOutcome, PlayOutcome, State


def collect(assets: Sequence[str], inventory: Inventory, *, way_in: Login) -> PlayOutcome:
    """Read the facts of those of `assets` that are servers, and keep them in WORKSPACE/facts/<asset>.json.

    Needs no root: the audit account's login serves. What was kept of an asset that did not answer stays as it was.
    """
    chosen = servers(inventory.assets[asset] for asset in assets)
    extra = {asset: {"ansible_become": False} for asset in chosen}
    outcome = run.play("collect", chosen, inventory, check=False, extra=extra, login=way_in)
    folder = inventory.workspace / "facts"
    folder.mkdir(exist_ok=True)
    for host in outcome.hosts:
        if host.state is State.OK:
            _keep(folder, host, way_in)
    return outcome


def servers(assets: Iterable[Asset]) -> tuple[str, ...]:
    """Ids of those that Ansible can log into: devices and endpoints are not for playbooks."""
    return tuple(asset.id for asset in assets if asset.kind is AssetKind.SERVER)


def _keep(folder: Path, host: HostOutcome, way_in: Login) -> None:
    """Write one asset's facts whole or not at all."""
    collected = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    content = {"asset": host.asset, "collected": collected, "login": way_in.user, "facts": host.facts}
    new = folder / f".{host.asset}.json"
    new.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    new.replace(folder / f"{host.asset}.json")
