from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from checks import catalogue
from inventory.faults import BadInput
from inventory.load import load
from inventory.model import AssetKind
from lab import fleet
from lab.topology import CORE
from runner import kept, walk
from runner.outcome import State
from runner.sessions.base import Limits

WHOLE = 1700
SHORT = Limits(connect=1.0)


def test_a_whole_fleet_stands_at_every_district_and_ward() -> None:
    city = fleet.plan(WHOLE)
    assert (
        len(city.spots) == len({spot.id for spot in city.spots}) == len({spot.address for spot in city.spots}) == WHOLE
    )
    assert len({spot.site for spot in city.spots} - {city.spots[0].site}) == 334
    assert Counter(spot.kind for spot in city.spots) == {AssetKind.SERVER: 1360, AssetKind.DEVICE: 340}


def test_one_in_fifty_is_faulty_in_every_way_there_is() -> None:
    faults = Counter(spot.fault for spot in fleet.plan(WHOLE).spots if spot.fault)
    assert faults.total() == WHOLE // fleet.FAULTY
    assert set(faults) == set(fleet.FAULTS)
    assert max(faults.values()) - min(faults.values()) <= 1


def test_every_router_is_linked_to_one_above_it() -> None:
    city = fleet.plan(WHOLE)
    devices = {spot.id for spot in city.spots if spot.kind is AssetKind.DEVICE}
    above = {child: parent for child, parent, _ in city.links}
    assert {*above, *above.values()} <= devices
    assert len(above) == 334
    assert all(above.get(parent, CORE) == CORE for parent in above.values())


def test_a_fleet_grows_by_its_last_assets_alone() -> None:
    assert fleet.plan(WHOLE).spots[:60] == fleet.plan(60).spots


def test_a_fleet_is_audited_over_real_ssh_and_says_that_it_is_simulated(tmp_path: Path) -> None:
    ruler = catalogue.load("tcvn-11930-2017")
    with fleet.up(tmp_path / "fleet", 30) as city:
        inventory = load(tmp_path / "fleet", ruler.adjustable())
        folder = walk.audit(inventory, ruler, walk.Selection(), program="test", limits=SHORT).folder
    found = kept.read(folder)
    assert kept.header(folder)["mode"] == "simulated"
    unreached = {id_: str(one.cause) for id_, one in found.outcomes.items() if one.state is State.UNREACHED}
    assert unreached == {spot.id: spot.fault for spot in city.spots if spot.fault} != {}
    assert len(found.outcomes) == 30


def test_a_fleet_wants_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(BadInput), fleet.up(tmp_path, 10):
        pass


def test_every_way_of_not_being_reached_is_acted_out(tmp_path: Path) -> None:
    ruler = catalogue.load("tcvn-11930-2017")
    with fleet.up(tmp_path / "fleet", 200) as city:
        faulty = {spot.id: spot.fault for spot in city.spots if spot.fault}
        inventory = load(tmp_path / "fleet", ruler.adjustable())
        folder = walk.audit(inventory, ruler, walk.Selection(assets=tuple(faulty)), program="test", limits=SHORT).folder
    causes = {id_: str(one.cause) for id_, one in kept.read(folder).outcomes.items()}
    assert causes == faulty
    assert len(faulty) == 4
