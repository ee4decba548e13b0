"""A kept run judged again: the same evidence, other checks, no machine; and it never passes for a new measurement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks.catalogue import Catalogue
from checks.model import Cause, Finding, Question, Status, Verdict, Want, asks, judged
from inventory.faults import BadInput
from inventory.model import Asset, Inventory
from reports import results, text
from reports.words import Words
from runner import evidence, journal, kept, manifest, rejudging, runs, walk
from runner.outcome import Outcome, State
from runner.plan import Selection
from runner.sessions.base import Session, Unreached
from tests.runner import city

NAMES = ("a", "b")
THEN = city.catalogue([city.says_hello, city.is_named, city.keeps_secret])


def assets(*more: Asset) -> list[Asset]:
    return [*(city.asset(name) for name in NAMES), city.asset("dead"), *more]


class BehindAGate(city.Recorded):
    """Machines of which one stands behind another that is down."""

    async def open(self, asset: Asset, allowed: frozenset[Question]) -> Session:
        if asset.id == "dead":
            raise Unreached(Cause.REFUSED, "nobody there", "gate")
        return await super().open(asset, allowed)


def measured(workspace: Path, listed: Sequence[Asset] = (), selection: Selection = Selection()) -> Path:  # noqa: B008
    """The folder of a sealed run over `a` and `b`, which answered, and `dead`, which did not."""
    inventory = city.inventory(workspace, listed or assets())
    sessions = BehindAGate({name: city.good_replies(name) for name in NAMES})
    outcome = walk.audit(inventory, THEN, selection, program="then", sessions=sessions)
    results.write(outcome, inventory, THEN)
    return outcome.folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return measured(tmp_path)


def again(run: Path, catalogue: Catalogue = THEN, inventory: Inventory | None = None) -> Path:
    """The folder of `run` judged again, its results written and sealed."""
    inventory = inventory or city.inventory(run.parent.parent, assets())
    outcome = rejudging.rejudge(inventory, catalogue, run, program="now")
    assert outcome.complete
    results.write(outcome, inventory, catalogue)
    assert manifest.verify(outcome.folder) == []
    assert results.problems(outcome.folder) == []
    return outcome.folder


def findings(run: Path, check: str) -> dict[str, Finding]:
    outcomes = kept.read(run).outcomes
    return {id_: f for id_, one in outcomes.items() for f in one.findings if f.check == f"test.{check}"}


def test_the_same_checks_find_the_same_from_the_same_evidence(run: Path) -> None:
    anew = again(run)
    before, after = kept.read(run), kept.read(anew)
    assert after.outcomes == before.outcomes
    assert after.ended == before.ended
    for outcome in before.outcomes.values():
        if outcome.bundle is not None:
            assert evidence.read(anew, outcome.bundle) == evidence.read(run, outcome.bundle)


def test_it_says_what_it_was_made_from_and_does_not_pass_for_a_new_measurement(run: Path) -> None:
    digest, catalogue = manifest.digest(run), city.catalogue([city.says_hello])
    anew = again(run, catalogue)
    before, header = kept.header(run), kept.header(anew)
    assert header["judged_again"].keys() == {"id", "manifest_sha256", "on"}
    assert (header["judged_again"]["id"], header["judged_again"]["manifest_sha256"]) == (run.name, digest)
    assert {name: header[name] for name in ("started", "scope", "selection", "mode")} == {
        name: before[name] for name in ("started", "scope", "selection", "mode")
    }
    assert (header["id"], header["program"], header["catalogue"]["sha256"]) == (anew.name, "now", catalogue.sha256)
    document = results.read(anew)
    assert document["run"]["judged_again"] == header["judged_again"]
    assert document["run"]["ended"] == results.read(run)["run"]["ended"]
    assert runs.ids(run.parent.parent) == [run.name, anew.name]
    for lang in ("vi", "en"):
        assert any(run.name in line for line in text.summary(document, Words(lang))[1:])


def test_the_run_that_it_was_made_from_is_as_it_was(run: Path) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    again(run, city.catalogue(city.ALL))
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    assert manifest.verify(run) == []


def test_a_newer_verdict_is_given_on_the_old_reply(run: Path) -> None:
    @asks(city.HELLO)
    def says_hello(host: Any, _: Want) -> Verdict:
        return judged(host.run(city.HELLO.command).stdout == "good day\n", "good day", "hello")

    assert {f.status for id_, f in findings(run, "says_hello").items() if id_ != "dead"} == {Status.PASS}
    anew = again(run, city.catalogue([says_hello]))
    found = findings(anew, "says_hello")
    assert [found[name].status for name in NAMES] == [Status.FAIL, Status.FAIL]
    assert found["a"].evidence == findings(run, "says_hello")["a"].evidence


def test_a_question_that_was_not_asked_then_is_not_run(run: Path) -> None:
    new = Question("cat /etc/new")

    @asks(city.HELLO, new)
    def is_new(host: Any, _: Want) -> Verdict:
        return judged(True, "", host.run(city.HELLO.command).stdout + host.run(new.command).stdout)

    anew = again(run, city.catalogue([city.says_hello, is_new]))
    found = findings(anew, "is_new")
    assert [(found[name].status, found[name].cause) for name in NAMES] == [(Status.UNKNOWN, Cause.NOT_RUN)] * 2
    assert findings(anew, "says_hello")["a"].status is Status.PASS
    assert kept.read(anew).outcomes["a"].state is State.PARTLY


def test_what_another_ruler_asks_is_asked_with_it_and_judged_by_that_ruler_alone(tmp_path: Path) -> None:
    inventory, few = city.inventory(tmp_path, assets()), city.catalogue([city.says_hello])
    sessions = city.Recorded({name: city.good_replies(name) for name in NAMES})
    outcome = walk.audit(inventory, few, Selection(), program="then", others=[THEN], sessions=sessions)
    results.write(outcome, inventory, few)
    assert {one.check for found in kept.read(outcome.folder).outcomes.values() for one in found.findings} == {
        *few.checks
    }
    found = findings(again(outcome.folder), "is_named")
    assert [found[name].status for name in NAMES] == [Status.PASS] * 2


def test_the_same_question_with_root_is_another_one(run: Path) -> None:
    as_root = replace(city.HELLO, root=True)

    @asks(as_root)
    def is_privileged(host: Any, _: Want) -> Verdict:
        return judged(True, "", host.run(as_root.command).stdout)

    assert findings(again(run, city.catalogue([is_privileged])), "is_privileged")["a"].cause is Cause.NOT_RUN


def test_the_same_question_with_another_time_limit_is_the_same(run: Path) -> None:
    patient = replace(city.HELLO, seconds=99)

    @asks(patient)
    def says_hello(host: Any, _: Want) -> Verdict:
        return judged(True, "", host.run(patient.command).stdout)

    found = findings(again(run, city.catalogue([says_hello])), "says_hello")["a"]
    assert (found.status, found.evidence) == (Status.PASS, findings(run, "says_hello")["a"].evidence)


def test_what_was_not_reached_then_is_not_reached_now_for_the_same_cause(run: Path) -> None:
    outcome = kept.read(again(run)).outcomes["dead"]
    assert (outcome.state, outcome.cause, outcome.hop) == (State.UNREACHED, Cause.REFUSED, "gate")
    assert {(f.cause, f.actual) for f in outcome.findings} == {(Cause.REFUSED, "nobody there")}


CHANGES: dict[str, Callable[[Asset], Asset]] = {
    "address": lambda asset: asset.model_copy(update={"address": "192.0.2.99"}),
    "platform": lambda asset: asset.model_copy(update={"platform": "ubuntu"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_machine_that_is_another_today_has_nothing_from_then(change: str, run: Path) -> None:
    first, *others = assets()
    outcomes = kept.read(
        again(run, inventory=city.inventory(run.parent.parent, [CHANGES[change](first), *others]))
    ).outcomes
    assert (outcomes["a"].state, outcomes["a"].cause, outcomes["a"].bundle) == (State.UNREACHED, Cause.NOT_RUN, None)
    assert outcomes["b"] == kept.read(run).outcomes["b"]


def test_a_machine_that_was_listed_since_was_not_run_and_one_that_is_gone_is_gone(run: Path) -> None:
    listed = [one for one in assets(city.asset("new")) if one.id != "b"]
    outcomes = kept.read(again(run, inventory=city.inventory(run.parent.parent, listed))).outcomes
    assert list(outcomes) == ["a", "dead", "new"]
    assert outcomes["new"].cause is Cause.NOT_RUN


def test_what_was_masked_stays_masked_and_is_named_the_same(run: Path) -> None:
    outcome: Outcome = kept.read(again(run)).outcomes["a"]
    assert outcome.bundle == kept.read(run).outcomes["a"].bundle
    assert findings(run, "keeps_secret")["a"].actual == "password=[masked]\n"


def test_only_what_was_selected_then_is_judged_again(tmp_path: Path) -> None:
    run = measured(tmp_path, selection=Selection(assets=("a",), checks=("test.says_hello",)))
    outcomes = kept.read(again(run)).outcomes
    assert {id_: [f.check for f in one.findings] for id_, one in outcomes.items()} == {"a": ["test.says_hello"]}


def test_a_run_judged_again_can_be_judged_again(run: Path) -> None:
    second = again(run)
    third = again(second)
    assert kept.header(third)["judged_again"]["id"] == second.name
    assert kept.read(third).outcomes == kept.read(run).outcomes


def test_evidence_that_was_touched_is_not_judged_again(run: Path) -> None:
    bundle = next((run / evidence.FOLDER).iterdir())
    bundle.write_bytes(bundle.read_bytes() + b"x")
    with pytest.raises(rejudging.NotSealed, match="not as it was sealed") as refused:
        again(run)
    assert refused.value.exit_status == 5
    assert runs.ids(run.parent.parent) == [run.name]


def test_a_journal_that_was_touched_is_not_judged_again(run: Path) -> None:
    path = run / journal.NAME
    path.write_bytes(path.read_bytes().replace(b"pass", b"fail"))
    with pytest.raises(rejudging.NotSealed, match="was changed"):
        again(run)


def test_a_run_that_is_not_complete_is_not_judged_again(run: Path) -> None:
    path = run / journal.NAME
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(BadInput, match="not complete"):
        again(run)


def test_what_breaks_off_leaves_no_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_run: Path, _name: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(evidence, "read", interrupted)
        patched.setattr(manifest, "verify", lambda _: [])
        with pytest.raises(KeyboardInterrupt):
            again(run)
    assert runs.ids(run.parent.parent) == [run.name]
    again(run)
    assert [path.name for path in run.parent.iterdir() if path.name.startswith(".")] == []
