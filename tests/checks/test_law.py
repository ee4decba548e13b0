"""The law at a date: the ruler of 2024, the ruler of 2026, and the transition between them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import catalogue, law
from reports import law as told
from reports.words import Words

OLD, NEW = "tcvn-11930-2017", "tcvn-14423-2026"


def ids(day: date) -> set[str]:
    return {one.id for one in law.on(day).instruments}


@pytest.mark.parametrize(
    ("day", "law_", "decree", "ruler", "rulers"),
    [
        (date(2024, 10, 1), "luat-86-2015", "nd-85-2016", OLD, [OLD]),
        (date(2026, 6, 30), "luat-86-2015", "nd-85-2016", OLD, [OLD]),
        (date(2026, 7, 1), "luat-116-2025", "nd-85-2016", OLD, [OLD]),
        (date(2026, 7, 24), "luat-116-2025", "nd-85-2016", NEW, [NEW, OLD]),
        (date(2026, 8, 19), "luat-116-2025", "nd-331-2026", NEW, [NEW, OLD]),
        (date(2027, 6, 30), "luat-116-2025", "nd-331-2026", NEW, [NEW, OLD]),
        (date(2027, 7, 1), "luat-116-2025", "nd-331-2026", NEW, [NEW]),
        (date(2015, 1, 1), None, None, None, []),
    ],
)
def test_what_is_in_force(
    day: date, law_: str | None, decree: str | None, ruler: str | None, rulers: list[str]
) -> None:
    found = law.on(day)
    by_kind = {one.kind: one.id for one in found.instruments if one.kind in ("law", "decree")}
    assert (by_kind.get("law"), by_kind.get("decree")) == (law_, decree)
    assert (found.ruler, [*found.rulers()]) == (ruler, rulers)


@given(st.dates(date(2010, 1, 1), date(2035, 1, 1)))
def test_one_law_one_decree_and_one_ruler_at_most(day: date) -> None:
    kinds = [one.kind for one in law.on(day).instruments]
    assert kinds.count("law") <= 1
    assert kinds.count("decree") <= 1
    assert sum(one.ruler is not None for one in law.on(day).instruments) <= 1


def test_every_ruler_named_is_shipped_and_every_shipped_one_has_its_time() -> None:
    known = law.facts()
    named = {one.ruler for one in (*known.instruments, *known.transitions) if one.ruler}
    assert named == set(catalogue.standards())


def test_the_old_law_ends_the_day_before_the_new_one_begins() -> None:
    known = {one.id: one for one in law.facts().instruments}
    for old, new in (("luat-86-2015", "luat-116-2025"), ("nd-85-2016", "nd-331-2026"), (OLD, NEW)):
        assert known[old].until == known[new].since - timedelta(days=1)


def test_a_ruler_that_the_law_does_not_have_is_said_so() -> None:
    words = Words("vi")
    assert told.ruler(law.on(date(2024, 10, 1)), OLD, words) is None
    assert "không có hiệu lực" in str(told.ruler(law.on(date(2024, 10, 1)), NEW, words))
    assert "chuyển tiếp" in str(told.ruler(law.on(date(2026, 11, 21)), OLD, words))
    assert "không có hiệu lực" in str(told.ruler(law.on(date(2027, 7, 1)), OLD, words))


def test_it_is_told_with_how_surely_it_is_known() -> None:
    text = "\n".join(told.lines(law.on(date(2026, 11, 21)), Words("vi")))
    assert "Nghị định số 331/2026/NĐ-CP, từ 19/08/2026 [đọc trong toàn văn" in text
    assert "Điều 39 khoản 1" in text
    assert told.as_data(law.on(date(2026, 11, 21)))["rulers"] == [NEW, OLD]
