"""What can be known of a device, whatever it runs: typed facts, each asked and read as its platform file says.

`platforms/NAME.py` answers for platform `NAME`: it holds a `Reading` under the name of every fact that it can tell.
A fact itself stands in `@asks(...)`, and `fact.of(host, want)` is its value, on devices and on servers alike.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Generic, TypeVar

from checks.model import Cause, Question, Unknown, Want
from checks.readers.clock import Clock
from checks.readers.networks import Networks
from checks.readers.releases import Release
from checks.readers.updates import Updates
from checks.reading import Host

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Reading(Generic[T_co]):
    """How one platform is asked for a fact, and how its replies are read.

    Both are told what the fact is about; `read` is given the host first, which answers what was asked and nothing else,
    and raises `Unknown` for every reply that is not whole and understood.
    """

    ask: Callable[..., Question | tuple[Question, ...]]
    read: Callable[..., T_co]


def nothing(_: Want) -> tuple[()]:
    """What a fact is about that concerns the device as a whole."""
    return ()


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """One thing to know. `about` takes from a check's demand what the question needs: an address, a port."""

    name: str
    about: Callable[[Want], tuple[Any, ...]] = nothing

    def __call__(self, want: Want) -> tuple[Question, ...]:
        """The questions that ask it. Raises `Unknown` (unsupported_platform) where the platform cannot tell it."""
        asked = self._reading(want).ask(*self.about(want))
        return (asked,) if isinstance(asked, Question) else asked

    def of(self, host: Host, want: Want) -> T:
        """Its value as `host` replied. Raises `Unknown` where that cannot be told."""
        return self._reading(want).read(host, *self.about(want))

    def _reading(self, want: Want) -> Reading[T]:
        reading: Reading[T] | None = _readings(want.asset.platform).get(self.name)
        if reading is None:
            raise Unknown(Cause.UNSUPPORTED_PLATFORM, f"{want.asset.platform}: {self.name}")
        return reading


@cache
def _readings(platform: str) -> Mapping[str, Reading[Any]]:
    """All that the platform file of this name can tell; nothing if there is no such file."""
    module = f"checks.connectivity.platforms.{platform}"
    if not platform.isidentifier() or importlib.util.find_spec(module) is None:
        return {}
    content = vars(importlib.import_module(module))
    return {name: reading for name, reading in content.items() if isinstance(reading, Reading)}


@dataclass(frozen=True, slots=True)
class Interface:
    """`enabled`: switched on by the administrator; `up`: that, and the line is alive."""

    name: str
    up: bool
    addresses: frozenset[Address]
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bits a second in and out, and what the interface can carry (None: the device does not say).

    `span` tells over which time, in words for the evidence: `0.8 s`, `5 min`; `accuracy` by which part of it the true
    rates may differ, where the device's clock is coarse.
    """

    received: float
    sent: float
    capacity: float | None
    span: str
    accuracy: float = 0.0


@dataclass(frozen=True, slots=True)
class History:
    """What passed an interface, in bits a second, over spans of time one after another, as the device itself kept it.

    `sent` is empty where only what is received is kept; `seconds` is the usual length of a span; a rate above `most`
    would have wrapped the counter, and not be told (None: its counter is wide enough).
    """

    received: tuple[float, ...]
    sent: tuple[float, ...]
    seconds: int
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Errors:
    """Packets that an interface received and sent since it last counted from 0, and how many of them were spoilt."""

    packets: int
    spoilt: int


@dataclass(frozen=True, slots=True)
class Adjacency:
    """A neighbour of a routing protocol, which tells its address (BGP), our interface (OSPFv3), or both (OSPF)."""

    protocol: str
    peer: Address | None
    interface: str | None
    state: str
    established: bool


@dataclass(frozen=True, slots=True)
class Hop:
    """One way out: through `interface`, by `via` where it is not directly connected."""

    interface: str
    via: Address | None


@dataclass(frozen=True, slots=True)
class Route:
    """The route in force to an address; without `hops` there is none."""

    protocol: str
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Ping:
    """What a ping measured; nothing is sent where there is no route. `average_ms` is None where nothing came back."""

    sent: int
    received: int
    average_ms: float | None

    @property
    def loss_percent(self) -> float:
        return 100.0 * (self.sent - self.received) / self.sent if self.sent else 100.0


class TcpAnswer(StrEnum):
    CONNECTED = "connected"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Logging:
    """`targets`: the hosts to which the whole log goes; `gaps`: what should write or send it, and does not.

    `level` is the least severe kind that is sent, as syslog counts (RFC 5424: 6 is informational; None: nothing is);
    `dated`: each entry bears date and time; `changes`: what administrators change is written down.
    """

    targets: frozenset[str]
    gaps: tuple[str, ...]
    level: int | None
    dated: bool
    changes: bool


@dataclass(frozen=True, slots=True)
class Right:
    """What an account may do, in the device's own word. `everything`: give rights to others, too.

    None where a central service grants it, which alone knows.
    """

    word: str
    everything: bool | None

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True)
class Throttle:
    """Passwords that one network address can try in a minute, whatever accounts they are for; None where all it likes.

    What holds off everybody together, after so many failures by anybody, holds off each address, too.
    """

    per_minute: float | None
    how: str


def a_minute(attempts: int, seconds: int) -> float:
    """Attempts in a minute where after so many one is held off for so many seconds. Raises `ValueError` for none."""
    if min(attempts, seconds) <= 0:
        raise ValueError(f"{attempts} attempts, {seconds} s")
    return attempts * max(1.0, 60 / seconds)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A thing seen on a network, known by its hardware address; `interface` is where, `name` what it calls itself."""

    hardware: str
    interface: str
    addresses: frozenset[Address]
    name: str


