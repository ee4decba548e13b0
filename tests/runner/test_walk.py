"""The walk: every pair has one finding, what is kept stays kept, and a run that broke off goes on where it was."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.model import Cause, Question, Status, Verdict, Want, asks, judged
from inventory.faults import BadInput
from inventory.model import Asset, Inventory, Login
from runner import evidence, kept, plan, runs, walk
from runner.files import CannotKeep
from runner.outcome import Outcome, State
from runner.plan import Selection
from tests.runner import city, peers

EVERYTHING = Selection()


def audit(inventory: Inventory, sessions: city.Recorded | None, **options: Any) -> walk.RunOutcome:
    chosen: dict[str, Any] = {"selection": EVERYTHING, "catalogue": city.catalogue(), "program": "test"} | options
    return walk.audit(inventory, sessions=sessions, **chosen)


def servers(*ids: str) -> list[Asset]:
    return [city.asset(id_) for id_ in ids]


def answering(*ids: str) -> dict[str, Any]:
    return {id_: city.good_replies(id_) for id_ in ids}


def without_times(outcome: Outcome) -> tuple[Any, ...]:
    return outcome.asset, outcome.state, outcome.cause, outcome.findings


def test_every_pair_has_one_finding_and_its_evidence(tmp_path: Path) -> None:
    assets = [*servers("a", "b"), city.asset("dead"), city.asset("page", kind="endpoint", platform="web")]
    inventory, catalogue = city.inventory(tmp_path, assets), city.catalogue(city.ALL)
    done = audit(inventory, city.Recorded(answering("a", "b")), catalogue=catalogue)
    found = kept.read(done.folder)
    assert done.complete
    assert found.complete
    for asset in assets:
        outcome = found.outcomes[asset.id]
        assert [finding.check for finding in outcome.findings] == [one.id for one in catalogue.bind(asset, inventory)]
        records = evidence.read(done.folder, outcome.bundle) if outcome.bundle else {}
        assert {name for finding in outcome.findings for name in finding.evidence} == set(records)
    assert found.outcomes["dead"].cause is Cause.TIMEOUT
    assert {finding.cause for finding in found.outcomes["dead"].findings} == {Cause.TIMEOUT}


def test_states_say_how_far_an_asset_was_reviewed(tmp_path: Path) -> None:
    assets = servers("whole", "half", "mute", "dead")
    mute = [city.reply(question, "", cause=Cause.NO_PROMPT) for question in (city.HELLO, city.NAME)]
    replies = answering("whole") | {"half": [city.good_replies("half")[0]], "mute": mute}
    done = audit(city.inventory(tmp_path, assets), city.Recorded(replies))
    states = {outcome.asset: (outcome.state, outcome.cause) for outcome in kept.read(done.folder).outcomes.values()}
    assert states == {
        "whole": (State.REVIEWED, None),
        "half": (State.PARTLY, None),
        "mute": (State.UNREACHED, Cause.NO_PROMPT),
        "dead": (State.UNREACHED, Cause.TIMEOUT),
    }


def test_an_asset_that_no_check_fits_is_not_reviewed(tmp_path: Path) -> None:
    done = audit(city.inventory(tmp_path, servers("a")), city.Recorded({}), catalogue=city.catalogue([]))
    (outcome,) = kept.read(done.folder).outcomes.values()
    assert (outcome.state, outcome.cause, outcome.findings) == (State.UNREACHED, Cause.UNSUPPORTED_PLATFORM, ())


def test_an_unexpected_fault_of_a_session_costs_its_asset_alone(tmp_path: Path) -> None:
    def fault(asset: Asset) -> None:
        if asset.id == "a":
            raise RuntimeError("a fault of ours")

    done = audit(city.inventory(tmp_path, servers("a", "b")), city.Recorded(answering("a", "b"), before=fault))
    found = kept.read(done.folder).outcomes
    assert (found["a"].cause, found["b"].state) == (Cause.CRASHED, State.REVIEWED)


def test_secrets_are_masked_before_they_are_judged_or_kept(tmp_path: Path) -> None:
    replies = {"a": [city.reply(city.SECRET, "password=hunter2 canary-secret\n")]}
    catalogue = city.catalogue([city.keeps_secret])
    done = audit(city.inventory(tmp_path, servers("a")), city.Recorded(replies), catalogue=catalogue)
    (outcome,) = kept.read(done.folder).outcomes.values()
    assert outcome.findings[0].actual == "password=[masked] [masked]\n"
    assert outcome.bundle is not None
    (record,) = evidence.read(done.folder, outcome.bundle).values()
    assert record.reply.stdout == "password=[masked] [masked]\n"


def test_the_header_names_what_the_run_was_made_with(tmp_path: Path) -> None:
    inventory, catalogue = city.inventory(tmp_path, servers("a")), city.catalogue()
    chosen = Selection(scope="q1", assets=("a",), checks=("test",), level=3)
    header = kept.header(audit(inventory, city.Recorded({}), selection=chosen).folder)
    assert Selection.from_header(header) == chosen
    assert (header["inventory_sha256"], header["program"], header["mode"]) == (inventory.sha256, "test", "live")
    assert header["catalogue"] == {"id": "test", "version": "1", "sha256": catalogue.sha256}
    assert header["previous"] is None


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), "abcd"),
        (Selection(scope="q3"), "d"),
        (Selection(scope="79"), "abcd"),
        (Selection(systems=("archive",)), "bc"),
        (Selection(assets=("a", "d")), "ad"),
        (Selection(level=2), "b"),
        (Selection(checks=("test",)), "abcd"),
        (Selection(scope="q1", systems=("portal",), level=3), "ac"),
    ],
)
def test_what_a_selection_selects(selection: Selection, expected: str, tmp_path: Path) -> None:
    both, old = ["portal", "archive"], ["archive"]
    assets = [city.asset("a"), city.asset("b", systems=old), city.asset("c", systems=both), city.asset("d", site="q3")]
    made = plan.make(city.inventory(tmp_path, assets), city.catalogue(), selection)
    assert "".join(made.assets) == expected


def test_checks_are_selected_by_id_and_by_topic(tmp_path: Path) -> None:
    inventory, catalogue = city.inventory(tmp_path, servers("a")), city.catalogue(city.GOOD)
    for checks, expected in (
        (("test",), ["test.is_named", "test.says_hello"]),
        (("test.is_named",), ["test.is_named"]),
    ):
        made = plan.make(inventory, catalogue, Selection(checks=checks))
        assert [one.id for one in made.bound(inventory.assets["a"])] == expected


@pytest.mark.parametrize(
    "selection",
    [
        Selection(scope="q9"),
        Selection(systems=("x",)),
        Selection(assets=("x",)),
        Selection(checks=("x",)),
        Selection(level=5),
    ],
)
def test_a_selection_of_nothing_is_bad_input_and_leaves_no_run(selection: Selection, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        audit(city.inventory(tmp_path, servers("a")), city.Recorded({}), selection=selection)
    assert runs.ids(tmp_path) == []


def test_progress_is_told_for_every_asset(tmp_path: Path) -> None:
    told: list[tuple[str, str, Mapping[str, int]]] = []
    sessions = city.Recorded(answering("a"))
    audit(city.inventory(tmp_path, servers("a", "b")), sessions, on_event=lambda *event: told.append(event))
    assert [(asset, state) for asset, state, _ in told] == [("a", "reviewed"), ("b", "unreached")]
    assert told[-1][2] == {"total": 2, "done": 2, "pass": 2, "unknown": 2}


def test_no_more_assets_than_allowed_are_asked_at_a_time(tmp_path: Path) -> None:
    here = {"server": 0, "device": 0}
    most = dict(here)

    async def stay(asset: Asset) -> None:
        here[asset.kind] += 1
        most[asset.kind] = max(most[asset.kind], here[asset.kind])
        await asyncio.sleep(0.01)
        here[asset.kind] -= 1

    assets = [
        *servers(*(f"s{n}" for n in range(9))),
        *(city.asset(f"d{n}", kind="device", address=f"192.0.2.{n}") for n in range(9)),
    ]
    audit(city.inventory(tmp_path, assets), city.Recorded({}, before=stay), concurrency=3, devices=2)
    assert most == {"server": 3, "device": 2}


@settings(max_examples=30, deadline=None)
@given(
    reached=st.lists(st.booleans(), min_size=1, max_size=6),
    order=st.randoms(use_true_random=False),
    width=st.integers(1, 4),
)
def test_order_and_concurrency_do_not_matter(
    reached: list[bool], order: Any, width: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assets = servers(*(f"s{n}" for n in range(len(reached))))
    replies = answering(*(asset.id for asset, up in zip(assets, reached, strict=True) if up))
    shuffled = list(assets)
    order.shuffle(shuffled)
    found = []
    for several, together in ((assets, 1), (shuffled, width)):
        inventory = city.inventory(tmp_path_factory.mktemp("city"), several)
        done = audit(inventory, city.Recorded(replies), concurrency=together, catalogue=city.catalogue(city.ALL))
        found.append({id_: without_times(one) for id_, one in kept.read(done.folder).outcomes.items()})
        for outcome in kept.read(done.folder).outcomes.values():
            if outcome.bundle:
                records = evidence.read(done.folder, outcome.bundle).values()
                assert {r.reply.stdout.strip() for r in records if r.reply.question == city.NAME} == {outcome.asset}
    assert found[0] == found[1]


def test_an_interrupted_run_keeps_what_was_done_and_goes_on_there(tmp_path: Path) -> None:
    def interrupt(asset: Asset) -> Any:
        if asset.id == "c":
            os.kill(os.getpid(), signal.SIGINT)
            return asyncio.sleep(60)
        return None

    names = ("a", "b", "c", "d")
    inventory, catalogue = city.inventory(tmp_path, servers(*names)), city.catalogue()
    broken = audit(inventory, city.Recorded(answering(*names), before=interrupt), concurrency=1)
    found = kept.read(broken.folder)
    assert not broken.complete
    assert list(found.outcomes) == ["a", "b"]
    rest = list(plan.make(inventory, catalogue, EVERYTHING).unfinished(found.outcomes, found.last))
    assert [(one.asset, one.state, one.cause) for one in rest] == [
        (name, State.UNREACHED, Cause.INTERRUPTED) for name in ("c", "d")
    ]
    assert {f.status for one in rest for f in one.findings} == {Status.UNKNOWN}

    again = city.Recorded(answering(*names))
    assert audit(inventory, again, resume=broken.folder.name) == walk.RunOutcome(broken.folder, complete=True)
    assert again.opened == ["c", "d"]
    whole = kept.read(audit(inventory, city.Recorded(answering(*names))).folder)
    resumed = kept.read(broken.folder)
    assert list(map(without_times, resumed.outcomes.values())) == list(map(without_times, whole.outcomes.values()))


def test_sigterm_ends_a_walk_too(tmp_path: Path) -> None:
    def end(_: Asset) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return asyncio.sleep(60)

    assert not audit(city.inventory(tmp_path, servers("a")), city.Recorded({}, before=end)).complete


def test_a_killed_run_repeats_only_what_is_missing(tmp_path: Path) -> None:
    def die(asset: Asset) -> None:
        if asset.id == "c":
            os.kill(os.getpid(), signal.SIGKILL)

    names = ("a", "b", "c", "d")
    inventory = city.inventory(tmp_path, servers(*names))
    child = os.fork()
    if child == 0:
        audit(inventory, city.Recorded(answering(*names), before=die), concurrency=1)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    again = city.Recorded(answering(*names))
    assert audit(inventory, again, resume="latest").complete
    assert again.opened == ["c", "d"]


@pytest.mark.parametrize(
    ("changed", "word"),
    [({"program": "newer"}, "program"), ({"catalogue": city.catalogue(city.ALL)}, "catalogue")],
)
def test_a_run_is_not_resumed_with_another_ruler(changed: dict[str, Any], word: str, tmp_path: Path) -> None:
    inventory = city.inventory(tmp_path, servers("a"))
    run = audit(inventory, city.Recorded({})).folder.name
    with pytest.raises(BadInput, match=f"the {word} has changed"):
        audit(inventory, city.Recorded({}), resume=run, **changed)


def test_a_run_is_not_resumed_with_another_inventory(tmp_path: Path) -> None:
    run = audit(city.inventory(tmp_path, servers("a")), city.Recorded({})).folder.name
    with pytest.raises(BadInput, match="the inventory has changed"):
        audit(city.inventory(tmp_path, servers("a", "b")), city.Recorded({}), resume=run)


def test_a_disk_that_takes_no_more_ends_the_walk_and_keeps_what_it_took(tmp_path: Path) -> None:
    names = [f"s{n}" for n in range(20)]
    inventory, sessions = city.inventory(tmp_path, servers(*names)), city.Recorded(answering(*names))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, hard))
    try:
        with pytest.raises(CannotKeep, match="File too large"):
            audit(inventory, sessions, concurrency=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    done = set(kept.read(runs.find(tmp_path)).outcomes)
    assert 0 < len(done) < len(names)
    sessions.opened.clear()
    assert audit(inventory, sessions, resume="latest").complete
    assert done.isdisjoint(sessions.opened)


def test_a_real_server_from_the_first_byte_to_its_findings(server: peers.Sshd, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text(server.line)
    (tmp_path / "key").write_bytes((server.folder / "user").read_bytes())
    where = {"address": server.host.address, "port": server.host.port}
    closed = {"address": server.host.address, "port": peers.free_port()}
    device = {"kind": "device", "platform": "frr"}
    assets = [city.asset("a", **where), city.asset("b", **where, **device), city.asset("dead", **closed)]
    login = Login(id="audit", user=peers.USER, key="key")
    catalogue = city.catalogue([city.says_hello])
    done = audit(city.inventory(tmp_path, assets, login), None, catalogue=catalogue)
    found = kept.read(done.folder).outcomes
    assert {id_: (one.state, one.findings[0].status) for id_, one in found.items()} == {
        "a": (State.REVIEWED, Status.PASS),
        "b": (State.REVIEWED, Status.PASS),
        "dead": (State.UNREACHED, Status.UNKNOWN),
    }


@pytest.mark.parametrize("kind", ["server", "device"])
def test_a_machine_that_hangs_does_not_hold_up_who_interrupts(kind: str, server: peers.Sshd, tmp_path: Path) -> None:
    hangs = Question(f"touch {tmp_path}/began; sleep 60", seconds=60)

    @asks(hangs)
    def comes_back(host: Any, _: Want) -> Verdict:
        return judged(True, "", host.run(hangs.command).stdout)

    def interrupt() -> None:
        peers.await_true((tmp_path / "began").exists)
        os.kill(os.getpid(), signal.SIGINT)

    (tmp_path / "known_hosts").write_text(server.line)
    (tmp_path / "key").write_bytes((server.folder / "user").read_bytes())
    asset = city.asset("a", kind=kind, platform="frr", address=server.host.address, port=server.host.port)
    inventory = city.inventory(tmp_path, [asset], Login(id="audit", user=peers.USER, key="key"))
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(interrupt)
        done = audit(inventory, None, catalogue=city.catalogue([comes_back]))
    assert not done.complete
    assert kept.read(done.folder).outcomes == {}
    assert time.monotonic() - begun < 15


def test_a_refused_account_is_not_tried_again_on_that_host(tmp_path: Path) -> None:
    with peers.sshd(tmp_path / "sshd") as server:
        (tmp_path / "known_hosts").write_text(server.line)
        peers.new_key(tmp_path / "stranger")
        where = {"address": server.host.address, "port": server.host.port}
        assets = [city.asset(f"a{n}", **where) for n in range(3)]
        login = Login(id="audit", user=peers.USER, key="stranger")
        done = audit(city.inventory(tmp_path, assets, login), None)
        attempts = server.log.count("userauth-request for user") - server.log.count("method none")
    found = kept.read(done.folder).outcomes.values()
    assert {outcome.cause for outcome in found} == {Cause.AUTH_REFUSED}
    assert attempts == 1


def test_a_key_that_is_not_there_is_bad_input_and_leaves_no_run(tmp_path: Path) -> None:
    login = Login(id="audit", user="audit", key="keys/gone")
    with pytest.raises(BadInput, match="keys/gone: the key cannot be read"):
        audit(city.inventory(tmp_path, servers("a"), login), None)
    assert runs.ids(tmp_path) == []
