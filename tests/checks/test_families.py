"""The two families of checks know the readers and not each other, and what they ask alike is asked in one text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checks import catalogue
from checks.catalogue import FAMILIES, HERE, BoundCheck
from checks.connectivity.platforms import frr
from checks.model import Question, Want
from inventory.model import Asset, AssetKind

SERVER = Asset(id="s", site="79", systems=("x",), kind=AssetKind.SERVER, platform="debian", address="192.0.2.1")
IMPORT = re.compile(r"^\s*(?:from|import) checks\.(\w+)", re.M)


@pytest.mark.parametrize("room", [*FAMILIES, "readers"])
def test_imports_only_what_lies_below(room: str) -> None:
    above = {*FAMILIES, "catalogue", "privileges", "describe"} - {room}
    for path in sorted((HERE / room).rglob("*.py")):
        assert not above & set(IMPORT.findall(path.read_text(encoding="utf-8"))), path


def test_what_both_families_ask_has_one_text() -> None:
    loaded = catalogue.load("tcvn-11930-2017")
    values = {name: one.by_level[3] for name, one in loaded.parameters.items() if 3 in one.by_level}
    of_servers = {
        question.command
        for check in loaded.checks.values()
        if "protections" in check.function.__module__
        for question in BoundCheck(check, Want(SERVER, 3, values), ()).questions()
    }
    shared = {question.command for fact in ("in_clear", "release", "updates") for question in _asked(fact)}
    shared |= {question.command for question in (*_asked("management_sources"), *_asked("clock"))}
    shared |= {question.command for question in (*_asked("accounts")[:2], *_asked("logging")[1:], *_asked("rights"))}
    assert len(shared) == 12
    assert shared <= of_servers


def _asked(fact: str) -> tuple[Question, ...]:
    asked = getattr(frr, fact).ask()
    return (asked,) if isinstance(asked, Question) else asked


def test_no_reader_is_left_unused() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in HERE.rglob("*.py"))
    names = {path.stem for path in Path(HERE / "readers").glob("*.py")} - {"__init__"}
    imported = set(re.findall(r"from checks\.readers\.(\w+) import", code))
    imported |= {name for line in re.findall(r"from checks\.readers import (.+)", code) for name in line.split(", ")}
    assert names <= imported
