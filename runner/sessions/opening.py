"""Opens the right session for an asset, with its login, and remembers which logins were refused where."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from checks.model import Cause, Question
from inventory.model import Asset, AssetKind, Inventory
from inventory.workspace import Workspace
from runner.sessions import credentials, shell, trust
from runner.sessions.base import HostPort, Limits, Session, Unreached
from runner.sessions.credentials import Credentials

Account = tuple[str, HostPort]


@dataclass
class LiveSessions:
    """Sessions with real machines. One refused login ends that account on that host (law 8)."""

    inventory: Inventory
    logins: Mapping[str, Credentials]
    known: trust.KnownHosts
    limits: Limits
    threads: ThreadPoolExecutor
    _doors: dict[Account, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _refused: set[Account] = field(default_factory=set)

    def secrets(self, asset: Asset) -> tuple[str, ...]:
        """Values that may be in a reply of `asset` because we log in with them."""
        login = self.inventory.login_of(asset)
        return () if login is None else self.logins[login.id].secrets

    async def open(self, asset: Asset, allowed: frozenset[Question]) -> Session:
        """A session with `asset` that may ask `allowed`. Raises `Unreached`."""
        login = self.inventory.login_of(asset)
        if asset.kind is AssetKind.ENDPOINT:
            raise Unreached(Cause.UNSUPPORTED_PLATFORM, "an endpoint takes no login")
        if login is None:
            raise Unreached(Cause.AUTH_REFUSED, "the inventory names no login for this asset")
        account = (login.user, HostPort(asset.address, asset.port))
        async with self._doors[account]:
            if account in self._refused:
                raise Unreached(Cause.AUTH_REFUSED, f"'{login.user}' was refused on this host before; not tried again")
            try:
                return await self._opened(asset, self.logins[login.id], allowed)
            except Unreached as unreached:
                if unreached.cause is Cause.AUTH_REFUSED:
                    self._refused.add(account)
                raise

    async def _opened(self, asset: Asset, login: Credentials, allowed: frozenset[Question]) -> Session:
        host = HostPort(asset.address, asset.port)
        if asset.kind is AssetKind.SERVER:
            return await shell.connect(host, login, self.known, allowed, self.limits)
        # netmiko and paramiko take half a second to load: only who has devices pays for them
        from runner.sessions import device  # noqa: PLC0415

        terminal = device.Terminal(asset.platform, host, login, self.limits)
        return await device.connect(terminal, self.known.keys(host), allowed, self.threads)


def live(
    inventory: Inventory, assets: Mapping[str, Asset], limits: Limits, threads: ThreadPoolExecutor
) -> LiveSessions:
    """Sessions for `assets`, their secrets resolved and keys opened. Raises `BadInput`."""
    needed = {login.id: login for asset in assets.values() if (login := inventory.login_of(asset)) is not None}
    logins = credentials.resolved(needed.values(), inventory.workspace)
    known = trust.read(Workspace(inventory.workspace).known_hosts)
    return LiveSessions(inventory, logins, known, limits, threads)
