"""The laws of measuring, over the whole way: drawn cities are asked, judged, made into documents, and scored.

What a drawn machine replies is `good`, `bad`, `na` or `cut` (the reply lacks its end) for each question, or it is not
reached at all. Each reply bears its machine's name, so that no reply can pass for another's.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.catalogue import Card, Catalogue, Check, Requirement, Standard
from checks.model import Cause, Question, Reply, Unknown, Verdict, Want, asks, judged, not_applicable
from inventory.model import Asset, AssetKind, Dossier, Inventory, Link, LinkEnd, Service, Settings, Site, System
from inventory.statements import Attestation, Waiver
from reports import results
from reports.document import Document, Score
from reports.index import Index
from runner import evidence, kept, rejudging, walk
from runner.plan import Selection
from runner.sessions.base import Session, Unreached
from runner.sessions.replay import ReplaySession
from tests.runner import city
from tests.runner.city import WORDS

LEVELS = (1, 2, 3, 4, 5)
HEADLINES = ("met", "percent", "percent_with_waivers", "percent_without_attestations", "coverage")
RISING = HEADLINES[:-1]  # coverage says what could be judged, not what is good
ANSWERS = ("bad", "bad", "bad", "na", "cut")
SERVER, DEVICE = AssetKind.SERVER, AssetKind.DEVICE
DAY = date(2026, 1, 1)
LAST_DAY = date(2099, 1, 1)


def _question(want: Want, about: str) -> Question:
    subject = "" if want.subject is None else f" {want.subject.id}"
    return Question(f"tell {about}{subject}")


def _check(id_: str, kinds: tuple[AssetKind, ...], **card: Any) -> Check:
    def ask(want: Want) -> Question:
        return _question(want, id_)

    @asks(ask)
    def function(host: Any, want: Want) -> Verdict:
        said = host.run(ask(want).command).stdout
        answer, _, end = said.partition("\n")
        if end != "end\n":
            raise Unknown(Cause.UNREADABLE, said)
        value = answer.split()[0]
        return not_applicable(answer) if value == "na" else judged(value == "good", "good", answer)

    words = Card(kind=kinds, severity="low", title=WORDS, why=WORDS, remedy=WORDS, **card)
    return Check(id_, words, function, function.asks, ())  # type: ignore[attr-defined]


CHECKS = (
    _check("plain.both", (SERVER, DEVICE)),
    _check("plain.server", (SERVER,)),
    _check("packages.updates", (SERVER, DEVICE), counts_for="upgraded"),
    _check("route.hub", (DEVICE,), counts_for="interconnected"),
    _check("link.up", (DEVICE,), each="link", counts_for="interconnected"),
    _check("service.answers", (SERVER, DEVICE), each="service", counts_for="interconnected"),
)


def _requirement(id_: str, *checks: str, levels: tuple[int, ...] = LEVELS) -> Requirement:
    kind = "technical" if checks else "management"
    fields = {"id": id_, "clause": id_, "kind": kind, "group": "g", "title": WORDS, "levels": levels, "checks": checks}
    return Requirement.model_validate(fields)


def ruler(checks: Sequence[Check] = CHECKS) -> Catalogue:
    own = (_requirement("1", "plain.both"), _requirement("2", "plain.server", "packages.updates", levels=(3, 4, 5)))
    standard = Standard(id="own", version="1", title=WORDS, source="-", requirements=(*own, _requirement("3")))
    between = _requirement("9", "link.up", "route.hub", "service.answers")
    links = Standard(id="links", version="1", title=WORDS, source="-", requirements=(between,))
    return Catalogue({check.id: check for check in checks}, standard, links, hashlib.sha256(b"ruler").hexdigest())


@dataclass(frozen=True)
class World:
    """A city and what its machines say: `dark` ones nothing, the others `answers[asset, command]`."""

    inventory: Inventory
    answers: Mapping[tuple[str, str], str]
    dark: frozenset[str] = frozenset()

    def replies(self, asset: str) -> list[Reply]:
        return [
            city.reply(Question(command), f"{answer} of <{asset}>\n" + ("end\n" if answer != "cut" else ""))
            for (machine, command), answer in self.answers.items()
            if machine == asset
        ]


@dataclass
class Machines:
    """Sessions with the machines of a world, each of which takes its time."""

    world: World
    pace: random.Random

    def secrets(self, _asset: Asset) -> Sequence[str]:
        return ()

    async def open(self, asset: Asset, allowed: frozenset[Question]) -> Session:
        for _ in range(self.pace.randrange(4)):
            await asyncio.sleep(0)
        if asset.id in self.world.dark:
            raise Unreached(Cause.TIMEOUT, f"<{asset.id}>")
        return ReplaySession(self.world.replies(asset.id), allowed)


BACKBONE = ((0, DEVICE, {0}), (1, DEVICE, {0}))  # at the city, and at its first district
SHAPE = st.fixed_dictionaries({
    "wards": st.lists(st.integers(0, 1), max_size=2),
    "machines": st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([SERVER, DEVICE]), st.sets(st.integers(0, 2), min_size=1)),
        max_size=3,
    ),
    "levels": st.tuples(*[st.sampled_from([2, 3, None])] * 3),
    "approved": st.tuples(*[st.booleans()] * 3),
    "vouched": st.tuples(*[st.booleans()] * 3),
    "services": st.sampled_from([1, 1, 0, 2]),
})  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A city of up to five sites, five machines, and three systems; all is good but a few replies, and a machine."""
    inventory = _inventory(draw(SHAPE))
    asked = [
        (asset.id, question.command)
        for asset in inventory.assets.values()
        for bound in ruler().bind(asset, inventory)
        for question in bound.questions()
    ]
    odd = draw(st.dictionaries(st.sampled_from(asked), st.sampled_from(ANSWERS), max_size=3))
    answers = {key: odd.get(key, "good") for key in asked}
    dark = draw(st.sets(st.sampled_from(sorted(inventory.assets)), max_size=1)) if draw(st.booleans()) else set()
    waived = draw(st.sets(st.sampled_from(sorted(odd)))) if odd else set()
    waivers = tuple(_waiver(n, asset, command.split()[1]) for n, (asset, command) in enumerate(sorted(waived)))
    return World(replace(inventory, waivers=waivers), answers, frozenset(dark))


