"""The city's own target binds its checks to every link end, to the hub and to every shared service."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checks import catalogue
from checks.catalogue import BoundCheck, Catalogue
from checks.model import Cause, Unknown
from inventory.model import Asset, Inventory, Link, LinkEnd, Service, Settings, Site, System
from tests.checks.connectivity.replay import HUB, LINK, ROUTER, SERVICE

WHOLE = catalogue.load("tcvn-11930-2017")
RULER = WHOLE.interconnection
FAMILY = {
    id_: check for id_, check in WHOLE.checks.items() if check.function.__module__.startswith("checks.connectivity")
}
LINK_CHECKS = ("adjacency", "delay", "loss", "mtu", "route", "symmetric", "up", "utilisation")


@pytest.fixture(scope="module")
def city() -> Inventory:
    kinds = {
        "west": ("device", "frr"),
        "east": ("device", "frr"),
        "hub": ("device", "frr"),
        "app": ("server", "debian"),
    }
    assets = [Asset.model_validate({**ROUTER, "id": i, "kind": k, "platform": p}) for i, (k, p) in kinds.items()]
    return Inventory(
        workspace=Path(),
        settings=Settings(format=1, name="thử nghiệm", hub=LinkEnd.model_validate(HUB)),
        sites={"760": Site.model_validate({"id": "760", "name": "Quận 1", "kind": "city"})},
        systems={"metronet": System.model_validate({"id": "metronet", "name": "MetroNet", "owner": "760", "level": 3})},
        assets={asset.id: asset for asset in assets},
        links={"west-east": Link.model_validate(LINK)},
        services={"tthc": Service.model_validate(SERVICE)},
        logins={},
        attestations=(),
        waivers=(),
        sha256="",
    )


def bound(asset: str, city: Inventory) -> dict[str, BoundCheck]:
    checks = FAMILY
    ruler = Catalogue(checks, RULER.model_copy(update={"requirements": ()}), RULER, "")
    return {check.id: check for check in ruler.bind(city.assets[asset], city)}


def test_each_end_of_a_link_is_asked(city: Inventory) -> None:
    for asset, far_end in {"west": "10.9.0.2", "east": "10.9.0.1"}.items():
        checks = bound(asset, city)
        assert checks.keys() == {
            *(f"link.{name}@west-east" for name in LINK_CHECKS),
            "route.hub",
            "service.answers@tthc",
            "neighbour.listed",
            "device.interface_errors",
        }
        (ping,) = checks["link.loss@west-east"].questions()
        assert far_end in ping.command
        assert checks["link.delay@west-east"].questions() == (ping,)
        assert checks["link.up@west-east"].requirements == ("LT.1",)


def test_a_server_is_asked_for_services_only(city: Inventory) -> None:
    checks = bound("app", city)
    assert checks.keys() == {"service.answers@tthc", "neighbour.listed"}
    assert "/dev/tcp/10.9.0.2/443" in checks["service.answers@tthc"].questions()[0].command


def test_a_server_measures_the_path_where_no_device_stands(city: Inventory) -> None:
    """One alone, the first by its id; where a device stands, none."""
    alone = {
        i: Asset.model_validate({**ROUTER, "id": i, "site": "761", "kind": "server", "platform": "debian"})
        for i in "ba"
    }
    sites = {
        **city.sites,
        "761": Site.model_validate({"id": "761", "name": "Quận 2", "kind": "district", "parent": "760"}),
    }
    lone = replace(city, sites=sites, assets={**city.assets, **alone})
    assert bound("a", lone).keys() == {"service.answers@tthc", "neighbour.listed", "route.from_server"}
    assert bound("b", lone).keys() == {"service.answers@tthc", "neighbour.listed"}
    assert "route.from_server" not in bound("app", lone)
    assert bound("a", lone)["route.from_server"].questions() == bound("west", lone)["route.hub"].questions()[1:]


def test_an_outside_end_is_tried_from_the_systems_that_use_it(city: Inventory) -> None:
    outside = Service.model_validate({**SERVICE, "id": "cong-quoc-gia", "used_by": ["dvc"]})
    user = Asset.model_validate({**ROUTER, "id": "dvc", "systems": ["dvc"], "kind": "server", "platform": "debian"})
    services, assets = {**city.services, outside.id: outside}, {**city.assets, "dvc": user}
    systems = {
        **city.systems,
        "dvc": System.model_validate({"id": "dvc", "name": "Dịch vụ công", "owner": "760", "level": 3}),
    }
    wider = replace(city, services=services, assets=assets, systems=systems)
    assert bound("dvc", wider).keys() >= {"service.answers@tthc", "service.answers@cong-quoc-gia"}
    assert "service.answers@cong-quoc-gia" not in bound("app", wider)


def test_without_a_hub_the_way_to_it_is_unknown(city: Inventory) -> None:
    lost = replace(city, settings=city.settings.model_copy(update={"hub": None}))
    with pytest.raises(Unknown) as unknown:
        bound("west", lost)["route.hub"].questions()
    assert unknown.value.cause is Cause.NOT_RUN


def test_every_check_of_the_family_counts_where_it_should() -> None:
    counted = {id_: check.card.counts_for for id_, check in FAMILY.items()}
    asked = {check for requirement in RULER.requirements for check in requirement.checks}
    assert {check for check, kind in counted.items() if kind == "interconnected"} == asked - {
        "route.two_uplinks",
        "neighbour.listed",
        "device.interface_errors",
    }
    upgraded = {check for check, kind in counted.items() if kind == "upgraded"}
    assert upgraded == {"device.supported_release", "device.security_updates"}
    assert not any(requirement.verified for requirement in RULER.requirements)


def test_two_uplinks_are_demanded_of_levels_four_and_five_alone() -> None:
    """TT 06/2026/TT-BKHCN, Art. 5.3."""
    by_levels = {requirement.levels: requirement.checks for requirement in RULER.requirements}
    assert by_levels.pop((4, 5)) == ("route.two_uplinks",)
    assert by_levels.keys() == {(1, 2, 3, 4, 5)}
