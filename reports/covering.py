"""Which sets to complete so that a given number of them is complete for the least work.

Each set has items still missing; an item done once is done for every set that misses it. The least work for completing
`need` of the sets is what is left when the most work is spared: an item is spared when every set that misses it is left
out. A target near 100 % leaves few sets out, and that makes the exact answer cheap: a search over what to leave out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from math import lcm
from typing import TypeVar

S = TypeVar("S", bound=Hashable)
Item = TypeVar("Item", bound=Hashable)
Groups = Mapping[int, int]  # which sets, as bits, alone miss an item → how many such items
PAIR = 2


def work(missing: Mapping[S, frozenset[Item]], chosen: frozenset[S] | tuple[S, ...]) -> int:
    """The number of items that completing the chosen sets takes."""
    return len(frozenset[Item]().union(*(missing[one] for one in chosen)))


def exact(missing: Mapping[S, frozenset[Item]], need: int) -> frozenset[S]:
    """`need` of the sets, those whose completion takes the least work of all such choices.

    Five of fifty left out take up to seconds (a minute where all fifty are alike in every way); more take far longer.
    """
    names, out = tuple(missing), len(missing) - need
    users: dict[Item, int] = {}
    for bit, one in enumerate(names):
        for item in missing[one]:
            users[item] = users.get(item, 0) | 1 << bit
    groups = {those: n for those, n in Counter(users.values()).items() if those.bit_count() <= out}
    search = _Search(out)
    search.descend(groups, range(len(names)), out, (), 0)
    return frozenset(one for bit, one in enumerate(names) if bit not in search.best)


class _Search:
    """Branch and bound over the sets to leave out, the most sparing first."""

    def __init__(self, out: int) -> None:
        self._unit = lcm(*range(1, out + 1))  # shares are whole numbers of this part of an item
        self.best: tuple[int, ...] = ()
        self.spared = -1

    def descend(self, groups: Groups, free: Sequence[int], left: int, out: tuple[int, ...], spared: int) -> None:
        """Look at every way to leave `left` more of the `free` sets out that can spare more than the best so far.

        `groups` hold what can still be spared: only free sets, at most `left` of them.
        """
        if left <= PAIR:
            self._finish(groups, free, left, out, spared)
            return
        shares = self._shares(groups, free)
        ranked = sorted(free, key=lambda one: -shares[one])
        for index in range(len(ranked) - left + 1):
            # With this one and any of those behind it no more is spared than their largest shares add up to.
            if (
                spared * self._unit + sum(shares[one] for one in ranked[index : index + left])
                <= self.spared * self._unit
            ):
                return
            one, behind = ranked[index], ranked[index + 1 :]
            now, later = _without(groups, one, behind, left - 1)
            self.descend(later, behind, left - 1, (*out, one), spared + now)

    def _finish(self, groups: Groups, free: Sequence[int], left: int, out: tuple[int, ...], spared: int) -> None:
        """The last two sets at most: the best two by themselves, or a pair that shares something."""
        alone = {one: groups.get(1 << one, 0) for one in free}
        last = tuple(sorted(free, key=lambda one: -alone[one])[:left])
        self._keep(
            (*out, *last),
            spared + sum(alone[one] for one in last) + (groups.get(_bits(last), 0) if left == PAIR else 0),
        )
        if left == PAIR:
            for those, weight in groups.items():
                if those.bit_count() == PAIR:
                    pair = tuple(_members(those))
                    self._keep((*out, *pair), spared + weight + sum(alone[one] for one in pair))

    def _keep(self, out: tuple[int, ...], spared: int) -> None:
        if spared > self.spared:
            self.best, self.spared = out, spared

    def _shares(self, groups: Groups, free: Sequence[int]) -> Mapping[int, int]:
        """How much each free set can spare at most: a group's items in equal parts among its sets."""
        shares = dict.fromkeys(free, 0)
        for those, weight in groups.items():
            share = weight * self._unit // those.bit_count()
            for one in _members(those):
                shares[one] += share
        return shares


def _without(groups: Groups, one: int, free: Sequence[int], left: int) -> tuple[int, Groups]:
    """What leaving `one` out spares at once, and the groups that can still be spared then."""
    allowed, now, later = _bits(free), 0, Counter[int]()
    for those, weight in groups.items():
        rest = those & ~(1 << one)
        if rest == 0:
            now += weight
        elif rest & ~allowed == 0 and rest.bit_count() <= left:
            later[rest] += weight
    return now, later


def _bits(members: Sequence[int]) -> int:
    return sum(1 << one for one in members)


def _members(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


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