def _inventory(shape: Mapping[str, Any]) -> Inventory:
    sites = [("c", "city", None), ("d0", "district", "c"), ("d1", "district", "c")]
    sites += [(f"w{n}", "ward", f"d{parent}") for n, parent in enumerate(shape["wards"])]
    made = {id_: Site.model_validate({"id": id_, "name": id_, "kind": kind, "parent": up}) for id_, kind, up in sites}
    places = list(made)
    assets = {
        f"m{n}": Asset(
            id=f"m{n}", site=places[at % len(places)], systems=tuple(f"s{one}" for one in sorted(serves)), kind=kind,
            platform="any", address=f"192.0.2.{n + 1}",
        )
        for n, (at, kind, serves) in enumerate([*BACKBONE, *shape["machines"]])
    }  # fmt: skip
    return Inventory(
        workspace=Path("/nowhere"),
        settings=Settings(format=1, name="c"),
        sites=made,
        systems={f"s{n}": _system(n, shape) for n in range(3)},
        assets=assets,
        links={link.id: link for link in _links(assets, made)},
        services={f"v{n}": _service(n) for n in range(shape["services"])},
        logins={},
        attestations=tuple(_attestation(n) for n in range(3) if shape["vouched"][n]),
        waivers=(),
        sha256=hashlib.sha256(repr(sorted(shape.items(), key=str)).encode()).hexdigest(),
    )


def _system(n: int, shape: Mapping[str, Any]) -> System:
    level = shape["levels"][n]
    fields = {"state": "approved", "level": level or 2, "standard": "own", "decision": "1", "approved_on": DAY}
    dossier = Dossier.model_validate(fields) if shape["approved"][n] else None
    return System(id=f"s{n}", name=f"s{n}", owner="c", level=level, dossier=dossier)


