from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.faults import BadInput
from inventory.model import AssetKind, Site, SiteKind
from lab import topology
from lab.topology import City, plan

SIZES = st.tuples(st.integers(5, 120), st.integers(0, 65))


def test_the_default_city_has_the_promised_shape() -> None:
    city = plan()
    kinds = Counter(site.kind for site in city.sites)
    assert kinds == {SiteKind.CITY: 1, SiteKind.DISTRICT: 3, SiteKind.WARD: 6}
    assert (len(city.routers), len(city.servers), len(city.cables)) == (10, 15, 9)
    assert len(city.servers_at("79")) == 6
    assert all(len(city.servers_at(site.id)) == 1 for site in city.sites[1:])
    assert {host.kind for host in city.servers} == {AssetKind.SERVER}


def test_wards_are_spread_over_the_districts() -> None:
    parents = Counter(site.parent for site in plan(wards=7).sites if site.kind is SiteKind.WARD)
    assert sorted(parents.values()) == [2, 2, 3]


def test_every_ward_has_a_code_and_a_name_in_both_languages() -> None:
    wards = [site for site in plan(wards=65).sites if site.kind is SiteKind.WARD]
    assert len({ward.id for ward in wards}) == 65
    assert all(ward.id.isdecimal() and ward.name_en and ward.name_en.isascii() for ward in wards)


@settings(deadline=None)  # a busy machine is no fault
@given(SIZES)
def test_no_two_things_share_a_name_or_an_address(size: tuple[int, int]) -> None:
    city = plan(*size)
    names = [host.name for host in city.hosts]
    assert len(set(names)) == len(names)
    addresses = [host.address.ip for host in city.hosts]
    addresses += [end.address.ip for host in city.hosts for end in city.ends_at(host.name)]
    addresses += [city.lan_of(site.id).ip for site in city.sites]
    addresses += [topology.auditor_address().ip, topology.management_gateway().ip]
    assert len(set(addresses)) == len(addresses)


@settings(deadline=None)  # a busy machine is no fault
@given(SIZES)
def test_every_site_is_cabled_to_its_parent(size: tuple[int, int]) -> None:
    city = plan(*size)
    for cable in city.cables:
        child, parent = city.by_name[cable.child.host], city.by_name[cable.parent.host]
        assert site_of(city, child.site).parent == parent.site
        assert cable.child.address.network == cable.parent.address.network
    assert {cable.child.host for cable in city.cables} == {router.name for router in city.routers[1:]}


@settings(deadline=None)  # a busy machine is no fault
@given(SIZES)
def test_servers_stand_in_the_lan_of_their_site_and_public_ones_in_the_dmz(size: tuple[int, int]) -> None:
    city = plan(*size)
    assert len(city.servers) == size[0]
    for server in city.servers:
        public = server.role in topology.PLATFORMS
        network = topology.DMZ if public else city.lan_of(server.site).network
        assert server.address.network == network
        assert server.gateway == network[1]


def test_the_networks_do_not_overlap() -> None:
    networks = [topology.OUTSIDE, topology.MANAGEMENT, topology.LOOPBACKS, topology.BACKBONE, topology.LANS]
    networks += [topology.DMZ, topology.DATABASES]
    assert not any(a.overlaps(b) for a in networks for b in networks if a != b)
    assert all(network.subnet_of(IPv4Network("10.72.0.0/13")) for network in networks)


@pytest.mark.parametrize(("servers", "wards"), [(4, 6), (10**6, 6), (14, 66), (14, -1)])
def test_an_impossible_size_is_bad_input(servers: int, wards: int) -> None:
    with pytest.raises(BadInput):
        plan(servers, wards)


def site_of(city: City, id_: str) -> Site:
    return next(site for site in city.sites if site.id == id_)
