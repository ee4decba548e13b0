"""The shortest path to the target of `plans_implemented`: which systems to complete, by which errands, in which order.

Work is counted as in the fix lists: 1 for all that one command puts right in a unit, 1 for each further asset to visit;
and, as each is one errand too, 1 for each asset to make answer, 1 for each statement to obtain, 1 for each requirement
that no check speaks for although the plan says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reports import covering, plans, score
from reports.document import System
from reports.index import Index, base
from reports.judging import GOOD
from reports.words import Words

LARGEST_EXACT = 50
Kind = Literal["remedy", "visit", "measure", "attest", "decide"]


@dataclass(frozen=True, slots=True, order=True)
class Fix:
    """One errand. `where` is a unit (remedy), an asset (visit, measure) or a system (attest, decide); `what` is a
    check, a cause, or a requirement.
    """

    kind: Kind
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Step:
    """One system completed: the errands it adds to those before it, and the score when they are done."""

    system: str
    fixes: tuple[Fix, ...]
    work: int
    met: int
    percent: float


@dataclass(frozen=True, slots=True)
class Path:
    """The way to the target in `steps`, and on to 100 % in `beyond`. `exact`: no way to the target takes less work."""

    met: int
    total: int
    need: int
    target: float
    exact: bool
    steps: tuple[Step, ...]
    beyond: tuple[Step, ...]

    @property
    def work(self) -> int:
        """The number of errands to the target."""
        return self.steps[-1].work if self.steps else 0


def path(index: Index) -> Path:
    """The path for the systems that the score counts. Within the chosen systems the cheapest next one comes first."""
    counted = [system for system in index.systems.values() if plans.approved(system)]
    open_ = {system["id"]: frozenset(fixes(index, system)) for system in counted if not _implemented(index, system)}
    total, met = len(counted), len(counted) - len(open_)
    target = score.TARGETS["plans_implemented"]
    need = next((n for n in range(met, total + 1) if total and score.percent(n, total) >= target), total)
    exact = total <= LARGEST_EXACT
    chosen = covering.exact(open_, need - met) if exact else frozenset(covering.greedy(open_, need - met))
    first = covering.greedy({one: open_[one] for one in sorted(chosen)}, len(chosen))
    done: frozenset[Fix] = frozenset[Fix]().union(*(open_[one] for one in first))
    rest = {one: missing - done for one, missing in sorted(open_.items()) if one not in chosen}
    order = (*first, *covering.greedy(rest, len(rest)))
    steps = tuple(_steps(open_, order, met, total))
    return Path(met, total, need, target, exact, steps[: len(first)], steps[len(first) :])


def _implemented(index: Index, system: System) -> bool:
    return plans.implemented(tuple(plans.judge(index, system))) is True


def _steps(open_: Mapping[str, frozenset[Fix]], order: Sequence[str], met: int, total: int) -> Iterator[Step]:
    done: frozenset[Fix] = frozenset()
    for number, system in enumerate(order, met + 1):
        new = open_[system] - done
        done |= new
        yield Step(system, tuple(sorted(new)), len(done), number, score.percent(number, total))


def fixes(index: Index, system: System) -> Iterator[Fix]:
    """Everything that is missing until the system's plan is implemented; an errand may be named twice."""
    for judged in plans.judge(index, system):
        if judged.met:
            continue
        requirement = judged.requirement
        if not judged.vouched:
            yield Fix("attest", system["id"], requirement["id"])
        if not judged.is_probed or judged.probed is True:
            continue
        owed = [
            one for one in plans.probes(index, system, requirement) if one[2] is None or one[2]["status"] not in GOOD
        ]
        if not owed:
            yield Fix("decide", system["id"], requirement["id"])
        for asset, check, finding in owed:
            if finding is not None and finding["status"] == "fail":
                yield _failure(index, asset, base(check))
            else:
                yield Fix("measure", asset, (finding["cause"] if finding else None) or "not_run")


def _failure(index: Index, asset: str, check: str) -> Fix:
    """One command for the whole unit where the check has a remedy that can be played there; else a visit."""
    record = index.all_assets[asset]
    played = index.document["checks"][check]["playbook"] is not None and record["kind"] == "server"
    return Fix("remedy", index.unit(record["site"]), check) if played else Fix("visit", asset, check)


def lines(index: Index, found: Path, words: Words) -> Iterator[str]:
    """The path in words: where the city stands, each system with its errands, and what lies beyond the target."""
    values = {"met": found.met, "total": found.total, "need": found.need}
    yield words("path.stands", **values, percent=words.percent(score.percent(found.met, found.total)))
    target = words.percent(found.target)
    if not found.total:
        yield words("path.nothing_counted")
        return
    if not found.steps:
        yield words("path.reached", target=target)
    else:
        yield words("path.work", n=found.work, systems=len(found.steps), target=target)
        yield words("path.exact" if found.exact else "path.greedy", limit=LARGEST_EXACT)
    yield from _told(index, found.steps, words)
    if found.beyond:
        yield from ("", words("path.beyond"))
        yield from _told(index, found.beyond, words)


def _told(index: Index, steps: Sequence[Step], words: Words) -> Iterator[str]:
    for step in steps:
        name = words.name(index.systems[step.system])
        values = {"name": name, "id": step.system, "n": len(step.fixes), "work": step.work}
        yield from ("", words("path.step", **values, met=step.met, percent=words.percent(step.percent)))
        for fix in step.fixes:
            yield f"    {_errand(index, fix, words)}"


def _errand(index: Index, fix: Fix, words: Words) -> str:
    if fix.kind == "measure":
        return words(
            "path.measure", asset=fix.where, cause=words(f"cause.{fix.what}"), do=words(f"cause_do.{fix.what}")
        )
    if fix.kind in ("attest", "decide"):
        found = next(one for one in index.document["requirements"] if one["id"] == fix.what)
        return words(f"path.{fix.kind}", system=fix.where, requirement=fix.what, title=words.of(found["title"]))
    title = words.of(index.document["checks"][fix.what]["title"])
    if fix.kind == "visit":
        return words("path.visit", asset=fix.where, check=fix.what, title=title)
    unit, run = words.name(index.sites[fix.where]), index.document["run"]["id"]
    return words("path.remedy", unit=unit, check=fix.what, title=title, command=_command(index, run, fix))


def _command(index: Index, run: str, fix: Fix) -> str:
    """The dry run that shows what the remedy would change; a scope of the city itself would mean all of it."""
    if fix.where != index.city["id"]:
        return f"rasoat fix {run} --scope {fix.where} --check {fix.what}"
    failing = {one["asset"] for one in index.findings if one["status"] == "fail" and base(one["check"]) == fix.what}
    servers = (index.assets[one] for one in sorted(failing) if index.assets[one]["kind"] == "server")
    chosen = (one["id"] for one in servers if index.unit(one["site"]) == fix.where)
    return " ".join(["rasoat fix", run, *(f"--asset {one}" for one in chosen), f"--check {fix.what}"])
