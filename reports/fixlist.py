"""What each district or department has to put right, the work that brings the targets closest first.

The order is plain. A *task* is one check with all its failures in one district. Whatever keeps a headline down (an
asset not upgraded, a site not interconnected, a plan not implemented) is shared out in equal parts among all that must
happen before it counts, tasks and what else is missing: that share is the task's *gain*. Its *work* is 1 for all that
one command puts right, and 1 for each further asset to visit. Critical tasks come first, then the highest gain for the
work; what is validly waived comes last.
"""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reports import plans
from reports.document import Check, Finding, System
from reports.index import Index, base
from reports.judging import GOOD, waived

SEVERITIES = ("critical", "high", "medium", "low")
Place = tuple[str, str]  # (unit, check)


@dataclass(frozen=True, slots=True)
class Held:
    """What a task holds back: assets not upgraded, sites not interconnected, plans not implemented; its share."""

    assets: int = 0
    sites: int = 0
    systems: int = 0
    gain: float = 0.0


@dataclass(frozen=True, slots=True)
class Task:
    """One check with its failures in one unit; `command` shows what its remedy would change (dry run).

    `work` is 1 for each command, and 1 for each asset that no command reaches.
    """

    check: str
    card: Check
    rows: tuple[Finding, ...]
    waived: bool
    held: Held
    command: str | None
    work: int


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What could not be judged on one asset for one cause."""

    asset: str
    cause: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """A failure of the earlier run that is none now; not `fixed` where it could not be judged again."""

    asset: str
    check: str
    card: Check
    fixed: bool


@dataclass(frozen=True, slots=True)
class FixList:
    """One unit's share of all failures, and what could not be judged there. `bare` are its sites without any asset.

    `closed` is what the earlier run, if there is one, had on this list and this run has not.
    """

    unit: str
    tasks: tuple[Task, ...]
    unjudged: tuple[Unjudged, ...]
    bare: tuple[str, ...]
    closed: tuple[Closed, ...] = ()

    @property
    def failures(self) -> int:
        return sum(len(task.rows) for task in self.tasks)


def fix_lists(index: Index, earlier: Index | None = None) -> tuple[FixList, ...]:
    """A list for every unit in the run's scope, the city's own first; together they hold every failure once."""
    failures: dict[Place, list[Finding]] = defaultdict(list)
    unknown: dict[str, list[Finding]] = defaultdict(list)
    for finding in index.findings:
        unit = index.unit(index.assets[finding["asset"]]["site"])
        if finding["status"] == "fail":
            failures[unit, base(finding["check"])].append(finding)
        elif finding["status"] == "unknown":
            unknown[unit].append(finding)
    tasks: dict[str, list[Task]] = defaultdict(list)
    held, closed = _held(index), _closed(index, earlier)
    for place in sorted(failures):
        tasks[place[0]] += _tasks(index, place, failures[place], held.get(place, Held()))
    return tuple(
        FixList(
            unit,
            tuple(sorted(tasks[unit], key=_rank)),
            _unjudged(unknown[unit], index, unit),
            _bare(index, unit),
            tuple(closed.get(unit, ())),
        )
        for unit in index.units()
    )


def _closed(index: Index, earlier: Index | None) -> Mapping[str, Sequence[Closed]]:
    """By unit, what failed in the earlier run and does not now; what is fixed first."""
    found: dict[str, list[Closed]] = defaultdict(list)
    if earlier is None:
        return found
    cards = {**earlier.document["checks"], **index.document["checks"]}
    inside = frozenset(index.scope)
    for before in earlier.findings:
        id_, check = before["asset"], before["check"]
        now = index.found.get(id_, {}).get(check)
        site = (index.all_assets.get(id_) or earlier.assets[id_])["site"]
        if before["status"] == "fail" and (now is None or now["status"] != "fail") and site in inside:
            fixed = now is not None and now["status"] in GOOD
            found[index.unit(site)].append(Closed(id_, check, cards[base(check)], fixed))
    return {unit: sorted(rows, key=lambda one: (not one.fixed, one.asset, one.check)) for unit, rows in found.items()}


def _bare(index: Index, unit: str) -> tuple[str, ...]:
    return tuple(site for site in index.scope if index.unit(site) == unit and site not in index.at_site)


def _rank(task: Task) -> tuple[object, ...]:
    severity = SEVERITIES.index(task.card["severity"])
    return (task.waived, severity != 0, -task.held.gain / task.work, severity, -len(task.rows), task.check)


def _tasks(index: Index, place: Place, rows: Sequence[Finding], held: Held) -> Iterator[Task]:
    """The open failures as one task, and the validly waived ones as another."""
    unit, check = place
    for accepted in (False, True):
        chosen = tuple(row for row in rows if waived(row) is accepted)
        if not chosen:
            continue
        servers = _within_reach(index, check, chosen)
        whole = unit != index.city["id"] and len(chosen) == len(rows)
        reached = [row for row in chosen if row["asset"] in servers]
        commands = fix_commands(index, unit if whole else None, check, reached)
        work = len({row["asset"] for row in chosen} - set(servers)) + len(commands)
        card = index.document["checks"][check]
        yield Task(check, card, chosen, accepted, held, " && ".join(commands) or None, work)


def _within_reach(index: Index, check: str, rows: Sequence[Finding]) -> list[str]:
    """The assets that a playbook can put right: servers, where the check has one; devices are never changed."""
    if index.document["checks"][check]["playbook"] is None:
        return []
    return sorted({row["asset"] for row in rows if index.assets[row["asset"]]["kind"] == "server"})


def fix_commands(index: Index, unit: str | None, check: str, rows: Sequence[Finding]) -> list[str]:
    """Each shows what the remedy would change on exactly these servers; where they are all of a unit's, by its name.

    A month is no run: there it takes a command for each run that the failures were seen in.
    """
    run = index.document["run"]["id"]
    if "period" not in index.document:
        return [_fix(run, unit, check, rows)] if rows else []
    seen: dict[str, list[Finding]] = defaultdict(list)
    for row in rows:
        seen[row.get("run") or index.document["period"]["runs"][-1]["id"]].append(row)
    return [_fix(run, None, check, seen[run]) for run in sorted(seen)]


def _fix(run: str, unit: str | None, check: str, rows: Sequence[Finding]) -> str:
    servers = sorted({row["asset"] for row in rows})
    where = ["--scope", unit] if unit else [word for asset in servers for word in ("--asset", asset)]
    return shlex.join(["rasoat", "fix", run, *where, "--check", check])


def _unjudged(findings: Sequence[Finding], index: Index, unit: str) -> tuple[Unjudged, ...]:
    by_asset: dict[tuple[str, str], list[str]] = defaultdict(list)
    for finding in findings:
        by_asset[finding["asset"], finding["cause"] or ""].append(finding["check"])
    silent = {asset for asset, _ in by_asset}
    for asset in index.assets.values():
        if asset["state"] == "unreached" and asset["id"] not in silent and index.unit(asset["site"]) == unit:
            by_asset[asset["id"], asset["cause"] or "not_run"] = []
    return tuple(Unjudged(asset, cause, tuple(checks)) for (asset, cause), checks in sorted(by_asset.items()))


def _held(index: Index) -> Mapping[Place, Held]:
    """For every task what it holds back."""
    gains: dict[Place, Fraction] = defaultdict(Fraction)
    counts: dict[str, Counter[Place]] = {"asset": Counter(), "site": Counter(), "system": Counter()}
    for kind, blockers in _held_back(index):
        for blocker in blockers:
            gains[blocker] += Fraction(1, len(blockers))
            counts[kind][blocker] += 1
    return {
        place: Held(counts["asset"][place], counts["site"][place], counts["system"][place], float(gain))
        for place, gain in gains.items()
    }


def _held_back(index: Index) -> Iterator[tuple[str, frozenset[Place]]]:
    """Each thing that a headline misses, with all that keeps it back: tasks, and what else is missing (unit "")."""
    scores = index.document["scores"]
    for item in scores["infrastructure_upgraded"]["items"]:
        if item["kind"] == "asset" and not item["met"]:
            unmeasured = {("", item["id"])} if index.assets[item["id"]]["state"] != "reviewed" else set()
            yield "asset", frozenset({_blocker(index, item["id"], check) for check in item["open"]} | unmeasured)
    for item in scores["infrastructure_interconnected"]["items"]:
        if not item["met"]:
            yield "site", frozenset(_blocker(index, *key.split("/", 1)) for key in item["open"])
    for item in scores["plans_implemented"]["items"]:
        if not item["met"]:
            yield "system", frozenset(_blockers_of_plan(index, index.systems[item["id"]]))


def _blocker(index: Index, asset: str, check: str) -> Place:
    finding = index.found.get(asset, {}).get(check)
    failed = finding is not None and finding["status"] == "fail"
    return (index.unit(index.all_assets[asset]["site"]), base(check)) if failed else ("", f"{asset}/{check}")


def _blockers_of_plan(index: Index, system: System) -> Iterator[Place]:
    for judged in plans.judge(index, system):
        if judged.met:
            continue
        if not judged.vouched:
            yield "", f"{system['id']}/{judged.requirement['id']}"
        for asset in index.of_system.get(system["id"], ()) if judged.is_probed else ():
            for name in judged.requirement["checks"]:
                for check in index.expected_of(asset, name):
                    finding = index.found.get(asset["id"], {}).get(check)
                    if finding is None or finding["status"] not in ("pass", "not_applicable"):
                        yield _blocker(index, asset["id"], check)
