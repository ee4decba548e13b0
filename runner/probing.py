"""One machine now, without an inventory: a city of one server is made in memory, and asked and judged as any other.

Which platform it is, the machine itself is asked first, with a question that the checks declare.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from checks.catalogue import Catalogue
from checks.model import Cause, Question, Reply
from checks.readers.releases import RELEASE
from inventory.faults import BadInput
from inventory.model import Asset, AssetKind, Inventory, Login, Settings, Site, SiteKind, System
from runner import canonical, judge, manifest, plan, runs
from runner.files import CannotKeep
from runner.journal import Journal
from runner.kept import Kept
from runner.plan import Plan, Selection
from runner.review import Reviewed, Sessions, review
from runner.sessions.base import SSH_PORT, Limits, Session, Unreached
from runner.sessions.causes import unreached

THIS_MACHINE = "localhost"
NO_PLATFORM = "unknown"
ONLY = "probe"  # the id of the one system, and of the one login
ADDRESS = re.compile(
    r"(?:(?P<user>[^@]*)@)?(?:\[(?P<bracketed>[^\]]+)\]|(?P<host>[^:]+|[^@]*:[^@]*:[^@]*))(?::(?P<port>\d+))?"
)
NAME_OF_PLATFORM = re.compile(r"^ID=[\"']?([a-z0-9][a-z0-9._-]{0,63})[\"']?$", re.M)


@dataclass(frozen=True, slots=True)
class Target:
    """Which machine, and as whom; what was not said is None."""

    host: str
    user: str | None = None
    port: int | None = None

    @property
    def is_here(self) -> bool:
        """The machine that this program runs on: no SSH is needed."""
        return self == Target(THIS_MACHINE)

    @classmethod
    def of(cls, text: str) -> Target:
        """What `[USER@]HOST[:PORT]` names; an IPv6 address with a port stands in brackets. Raises `BadInput`."""
        found = ADDRESS.fullmatch(text)
        if found is None or found["user"] == "":
            raise BadInput(f"'{text}' names no machine. Write [USER@]HOST[:PORT].")
        return cls(found["bracketed"] or found["host"], found["user"], int(found["port"]) if found["port"] else None)


def city(target: Target, level: int, settings: Settings | None, login: Login | None, workspace: Path) -> Inventory:
    """An inventory of the one machine, under the declarations of `settings`; only its `login` reads from `workspace`.

    Raises `BadInput` for an address that can be none.
    """
    try:
        asset = Asset(
            id=re.sub(r"[^a-z0-9]+", "-", target.host.lower()).strip("-")[:64] or ONLY,
            site=ONLY,
            systems=(ONLY,),
            kind=AssetKind.SERVER,
            platform=NO_PLATFORM,
            address=target.host,
            port=SSH_PORT if target.port is None else target.port,
        )
    except ValidationError as error:
        raise BadInput(f"'{target.host}' names no machine. Write [USER@]HOST[:PORT].") from error
    declared = settings or Settings(format=1, name=target.host)
    made = Inventory(
        workspace=workspace,
        settings=declared.model_copy(update={"hub": None, "login": None if login is None else login.id}),
        sites={ONLY: Site(id=ONLY, name=target.host, kind=SiteKind.CITY)},
        systems={ONLY: System(id=ONLY, name=target.host, owner=ONLY, level=level)},
        assets={},
        links={},
        services={},
        logins={} if login is None else {login.id: login},
        attestations=(),
        waivers=(),
        sha256="",
    )
    return _with(made, asset)


def _with(inventory: Inventory, asset: Asset) -> Inventory:
    """The city with this machine in it."""
    records = [inventory.settings, *inventory.systems.values(), asset]
    digest = canonical.sha256(canonical.encode([record.model_dump(mode="json") for record in records]))
    return replace(inventory, assets={asset.id: asset}, sha256=digest)


@contextmanager
def sessions(target: Target, inventory: Inventory, limits: Limits = Limits()) -> Iterator[Sessions]:  # noqa: B008 - frozen
    """Where the session with the machine comes from. Raises `BadInput` for a login or a `known_hosts` of no use."""
    if target.is_here:
        yield _Here(limits)
        return
    # asyncssh takes a while to load, and who mistypes an option needs it not
    from runner.sessions import opening  # noqa: PLC0415

    with ThreadPoolExecutor(1) as threads:
        yield opening.live(inventory, inventory.assets, limits, threads)


@dataclass(frozen=True)
class _Here:
    """Sessions with this machine."""

    limits: Limits

    def secrets(self, _asset: Asset) -> Sequence[str]:
        return ()

    async def open(self, _asset: Asset, allowed: frozenset[Question]) -> Session:
        from runner.sessions import local  # noqa: PLC0415 - likewise

        return local.connect(allowed, self.limits)


@dataclass(frozen=True)
class Probed:
    """What came of the machine, and the city that it was judged in."""

    plan: Plan
    reviewed: Reviewed
    started: datetime

    def header(self, program: str, run: str, previous: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The header of a run, by the id `run`, that is this probe."""
        inventory, selection = self.plan.inventory, self.plan.selection
        return {
            "id": run,
            "started": canonical.moment(self.started),
            "scope": ONLY,
            "selection": selection.as_data(),
            "mode": inventory.settings.mode,
            **plan.rulers(inventory, self.plan.catalogue, program),
            "previous": previous,
        }

    def as_run(self, program: str) -> Kept:
        """The probe as a run that was not kept."""
        outcome = self.reviewed.outcome
        return Kept(self.header(program, ONLY), {outcome.asset: outcome}, outcome.ended)

    def keep(self, folder: Path, program: str) -> Path:
        """Keep the probe below `folder` as a run, and return the run's folder. Raises `Busy`, `CannotKeep`."""

        def fill(run: Path, journal: Journal) -> None:
            if self.reviewed.bundle is not None:
                self.reviewed.bundle.keep(run)
            journal.append("asset", self.reviewed.outcome.as_data())
            journal.append("end", {"ended": self.reviewed.outcome.ended, "assets": 1})

        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CannotKeep(folder, error) from error
        with runs.locked(folder):
            previous = manifest.latest(folder)
            return runs.new(folder, self.started, lambda run: self.header(program, run, previous), fill)


