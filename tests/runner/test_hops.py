"""Assets behind others: reached through one shared connection a hop, each hop as strict as an asset."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from checks.model import Cause, Status
from inventory.model import Asset, Inventory, Login
from runner import kept, runs, trusting, walk
from runner.outcome import Outcome
from runner.plan import Selection
from runner.sessions.base import HostPort, Limits
from runner.sessions.doors import Doors
from runner.sessions.hops import Hops
from runner.sessions.tcp import Way
from tests.runner import city, peers

LIMITS = Limits(connect=1.0, login=5.0, host=20.0)
CATALOGUE = city.catalogue([city.says_hello])
ACCEPTED, FAILED = "Accepted publickey", "Failed publickey"


@dataclass
class Place:
    """A workspace whose machines are real: what is put into it is trusted, and let in with one key."""

    folder: Path
    assets: list[Asset] = field(default_factory=list)

    def put(self, id_: str, host: HostPort, **fields: Any) -> None:
        self.assets.append(city.asset(id_, address=host.address, port=host.port, **fields))

    def trust(self, *servers: peers.Sshd) -> None:
        (self.folder / "known_hosts").write_text("".join(server.line for server in servers))

    @property
    def inventory(self) -> Inventory:
        return city.inventory(self.folder, self.assets, Login(id="audit", user=peers.USER, key="user"))

    def audited(self, resume: str | None = None) -> dict[str, Outcome]:
        done = walk.audit(self.inventory, CATALOGUE, Selection(), program="test", limits=LIMITS, resume=resume)
        return dict(kept.read(done.folder).outcomes)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    peers.new_key(tmp_path / "user")
    return Place(tmp_path)


@contextmanager
def machines(place: Place, *options: str, count: int = 2) -> Iterator[list[peers.Sshd]]:
    """Real sshds that let the key of the place in; `options` are those of the first."""
    with ExitStack() as stack:
        servers = []
        for number in range(count):
            folder, key = place.folder / f"sshd{number}", place.folder / "user.pub"
            common = [*(options if number == 0 else ()), f"AuthorizedKeysFile {key}"]
            servers.append(stack.enter_context(peers.sshd(folder, *common)))
        yield servers


def attempts(server: peers.Sshd) -> tuple[int, int]:
    return server.log.count(ACCEPTED), server.log.count(FAILED)


DEVICE = {"kind": "device", "platform": "frr"}


def test_one_connection_to_a_hop_serves_all_behind_it(place: Place) -> None:
    with machines(place) as (gate, inner):
        place.trust(gate, inner)
        place.put("gate", gate.host)
        for number in range(4):
            place.put(f"s{number}", inner.host, via=["gate"])
        place.put("d", inner.host, via=["gate"], **DEVICE)
        found = place.audited()
        assert {one.findings[0].status for one in found.values()} == {Status.PASS}
        assert attempts(gate) == (2, 0)  # as a hop, and as the asset that it is
        assert f"target {inner.host.address} port {inner.host.port}" in gate.log
        assert attempts(inner) == (5, 0)


@pytest.mark.parametrize("fields", [{}, DEVICE])
def test_several_hops_are_passed_in_their_order(place: Place, fields: dict[str, Any]) -> None:
    with machines(place, count=3) as (outer, middle, inner):
        place.trust(outer, middle, inner)
        place.put("outer", outer.host)
        place.put("middle", middle.host, via=["outer"])
        place.put("far", inner.host, via=["middle"], **fields)
        place.put("named", inner.host, via=["outer", "middle"], **fields)
        found = place.audited()
        assert {one.findings[0].status for one in found.values()} == {Status.PASS}
        assert f"port {middle.host.port}" in outer.log
        assert f"target {inner.host.address} port {inner.host.port}" not in outer.log
        assert attempts(outer) == (2, 0)
        assert attempts(middle) == (2, 0)


@pytest.mark.skipif(not peers.has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("fields", [{}, DEVICE])
def test_a_hop_and_what_is_behind_it_may_have_ipv6_addresses(place: Place, fields: dict[str, Any]) -> None:
    with ExitStack() as stack:
        key = f"AuthorizedKeysFile {place.folder / 'user.pub'}"
        gate, inner = (stack.enter_context(peers.sshd(place.folder / name, key, address="::1")) for name in "ab")
        place.trust(gate, inner)
        place.put("gate", gate.host)
        place.put("far", inner.host, via=["gate"], **fields)
        assert {one.findings[0].status for one in place.audited().values()} == {Status.PASS}


def test_a_hop_that_is_not_there_costs_one_time_limit_for_all_behind_it(place: Place) -> None:
    with machines(place, count=1) as (inner,), peers.black_hole() as nowhere:
        place.trust(inner)
        place.put("gate", nowhere, kind="server")
        for number in range(6):
            place.put(f"s{number}", inner.host, via=["gate"])
        begun = time.monotonic()
        found = place.audited()
        assert time.monotonic() - begun < 2 * LIMITS.connect + 1
    for number in range(6):
        outcome = found[f"s{number}"]
        assert (outcome.cause, outcome.hop) == (Cause.TIMEOUT, "gate")
        assert outcome.findings[0].actual.startswith("hop 'gate': TimeoutError")
    assert found["gate"].hop is None


@pytest.mark.parametrize("fields", [{}, DEVICE])
def test_a_port_that_is_not_there_behind_a_hop_is_its_own_cause(place: Place, fields: dict[str, Any]) -> None:
    with machines(place, count=1) as (gate,):
        place.trust(gate)
        place.put("gate", gate.host)
        place.put("closed", HostPort(peers.LOOPBACK, peers.free_port()), via=["gate"], **fields)
        place.put("nameless", HostPort("khong-co-may-nay.invalid", 22), via=["gate"], **fields)
        found = place.audited()
    assert (found["closed"].cause, found["closed"].hop) == (Cause.REFUSED, None)
    assert "from hop 'gate': Connection refused" in found["closed"].findings[0].actual
    assert found["nameless"].cause is Cause.DNS


def test_a_black_hole_behind_a_hop_costs_one_time_limit(place: Place) -> None:
    with machines(place, count=1) as (gate,), peers.black_hole() as nowhere:
        place.trust(gate)
        place.put("gate", gate.host)
        place.put("far", nowhere, via=["gate"])
        assert place.audited()["far"].cause is Cause.TIMEOUT


def test_a_hop_that_lets_nobody_through_is_named(place: Place) -> None:
    with machines(place, "AllowTcpForwarding no") as (gate, inner):
        place.trust(gate, inner)
        place.put("gate", gate.host)
        place.put("far", inner.host, via=["gate"])
        found = place.audited()
    assert found["gate"].findings[0].status is Status.PASS
    assert (found["far"].cause, found["far"].hop) == (Cause.REFUSED, "gate")
    assert "hop 'gate' lets nobody through" in found["far"].findings[0].actual


@pytest.mark.parametrize("fields", [{}, DEVICE])
def test_the_key_of_a_hop_is_as_strict_as_that_of_an_asset(place: Place, fields: dict[str, Any]) -> None:
    with machines(place) as (gate, inner):
        place.trust(inner)
        place.put("gate", gate.host)
        place.put("far", inner.host, via=["gate"], **fields)
        unknown = place.audited()["far"]
        assert (unknown.cause, unknown.hop) == (Cause.HOST_KEY_UNKNOWN, "gate")
        place.trust(gate)
        behind = place.audited()["far"]
        assert (behind.cause, behind.hop) == (Cause.HOST_KEY_UNKNOWN, None)
        other = (place.folder / "user.pub").read_text()
        (place.folder / "known_hosts").write_text(f"{gate.host} {other}{inner.line}")
        changed = place.audited()["far"]
        assert (changed.cause, changed.hop) == (Cause.HOST_KEY_CHANGED, "gate")
        assert attempts(gate) == (2, 0)  # both in the second run
        assert attempts(inner) == (0, 0)


def test_a_hop_that_refuses_the_login_is_asked_once_also_when_the_run_is_resumed(place: Place) -> None:
    with machines(place, f"AuthorizedKeysFile {place.folder / 'nobody'}") as (gate, inner):
        place.trust(gate, inner)
        place.put("a", inner.host, via=["gate"])
        place.put("gate", gate.host)
        for number in range(3):
            place.put(f"s{number}", inner.host, via=["gate"])
        found = place.audited()
        assert {one.cause for one in found.values()} == {Cause.AUTH_REFUSED}
        assert found["s0"].hop == "gate"
        assert attempts(gate)[1] == 1
        assert kept.read(runs.find(place.folder)).refused == {"gate"}


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_connection_to_a_hop_that_is_lost_is_made_again(place: Place, at_once: int) -> None:
    with machines(place) as (gate, inner):
        place.trust(gate, inner)
        place.put("gate", gate.host)
        for number in range(24):
            place.put(f"s{number}", inner.host, via=["gate"])

        def drop(asset: str, *_: object) -> None:
            if asset == "s0":
                gate.drop()

        done = walk.audit(
            place.inventory, CATALOGUE, Selection(), program="test", limits=LIMITS, concurrency=at_once, on_event=drop
        )
        found = kept.read(done.folder).outcomes
        behind = [one for asset, one in found.items() if asset != "gate"]  # its own audit may be cut off too
        lost = [one for one in behind if one.findings[0].status is not Status.PASS]
        # before its first answer, within it, or within a later one
        in_the_middle = {Cause.NO_PROMPT, Cause.UNREADABLE, None} if at_once > 1 else set()
        assert {one.cause for one in lost} <= {Cause.REFUSED} | in_the_middle
        assert len(lost) <= at_once  # those that were on their way just then
        assert found["s23"].findings[0].status is Status.PASS
        assert attempts(gate) in {(2, 0), (3, 0)}  # two of them for the hop


def test_two_that_meet_a_lost_hop_together_share_the_one_new_connection() -> None:
    class Connection:
        """A connection to a hop; the first is lost, and those who use it are told so at the same time."""

        def __init__(self, *, lost: bool) -> None:
            self.lost, self.aborted = lost, False

        async def open_connection(self, *_: object, **__: object) -> tuple[object, object]:
            await asyncio.sleep(0)
            if self.lost:
                raise BrokenPipeError
            return asyncio.StreamReader(), None

        def is_closed(self) -> bool:
            return self.aborted

        def abort(self) -> None:
            self.aborted = True

    made = [Connection(lost=True), Connection(lost=False), Connection(lost=False)]
    waiting = iter(made)

    class Once(Hops):
        async def _connected(self, _hop: Asset, _way: Way) -> Any:
            return next(waiting)

    async def both() -> list[Any]:
        hops = Once(cast(Any, None), {}, cast(Any, None), LIMITS, Doors())
        gate = city.asset("gate", address="192.0.2.9")
        ways = (hops._far("/gate", gate, cast(Any, None), HostPort("192.0.2.1", 22), 1.0) for _ in range(2))
        return await asyncio.gather(*ways)

    assert len(asyncio.run(both())) == 2
    assert [one.aborted for one in made] == [True, False, False]


def test_keys_behind_a_hop_are_fetched_once_the_hop_is_trusted(place: Place) -> None:
    with machines(place) as (gate, inner):
        place.put("gate", gate.host)
        place.put("far", inner.host, via=["gate"])
        shown = {one.asset: one for one in trusting.shown(place.inventory, ())}
        assert (shown["gate"].standing, shown["far"].cause) == ("new", Cause.HOST_KEY_UNKNOWN)
        trusting.pin(place.inventory, [shown["gate"]])
        again = {one.asset: one for one in trusting.shown(place.inventory, ())}
        assert (again["gate"].standing, again["far"].standing) == ("pinned", "new")
        trusting.pin(place.inventory, [again["far"]])
        assert place.audited()["far"].findings[0].status is Status.PASS
