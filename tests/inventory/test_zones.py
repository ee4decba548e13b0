"""The plan of zones: each network in one of them, faults with file and line, and where a machine stands."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory import tree
from inventory.load import load
from inventory.zones import Zone, ZoneKind, ZonePlan, overlaps, standing
from tests.cities import small_city
from tests.inventory.test_load import HERE, faults, marked

PLAN = """\
zones:
  - {id: may-chu, name: Máy chủ nội bộ, name_en: Internal servers, kind: server, networks: [192.0.2.16/28]}
  - {id: bien, name: Vùng biên, kind: edge, networks: [192.0.2.0/28, "2001:db8::/48"], sites: ["79"]}
  - {id: khong-day, name: Mạng không dây, kind: wireless, absent: Trụ sở không dùng mạng không dây}
"""


def planned(tmp_path: Path, text: str = PLAN) -> Path:
    workspace = small_city(tmp_path)
    (workspace / "inventory/zones.yaml").write_text(text, encoding="utf-8")
    return workspace


def zone(id_: str, *networks: str, kind: ZoneKind = ZoneKind.INTERNAL) -> Zone:
    return Zone(id=id_, name=id_, kind=kind, networks=networks)


def test_a_city_without_zones_stays_valid(tmp_path: Path) -> None:
    assert load(small_city(tmp_path)).zone_plan.zones == ()


def test_the_plan_tells_where_an_address_lies_and_who_stands_in_a_zone(tmp_path: Path) -> None:
    city = load(planned(tmp_path))
    plan = city.zone_plan
    found = plan.of(ip_address("192.0.2.20"))
    assert found is not None
    assert found.id == "may-chu"
    assert plan.of(ip_address("2001:db8::7")) == city.zones["bien"]
    assert plan.of(ip_address("198.51.100.1")) is None
    assert plan.home(["dc.example", "192.0.2.20"]) == found
    assert [(one.asset, one.address, one.port) for one in plan.others(found, 8)] == [("r-dc", "192.0.2.1", 22)]


def test_another_plan_is_another_inventory(tmp_path: Path) -> None:
    workspace = planned(tmp_path)
    before = load(workspace).sha256
    (workspace / "inventory/zones.yaml").write_text(PLAN.replace("192.0.2.16/28", "192.0.2.16/29"), encoding="utf-8")
    assert load(workspace).sha256 != before


@pytest.mark.parametrize(
    ("old", "new", "problem", "mend"),
    [
        ("192.0.2.16/28", f"192.0.2.0/27]}} {HERE}\n#", "zone 'bien': 192.0.2.0/28 lies in 192.0.2.0/27", "split"),
        ("192.0.2.16/28", f"192.0.2.17/28]}} {HERE}\n#", "has host bits set", "Correct the record"),
        ("kind: edge", "kind: egde", "zone 'bien': 'kind' is none of the possible words", "Did you mean 'edge'?"),
        ('sites: ["79"]', 'sites: ["78"]', "unknown site '78'", "Choose from: 26734"),
        ("kind: wireless", "kind: dmz", "only a zone of kind wan or wireless can be absent", "so that this holds"),
        (", absent: Trụ sở không dùng mạng không dây", "", "a zone has 'networks', or says by 'absent'", "this holds"),
        ("kind: edge,", "kind: edge, vlan: 7,", "zone 'bien': unknown key 'vlan'", "Choose from"),
    ],
)
def test_a_fault_names_file_line_and_mend(tmp_path: Path, old: str, new: str, problem: str, mend: str) -> None:
    workspace = planned(tmp_path, PLAN.replace(old, new))
    [fault] = faults(workspace)
    assert fault.file == workspace / "inventory/zones.yaml"
    assert problem in fault.problem
    assert mend in fault.mend
    if HERE in new and "lies in" not in problem:
        assert fault.line == marked(fault.file)
    else:
        assert fault.line is not None


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    text = PLAN.replace("192.0.2.16/28", "192.0.2.0/27").replace('"79"', '"78"').replace("wireless", "dmz")
    assert len(faults(planned(tmp_path, text))) == 3


def test_show_tells_of_the_zones_that_reach_a_site(tmp_path: Path) -> None:
    city = load(planned(tmp_path))
    shown = list(tree.text(tree.show(city), "en"))
    assert shown[-3:] == [
        "Vùng biên [bien] · edge · 192.0.2.0/28, 2001:db8::/48",
        "Mạng không dây [khong-day] · wireless · Trụ sở không dùng mạng không dây",
        "Internal servers [may-chu] · server · 192.0.2.16/28",
    ]
    assert [one["id"] for one in tree.show(city, "26737")["zones"]] == ["khong-day", "may-chu"]


def test_a_server_is_chosen_before_a_device_and_the_lowest_address_first() -> None:
    machines = (
        *standing("router", False, 22, (22,), ("10.2.0.1", "10.1.0.1")),
        *standing("second", True, 2222, (2222,), ("10.2.0.12",)),
        *standing("first", True, 2222, (2222,), ("10.2.0.9",)),
        *standing("behind-nat", True, 30022, (443, 3389), ("203.0.113.1", "10.3.0.4")),
    )
    plan = ZonePlan((zone("a", "10.1.0.0/16"), zone("b", "10.2.0.0/16"), zone("c", "10.3.0.0/16")), machines)
    assert [(one.asset, one.port) for one in plan.others(plan.zones[0], 8)] == [("first", 2222), ("behind-nat", 3389)]
    assert [one.asset for one in plan.others(plan.zones[1], 8)] == ["behind-nat", "router"]
    assert [one.asset for one in plan.others(plan.zones[1], 1)] == ["behind-nat"]


networks = st.builds(
    lambda start, length: str(ip_network((start >> (32 - length) << (32 - length), length))),
    st.integers(0, 2**32 - 1).map(lambda n: n & 0xFF_0F_0000 | 0x0A_00_0000),
    st.integers(6, 18),
)


@given(st.lists(st.lists(networks, min_size=1, max_size=3), min_size=1, max_size=4))
def test_an_overlap_is_found_exactly_where_there_is_one(lists: list[list[str]]) -> None:
    zones = [zone(str(number), *listed) for number, listed in enumerate(lists)]
    pairs = [(one, other) for one in zones for other in zones if one.id < other.id]
    meet = any(
        ip_network(a).overlaps(ip_network(b)) for one, other in pairs for a in one.networks for b in other.networks
    )
    assert bool([*overlaps(zones)]) == meet
