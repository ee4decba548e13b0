"""The whole city, simulated: every site and every system of the shipped tree has its row, and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks import catalogue
from checks.model import Status
from inventory.faults import BadInput
from inventory.load import load
from inventory.model import AssetKind, DossierState, Inventory, SiteKind
from lab import city, whole, workspace
from lab.topology import CORE
from runner import kept, walk
from runner.outcome import State

SAMPLE = (
    "router-26734",
    "server-27553",
    "server-26743",
    "dc-so-hoa",
    "dc-bao-cao",
    "web-so-hoa",
    "web-tthc",
    "web-lgsp",
    "dc-log",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("whole") / "city"
    city.up_whole(path)
    yield path
    city.down(path)


@pytest.fixture(scope="module")
def inventory(home: Path) -> Inventory:
    return load(home, catalogue.load("tcvn-11930-2017").adjustable())


def test_every_site_has_its_router_its_server_and_its_link(inventory: Inventory) -> None:
    kinds = Counter(site.kind for site in inventory.sites.values())
    assert kinds == {SiteKind.CITY: 1, SiteKind.DEPARTMENT: 24, SiteKind.DISTRICT: 22, SiteKind.WARD: 312}
    at = {(asset.site, asset.kind) for asset in inventory.assets.values()}
    assert at >= {(site, kind) for site in inventory.sites for kind in (AssetKind.SERVER, AssetKind.DEVICE)}
    parents = {
        inventory.assets[link.child.asset].site: inventory.assets[link.parent.asset].site
        for link in inventory.links.values()
    }
    assert parents == {site.id: site.parent for site in inventory.sites.values() if site.parent is not None}


def test_every_system_has_a_host_and_every_service_an_endpoint(inventory: Inventory) -> None:
    served = {kind: {s for a in inventory.assets.values() if a.kind is kind for s in a.systems} for kind in AssetKind}
    assert served[AssetKind.SERVER] | served[AssetKind.DEVICE] == set(inventory.systems)
    shared = {id_ for id_ in inventory.systems if not id_.startswith("lan-")}
    assert len(shared) == 22
    assert served[AssetKind.ENDPOINT] == shared - {*whole.NO_SERVICE}


def test_papers_are_in_every_state_and_still_samples(inventory: Inventory) -> None:
    systems = inventory.systems.values()
    assert all(system.sample for system in systems)
    states = Counter(system.dossier.state if system.dossier else None for system in systems)
    assert states.keys() == {*DossierState, None}
    assert states[DossierState.APPROVED] > len(inventory.systems) / 2
    assert {system.level for system in systems} == {2, 3, None}


def test_plans_are_fully_partly_and_not_implemented(inventory: Inventory) -> None:
    """As far as people's words go; what machines say of the plans is in the findings."""
    signed = Counter(one.system for one in inventory.attestations)
    owed = Counter(
        {
            id_: sum(1 for one in workspace.requirements(system.level) if one.attested or not one.checks)
            for id_, system in inventory.systems.items()
            if system.level
        }
    )
    shares = {signed[id_] / owed[id_] for id_ in owed}
    assert {0.0, 1.0} < shares
    assert max(shares) == 1.0


def test_what_no_asset_of_a_system_can_be_asked_is_not_left_to_its_probes(inventory: Inventory) -> None:
    """Else such a plan could never be met in full, whatever is put right."""
    checks = catalogue.load("tcvn-11930-2017").checks
    approved = [one for one in inventory.systems.values() if one.dossier and one.dossier.state is DossierState.APPROVED]
    for system in approved:
        kinds = {asset.kind for asset in inventory.assets.values() if system.id in asset.systems}
        deviating = {item.requirement for item in system.dossier.plan} if system.dossier else set()
        for one in workspace.requirements(system.level or 0):
            asked = any(checks[check].card.fits(kind) for check in one.checks for kind in kinds)
            assert asked or not one.checks or one.id in deviating, (system.id, one.id)


def test_every_target_that_an_audit_measures_has_what_it_is_measured_by(inventory: Inventory) -> None:
    services = inventory.services.values()
    ends = {one.system for one in services if one.used_by}
    assert ends == {"tthc", "bao-cao", "lgsp", "thanh-toan"}
    assert {one.outside_ends_of for one in inventory.targets} - {None} <= ends
    assert {one.paths_to for one in inventory.targets} - {None} <= {one.system for one in services if not one.used_by}


def test_what_is_asked_of_it_is_answered_and_said_to_be_simulated(inventory: Inventory) -> None:
    ruler = catalogue.load("tcvn-11930-2017")
    folder = walk.audit(inventory, ruler, walk.Selection(assets=SAMPLE), program="test").folder
    assert kept.header(folder)["mode"] == "simulated"
    outcomes = kept.read(folder).outcomes
    bad = [f for one in outcomes.values() for f in one.findings if f.status not in (Status.PASS, Status.NOT_APPLICABLE)]
    assert not bad
    assert {id_: one.state for id_, one in outcomes.items()} == dict.fromkeys(SAMPLE, State.REVIEWED)


def test_it_is_seen_and_goes_down_as_any_other(home: Path) -> None:
    status = city.status(home)
    assert status["mode"] == "simulated"
    assert len(status["hosts"]) == len({host["address"] for host in status["hosts"]}) == 736
    assert next(host for host in status["hosts"] if host["name"] == CORE)["address"] == str(whole.FIRST_ADDRESS)
    assert city.faults_of(home) == ()


def test_a_workspace_of_another_city_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "city"
    city.up(other, simulated=True)
    try:
        with pytest.raises(BadInput, match="already a workspace"):
            city.up_whole(other)
    finally:
        city.down(other)
