"""A small city, checks of its own, and sessions that answer for it without a network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checks.catalogue import Card, Catalogue, Check, Requirement, Standard
from checks.model import Cause, Question, Reply, Unknown, Verdict, Want, asks, judged, not_applicable
from inventory.fields import Words
from inventory.model import Asset, AssetKind, Inventory, Login, Settings, Site, SiteKind, System
from runner.sessions.base import Session, Unreached
from runner.sessions.replay import ReplaySession

WHEN = datetime(2026, 11, 21, 21, 45, tzinfo=UTC)
WORDS = Words(vi="chữ", en="words")
HELLO = Question("echo hello")
NAME = Question("uname -n")
SECRET = Question("cat secret", root=True)
LEVELS = (1, 2, 3, 4, 5)


@asks(HELLO)
def says_hello(host: Any, _: Want) -> Verdict:
    said = host.run(HELLO.command).stdout
    return judged(said == "hello\n", "hello", said)


@asks(HELLO, NAME)
def is_named(host: Any, want: Want) -> Verdict:
    name = host.run(NAME.command).stdout.strip()
    host.run(HELLO.command)
    return judged(name == want.asset.id, want.asset.id, name)


@asks(SECRET)
def keeps_secret(host: Any, _: Want) -> Verdict:
    return judged(False, "", host.run(SECRET.command).stdout)


@asks(NAME)
def crashes(_host: Any, _: Want) -> Verdict:
    raise RuntimeError("the check has a fault")


@asks(NAME)
def peeks(host: Any, _: Want) -> Verdict:
    return judged(True, "", host.run(HELLO.command).stdout)


@asks()
def does_not_arise(_host: Any, _: Want) -> Verdict:
    return not_applicable("it does not arise here")


@asks()
def cannot_tell(_host: Any, _: Want) -> Verdict:
    raise Unknown(Cause.UNREADABLE, "no sense in it")


def no_question(want: Want) -> Question:
    raise Unknown(Cause.UNSUPPORTED_PLATFORM, want.asset.platform)


@asks(no_question)
def asks_nothing(_host: Any, _: Want) -> Verdict:
    raise AssertionError("never reached")


ALL = (says_hello, is_named, keeps_secret, crashes, peeks, does_not_arise, cannot_tell, asks_nothing)
GOOD = (says_hello, is_named)


def check(function: Callable[[Any, Want], Verdict]) -> Check:
    card = Card(kind=tuple(AssetKind), severity="low", title=WORDS, why=WORDS, remedy=WORDS)
    return Check(f"test.{function.__name__}", card, function, function.asks, ())  # type: ignore[attr-defined]


def catalogue(functions: Iterable[Callable[[Any, Want], Verdict]] = GOOD) -> Catalogue:
    checks = {one.id: one for one in map(check, functions)}
    asked = Requirement(
        id="req", clause="2.1", kind="technical", group="g", title=WORDS, levels=LEVELS, checks=tuple(checks)
    )
    other = asked.model_copy(update={"id": "none", "checks": ()})
    digest = hashlib.sha256("".join(checks).encode()).hexdigest()
    return Catalogue(checks, _standard("test", asked), _standard("links", other), digest)


def _standard(id_: str, requirement: Requirement) -> Standard:
    return Standard(id=id_, version="1", title=WORDS, source="test", requirements=(requirement,))


def asset(id_: str, **fields: Any) -> Asset:
    plain = {"site": "q1", "systems": ["portal"], "kind": "server", "platform": "debian", "address": "192.0.2.1"}
    return Asset.model_validate(plain | {"id": id_} | fields)


def inventory(workspace: Path, assets: Sequence[Asset], login: Login | None = None) -> Inventory:
    workspace.mkdir(exist_ok=True)
    city = Site(id="79", name="Thành phố", kind=SiteKind.CITY)
    sites = [city, *(Site(id=name, name=name, kind=SiteKind.DISTRICT, parent="79") for name in ("q1", "q3"))]
    systems = (("portal", 3), ("archive", 2))
    return Inventory(
        workspace=workspace,
        settings=Settings(format=1, name="Thành phố", login=None if login is None else login.id),
        sites={site.id: site for site in sites},
        systems={id_: System(id=id_, name=id_, owner="79", level=level) for id_, level in systems},
        assets={one.id: one for one in assets},
        links={},
        services={},
        logins={} if login is None else {login.id: login},
        attestations=(),
        waivers=(),
        sha256=hashlib.sha256(repr(assets).encode()).hexdigest(),
    )


def reply(question: Question, stdout: str, **fields: Any) -> Reply:
    plain: dict[str, Any] = {"stderr": "", "exit_status": 0, "started": WHEN, "seconds": 0.1, "login": "audit"}
    return Reply(question=question, stdout=stdout, **(plain | fields))


def good_replies(asset_id: str) -> list[Reply]:
    return [reply(HELLO, "hello\n"), reply(NAME, f"{asset_id}\n"), reply(SECRET, "password=hunter2\n")]


@dataclass
class Recorded:
    """Sessions that answer from recordings; an asset without one is not reached. `before` runs at every opening."""

    replies: Mapping[str, Sequence[Reply]]
    cause: Cause = Cause.TIMEOUT
    before: Callable[[Asset], Any] = lambda _: None
    opened: list[str] = field(default_factory=list)

    def secrets(self, _asset: Asset) -> Sequence[str]:
        return ("canary-secret",)

    async def open(self, asset: Asset, allowed: frozenset[Question]) -> Session:
        self.opened.append(asset.id)
        if (waiting := self.before(asset)) is not None:
            await waiting
        if asset.id not in self.replies:
            raise Unreached(self.cause, "nobody there")
        return ReplaySession(self.replies[asset.id], allowed)