def probe(inventory: Inventory, catalogue: Catalogue, checks: Sequence[str], source: Sessions) -> Probed:
    """Ask the one machine of `inventory`, and judge it. Raises `BadInput` where `checks` names what is not there."""
    started, selection = datetime.now(UTC), Selection(checks=tuple(checks))
    planned = plan.make(inventory, catalogue, selection)
    return asyncio.run(_probed(planned, source, started))


async def _probed(unknown: Plan, source: Sessions, started: datetime) -> Probed:
    (asset,) = unknown.assets.values()
    met = _Met(source.secrets(asset), Unreached(Cause.NOT_RUN))
    async with AsyncExitStack() as ending:
        try:
            session = await source.open(asset, _allowed(unknown))
            ending.push_async_callback(session.close)
            first = (await session.ask([RELEASE]))[RELEASE]
            if first.cause is not None:
                raise Unreached(first.cause, first.detail)
            known = _planned(unknown, _platform(first))
            met.session = _Continued(session, first)
            return Probed(known, await _reviewed(known, met), started)
        except Exception as error:  # noqa: BLE001 - whatever it is, every check has its finding
            met.session = unreached(error)
    any_platform = _planned(unknown, _platforms(unknown.catalogue)[0])
    return Probed(unknown, await _reviewed(any_platform, met), started)


async def _reviewed(planned: Plan, met: _Met) -> Reviewed:
    (asset,) = planned.assets.values()
    return await review(asset, planned.bound(asset), met)


def _planned(planned: Plan, platform: str) -> Plan:
    """The same plan for the machine as one of `platform`."""
    (asset,) = planned.assets.values()
    inventory = _with(planned.inventory, asset.model_copy(update={"platform": platform}))
    return plan.make(inventory, planned.catalogue, planned.selection)


def _allowed(unknown: Plan) -> frozenset[Question]:
    """All that the selected checks ask on any platform, and what tells the platform, as far as any check asks it."""
    chosen: set[Question] = set()
    declared: set[Question] = set()
    for platform in _platforms(unknown.catalogue):
        planned = _planned(unknown, platform)
        (asset,) = planned.assets.values()
        chosen |= set(judge.questions(planned.bound(asset)))
        declared |= set(judge.questions(planned.catalogue.bind(asset, planned.inventory)))
    return frozenset(chosen | (declared & {RELEASE}))


def _platforms(catalogue: Catalogue) -> list[str]:
    """The platforms of servers that any check knows."""
    checks = [check for check in catalogue.checks.values() if check.card.fits(AssetKind.SERVER)]
    return sorted({platform for check in checks for platform in check.platforms})


def _platform(release: Reply) -> str:
    found = NAME_OF_PLATFORM.search(release.stdout)
    return NO_PLATFORM if found is None else found[1]


@dataclass
class _Met:
    """The machine after its first question: its session, which is open already, or why there is none."""

    known: Sequence[str]
    session: Session | Unreached

    def secrets(self, _asset: Asset) -> Sequence[str]:
        return self.known

    async def open(self, _asset: Asset, _allowed: frozenset[Question]) -> Session:
        if isinstance(self.session, Unreached):
            raise self.session
        return self.session


@dataclass(frozen=True)
class _Continued:
    """A session that goes on, and has answered `first` already. Whoever opened it closes it."""

    session: Session
    first: Reply

    async def ask(self, questions: Sequence[Question]) -> Mapping[Question, Reply]:
        """One reply for each question; what was answered before is not asked again."""
        left = [question for question in questions if question != self.first.question]
        replies = {self.first.question: self.first, **await self.session.ask(left)}
        return {question: replies[question] for question in questions}

    async def close(self) -> None:
        """Nothing: it was open before."""