@dataclass(frozen=True, slots=True)
class Lockout:
    """Failed logins until the guesser is held off: 0 where passwords open nothing, None where nobody is."""

    attempts: int | None
    how: str


@dataclass(frozen=True, slots=True)
class Flows:
    """What a device tells of the traffic that passes it (NetFlow, IPFIX, sFlow), so that it can be collected.

    `targets`: the collectors to which it is told; `observed`: the interfaces whose traffic it is; `sent`: the packets
    of it that have gone out so far (None: the device does not say).
    """

    targets: frozenset[str]
    observed: frozenset[str]
    sent: int | None = None


SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debugging")  # RFC 5424
# As devices write them, most of which say the plural of some.
LEVELS: Mapping[str, int] = {word: number for number, word in enumerate(SEVERITIES)} | {
    "emergencies": 0,
    "alerts": 1,
    "errors": 3,
    "warnings": 4,
    "notification": 5,
    "notifications": 5,
}

NEIGHBOURS: Fact[tuple[Neighbour, ...]] = Fact("neighbours")
INTERFACES: Fact[Mapping[str, Interface]] = Fact("interfaces")
HISTORY: Fact[Mapping[str, History]] = Fact("history")
ERRORS: Fact[Mapping[str, Errors]] = Fact("errors")
ADJACENCIES: Fact[tuple[Adjacency, ...]] = Fact("adjacencies")
IN_CLEAR: Fact[tuple[str, ...]] = Fact("in_clear")  # what manages the device in clear text, where others can reach it
WEAK_SSH: Fact[tuple[str, ...]] = Fact("weak_ssh")  # broken algorithms that its SSH server offers
EXTRA_SERVICES: Fact[tuple[str, ...]] = Fact(
    "extra_services", lambda want: (frozenset({want.asset.port, *want.asset.ports}),)
)
UNFILTERED: Fact[tuple[str, ...]] = Fact("unfiltered")  # where everything that no rule names may pass through it
MANAGEMENT_SOURCES: Fact[Networks] = Fact("management_sources")
IDLE_TIMEOUT: Fact[int | None] = Fact("idle_timeout")  # seconds; None where a session may stay open for ever
LOCKOUT: Fact[Lockout] = Fact("lockout")
BY_ADDRESS: Fact[Throttle] = Fact("by_address")
BANNER: Fact[str] = Fact("banner")  # what is shown before the login, in one line; nothing where there is none
ACCOUNTS: Fact[tuple[str, ...]] = Fact("accounts")  # names of those that can log in
RIGHTS: Fact[Mapping[str, Right]] = Fact("rights")  # account → what it may do; `*`: those of a central service
CENTRAL_LOGIN: Fact[tuple[str, ...]] = Fact("central_login")  # by what central service logins are proved
WEAK_PASSWORDS: Fact[tuple[str, ...]] = Fact("weak_passwords")  # where one is kept so that it can be read or guessed
SNMP_BEFORE_3: Fact[tuple[str, ...]] = Fact("snmp_before_3")  # who may read without SNMPv3's proof and encryption
LOGGING: Fact[Logging] = Fact("logging")
CLOCK: Fact[Clock | None] = Fact("clock")  # None where no daemon keeps the time
PROVEN_TIME: Fact[Mapping[str, bool]] = Fact("proven_time")  # time source → whether it must prove itself with a key
RELEASE: Fact[Release] = Fact("release")
UPDATES: Fact[Updates] = Fact("updates")
# Each switched port that is up → what proves or limits who is plugged in, in the device's own word; "" where nothing.
PORT_GUARDS: Fact[Mapping[str, str]] = Fact("port_guards")
FLOWS: Fact[Flows] = Fact("flows")


def traffic(over: Callable[[Want], str]) -> Fact[Mapping[str, Traffic | None]]:
    """What passes the interfaces that are up; None of one that does not count it.

    `over` is an address behind one: some ask it for an echo while they count.
    """
    return Fact("traffic", lambda want: (over(want),))


def route(to: Callable[[Want], str]) -> Fact[Route]:
    """The route in force to the address that `to` takes from the demand."""
    return Fact("route", lambda want: (to(want),))


def ping(to: Callable[[Want], str]) -> Fact[Ping]:
    """A few echo requests to the address that `to` takes from the demand."""
    return Fact("ping", lambda want: (to(want),))


def whole_packet(to: Callable[[Want], tuple[str, int]]) -> Fact[Ping]:
    """Echo requests as large as the packets of so many bytes that must arrive undivided, to the address of `to`."""
    return Fact("whole_packet", to)


def tcp_answer(to: Callable[[Want], tuple[str, int]]) -> Fact[TcpAnswer]:
    """What a TCP connection comes to, to the address and port that `to` takes from the demand."""
    return Fact("tcp_answer", to)


def tcp_answers(to: Callable[[Want], tuple[tuple[str, int], ...]]) -> Fact[Mapping[tuple[str, int], TcpAnswer]]:
    """What TCP connections come to, all tried at the same time, to the addresses and ports that `to` takes."""
    return Fact("tcp_answers", lambda want: (to(want),))
