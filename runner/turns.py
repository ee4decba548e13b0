"""Who is asked next, and until when: in the inventory's order, and no more of one site at once than is allowed."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from inventory.model import Asset


@dataclass(frozen=True, slots=True)
class Budget:
    """The time in which assets may be begun, from when it was made; `seconds` None: there is no end to it."""

    seconds: float | None
    begun: float = field(default_factory=time.monotonic)

    def refusal(self) -> str:
        """Why no asset is begun any more; nothing as long as one may be."""
        over = self.seconds is not None and time.monotonic() - self.begun >= self.seconds
        return f"not begun within {self.seconds:g} s" if over else ""


class Queue:
    """Assets that wait, by site."""

    def __init__(self, assets: Iterable[Asset], *, by_site: bool) -> None:
        self.waiting: dict[str, deque[Asset]] = {}
        for asset in assets:
            self.waiting.setdefault(asset.site if by_site else "", deque()).append(asset)


class Turns:
    """Places at the sites, shared by all queues; `limit` None where there is none."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._taken: Counter[str] = Counter()
        self._freed = asyncio.Event()

    def queue(self, assets: Iterable[Asset]) -> Queue:
        return Queue(assets, by_site=self._limit is not None)

    async def next(self, queue: Queue) -> Asset | None:
        """The next asset whose site has a place, which it takes; waits for one; None where nobody waits any more."""
        while queue.waiting:
            site = next((site for site in queue.waiting if not self._limit or self._taken[site] < self._limit), None)
            if site is not None:
                self._taken[site] += 1
                line = queue.waiting[site]
                asset = line.popleft()
                if not line:
                    del queue.waiting[site]
                return asset
            self._freed.clear()
            await self._freed.wait()
        return None

    def done(self, asset: Asset) -> None:
        """Free the place of `asset`."""
        self._taken[asset.site] -= 1
        self._freed.set()