def _links(assets: Mapping[str, Asset], sites: Mapping[str, Site]) -> Iterator[Link]:
    """A link wherever two devices stand at a site and at its parent."""
    devices = [asset for asset in assets.values() if asset.kind is DEVICE]
    for below in devices:
        for above in devices:
            if sites[below.site].parent == above.site:
                ends = (LinkEnd(asset=one.id, interface="eth0", address=one.address) for one in (below, above))
                yield Link(id=f"{below.id}-{above.id}", child=next(ends), parent=next(ends))


def _service(n: int) -> Service:
    return Service(id=f"v{n}", name=f"v{n}", system="s0", address="192.0.2.200", port=443)


def _attestation(n: int) -> Attestation:
    return Attestation(
        id=f"a{n}", system=f"s{n}", requirement="3", officer="o", document="d", signed_on=DAY, expires_on=LAST_DAY
    )


def _waiver(n: int, asset: str, check: str) -> Waiver:
    return Waiver(id=f"x{n}", check=check, asset=asset, reason="r", owner="o", approver="p", start=DAY, end=LAST_DAY)


@contextmanager
def audited(
    world: World, *, width: int = 3, seed: int = 0, checks: Sequence[Check] = CHECKS
) -> Iterator[tuple[Path, Document]]:
    """The run's folder and the document of auditing a world."""
    with tempfile.TemporaryDirectory() as workspace:
        inventory, catalogue = replace(world.inventory, workspace=Path(workspace)), ruler(checks)
        machines = Machines(world, random.Random(seed))  # noqa: S311 - only who comes first
        outcome = walk.audit(
            inventory, catalogue, Selection(), program="test", concurrency=width, devices=width, sessions=machines
        )
        yield outcome.folder, results.write(outcome, inventory, catalogue)


def document_of(world: World, **options: Any) -> Document:
    with audited(world, **options) as (_, document):
        return document


def headlines(document: Document, names: Sequence[str]) -> dict[tuple[str, str], float]:
    scores = cast(dict[str, Score], document["scores"])
    return {(name, key): score[key] for name, score in scores.items() for key in names}  # type: ignore[literal-required]


def totals(document: Document) -> dict[str, int]:
    return {name: score["total"] for name, score in cast(dict[str, Score], document["scores"]).items()}


def assert_nowhere_better(after: Document, before: Document, names: Sequence[str] = HEADLINES) -> None:
    assert totals(after) == totals(before)
    better = {key for key, value in headlines(after, names).items() if value > headlines(before, names)[key]}
    assert not better


law = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@law
@given(world=worlds())
def test_every_asset_and_check_end_in_exactly_one_finding(world: World) -> None:
    document = document_of(world)
    found = [(finding["asset"], finding["check"]) for finding in document["findings"]]
    bound = [
        (id_, one.id) for id_, asset in world.inventory.assets.items() for one in ruler().bind(asset, world.inventory)
    ]
    assert sorted(found) == sorted(bound)
    index = Index(document)
    assert sorted(found) == sorted(
        (id_, check) for id_, asset in index.assets.items() for check in index.expected(asset)
    )
    for finding in document["findings"]:
        assert (finding["status"] == "unknown") == (finding["cause"] is not None)
        assert finding["asset"] not in world.dark or finding["cause"] == "timeout"


@settings(law, max_examples=100)
@given(world=worlds(), data=st.data())
def test_making_machines_unreachable_never_raises_a_headline(world: World, data: st.DataObject) -> None:
    not_good = {asset for (asset, _), answer in world.answers.items() if answer != "good"}
    gone = data.draw(st.sets(st.sampled_from(sorted(not_good or world.inventory.assets)), min_size=1, max_size=2))
    after = document_of(replace(world, dark=world.dark | gone))
    assert_nowhere_better(after, document_of(world))
    assert {asset["id"] for asset in after["assets"] if asset["state"] == "unreached"} >= gone


