"""Who may try to log in where: one at a time for an account on a host, and nobody after it was refused once (law 8)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from checks.model import Cause
from runner.sessions.base import HostPort, Unreached

Account = tuple[str, HostPort]


@dataclass
class Doors:
    """The accounts of one run. `refused` are those that were turned away, also before the run was resumed."""

    refused: set[Account] = field(default_factory=set)
    _doors: dict[Account, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    @asynccontextmanager
    async def at(self, user: str, host: HostPort) -> AsyncIterator[None]:
        """Stand alone before the door of `user` on `host`. Raises `Unreached` where he was refused before."""
        account = (user, host)
        async with self._doors[account]:
            if account in self.refused:
                raise Unreached(Cause.AUTH_REFUSED, f"'{user}' was refused on this host before; not tried again")
            try:
                yield
            except Unreached as unreached:
                if unreached.cause is Cause.AUTH_REFUSED:
                    self.refused.add(account)
                raise
