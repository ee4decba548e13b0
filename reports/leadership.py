"""What the leadership report says, before it is laid out: the headlines, what moved, what holds them back, lists."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from reports import plans, unlisted
from reports.change import Change
from reports.document import Asset, Check, Document, Finding, Item, Score, System
from reports.fixlist import SEVERITIES
from reports.index import Index, base, ended_on
from reports.score import percent
from reports.shortest import Path
from reports.standings import INFRASTRUCTURE
from reports.trend import Trend
from reports.words import Words

SYSTEMS = ("plans_implemented", "systems_classified")
NAMED = 3
MONTH = re.compile(r"(\d{4})-(\d{2})")
NEARLY_ENDED = timedelta(days=30)


def scores_of(document: Document) -> Mapping[str, Score]:
    """The five scores by name."""
    return cast(Mapping[str, Score], document["scores"])


def weakest(document: Document) -> str:
    """The one of the three infrastructure scores that is lowest: the target is reached when all three are."""
    return min(INFRASTRUCTURE, key=lambda name: scores_of(document)[name]["percent"])


def cause_of(index: Index, asset: Asset) -> str:
    """Why the asset is not fully reviewed: its own cause, else the most frequent of its findings', else `not_run`."""
    causes = Counter(f["cause"] for f in index.found.get(asset["id"], {}).values() if f["cause"])
    frequent = sorted(causes, key=lambda cause: (-causes[cause], cause))
    return asset["cause"] or (frequent[0] if frequent else "not_run")


def unreached(index: Index) -> tuple[Asset, ...]:
    """The assets that could not be reached, by cause and place."""
    dark = (asset for asset in index.assets.values() if asset["state"] == "unreached")
    return tuple(
        sorted(dark, key=lambda asset: (asset["cause"] or "", index.unit(asset["site"]), asset["site"], asset["id"]))
    )


def since(asset: Asset, trend: Trend | None) -> date | None:
    """Since which day the asset has not been reached; None where there is no history of it."""
    return trend.unreached_since.get(asset["id"]) if trend else None


@dataclass(frozen=True, slots=True)
class Failing:
    """One check with all its failures. `open` are those that no valid waiver covers."""

    check: str
    card: Check
    findings: tuple[Finding, ...]
    units: tuple[str, ...]
    open: int

    @property
    def clauses(self) -> tuple[str, ...]:
        return tuple(sorted({clause for finding in self.findings for clause in finding["requirements"]}))


def failing(index: Index) -> tuple[Failing, ...]:
    """The failures by check, the worst first: by severity, then by how many."""
    by_check: dict[str, list[Finding]] = defaultdict(list)
    for finding in index.findings:
        if finding["status"] == "fail":
            by_check[base(finding["check"])].append(finding)
    found = [_failing(index, check, findings) for check, findings in by_check.items()]
    return tuple(sorted(found, key=lambda one: (SEVERITIES.index(one.card["severity"]), -len(one.findings), one.check)))


def _failing(index: Index, check: str, findings: Sequence[Finding]) -> Failing:
    counts = Counter(index.unit(index.assets[finding["asset"]]["site"]) for finding in findings)
    units = tuple(sorted(counts, key=lambda unit: (-counts[unit], unit)))
    covered = sum(1 for finding in findings if finding["waiver"] and finding["waiver"]["valid"])
    return Failing(check, index.document["checks"][check], tuple(findings), units, len(findings) - covered)


@dataclass(frozen=True, slots=True)
class Planned:
    """One system with an approved dossier: how far its plan is implemented."""

    system: System
    state: str
    met: int
    total: int
    open: tuple[str, ...]


def planned(index: Index) -> tuple[Planned, ...]:
    """Systems with an approved dossier: partly implemented ones first, the nearest in front; full ones last."""
    order = ("partly", "not", "fully")
    items = {item["id"]: item for item in index.document["scores"]["plans_implemented"]["items"]}
    found = [_planned(index, index.systems[id_], item) for id_, item in items.items()]
    return tuple(sorted(found, key=lambda one: (order.index(one.state), len(one.open), one.system["id"])))


