"""One asset from the first byte to its findings: asked, masked, judged; whatever happens, every check has a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from checks.catalogue import BoundCheck
from checks.model import Cause, Finding, Question, Status
from inventory.model import Asset, AssetKind
from runner import canonical, judge, own
from runner.evidence import Bundle, Record, bundle
from runner.masking import Mask
from runner.outcome import Outcome, State
from runner.sessions.base import Session, Unreached
from runner.sessions.causes import detail_of


class Sessions(Protocol):
    """Where sessions come from: real machines, or what was kept of them."""

    def secrets(self, asset: Asset) -> Sequence[str]:
        """Values that may be in a reply of `asset` because they are what it is logged into with."""

    async def open(self, asset: Asset, allowed: frozenset[Question]) -> Session:
        """A session that may ask `allowed`. Raises `Unreached`."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What came of an asset, and its evidence (None where it was asked nothing)."""

    outcome: Outcome
    bundle: Bundle | None


async def review(
    asset: Asset, bound: Sequence[BoundCheck], sessions: Sessions, also: Sequence[BoundCheck] = ()
) -> Reviewed:
    """The outcome of asking `asset` all that `bound` asks. Raises nothing but cancellation.

    What `also` asks is asked and kept with it, for who judges the evidence again; no finding is made of it.
    """
    mask = Mask(tuple(sessions.secrets(asset)), device=asset.kind is AssetKind.DEVICE)
    try:
        records, own_findings = await _asked(asset, bound, also, sessions, mask)
    except Unreached as unreached:
        return _column(asset, bound, unreached.cause, mask.text(unreached.detail), unreached.hop)
    except Exception as error:  # noqa: BLE001 - one asset's trouble must not cost the others their audit
        return _column(asset, bound, Cause.CRASHED, mask.text(detail_of(error)))
    declared = {
        finding.check: finding for finding in judge.judge([one for one in bound if not one.check.probe], records)
    }
    findings = tuple(own_findings.get(one.id) or declared[one.id] for one in bound)
    state, cause = _state(findings, records)
    kept = bundle(list(records.values())) if records else None
    return Reviewed(_outcome(asset, state, cause, findings, kept), kept)


def not_begun(asset: Asset, bound: Sequence[BoundCheck], why: str) -> Reviewed:
    """The outcome of an asset that is not asked at all."""
    return _column(asset, bound, Cause.NOT_RUN, why)


async def _asked(
    asset: Asset, bound: Sequence[BoundCheck], also: Sequence[BoundCheck], sessions: Sessions, mask: Mask
) -> tuple[Mapping[Question, Record], Mapping[str, Finding]]:
    """Every reply, and the findings of the city's own probes, which ask while they run."""
    questions = judge.questions((*bound, *also))
    if not questions and all(one.check.probe is None for one in bound):
        return {}, {}
    session = await sessions.open(asset, frozenset(questions))
    try:
        replies = await session.ask(questions) if questions else {}
        records = {question: Record(asset.id, mask.reply(reply)) for question, reply in replies.items()}
        return records, await own.run(asset, bound, session, records, mask)
    finally:
        await session.close()


def _column(asset: Asset, bound: Sequence[BoundCheck], cause: Cause, detail: str, hop: str | None = None) -> Reviewed:
    return Reviewed(_outcome(asset, State.UNREACHED, cause, judge.column(bound, cause, detail), None, hop), None)


def _state(findings: Sequence[Finding], records: Mapping[Question, Record]) -> tuple[State, Cause | None]:
    """How far the asset was reviewed. One that no check fits is not reviewed but unreached: no platform of ours."""
    open_ = [finding for finding in findings if finding.status is Status.UNKNOWN]
    if findings and not open_:
        return State.REVIEWED, None
    causes = [record.reply.cause for record in records.values()]
    if len(open_) < len(findings) or None in causes:
        return State.PARTLY, None
    return State.UNREACHED, next(iter(causes), None) or next((f.cause for f in open_), Cause.UNSUPPORTED_PLATFORM)


def _outcome(
    asset: Asset,
    state: State,
    cause: Cause | None,
    findings: tuple[Finding, ...],
    kept: Bundle | None,
    hop: str | None = None,
) -> Outcome:
    return Outcome(
        asset=asset.id,
        state=state,
        cause=cause,
        findings=findings,
        bundle=None if kept is None else kept.name,
        ended=canonical.moment(datetime.now(UTC)),
        hop=hop,
    )
