"""One audit: every selected asset reviewed once, many at a time, each kept before it counts as done."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.catalogue import BoundCheck, Catalogue
from inventory.faults import BadInput
from inventory.model import Asset, AssetKind, Inventory
from runner import canonical, evidence, kept, manifest, plan, runs
from runner.journal import Broken, Journal
from runner.plan import Plan, Selection
from runner.review import Reviewed, Sessions, not_begun, review
from runner.sessions.base import HostPort, Limits
from runner.turns import Budget, Queue, Turns

if TYPE_CHECKING:
    from runner.sessions.opening import LiveSessions

__all__ = ["Progress", "RunOutcome", "Selection", "audit"]

WAITED_FOR = 4  # hosts that may be waited for, for each that is asked
Progress = Callable[[str, str, Mapping[str, int]], None]
"""Told of each asset that is done: its id, its state, and counts so far: `done`, `total`, and findings by status."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The run's folder, and whether every asset was done; if not, it can be resumed."""

    folder: Path
    complete: bool


def _silent(_asset: str, _state: str, _counts: Mapping[str, int]) -> None:
    """No progress is shown."""


def audit(
    inventory: Inventory,
    catalogue: Catalogue,
    selection: Selection,
    *,
    program: str,
    concurrency: int = 32,
    devices: int = 32,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    budget: float | None = None,
    resume: str | None = None,
    others: Sequence[Catalogue] = (),
    sessions: Sessions | None = None,
    on_event: Progress = _silent,
) -> RunOutcome:
    """Walk the selected assets and keep what was found; with `resume`, only those that an earlier run did not do.

    What the rulers `others` ask is asked too: the run can be judged again by them (`rejudging`).

    SIGINT and SIGTERM end the walk early: what is done is kept. `selection` is not looked at when resuming. What is not
    begun within `budget` seconds is done with as `not_run`; what is begun then, is ended.
    Raises `BadInput` (of it `Busy`) before anything is asked, `CannotKeep` when the disk takes no more.
    """
    with ExitStack() as stack:
        stack.enter_context(runs.locked(inventory.workspace))
        folder = None if resume is None else _resumable(inventory, catalogue, program, resume)
        chosen = selection if folder is None else Selection.from_header(kept.header(folder))
        planned = plan.make(inventory, catalogue, chosen, others)
        threads = stack.enter_context(ThreadPoolExecutor(devices, "device"))
        closing, waiting, time_ = AsyncExitStack(), 1, Budget(budget)
        if sessions is None:
            refused = () if folder is None else kept.read(folder).refused
            sessions = live = _live(planned, limits, threads, refused, concurrency, devices, time_)
            closing.push_async_callback(live.close)
            waiting = WAITED_FOR  # who waits for a connection holds no place
        folder = folder or _begun(planned, program)
        walk = _Walk(planned, sessions, folder, on_event, time_)
        try:
            complete = asyncio.run(walk.run(concurrency * waiting, devices * waiting, closing))
        finally:
            walk.close()
        return RunOutcome(folder, complete)


def _live(
    planned: Plan,
    limits: Limits,
    threads: ThreadPoolExecutor,
    refused: Collection[str],
    servers: int,
    devices: int,
    budget: Budget,
) -> LiveSessions:
    """Sessions with the real machines of the plan. Raises `BadInput`."""
    # asyncssh takes a while to load, and a run that is refused needs it not
    from runner.sessions import opening  # noqa: PLC0415

    return opening.live(
        planned.inventory,
        planned.assets,
        limits,
        threads,
        refused,
        together=not planned.selection.checks,
        servers=servers,
        devices=devices,
        refusal=budget.refusal,
    )


def _begun(planned: Plan, program: str) -> Path:
    """The folder of a new run, its journal begun with a header that names everything the run was made with."""
    inventory, catalogue, selection = planned.inventory, planned.catalogue, planned.selection
    now = datetime.now(UTC)

    def header(run: str) -> Mapping[str, Any]:
        return {
            "id": run,
            "started": canonical.moment(now),
            "scope": selection.scope or inventory.city.id,
            "selection": selection.as_data(),
            "mode": inventory.settings.mode,
            **plan.rulers(inventory, catalogue, program),
            "previous": manifest.latest(inventory.workspace),
        }

    return runs.new(inventory.workspace, now, header)


