"""A wheel holds all that the program reads of itself: every file of every package has an ending that is packed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from tests.test_architecture import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
PACKAGES = [name.removesuffix("*") for name in SETTINGS["packages"]["find"]["include"]]


def files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (one for one in (ROOT / package).rglob("*") if one.is_file() and "__pycache__" not in one.parts)


def test_every_file_of_every_package_is_packed() -> None:
    patterns = ["*.py", *SETTINGS["package-data"]["*"]]
    found = [*files()]
    assert len(found) > 400
    assert [str(one) for one in found if not any(fnmatch(one.name, pattern) for pattern in patterns)] == []


def test_every_room_of_the_house_is_packed() -> None:
    rooms = {one.parent.name for one in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert rooms == set(PACKAGES)
