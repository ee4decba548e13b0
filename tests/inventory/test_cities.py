"""The shipped trees hold what the official lists hold."""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from inventory import workspace
from inventory.load import load
from inventory.model import Inventory, SiteKind

WARDS_OF_2024 = {
    "760": 10, "761": 11, "764": 16, "765": 20, "766": 15, "767": 11, "768": 13, "769": 34, "770": 12, "771": 14,
    "772": 16, "773": 13, "774": 14, "775": 14, "776": 16, "777": 10, "778": 10, "783": 21, "784": 12, "785": 16,
    "786": 7, "787": 7,
}  # fmt: skip
OFFICIAL_OF_2025 = {
    "27154": "Bàn Cờ", "27364": "Bình Phú", "26890": "Hạnh Thông", "26876": "An Nhơn", "26898": "Thông Tây Hội",
    "27019": "Tân Sơn Nhì", "26809": "Hiệp Bình", "26803": "Tam Bình", "26800": "Linh Xuân", "27094": "An Khánh",
}  # fmt: skip
SYSTEMS = {
    "tthc", "1022", "ban-do-so", "dti", "quan-tri-thuc-thi", "lang-nghe-mxh", "cong-dan", "tro-ly-cong-chuc",
    "tro-ly-nguoi-dan", "ban-do-the-che", "lgsp", "thu-dien-tu", "hoi-nghi-truyen-hinh", "quan-ly-van-ban",
    "thu-moi-lich", "chi-dao-dieu-hanh", "bao-cao", "thanh-toan", "chu-ky-so", "so-hoa", "metronet",
    "trung-tam-du-lieu",
}  # fmt: skip


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Inventory]:
    folder = tmp_path_factory.mktemp("cities")
    for tree in ("hcmc-2024", "hcmc-2025"):
        workspace.init(folder / tree, tree)
    return {tree: load(folder / tree) for tree in ("hcmc-2024", "hcmc-2025")}


def words(city: Inventory, kind: SiteKind) -> Counter[str]:
    """How many sites of `kind` begin with each word."""
    return Counter(site.name.split()[0] for site in city.sites.values() if site.kind is kind)


def test_2024_has_22_districts_and_312_wards_by_their_official_codes(cities: dict[str, Inventory]) -> None:
    city = cities["hcmc-2024"]
    assert {
        site: len(city.children(site)) for site, row in city.sites.items() if row.kind is SiteKind.DISTRICT
    } == WARDS_OF_2024
    assert words(city, SiteKind.DISTRICT) == {"Quận": 16, "Huyện": 5, "Thành": 1}
    assert words(city, SiteKind.WARD) == {"Phường": 249, "Xã": 58, "Thị": 5}
    assert city.city.id == "79"


def test_2025_has_168_wards_directly_below_the_city(cities: dict[str, Inventory]) -> None:
    city = cities["hcmc-2025"]
    assert words(city, SiteKind.WARD) == {"Phường": 113, "Xã": 54, "Đặc": 1}
    assert not words(city, SiteKind.DISTRICT)
    assert {site.parent for site in city.sites.values() if site.kind is SiteKind.WARD} == {"79"}
    assert {code: city.sites[code].name.removeprefix("Phường ") for code in OFFICIAL_OF_2025} == OFFICIAL_OF_2025


@pytest.mark.parametrize("tree", ["hcmc-2024", "hcmc-2025"])
def test_names_are_nfc_and_written_evenly(cities: dict[str, Inventory], tree: str) -> None:
    for site in cities[tree].sites.values():
        assert site.name == unicodedata.normalize("NFC", " ".join(site.name.split()))
        assert site.name_en
        assert site.name_en.isascii()
    assert cities["hcmc-2024"].sites["27460"].name == "Phường An Lạc"
    assert cities["hcmc-2024"].sites["27439"].name == "Phường Bình Hưng Hòa A"


@pytest.mark.parametrize("tree", ["hcmc-2024", "hcmc-2025"])
def test_every_named_system_is_there_as_a_sample_and_every_site_has_its_lan(
    cities: dict[str, Inventory], tree: str
) -> None:
    city = cities[tree]
    lans = {f"lan-{site}": site for site in city.sites if site != "79"}
    assert set(city.systems) == SYSTEMS | set(lans)
    assert all(system.sample for system in city.systems.values())
    assert {(city.systems[lan].owner, city.systems[lan].level) for lan in lans} == {(site, 2) for site in lans.values()}
    assert all(site.sample for site in city.sites.values() if site.kind is SiteKind.DEPARTMENT)


def test_a_ward_of_many_namesakes_is_told_by_its_district(cities: dict[str, Inventory]) -> None:
    names = Counter(system.name for system in cities["hcmc-2024"].systems.values())
    assert max(names.values()) == 1


def test_a_shipped_system_is_refined_by_the_citys_own_record(tmp_path: Path) -> None:
    path = tmp_path / "city"
    workspace.init(path, "hcmc-2024")
    own = "systems:\n  - {id: tthc, level: 4}\nsites:\n  - {id: so-y-te, name_en: Health Department}\n"
    (path / "inventory/own.yaml").write_text(own, encoding="utf-8")
    city, shipped = load(path), "Hệ thống thông tin giải quyết thủ tục hành chính"
    assert (city.systems["tthc"].level, city.systems["tthc"].name, city.systems["tthc"].sample) == (4, shipped, False)
    assert (city.sites["so-y-te"].name, city.sites["so-y-te"].name_en) == ("Sở Y tế", "Health Department")
    assert city.systems["dti"].sample


def test_the_notice_names_both_sources_of_data() -> None:
    notice = (Path(__file__).parents[2] / "NOTICE").read_text(encoding="utf-8")
    assert "Copyright (c) 2024 HanChinhVN" in notice
    assert "Copyright (c) 2025 Tran Ngoc Minh Hieu" in notice
