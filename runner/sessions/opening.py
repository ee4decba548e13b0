"""Opens the right session for an asset: by its way, with its login, and with no login that was refused before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

from checks.model import Cause, Question
from inventory.model import Asset, AssetKind, Inventory
from inventory.workspace import Workspace
from runner.sessions import credentials, endpoint, places, shell, trust, trusted
from runner.sessions.base import HostPort, Limits, Session, Unreached
from runner.sessions.credentials import Credentials
from runner.sessions.doors import Account, Doors
from runner.sessions.hops import Hops
from runner.sessions.tcp import Way, connected
from runner.sessions.trusted import Authorities


@dataclass
class LiveSessions:
    """Sessions with real machines. One refused login ends that account on that host (law 8)."""

    hops: Hops
    threads: ThreadPoolExecutor
    authorities: Callable[[], Authorities]
    together: bool
    places: Mapping[AssetKind, asyncio.Semaphore]
    refusal: Callable[[], str]

    def secrets(self, asset: Asset) -> tuple[str, ...]:
        """Values that may be in a reply of `asset` because we log in with them, there or on the way."""
        inventory = self.hops.inventory
        logins = [inventory.login_of(one) for one in (asset, *inventory.way(asset))]
        return tuple(secret for login in logins if login for secret in self.hops.logins[login.id].secrets)

    async def open(self, asset: Asset, allowed: frozenset[Question]) -> Session:
        """A session with `asset` that may ask `allowed`. Raises `Unreached`."""
        if asset.kind is AssetKind.ENDPOINT:
            return await self._placed(asset, partial(self._knocked, asset, allowed))
        login = self.hops.inventory.login_of(asset)
        if login is None:
            raise Unreached(Cause.AUTH_REFUSED, "the inventory names no login for this asset")
        return await self._placed(asset, partial(self._opened, asset, self.hops.logins[login.id], allowed))

    async def close(self) -> None:
        """Free what the sessions shared."""
        await self.hops.close()

    async def _placed(self, asset: Asset, open_: Callable[[Way], Awaitable[Session]]) -> Session:
        """What `open_` opens in a place of its kind. Who is reached directly is connected to before he takes one."""
        place = self.places[asset.kind]
        if self.hops.inventory.way(asset):

            async def behind_hops() -> Session:  # not ahead: a hop could be lost while its connections wait
                return await open_(await self.hops.way(asset))

            return await places.held(place, behind_hops, self.refusal)
        host = HostPort(asset.address, asset.port)
        reached = places.Reached(await connected(host, self.hops.limits.connect))
        try:
            return await places.held(place, partial(open_, reached), self.refusal)
        finally:
            reached.close()

    async def _knocked(self, asset: Asset, allowed: frozenset[Question], way: Way) -> Session:
        host = HostPort(asset.address, asset.port)
        return await endpoint.connect(host, self.authorities(), allowed, self.hops.limits, way)

    async def _opened(self, asset: Asset, login: Credentials, allowed: frozenset[Question], way: Way) -> Session:
        # who stands before a door has his place: who waited there for one could keep out those who have theirs
        async with self.hops.doors.at(login.user, HostPort(asset.address, asset.port)):
            return await self._let_in(asset, login, allowed, way)

    async def _let_in(self, asset: Asset, login: Credentials, allowed: frozenset[Question], way: Way) -> Session:
        host, known, limits = HostPort(asset.address, asset.port), self.hops.known, self.hops.limits
        if asset.kind is AssetKind.SERVER:
            return await shell.connect(
                host, login, known, allowed, limits, way, legacy=asset.legacy_ssh, together=self.together
            )
        # netmiko and paramiko take half a second to load: only who has devices pays for them
        from runner.sessions import device  # noqa: PLC0415

        terminal = device.Terminal(asset.platform, host, login, limits, legacy=asset.legacy_ssh, together=self.together)
        return await device.connect(terminal, known.keys(host), allowed, self.threads, way)


def live(
    inventory: Inventory,
    assets: Mapping[str, Asset],
    limits: Limits,
    threads: ThreadPoolExecutor,
    refused: Collection[str] = (),
    *,
    together: bool = True,
    servers: int = 1,
    devices: int = 1,
    refusal: Callable[[], str] = str,
) -> LiveSessions:
    """Sessions for `assets`, their secrets resolved and keys opened. Raises `BadInput`.

    `refused` are ids of assets whose account was turned away before: it is not tried again. `together` where each asset
    is asked all that it ever is. So many sessions with `servers` (and endpoints) and `devices` are open at a time.
    None is opened any more once `refusal` says why.
    """
    on_the_way = (hop for asset in assets.values() for hop in inventory.way(asset))
    authorities = cache(partial(trusted.read, Workspace(inventory.workspace).authorities))
    if any(asset.kind is AssetKind.ENDPOINT for asset in assets.values()):
        authorities()  # now, so that what is wrong with them is said before anything is reached; it takes a while
    shared = asyncio.Semaphore(servers)
    held = {AssetKind.SERVER: shared, AssetKind.ENDPOINT: shared, AssetKind.DEVICE: asyncio.Semaphore(devices)}
    ways = hops(inventory, [*assets.values(), *on_the_way], limits, refused)
    return LiveSessions(ways, threads, authorities, together, held, refusal)


def hops(inventory: Inventory, assets: Iterable[Asset], limits: Limits, refused: Collection[str] = ()) -> Hops:
    """The ways through `assets`, with their logins. Raises `BadInput`."""
    needed = {login.id: login for asset in assets if (login := inventory.login_of(asset)) is not None}
    logins = credentials.resolved(needed.values(), inventory.workspace)
    known = trust.read(Workspace(inventory.workspace).known_hosts)
    doors = Doors({account for id_ in refused if (account := _account(inventory, inventory.assets[id_]))})
    return Hops(inventory, logins, known, limits, doors)


def _account(inventory: Inventory, asset: Asset) -> Account | None:
    login = inventory.login_of(asset)
    return None if login is None else (login.user, HostPort(asset.address, asset.port))
