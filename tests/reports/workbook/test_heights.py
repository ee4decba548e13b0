"""Rows of a spreadsheet are as high as their longest wrapped text, and no higher than a program shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.workbook.heights import HIGHEST, LINE, height


@pytest.mark.parametrize(
    ("text", "fitting", "lines"),
    [
        ("", 10, None),
        ("short", 10, None),
        ("two words", 5, 2),
        ("a b c d e", 3, 3),
        ("line\nline\nline", 10, 3),
        ("sha256abcdef", 5, 3),
        ("xx sha256abcdef", 5, 4),
    ],
)
def test_lines_are_filled_word_by_word(text: str, fitting: float, lines: int | None) -> None:
    assert height([(text, fitting), ("x", fitting)]) == (lines and lines * LINE)


@given(st.lists(st.tuples(st.text(max_size=400), st.floats(4, 60)), max_size=4))
def test_a_row_has_room_for_each_of_its_texts(cells: list[tuple[str, float]]) -> None:
    found = height(cells) or LINE
    assert LINE <= found <= HIGHEST
    assert found == HIGHEST or all(len(text) <= found / LINE * (fitting + 1) for text, fitting in cells)
