"""A check is told whole: words in both languages, what is read, parameters, requirements of both standards."""

from __future__ import annotations

import json

import pytest

from checks import catalogue, describe
from reports import showing
from reports.words import LANGUAGES, Words

LOADED = catalogue.load("tcvn-11930-2017")


@pytest.mark.parametrize("id_", ["passwords.lockout", "device.management_sources", "link.loss"])
def test_everything_is_told(id_: str) -> None:
    shown = describe.describe(LOADED, id_)
    assert json.loads(json.dumps(shown)) == shown
    card = LOADED.checks[id_].card
    for lang in LANGUAGES:
        told = "\n".join(showing.lines(shown, Words(lang)))
        for words in (card.title, card.why, card.remedy):
            assert words.vi in told
            assert words.en in told
        assert all(one["id"] in told and one["standard"] in told for one in shown["requirements"])
        assert all(one["name"] in told for one in shown["parameters"])
        assert all(command in told for commands in shown["reads"].values() for command in commands)
        assert card.playbook is None or f"rasoat fix --check {id_}" in told


def test_requirements_are_those_of_both_standards() -> None:
    shown = describe.describe(LOADED, "logs.retention")
    assert {one["standard"] for one in shown["requirements"]} == set(catalogue.standards())
    retention = {one["standard"]: one["by_level"] for one in shown["parameters"] if one["name"] == "log_retention_days"}
    assert retention == {standard: {"2": 30, "3": 90, "4": 180, "5": 365} for standard in catalogue.standards()}


def test_what_was_not_read_in_the_standard_is_marked() -> None:
    told = "\n".join(showing.lines(describe.describe(LOADED, "logs.retention"), Words("vi")))
    assert told.count("số điều khoản chưa đối chiếu") == 2
