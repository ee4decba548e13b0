"""How assets are reached: hops, certificates, old SSH, limits; each fault at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from inventory.faults import BadInput, Fault
from inventory.load import load
from tests.cities import small_city

HERE = "# here"
ASSETS, CITY = "inventory/assets.yaml", "city.yaml"
PAGE = """
  - {id: page, site: "79", systems: [tthc], kind: endpoint, platform: web, address: 192.0.2.80}
"""


def change(workspace: Path, name: str, *changes: tuple[str, str]) -> None:
    file = workspace / name
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")


def via(asset: str, *hops: str, mark: str = "") -> tuple[str, str]:
    return f"- id: {asset}\n", f"- id: {asset}\n    via: [{', '.join(hops)}] {mark}\n"


def fault(workspace: Path) -> Fault:
    with pytest.raises(BadInput) as caught:
        load(workspace)
    [only] = caught.value.faults
    return only


def line(workspace: Path, name: str) -> int:
    text = (workspace / name).read_text(encoding="utf-8")
    return text[: text.index(HERE)].count("\n") + 1


def test_the_way_to_an_asset_is_its_hops_and_those_of_the_first_of_them(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, ASSETS, via("s-ward", "r-ward", "s-tthc"), via("r-ward", "r-dc"))
    city = load(workspace)
    ways = {asset.id: [hop.id for hop in city.way(asset)] for asset in city.assets.values()}
    assert ways == {"r-dc": [], "r-ward": ["r-dc"], "s-tthc": [], "s-ward": ["r-dc", "r-ward", "s-tthc"]}


def test_an_address_belongs_to_the_server_rather_than_to_its_service(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    served = load(workspace).assets["s-tthc"].address
    page = PAGE.replace("192.0.2.80", f"{served}, names: [TTHC.example], addresses: ['2001:DB8::1']")
    (workspace / ASSETS).write_text(
        (workspace / ASSETS).read_text(encoding="utf-8").replace("assets:", f"assets:{page.rstrip()}")
    )
    owners = {name: asset.id for name, asset in load(workspace).owners.items()}
    assert (owners[served], owners["tthc.example"], owners["2001:db8::1"]) == ("s-tthc", "page", "page")


@pytest.mark.parametrize(
    ("changes", "problem", "mend"),
    [
        ([via("s-ward", "r-wrad", mark=HERE)], "unknown asset 'r-wrad'", "Did you mean 'r-ward'?"),
        (
            [via("s-ward", "s-ward", mark=HERE)],
            "'s-ward' goes round in a circle: s-ward → s-ward",
            "Name each hop once",
        ),
        ([via("s-ward", "r-dc", "r-dc", mark=HERE)], "circle: r-dc → r-dc → s-ward", "Name each hop once"),
        (
            [via("s-ward", "r-ward", "r-dc", mark=HERE), via("r-ward", "r-dc")],
            "circle: r-dc → r-ward → r-dc → s-ward",
            "in the order",
        ),
        ([via("s-ward", "page", mark=HERE), ("links:", f"{PAGE}links:")], "'page' is an endpoint", "Name a server"),
    ],
)
def test_a_way_that_leads_nowhere_is_a_fault_at_its_line(
    changes: list[tuple[str, str]], problem: str, mend: str, tmp_path: Path
) -> None:
    workspace = small_city(tmp_path)
    change(workspace, ASSETS, *changes)
    found = fault(workspace)
    assert (found.file, found.line) == (workspace / ASSETS, line(workspace, ASSETS))
    assert problem in found.problem
    assert mend in found.mend


def test_a_ring_of_hops_is_told_at_each_of_them_and_not_at_those_behind(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, ASSETS, via("r-dc", "r-ward"), via("r-ward", "r-dc"), via("s-ward", "r-ward"))
    with pytest.raises(BadInput) as caught:
        load(workspace)
    assert sorted(one.problem.split("'")[1] for one in caught.value.faults) == ["r-dc", "r-ward"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "key: keys/audit",
            f"key: keys/audit\n    certificate: ../audit-cert.pub {HERE}",
            "lies outside the workspace",
        ),
        ("    key: keys/audit", f"    certificate: keys/audit-cert.pub {HERE}", "needs the 'key'"),
        ("port: 2222", f"port: 2222\n    legacy_ssh: sometimes {HERE}", "'legacy_ssh'"),
    ],
)
def test_what_a_login_or_an_asset_cannot_say(old: str, new: str, problem: str, tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, ASSETS, (old, new))
    found = fault(workspace)
    assert problem in found.problem
    assert abs((found.line or 0) - line(workspace, ASSETS)) <= 2


@pytest.mark.parametrize("limits", ["{site: 0}", "{device: none}", "{sites: 3}", "4"])
def test_limits_that_are_none(limits: str, tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, CITY, ("mode: lab", f"mode: lab\nlimits: {limits} {HERE}"))
    found = fault(workspace)
    assert (found.file, found.line) == (workspace / CITY, line(workspace, CITY))
    assert "limits" in found.problem


def test_limits_and_old_ssh_are_read_and_are_off_where_nothing_is_said(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    city = load(workspace)
    assert (city.settings.limits.site, city.settings.limits.device) == (None, 1)
    assert not city.assets["s-ward"].legacy_ssh
    change(workspace, CITY, ("mode: lab", "mode: lab\nlimits: {site: 4, device: 2}"))
    change(workspace, ASSETS, ("port: 2222", "port: 2222\n    legacy_ssh: true"))
    again = load(workspace)
    assert (again.settings.limits.site, again.settings.limits.device) == (4, 2)
    assert again.assets["s-tthc"].legacy_ssh
    assert again.sha256 != city.sha256