def _resumable(inventory: Inventory, catalogue: Catalogue, program: str, run: str) -> Path:
    """The folder of run `run`, if it can be resumed now. Raises `BadInput` where it cannot, and why."""
    folder = runs.find(inventory.workspace, run)
    if (folder / manifest.NAME).exists():
        raise BadInput(f"run '{folder.name}' is complete and sealed; there is nothing to resume. Make a new run.")
    try:
        header = kept.header(folder)
    except Broken as error:
        raise BadInput(f"run '{folder.name}' cannot be resumed: {error}. Make a new run.") from error
    for name, now in plan.rulers(inventory, catalogue, program).items():
        if header[name] != now:
            what = name.removesuffix("_sha256")
            raise BadInput(
                f"run '{folder.name}' cannot be resumed: the {what} has changed since it began. Make a new run."
            )
    return folder


class _Walk:
    """One walk over the assets that are not done yet."""

    def __init__(self, planned: Plan, sessions: Sessions, folder: Path, on_event: Progress, budget: Budget) -> None:
        self._plan = planned
        self._sessions = sessions
        self._folder = folder
        self._on_event = on_event
        self._budget = budget
        at_once = planned.inventory.settings.limits
        self._turns = Turns(at_once.site)
        self._places: dict[HostPort, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(at_once.device))
        self._journal = Journal.resumed(folder)
        self._keeper = ThreadPoolExecutor(1, "keeper")
        before = kept.read(folder)
        evidence.sweep(folder, [one.bundle for one in before.outcomes.values() if one.bundle])
        self._done = set(before.outcomes)
        self._ended = before.complete
        self._counts = Counter({"total": len(planned.assets), "done": len(self._done)})
        self._counts.update(finding.status.value for one in before.outcomes.values() for finding in one.findings)

    async def run(self, concurrency: int, devices: int, closing: AsyncExitStack) -> bool:
        """Review what is left, and free what `closing` holds. True when all of it was done."""
        left = [asset for asset in self._plan.assets.values() if asset.id not in self._done]
        lanes = [
            *self._lanes([asset for asset in left if asset.kind is not AssetKind.DEVICE], concurrency),
            *self._lanes([asset for asset in left if asset.kind is AssetKind.DEVICE], devices),
        ]
        async with closing:
            with _interruptible(lanes):
                try:
                    await asyncio.gather(*lanes)
                except asyncio.CancelledError:
                    return False
                finally:
                    await _ended(lanes)
        if not self._ended:
            self._journal.append("end", {"ended": canonical.moment(datetime.now(UTC)), "assets": len(self._done)})
        return True

    def close(self) -> None:
        self._keeper.shutdown()
        self._journal.close()

    def _lanes(self, assets: Sequence[Asset], count: int) -> list[asyncio.Task[None]]:
        """Tasks that share `assets` between them."""
        shared = self._turns.queue(assets)
        return [asyncio.create_task(self._lane(shared)) for _ in range(min(count, len(assets)))]

    async def _lane(self, assets: Queue) -> None:
        while (asset := await self._turns.next(assets)) is not None:
            reviewed = await self._reviewed(asset)
            self._turns.done(asset)
            # what is measured is kept, even where the walk is interrupted this very moment
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._keeper, self._keep, reviewed))
            self._tell(reviewed)

    async def _reviewed(self, asset: Asset) -> Reviewed:
        bound = self._plan.bound(asset)
        if asset.kind is not AssetKind.DEVICE:
            return await self._in_time(asset, bound)
        async with self._places[HostPort(asset.address, asset.port)]:
            return await self._in_time(asset, bound)

    async def _in_time(self, asset: Asset, bound: Sequence[BoundCheck]) -> Reviewed:
        if why := self._budget.refusal():
            return not_begun(asset, bound, why)
        return await review(asset, bound, self._sessions, self._plan.also(asset))

    def _keep(self, reviewed: Reviewed) -> None:
        if reviewed.bundle is not None:
            reviewed.bundle.keep(self._folder)
        self._journal.append("asset", reviewed.outcome.as_data())

    def _tell(self, reviewed: Reviewed) -> None:
        outcome = reviewed.outcome
        self._done.add(outcome.asset)
        self._counts["done"] += 1
        self._counts.update(finding.status.value for finding in outcome.findings)
        self._on_event(outcome.asset, outcome.state, dict(self._counts))


async def _ended(lanes: Sequence[asyncio.Task[None]]) -> None:
    """Wait until no lane works any more."""
    for lane in lanes:
        lane.cancel()
    await asyncio.gather(*lanes, return_exceptions=True)


@contextmanager
def _interruptible(lanes: Sequence[asyncio.Task[None]]) -> Iterator[None]:
    """Let SIGINT and SIGTERM end `lanes`, where this thread may say so."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for lane in lanes:
            lane.cancel()

    caught = []
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except (RuntimeError, ValueError):  # not the main thread: whoever started it handles signals
            break
        caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
