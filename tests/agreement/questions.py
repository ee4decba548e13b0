"""The questions that one of us and one of them answers, as `questions.yaml` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from inventory.fields import Identifier, Record, Text

LIST = Path(__file__).with_name("questions.yaml")
Judge = Literal["oscap", "lynis", "ssh-audit"]


class Question(Record):
    """One of our checks beside tests of a judge, which must all pass. `why` explains a difference, by host or `*`."""

    check: Text
    judge: Judge
    tests: tuple[Text, ...]
    why: Mapping[Text, Text] = {}


class Asked(Record):
    """Where the judges are let in, the values that oscap is to hold the hosts to, and what else must be asked of them.

    `needed` are rules that others require, and tests that others build on.
    """

    hosts: tuple[Identifier, ...]
    values: Mapping[Text, Text]
    needed: Mapping[Judge, tuple[Text, ...]]
    questions: tuple[Question, ...]

    def tests(self, judge: Judge) -> tuple[str, ...]:
        """Every test that is asked of the judge, once."""
        return tuple(dict.fromkeys(test for one in self.questions if one.judge == judge for test in one.tests))


@lru_cache
def asked() -> Asked:
    return Asked.model_validate(yaml.load(LIST.read_bytes(), Loader=yaml.CSafeLoader))
