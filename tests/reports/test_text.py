"""The summary in a terminal: every score and every cause, in lines that steer nothing."""

from __future__ import annotations

import unicodedata

import pytest

from reports import score, text
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_score_stands_with_floor_coverage_and_target(lang: Language) -> None:
    document, words = documents.practice(), Words(lang)
    rows = text.score_rows(document, words)
    assert [row[0] for row in rows[1:]] == [words(f"score.{name}") for name in score.TARGETS]
    assert rows[3][1:5] == (words.percent(66.6), "6/9", words.percent(77.7), words.percent(100.0))


def test_causes_are_counted_and_say_what_to_do() -> None:
    rows = text.cause_rows(documents.practice(), Words("en"))
    assert [row[:3] for row in rows[1:]] == [
        ("timed out", "19", "2"),
        ("login refused", "11", "1"),
        ("host key changed", "8", "1"),
    ]
    assert text.cause_rows(documents.judge(documents.practice(), {}, {}), Words("en")) == []


@pytest.mark.parametrize("mode", ["lab", "simulated"])
def test_a_city_that_is_not_real_is_named_first(mode: str) -> None:
    document, words = documents.practice(), Words("vi")
    document["run"]["mode"] = mode  # type: ignore[typeddict-item]
    assert words(f"mode.{mode}") in text.summary(document, words)[:3]


def test_lines_steer_no_terminal() -> None:
    document = documents.hostile()
    document["run"]["id"] = "\x1b]0;x\x07\u202e"
    for line in text.summary(document, Words("en")):
        assert not [c for c in line if unicodedata.category(c)[0] == "C"]


def test_columns_stand_under_each_other_whatever_the_accents() -> None:
    decomposed = unicodedata.normalize("NFD", "Quận")
    lines = text.aligned([("a", "b"), (decomposed, "c"), ("中文", "d")])
    assert [unicodedata.normalize("NFC", line) for line in lines] == ["a     b", "Quận  c", "中文  d"]


def test_a_month_is_verified_by_its_file_a_run_by_its_name() -> None:
    assert text.verification(documents.practice()) == "rasoat verify 20261121T021500Z"
    assert text.verification(documents.month(documents.practice())) == "rasoat verify reports/2026-11/results.json"
