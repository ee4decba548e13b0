"""The shape of `results.json`: one run with everything that its numbers are computed from (docs/schema/results-1.json).

A document is a plain dict, as JSON gives it; these types only name its keys. Times are UTC, ISO 8601 with `Z`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Literal, NotRequired, TypedDict

SCHEMA: Literal["rasoat/results/1"] = "rasoat/results/1"
VIETNAM = timezone(timedelta(hours=7))

StatusWord = Literal["pass", "fail", "not_applicable", "unknown"]
StateWord = Literal["reviewed", "partly", "unreached"]


class Words(TypedDict):
    vi: str
    en: str


class CatalogueMark(TypedDict):
    id: str
    version: str
    sha256: str


class Selection(TypedDict):
    """What the run was asked to look at inside its scope; empty lists and None mean everything."""

    systems: list[str]
    assets: list[str]
    checks: list[str]
    level: int | None


class JudgedAgain(TypedDict):
    """The run whose evidence this is, and when it was judged anew; `started` and `ended` are those of that run."""

    id: str
    manifest_sha256: str
    on: str


class Run(TypedDict):
    """`complete` is False where the walk was interrupted and can be resumed."""

    id: str
    started: str
    ended: str
    scope: str
    mode: Literal["live", "lab", "simulated"]
    inventory_sha256: str
    catalogue: CatalogueMark
    program: str
    complete: bool
    selection: Selection
    judged_again: NotRequired[JudgedAgain]


class Agency(TypedDict):
    """Who reports. Documents made before they were asked for have no `symbol` and no `addressee`."""

    parent: str
    name: str
    place: str
    signer_post: str
    signer_name: str | None
    recipients: list[str]
    symbol: NotRequired[str | None]
    addressee: NotRequired[str | None]


class City(TypedDict):
    name: str
    agency: Agency


class Site(TypedDict):
    id: str
    name: str
    name_en: str | None
    kind: Literal["city", "department", "district", "ward"]
    parent: str | None


class PlanItem(TypedDict):
    requirement: str
    how: Literal["probed", "attested", "not_applicable"]
    reason: str | None


class Dossier(TypedDict):
    state: Literal["draft", "submitted", "appraised", "approved"]
    level: int
    standard: str
    decision: str | None
    approved_on: str | None
    plan: list[PlanItem]


class System(TypedDict):
    id: str
    name: str
    name_en: str | None
    owner: str
    level: int | None
    dossier: Dossier | None


class LinkEnd(TypedDict):
    asset: str
    interface: str
    address: str


class Link(TypedDict):
    id: str
    child: LinkEnd
    parent: LinkEnd


class Service(TypedDict):
    id: str
    name: str
    name_en: str | None
    system: str
    used_by: NotRequired[list[str]]


class Requirement(TypedDict):
    """One requirement of the run's standard; `clauses` by level, as printed.

    `attested` says why a person has to vouch, beside the checks where there are any; `every_months` (by level), how
    often; `suggested`, that the standard offers its value as an example.
    """

    id: str
    clauses: dict[str, str]
    kind: Literal["technical", "management"]
    group: str
    title: Words
    levels: list[int]
    verified: bool
    checks: list[str]
    attested: NotRequired[Words | None]
    every_months: NotRequired[dict[str, int]]
    suggested: NotRequired[bool]


class Check(TypedDict):
    """A check's words, and where it applies: to which kinds, at which levels, and once for `each` of what."""

    kind: list[str]
    each: Literal["link", "service", "path"] | None
    levels: list[int]
    severity: Literal["low", "medium", "high", "critical"]
    title: Words
    why: Words
    remedy: Words
    playbook: str | None
    counts_for: Literal["upgraded", "interconnected"] | None


class Attestation(TypedDict):
    id: str
    system: str
    requirement: str
    officer: str
    document: str
    document_sha256: str | None
    signed_on: str
    expires_on: str


class Waiver(TypedDict):
    """An accepted risk as the inventory has it; one of `asset`, `site`, `system` is its scope."""

    id: str
    check: str
    asset: str | None
    site: str | None
    system: str | None
    reason: str
    owner: str
    approver: str
    start: str
    end: str


