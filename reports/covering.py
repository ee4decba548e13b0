"""Which sets to complete so that a given number of them is complete for the least work.

Each set has items still missing; an item done once is done for every set that misses it. The least work for completing
`need` of the sets is what is left when the most work is spared: an item is spared when every set that misses it is left
out. A target near 100 % leaves few sets out, and that makes the exact answer cheap: a search over what to leave out.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)
Item = TypeVar("Item", bound=Hashable)


def work(missing: Mapping[S, frozenset[Item]], chosen: frozenset[S] | tuple[S, ...]) -> int:
    """The number of items that completing the chosen sets takes."""
    return len(frozenset[Item]().union(*(missing[one] for one in chosen)))


def exact(missing: Mapping[S, frozenset[Item]], need: int) -> frozenset[S]:
    """`need` of the sets, those whose completion takes the least work of all such choices."""
    out = len(missing) - need
    users: dict[Item, frozenset[S]] = {}
    for one, items in missing.items():
        for item in items:
            users[item] = users.get(item, frozenset()) | {one}
    # Only what few enough sets miss can be spared; equal groups of sets count together.
    groups: dict[frozenset[S], int] = {}
    for those in users.values():
        if len(those) <= out:
            groups[those] = groups.get(those, 0) + 1
    search = _Search(groups)
    search.descend(frozenset(), tuple(missing), out)
    return frozenset(missing) - search.best


@dataclass
class _Search(Generic[S]):
    """Branch and bound over what to leave out, most sparing first. `groups`: which sets alone share how many items."""

    groups: Mapping[frozenset[S], int]
    best: frozenset[S] = frozenset()
    spared: int = -1

    def descend(self, out: frozenset[S], free: tuple[S, ...], left: int) -> None:
        """Look at every way to leave `left` more of the `free` sets out that can spare more than the best so far."""
        if left == 0:
            spared = sum(weight for those, weight in self.groups.items() if those <= out)
            if spared > self.spared:
                self.best, self.spared = out, spared
            return
        shares = self._shares(out, free, left)
        ranked = sorted(free, key=lambda one: -shares[one])
        base = sum(weight for those, weight in self.groups.items() if those <= out)
        for index, one in enumerate(ranked[: len(ranked) - left + 1]):
            # With `one` and any of those behind it no more is spared than their largest shares add up to.
            if base + sum(shares[other] for other in ranked[index : index + left]) <= self.spared:
                return
            self.descend(out | {one}, tuple(ranked[index + 1 :]), left - 1)

    def _shares(self, out: frozenset[S], free: tuple[S, ...], left: int) -> dict[S, Fraction]:
        """How much each free set can spare at most: a group's weight in equal parts among its sets not yet out."""
        shares = dict.fromkeys(free, Fraction())
        for those, weight in self.groups.items():
            waiting = those - out
            if 0 < len(waiting) <= left and waiting <= shares.keys():
                for one in waiting:
                    shares[one] += Fraction(weight, len(waiting))
        return shares


def greedy(missing: Mapping[S, frozenset[Item]], need: int) -> tuple[S, ...]:
    """`need` of the sets in an order in which each next one takes the least new work; seldom far from the least."""
    done: frozenset[Item] = frozenset()
    order: list[S] = []
    waiting = dict(missing)
    while len(order) < need:
        chosen = min(waiting, key=lambda one: (len(waiting[one] - done), str(one)))
        done |= waiting.pop(chosen)
        order.append(chosen)
    return tuple(order)
