"""Where the history is: named in city.yaml without a secret, and no part of what an inventory is."""

from __future__ import annotations

from pathlib import Path

import pytest

from inventory.faults import BadInput
from inventory.load import load
from tests.cities import small_city

SECRET = "mat-khau-that"
URL = "postgresql://rasoat@db.example:5432/rasoat"


def named(folder: Path, setting: str) -> Path:
    workspace = small_city(folder)
    with (workspace / "city.yaml").open("a", encoding="utf-8") as file:
        file.write(f"history: {setting}\n")
    return workspace


def test_a_database_is_named_with_the_place_of_its_password(tmp_path: Path) -> None:
    place = load(named(tmp_path, f"{{url: '{URL}?sslmode=verify-full', password: 'env:RASOAT_DB'}}")).settings.history
    assert (place.url, place.password) == (f"{URL}?sslmode=verify-full", "env:RASOAT_DB")


def test_its_place_is_no_part_of_what_results_come_from(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    here, there = small_city(tmp_path / "one"), named(tmp_path / "other", f"{{url: '{URL}'}}")
    assert load(here).sha256 == load(there).sha256


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        (f"{{url: 'postgresql://rasoat:{SECRET}@db.example/rasoat'}}", "may hold no password"),
        (f"{{url: '{URL}?password={SECRET}'}}", "may hold no password"),
        (f"{{url: '{URL}', password: {SECRET}}}", "'password' does not say where the secret is kept"),
        (f"{{password: 'env:{SECRET}'}}", "is of no use without 'url'"),
        ("{url: 'mysql://db.example/rasoat'}", "must be of the form postgresql://"),
        ("{url: 'postgresql:///rasoat'}", "must be of the form postgresql://"),
        ("{url: 'postgresql://db.example'}", "must be of the form postgresql://"),
        ("{url: 'postgresql://db.example:port/rasoat'}", "history"),
        ("{adress: x}", "unknown key"),
    ],
)
def test_what_is_no_place_is_refused_and_no_secret_is_repeated(tmp_path: Path, setting: str, problem: str) -> None:
    with pytest.raises(BadInput) as refused:
        load(named(tmp_path, setting))
    assert problem in str(refused.value)
    assert "city.yaml:" in str(refused.value)
    assert SECRET not in str(refused.value)
