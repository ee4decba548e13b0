"""`inventory show`: counts add up towards the city."""

from __future__ import annotations

from pathlib import Path

import pytest

from inventory import tree
from inventory.faults import BadInput
from inventory.load import load
from tests.cities import small_city


def test_counts_add_up_towards_the_city(tmp_path: Path) -> None:
    shown = tree.show(load(small_city(tmp_path)))
    assert shown["counts"] == {"sites": 3, "systems": 2, "servers": 2, "devices": 2, "endpoints": 0, "links": 1}
    district = shown["below"][0]
    assert district["counts"] == {"sites": 2, "systems": 1, "servers": 1, "devices": 2, "endpoints": 0, "links": 1}
    assert [(ward["id"], ward["counts"]["devices"]) for ward in district["below"]] == [("26734", 1), ("26737", 0)]


def test_text_is_indented_by_depth_in_either_language(tmp_path: Path) -> None:
    shown = tree.show(load(small_city(tmp_path)))
    assert list(tree.text(shown)) == [
        "Thành phố Mẫu [79] · địa điểm 3 · hệ thống 2 · máy chủ 2 · thiết bị mạng 2 · đường truyền 1",
        "  Quận 1 [760] · địa điểm 2 · hệ thống 1 · máy chủ 1 · thiết bị mạng 2 · đường truyền 1",
        "    Phường Tân Định [26734] · hệ thống 1 · máy chủ 1 · thiết bị mạng 1 · đường truyền 1",
        "    Phường Đa Kao [26737]",
    ]
    assert list(tree.text(shown, "en"))[2:] == [
        "    Tan Dinh Ward [26734] · systems 1 · servers 1 · devices 1 · links 1",
        "    Da Kao Ward [26737]",
    ]


def test_a_scope_shows_its_branch_alone(tmp_path: Path) -> None:
    city = load(small_city(tmp_path))
    assert tree.show(city, "26737")["counts"]["sites"] == 0
    with pytest.raises(BadInput, match="Did you mean '26737'"):
        tree.show(city, "26773")
