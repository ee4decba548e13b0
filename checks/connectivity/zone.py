"""Does the owner's plan of network zones have what the level demands, and do the machines stand and answer by it?

NĐ 331/2026, Art. 22(3d), makes the plan a part of the dossier; what is not declared there cannot be met.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from checks.connectivity import facts
from checks.connectivity.facts import INTERFACES, MANAGEMENT_SOURCES, Address, Fact, TcpAnswer
from checks.model import Cause, Question, Unknown, Verdict, Want, asks, judged, not_applicable
from checks.readers.networks import Networks, covers, shown
from checks.reading import Host, unreadable
from inventory.model import AssetKind, Service
from inventory.zones import Zone, ZoneKind, address_of

UNDECLARED = "zones: –"
MOST_ZONES = 8  # that one server tries; all servers together try them all
PRIVATE: Networks = frozenset(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def across(want: Want) -> tuple[tuple[str, int], ...]:
    """Where machines of other zones are administered: what must not be open to this one. Nothing where it may be."""
    home = _home(want)
    if home is None or _may_administer(home, want):
        return ()
    return tuple((one.address, one.port) for one in want.plan.others(home, MOST_ZONES))


TRIED = facts.tcp_answers(across)


def _attempts(want: Want) -> tuple[Question, ...]:
    return TRIED(want) if across(want) else ()


def _proofs(want: Want) -> tuple[Question, ...]:
    """Connections to the services that are used from here, which other checks try as well."""
    return tuple(question for one in _elsewhere(want) for question in _answer_of(one)(want)) if across(want) else ()


@asks(INTERFACES)
def required(host: Host, want: Want) -> Verdict:
    """The plan has every zone that the level demands, and is the plan of the network in which this machine stands.

    A zone of a kind that is demanded "if any" may be declared absent, with its reason.
    """
    demanded = want["zones_required"]
    missing = sorted({*demanded} - {zone.kind.value for zone in want.plan.zones})
    inside = any(want.plan.of(address) for address in _addresses(host, want))
    gaps = [f"{kind}: –" for kind in missing] + ([] if inside else [f"{want.asset.id}: –"])
    return judged(not gaps, ", ".join(demanded), "; ".join(gaps) or ", ".join(zone.id for zone in want.plan.zones))


@asks(INTERFACES)
def placed(host: Host, want: Want) -> Verdict:
    """Every address of the machine lies in a declared zone. Several zones meet in a network device alone."""
    found = {address: want.plan.of(address) for address in sorted(_addresses(host, want), key=_order)}
    stray = [str(address) for address, zone in found.items() if zone is None]
    inside = list(dict.fromkeys(zone.id for zone in found.values() if zone))
    apart = want.asset.kind is AssetKind.DEVICE or len(inside) <= 1
    actual = "; ".join([*(f"{address}: –" for address in stray), *(f"{zone}" for zone in inside)])
    return judged(not stray and apart, _declared(want), actual)


@asks(INTERFACES, _attempts, _proofs)
def separated(host: Host, want: Want) -> Verdict:
    """Machines of other zones cannot be administered from here, unless this is a management zone or a jump host.

    That nothing is open says something only where something could have answered: one of the services must, from here.
    """
    home, stands = _home(want), _addresses(host, want)
    if home is None:
        return judged(False, _declared(want), f"{', '.join(map(str, sorted(stands, key=_order)))}: –")
    if _may_administer(home, want):
        return not_applicable(f"{home.id}: {home.kind}" if home.kind is ZoneKind.MANAGEMENT else "jump_hosts")
    if not across(want):
        raise Unknown(Cause.NOT_RUN, "no machine of the inventory stands in another zone")
    answers = TRIED.of(host, want)
    open_ = [_shown(place) for place, answer in answers.items() if answer is TcpAnswer.CONNECTED]
    if not open_:
        _could_connect(host, want)
    told = ", ".join(f"{_shown(place)} {answer}" for place, answer in answers.items())
    expected = f"{', '.join(map(_shown, answers))}: ≠ {TcpAnswer.CONNECTED}"
    return judged(not open_, expected, f"{', '.join(open_)} {TcpAnswer.CONNECTED}" if open_ else told)


@asks(MANAGEMENT_SOURCES)
def jump_hosts_only(host: Host, want: Want) -> Verdict:
    """Nobody logs in but from a declared jump host; on a jump host itself the question does not arise."""
    named = _jump_hosts(want)
    if _stands_in(want, named):
        return not_applicable("jump_hosts")
    sources = _sources(host, want)
    return judged(bool(named) and covers(named, sources), shown(named) or "jump_hosts: –", shown(sources))


@asks(MANAGEMENT_SOURCES)
def managed_from_within(host: Host, want: Want) -> Verdict:
    """Logins come from management zones alone, all of whose networks are private (RFC 1918, RFC 4193)."""
    zones = [zone for zone in want.plan.zones if zone.kind is ZoneKind.MANAGEMENT]
    inside: Networks = frozenset(ip_network(text) for zone in zones for text in zone.networks)
    sources = _sources(host, want)
    expected = shown(inside) or f"{ZoneKind.MANAGEMENT}: –"
    if not covers(PRIVATE, inside):
        public = [network for network in inside if not covers(PRIVATE, frozenset({network}))]
        return judged(False, f"{expected}: RFC 1918, RFC 4193", f"≠ RFC 1918, RFC 4193: {shown(public)}")
    return judged(covers(inside, sources), expected, shown(sources))


def _addresses(host: Host, want: Want) -> frozenset[Address]:
    """Those that others can reach. Raises `Unknown` where there is none: it was asked over one."""
    told = (address for interface in INTERFACES.of(host, want).values() for address in interface.addresses)
    found = frozenset(one for one in told if not (one.is_loopback or one.is_link_local or one.is_unspecified))
    if not found:
        raise unreadable("no address")
    return found


def _sources(host: Host, want: Want) -> Networks:
    found = MANAGEMENT_SOURCES.of(host, want)
    if not found:
        raise unreadable("as configured, nobody could have logged in")
    return found


def _could_connect(host: Host, want: Want) -> None:
    """Raises `Unknown` where no service answers from here: then silence says nothing of a filter."""
    answers = [_answer_of(one).of(host, want) for one in _elsewhere(want)]
    if TcpAnswer.CONNECTED not in answers:
        tried = ", ".join(one.id for one in _elsewhere(want)) or "services: –"
        raise Unknown(Cause.TIMEOUT, f"nothing answers from here, so that nothing is shown to be closed: {tried}")


def _answer_of(service: Service) -> Fact[TcpAnswer]:
    return facts.tcp_answer(lambda _: (service.address, service.port))


def _elsewhere(want: Want) -> Iterator[Service]:
    """The services that are used from here and stand on another machine, by address."""
    own = _own(want)
    return (one for one in want.services if one.address not in own and address_of(one.address))


def _own(want: Want) -> tuple[str, ...]:
    return (want.asset.address, *want.asset.addresses)


def _home(want: Want) -> Zone | None:
    return want.plan.home(_own(want))


def _may_administer(home: Zone, want: Want) -> bool:
    return home.kind is ZoneKind.MANAGEMENT or _stands_in(want, _jump_hosts(want))


def _jump_hosts(want: Want) -> Networks:
    return frozenset(ip_network(str(known)) for text in want["jump_hosts"] if (known := address_of(text)))


def _stands_in(want: Want, networks: Networks) -> bool:
    own = (known for text in _own(want) if (known := address_of(text)))
    return any(ip_network(str(address)) in networks for address in own)


def _declared(want: Want) -> str:
    return ", ".join(zone.id for zone in want.plan.zones if zone.networks) or UNDECLARED


def _shown(place: tuple[str, int]) -> str:
    return "{}:{}".format(*place)


def _order(address: Address) -> tuple[int, int]:
    return address.version, int(address)
