"""The exact choice is as good as the best of all choices, and the greedy one is a choice."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from reports import covering

Missing = Mapping[int, frozenset[int]]
cases = st.dictionaries(st.integers(0, 8), st.frozensets(st.integers(0, 9), max_size=6), max_size=8)


def least(missing: Missing, need: int) -> int:
    return min(covering.work(missing, frozenset(chosen)) for chosen in combinations(missing, need))


@given(cases, st.data())
def test_no_choice_takes_less_work_than_the_exact_one(missing: Missing, data: st.DataObject) -> None:
    need = data.draw(st.integers(0, len(missing)))
    chosen = covering.exact(missing, need)
    assert len(chosen) == need
    assert chosen <= missing.keys()
    assert covering.work(missing, chosen) == least(missing, need)


@given(cases, st.data())
def test_the_greedy_choice_is_never_better_and_takes_the_cheapest_first(missing: Missing, data: st.DataObject) -> None:
    need = data.draw(st.integers(0, len(missing)))
    order = covering.greedy(missing, need)
    assert len(set(order)) == need
    assert covering.work(missing, order) >= least(missing, need)
    if order:
        assert len(missing[order[0]]) == min(map(len, missing.values()))


def test_the_greedy_choice_can_be_worse() -> None:
    missing = {1: frozenset({1}), 2: frozenset({2, 3}), 3: frozenset({2, 3}), 4: frozenset({4, 5})}
    assert covering.work(missing, covering.greedy(missing, 2)) == 3
    assert covering.work(missing, covering.exact(missing, 2)) == 2


def test_fifty_sets_of_which_five_may_be_left_out_are_no_wait() -> None:
    """Items shared at random by few sets: the hardest that a target of 90 % leaves."""
    missing = {
        one: frozenset(item for item in range(600) if (item * 7919 + one * 104729) % 50 < 3 + item % 3)
        for one in range(50)
    }
    begun = time.process_time()
    covering.exact(missing, 45)
    assert time.process_time() - begun < 10