@law
@given(world=worlds(), data=st.data())
def test_cutting_replies_never_raises_a_headline(world: World, data: st.DataObject) -> None:
    cut = data.draw(st.sets(st.sampled_from(sorted(world.answers)), min_size=1, max_size=3)) if world.answers else set()
    after = replace(world, answers={**world.answers, **dict.fromkeys(cut, "cut")})
    assert_nowhere_better(document_of(after), document_of(world))


@law
@given(world=worlds(), data=st.data())
def test_putting_failures_right_never_lowers_a_headline(world: World, data: st.DataObject) -> None:
    wrong = [key for key, answer in sorted(world.answers.items()) if answer in {"bad", "cut"}]
    mended = data.draw(st.sets(st.sampled_from(wrong), min_size=1)) if wrong else set()
    after = replace(world, answers={**world.answers, **dict.fromkeys(mended, "good")})
    assert_nowhere_better(document_of(world), document_of(after), RISING)


@law
@given(world=worlds(), order=st.randoms(use_true_random=False), width=st.integers(1, 5))
def test_neither_order_nor_concurrency_matters(world: World, order: random.Random, width: int) -> None:
    def shuffled(things: Mapping[str, Any]) -> dict[str, Any]:
        return dict(order.sample(sorted(things.items()), len(things)))

    listed = world.inventory
    other = replace(
        listed,
        sites=shuffled(listed.sites),
        systems=shuffled(listed.systems),
        assets=shuffled(listed.assets),
        links=shuffled(listed.links),
        services=shuffled(listed.services),
    )
    checks = order.sample(CHECKS, len(CHECKS))
    one, two = (
        document_of(world, width=1),
        document_of(replace(world, inventory=other), width=width, seed=1, checks=checks),
    )
    assert by_pair(one) == by_pair(two)
    assert {a["id"]: a for a in one["assets"]} == {a["id"]: a for a in two["assets"]}
    assert headlines(one, HEADLINES) == headlines(two, HEADLINES)


def by_pair(document: Document) -> dict[tuple[str, str], Any]:
    return {(finding["asset"], finding["check"]): finding for finding in document["findings"]}


@law
@given(world=worlds(), width=st.integers(2, 5), seed=st.integers(0, 99))
def test_what_one_machine_says_stands_under_no_other(world: World, width: int, seed: int) -> None:
    with audited(world, width=width, seed=seed) as (folder, document):
        for finding in document["findings"]:
            assert {f"<{finding['asset']}>"} >= _marks(finding["actual"])
        for outcome in kept.read(folder).outcomes.values():
            if outcome.bundle is not None:
                records = evidence.read(folder, outcome.bundle)
                assert {name for finding in outcome.findings for name in finding.evidence} == records.keys()
                for record in records.values():
                    assert record.asset == outcome.asset
                    assert _marks(record.reply.stdout) == {f"<{outcome.asset}>"}
                    assert world.answers[outcome.asset, record.reply.question.command] in record.reply.stdout


def _marks(said: str) -> set[str]:
    return {f"<{part.partition('>')[0]}>" for part in said.split("<")[1:]}


@law
@given(world=worlds(), data=st.data())
def test_a_run_that_broke_off_is_nowhere_better_than_the_whole_one(world: World, data: st.DataObject) -> None:
    with audited(world) as (folder, whole):
        journal = folder / "journal.jsonl"
        lines = journal.read_bytes().splitlines(keepends=True)
        left = data.draw(st.integers(1, len(lines) - 1))
        torn = data.draw(st.integers(0, len(lines[left]) - 1))
        journal.write_bytes(b"".join(lines[:left]) + lines[left][:torn])
        part = results.build(world.inventory, ruler(), kept.read(folder))
    assert not part["run"]["complete"]
    assert by_pair(part).keys() == by_pair(whole).keys()
    assert_nowhere_better(part, whole)


@law
@given(world=worlds())
def test_judging_again_by_the_same_checks_changes_nothing(world: World) -> None:
    with audited(world) as (folder, before):
        inventory = replace(world.inventory, workspace=folder.parent.parent)
        after = results.write(rejudging.rejudge(inventory, ruler(), folder, program="test"), inventory, ruler())
    assert after["findings"] == before["findings"]
    assert after["scores"] == before["scores"]