def _planned(index: Index, system: System, item: Item) -> Planned:
    total = sum(1 for _ in plans.demanded(index, system))
    return Planned(system, item.get("state", "not"), total - len(item["open"]), total, tuple(item["open"]))


def without_dossier(index: Index) -> tuple[System, ...]:
    """The systems without level or approved dossier."""
    items = index.document["scores"]["systems_classified"]["items"]
    return tuple(index.systems[item["id"]] for item in items if not item["met"])


@dataclass(frozen=True, slots=True)
class Ending:
    """A waiver or attestation that ends soon: whose, for what, when."""

    kind: str
    id: str
    subject: str
    place: str
    officer: str
    end: date
    days: int


def ending(index: Index) -> tuple[Ending, ...]:
    """Waivers and attestations that end within 30 days of the run, the first to end first."""
    today = date.fromisoformat(ended_on(index.document))
    soon = [one for one in _dated(index, today) if today <= one.end <= today + NEARLY_ENDED]
    return tuple(sorted(soon, key=lambda one: (one.end, one.kind, one.id)))


def _dated(index: Index, today: date) -> Iterator[Ending]:
    for waiver in index.document["waivers"]:
        place = waiver["asset"] or waiver["site"] or waiver["system"] or ""
        end = date.fromisoformat(waiver["end"])
        yield Ending("waiver", waiver["id"], waiver["check"], place, waiver["owner"], end, (end - today).days)
    for one in index.document["attestations"]:
        end = date.fromisoformat(one["expires_on"])
        yield Ending(
            "attestation", one["id"], one["requirement"], one["system"], one["officer"], end, (end - today).days
        )


def holds_back(index: Index, words: Words, named: int = NAMED) -> list[str]:
    """A sentence for each thing that keeps a target from being reached, naming up to `named`; none where all are."""
    found = (_not_upgraded, _not_connected, _not_planned, _not_classified)
    return [
        *_not_reviewed(index, words),
        *_not_listed(index, words),
        *(line for tell in found if (line := tell(index, words, named))),
    ]


def _missed(index: Index, name: str) -> list[Item]:
    return [item for item in scores_of(index.document)[name]["items"] if not item["met"]]


def _not_reviewed(index: Index, words: Words) -> list[str]:
    missed = _missed(index, "infrastructure_reviewed")
    bare = sum(item["kind"] == "site" for item in missed)
    causes = Counter(cause_of(index, index.assets[item["id"]]) for item in missed if item["kind"] == "asset")
    parts = [
        words("leadership.cause_count", cause=words(f"cause.{cause}"), count=n) for cause, n in causes.most_common()
    ]
    told = _some(parts, words, NAMED)
    lines = [words("leadership.not_reviewed", n=len(missed) - bare, causes=told)] if parts else []
    return [*lines, *([words("leadership.bare", n=bare)] if bare else [])]


def _not_listed(index: Index, words: Words) -> list[str]:
    """What no score counts, because the list has it not: no target is reached beyond the list."""
    sight = unlisted.seen(index)
    return [words("leadership.not_listed", **sight.counts)] if sight.things else []


def _not_upgraded(index: Index, words: Words, named: int) -> str:
    reviewed = {item["id"] for item in index.document["scores"]["infrastructure_reviewed"]["items"] if item["met"]}
    missed = [item["id"] for item in _missed(index, "infrastructure_upgraded") if item["id"] in reviewed]
    return words("leadership.not_upgraded", n=len(missed), names=_some(missed, words, named)) if missed else ""


