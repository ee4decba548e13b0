"""The host keys of a city: fetched without logging in, shown beside what is pinned, pinned when someone says so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from checks.model import Cause
from inventory.model import Asset, AssetKind, Inventory
from inventory.records import refuse_unknown
from inventory.workspace import Workspace
from runner.sessions import opening, trust
from runner.sessions.base import HostPort, Limits, Unreached
from runner.sessions.hops import Hops

AT_ONCE = 32
Standing = Literal["new", "pinned", "changed", "unreached"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What an asset showed, and how it stands to what is pinned; where it showed nothing, the cause."""

    asset: str
    standing: Standing
    key: trust.HostKey | None = None
    cause: Cause | None = None
    detail: str = ""

    @property
    def is_new(self) -> bool:
        """Pinning it would change what is trusted."""
        return self.standing in ("new", "changed")

    def as_data(self) -> dict[str, Any]:
        fingerprint = self.key.fingerprint if self.key else None
        kind = self.key.kind if self.key else None
        return {
            "asset": self.asset,
            "standing": self.standing,
            "kind": kind,
            "fingerprint": fingerprint,
            "cause": self.cause,
        }

    def __str__(self) -> str:
        told = f"{self.key.kind} {self.key.fingerprint}" if self.key else f"{self.cause} {self.detail}"
        return f"{self.asset:24} {self.standing:10} {told}"


def shown(inventory: Inventory, assets: Sequence[str]) -> list[Shown]:
    """What each of `assets` (all if empty) shows now. Raises `BadInput` for an unknown one.

    No asset is logged into but those through which others are reached, and these only with keys that are pinned.
    """
    refuse_unknown("asset", assets, inventory.assets)
    chosen = [inventory.assets[asset] for asset in assets] or list(inventory.assets.values())
    chosen = [asset for asset in chosen if asset.kind is not AssetKind.ENDPOINT]  # who takes no login has no host key
    on_the_way = [hop for asset in chosen for hop in inventory.way(asset)]
    return asyncio.run(_all(chosen, opening.hops(inventory, on_the_way, Limits())))


async def _all(assets: Sequence[Asset], hops: Hops) -> list[Shown]:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(asset: Asset) -> Shown:
        async with places:
            return await _one(asset, hops)

    try:
        return await asyncio.gather(*map(one, assets))
    finally:
        await hops.close()


async def _one(asset: Asset, hops: Hops) -> Shown:
    host = HostPort(asset.address, asset.port)
    try:
        key = await trust.fetch(host, hops.limits, await hops.way(asset))
    except Unreached as error:
        return Shown(asset.id, "unreached", cause=error.cause, detail=error.detail)
    pinned = [one.get_fingerprint() for one in hops.known.keys(host)]
    return Shown(asset.id, "new" if not pinned else "pinned" if key.fingerprint in pinned else "changed", key)


def pin(inventory: Inventory, keys: Iterable[Shown]) -> None:
    """Trust these keys from now on. Raises `CannotKeep`."""
    trust.pin(Workspace(inventory.workspace).known_hosts, [one.key for one in keys if one.key is not None])
