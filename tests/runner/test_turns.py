"""How many are asked at once, in what order, and for how long a run begins anything new."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.model import Cause, Question, Status, Verdict, Want, asks, judged
from inventory.model import Asset, AtOnce, Inventory, Login
from runner import kept, walk
from runner.outcome import State
from runner.plan import Selection
from runner.turns import Turns
from tests.runner import city, peers


@asks(Question("sleep 1"))
def takes_a_second(host: Any, _: Want) -> Verdict:
    return judged(host.run("sleep 1").rc == 0, "", "")


def limited(workspace: Path, assets: Sequence[Asset], **limits: int) -> Inventory:
    inventory = city.inventory(workspace, assets)
    settings_ = inventory.settings.model_copy(update={"limits": AtOnce(**limits)})
    return replace(inventory, settings=settings_)


def audit(inventory: Inventory, sessions: Any, **changed: Any) -> kept.Kept:
    done = walk.audit(inventory, city.catalogue(), Selection(), program="test", sessions=sessions, **changed)
    assert done.complete
    return kept.read(done.folder)


class Busy:
    """Sessions that take a moment, and remember how many were open at once, by what `place` says of an asset."""

    def __init__(self, place: Any, seconds: float = 0.01) -> None:
        self._place = place
        self._seconds = seconds
        self.here: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def __call__(self, asset: Asset) -> None:
        place = self._place(asset)
        self.here[place] += 1
        self.most[place] = max(self.most[place], self.here[place])
        await asyncio.sleep(self._seconds)
        self.here[place] -= 1


def some(count: int, **fields: Any) -> list[Asset]:
    return [city.asset(f"{fields.get('site', 'x')}-{fields.get('kind', 's')}{n}", **fields) for n in range(count)]


@pytest.mark.parametrize(("limit", "most"), [({}, {"q1": 12, "q3": 2}), ({"site": 3}, {"q1": 3, "q3": 2})])
def test_a_site_is_asked_no_more_at_once_than_the_city_allows(
    limit: dict[str, int], most: dict[str, int], tmp_path: Path
) -> None:
    servers, others = some(8, site="q1"), some(2, site="q3")
    devices = [city.asset(f"d{n}", kind="device", address=f"192.0.2.{n}") for n in range(4)]
    busy = Busy(lambda asset: asset.site)
    found = audit(limited(tmp_path, [*servers, *devices, *others], **limit), city.Recorded({}, before=busy))
    assert dict(busy.most) == most
    assert len(found.outcomes) == 14


def test_a_full_site_does_not_hold_up_the_others(tmp_path: Path) -> None:
    busy = Busy(lambda asset: asset.site, 0.05)
    assets = [*some(6, site="q1"), *some(2, site="q3")]
    found = audit(limited(tmp_path, assets, site=1), city.Recorded({}, before=busy), concurrency=2)
    assert "q3-s0" in list(found.outcomes)[:3]
    assert busy.most == {"q1": 1, "q3": 1}


def test_a_device_has_one_session_at_a_time_or_as_many_as_the_city_allows(tmp_path: Path) -> None:
    for limit in (1, 3):
        same = [city.asset(f"d{n}", kind="device") for n in range(6)]
        busy = Busy(lambda asset: asset.address)
        audit(limited(tmp_path / str(limit), same, device=limit), city.Recorded({}, before=busy))
        assert busy.most == {"192.0.2.1": limit}


@settings(max_examples=40, deadline=None)
@given(
    sites=st.lists(st.sampled_from("abc"), max_size=25), limit=st.none() | st.integers(1, 3), lanes=st.integers(1, 6)
)
def test_everyone_has_one_turn_whatever_the_limits(sites: list[str], limit: int | None, lanes: int) -> None:
    assets = [city.asset(f"s{n}", site=site) for n, site in enumerate(sites)]
    here: Counter[str] = Counter()
    seen: list[str] = []

    async def lane(turns: Turns, queue: Any) -> None:
        while (asset := await turns.next(queue)) is not None:
            here[asset.site] += 1
            assert limit is None or here[asset.site] <= limit
            await asyncio.sleep(0)
            seen.append(asset.id)
            here[asset.site] -= 1
            turns.done(asset)

    async def walk_all() -> None:
        turns = Turns(limit)
        queue = turns.queue(assets)
        await asyncio.wait_for(asyncio.gather(*(lane(turns, queue) for _ in range(lanes))), 5)

    asyncio.run(walk_all())
    assert sorted(seen) == sorted(asset.id for asset in assets)
    if limit is None and lanes == 1:
        assert seen == [asset.id for asset in assets]


def test_what_is_not_begun_within_the_budget_is_not_run(tmp_path: Path) -> None:
    async def stay(_: Asset) -> None:
        await asyncio.sleep(0.2)

    assets = [*some(10), *(city.asset(f"d{n}", kind="device", address=f"192.0.2.{n}") for n in range(3))]
    sessions = city.Recorded({asset.id: city.good_replies(asset.id) for asset in assets}, before=stay)
    begun = time.monotonic()
    found = audit(city.inventory(tmp_path, assets), sessions, concurrency=2, devices=1, budget=0.5)
    assert time.monotonic() - begun < 2
    late = [one for one in found.outcomes.values() if one.cause is Cause.NOT_RUN]
    assert 4 <= len(late) <= 9
    assert len(late) + len(sessions.opened) == len(assets)
    assert {finding.actual for one in late for finding in one.findings} == {"not begun within 0.5 s"}
    assert {finding.status for one in late for finding in one.findings} == {Status.UNKNOWN}
    assert {one.state for one in found.outcomes.values() if one not in late} == {State.REVIEWED}


def test_a_budget_of_nothing_asks_nobody(tmp_path: Path) -> None:
    sessions = city.Recorded({})
    found = audit(city.inventory(tmp_path, some(3)), sessions, budget=0.0)
    assert sessions.opened == []
    assert {one.cause for one in found.outcomes.values()} == {Cause.NOT_RUN}


def test_who_waits_for_a_place_when_the_budget_ends_is_not_begun(tmp_path: Path) -> None:
    with peers.sshd(tmp_path / "sshd") as server:
        (tmp_path / "known_hosts").write_text(server.line)
        place = {"address": server.host.address, "port": server.host.port}
        login = Login(id="audit", user=server.login.user, key=str(server.login.key))
        inventory = city.inventory(tmp_path, [city.asset(f"s{n}", **place) for n in range(4)], login)
        catalogue = city.catalogue([takes_a_second])
        done = walk.audit(inventory, catalogue, Selection(), program="test", concurrency=1, budget=0.5)
    causes = [one.cause for one in kept.read(done.folder).outcomes.values()]
    assert sorted(map(str, causes)) == ["None", "not_run", "not_run", "not_run"]