class Target(TypedDict):
    """A target of the city's plan; measured (see `reports.targets`: by `score`, by the sites' paths to the services of
    the system `paths_to`, by those to the outside ends of the system `outside_ends_of`, or by `checks`), or its owner
    declared a `figure`, or there is none.

    `source` and `on` are those of the figure, `stated_in` names the document that sets the target.
    """

    id: str
    group: Literal["theme", "government", "economy", "security"]
    title: Words
    goal: float | None
    unit: Literal["percent", "rank"]
    direction: Literal["at_least", "more_than", "at_most"]
    measured_by: Literal["audit", "declared"]
    score: str | None
    figure: float | None
    source: str | None
    on: str | None
    stated_in: str | None
    paths_to: NotRequired[str | None]
    outside_ends_of: NotRequired[str | None]
    checks: NotRequired[list[str]]


class WaiverMark(TypedDict):
    """A waiver beside a finding; `valid` on the day the run ended."""

    id: str
    reason: str
    owner: str
    approver: str
    start: str
    end: str
    valid: bool


class Tried(TypedDict):
    """The run that last tried an asset and could judge nothing of it, and why; `on` is the day in Vietnam."""

    run: str
    on: str
    cause: str | None


class Asset(TypedDict):
    """In a month's document `judged_on` and `run` are of the oldest result that the asset is judged by (None where it
    was judged by none); `tried` is a later attempt that judged nothing.
    """

    id: str
    address: str
    site: str
    systems: list[str]
    kind: Literal["server", "device", "endpoint"]
    platform: str
    level: int
    state: StateWord
    cause: str | None
    judged_on: NotRequired[str | None]
    run: NotRequired[str | None]
    tried: NotRequired[Tried | None]


class Finding(TypedDict):
    """`run`, in a month's document: the run that this is from and that keeps its evidence; None where there is none."""

    asset: str
    check: str
    requirements: list[str]
    status: StatusWord
    cause: str | None
    expected: str
    actual: str
    evidence: list[str]
    waiver: WaiverMark | None
    run: NotRequired[str | None]


class Tally(TypedDict):
    """A share: `percent` is the floor (unmeasured counts as not met), `coverage` what could be judged at all."""

    met: int
    total: int
    percent: float
    coverage: float


class Item(TypedDict):
    """One thing that a score counts. `open` names what keeps it from being met, or from being judged."""

    id: str
    kind: Literal["asset", "site", "system"]
    site: str
    met: bool
    judged: bool
    met_with_waivers: bool
    met_without_attestations: bool
    open: list[str]
    state: NotRequired[Literal["fully", "partly", "not"]]


class Score(Tally):
    target: float
    by_site: dict[str, Tally]
    items: list[Item]
    met_with_waivers: int
    percent_with_waivers: float
    met_without_attestations: int
    percent_without_attestations: float


class Scores(TypedDict):
    infrastructure_reviewed: Score
    infrastructure_upgraded: Score
    infrastructure_interconnected: Score
    systems_classified: Score
    plans_implemented: Score


class Source(TypedDict):
    """A run that a month's document is made from, as its manifest's digest fixes it, and what it was made with.

    `judged_again`, where it was judged by another standard later: the run that it was made from.
    """

    id: str
    ended: str
    manifest_sha256: str
    inventory_sha256: str
    catalogue_sha256: str
    judged_again: NotRequired[str]


# `from` is a word of Python's own
Period = TypedDict("Period", {"month": str, "from": str, "to": str, "runs": list[Source], "left_out": list[str]})
"""The month that a document speaks for (`2026-10`), its first and last day in Vietnam, and the runs it is made from,
in the order measured. `left_out` names runs of the month that were judged by another standard.
"""


class Unlisted(TypedDict):
    """A thing that was seen at a site and is not in the inventory; `seen_by` are assets, each with its interface."""

    site: str
    hardware: str
    name: str
    addresses: list[str]
    seen_by: list[str]


class Document(TypedDict):
    """`period` only where this is a month's document: `run` then sums up the runs, and has the month for its id."""

    schema: Literal["rasoat/results/1"]
    run: Run
    period: NotRequired[Period]
    city: City
    period_days: int
    classified_levels: list[int]
    sites: list[Site]
    systems: list[System]
    assets: list[Asset]
    links: list[Link]
    services: list[Service]
    requirements: list[Requirement]
    checks: dict[str, Check]
    attestations: list[Attestation]
    waivers: list[Waiver]
    targets: NotRequired[list[Target]]
    findings: list[Finding]
    unlisted: NotRequired[list[Unlisted]]
    scores: Scores


def day_of(moment: str) -> date:
    """The day in Vietnam on which an instant (`2026-11-21T21:45:00Z`) fell: what waivers and reports are dated by."""
    return datetime.fromisoformat(moment).astimezone(VIETNAM).date()