def _not_connected(index: Index, words: Words, named: int) -> str:
    missed = _missed(index, "infrastructure_interconnected")
    names = [words.name(index.sites[item["id"]]) for item in sorted(missed, key=lambda item: len(item["open"]))]
    broken = sum(item["judged"] for item in missed)
    if not missed:
        return ""
    return words(
        "leadership.not_connected",
        n=len(missed),
        names=_some(names, words, named),
        broken=broken,
        unproven=len(missed) - broken,
    )


def _not_planned(index: Index, words: Words, named: int) -> str:
    """How many plans are open; which to complete first is told by the path."""
    score = index.document["scores"]["plans_implemented"]
    missed = sorted(_missed(index, "plans_implemented"), key=lambda item: (len(item["open"]), item["id"]))
    if not missed:
        return "" if score["total"] else words("leadership.no_plans")
    needed = -(-int(score["target"]) * score["total"] // 100) - score["met"]
    if needed <= 0:
        names = [words.name(index.systems[item["id"]]) for item in missed]
        return words("leadership.plans_beyond", n=len(missed), names=_some(names, words, named))
    partly = sum(item.get("state") == "partly" for item in missed)
    states = {"partly": partly, "untouched": len(missed) - partly}
    return words(
        "leadership.not_planned", n=len(missed), needed=needed, target=words.percent(score["target"]), **states
    )


def _not_classified(index: Index, words: Words, named: int) -> str:
    names = [words.name(system) for system in without_dossier(index)]
    return words("leadership.not_classified", n=len(names), names=_some(names, words, named)) if names else ""


def way_to_target(index: Index, path: Path, words: Words, named: int = NAMED) -> str:
    """The shortest path to the target of the plans in one sentence, with up to `named` of its systems."""
    before = words.percent(percent(path.met, path.total))
    if not path.total:
        return words("leadership.path_none")
    if not path.steps:
        return words("leadership.path_reached", met=path.met, total=path.total, percent=before)
    steps = [
        words("leadership.path_step", name=words.name(index.systems[step.system]), count=len(step.fixes))
        for step in path.steps
    ]
    after = words.percent(path.steps[-1].percent)
    told = _some(steps, words, named)
    return words("leadership.path_work", n=len(steps), work=path.work, before=before, after=after, names=told)


def _some(names: Sequence[str], words: Words, named: int) -> str:
    """`: a, b and 3 more`: the first names, and how many more there are; nothing where none is to be named."""
    more = len(names) - named
    shown: Iterable[str] = [*names[:named], words("leadership.more", n=more)] if more > 0 else names
    return f": {words.listed(shown)}" if named else ""


def called(run: str, words: Words) -> str:
    """A run or a month by its id, as a reader calls it: `lượt 20261121T021500Z`, `tháng 10/2026`."""
    month = MONTH.fullmatch(run)
    if month is None:
        return words("leadership.run", run=run)
    name = words.month(date(int(month[1]), int(month[2]), 1))
    return words("leadership.month", year=month[1], month=month[2], name=name)


def ages(index: Index) -> list[tuple[str | None, int]]:
    """How many assets of a month rest on a result of which day (ISO), the oldest first; None is of no day at all."""
    days = Counter(asset.get("judged_on") for asset in index.assets.values())
    return sorted(days.items(), key=lambda one: (one[0] is None, one[0] or ""))


def moved(change: Change | None, words: Words) -> list[str]:
    """What changed since the earlier run, and what to know before comparing; one line where there was none."""
    if change is None:
        return [words("leadership.no_earlier")]
    earlier = called(change.earlier, words)
    lines = [words("leadership.since", run=earlier, failing=len(change.failing), fixed=len(change.fixed))]
    if change.unreached or change.reached:
        lines.append(words("leadership.reach", lost=len(change.unreached), back=len(change.reached)))
    if change.lost:
        lines.append(words("leadership.lost", n=len(change.lost)))
    lines += [words(f"leadership.{key}_changed") for key in ("ruler", "inventory", "scope") if getattr(change, key)]
    return lines
