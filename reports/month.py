"""A month's document: the latest judged result of each asset in the month, over all complete runs of the workspace.

- What is listed (assets, systems, ruler, waivers) is as the latest run of the month has it; the assets of a site that
  this run does not speak for are those of the latest run before it that does.
- Of each check on each asset the latest result counts that was judged in the month, in Vietnam's time. A later run that
  could not reach the asset takes nothing away and adds nothing; it is named beside (`tried`), as is the age.
- What nothing judged in the month is unknown, with the cause of the latest attempt, or `not_run` where there was none.
- Runs of another mode are of another city, and those judged again replace nothing: neither is looked at. Runs of the
  month by another standard are left out, by name, unless they were judged again by the month's.
- A result counts only for the machine that it was had of: same address, kind, platform and level as listed.

Pure but for reading the runs: the same runs in any order make the same document.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import cast

from inventory.faults import BadInput
from reports import composing, index, judging, paths, plans, results, score, unlisted, waivers
from reports.composing import Composed
from reports.document import VIETNAM, Asset, Document, Period, Run, Selection, Source
from reports.index import Index
from reports.narrowing import narrowed
from reports.sealed import Changed, Sealed, all_runs, line, order
from runner import canonical, manifest

RULES = (composing, index, judging, paths, plans, score, unlisted, waivers)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, by its days in Vietnam."""

    first: date

    @classmethod
    def of(cls, text: str) -> Month:
        """The month that `2026-10` names. Raises `BadInput`."""
        try:
            if len(text) != len("2026-10"):
                raise ValueError(text)
            return cls(date.fromisoformat(f"{text}-01"))
        except ValueError as error:
            raise BadInput(f"'{text}' is not a month. Write year and month: 2026-10.") from error

    @property
    def last(self) -> date:
        return self.first.replace(day=monthrange(self.first.year, self.first.month)[1])

    @property
    def before(self) -> Month:
        return Month((self.first - timedelta(days=1)).replace(day=1))

    @property
    def ended(self) -> str:
        """Its last second, in UTC."""
        return canonical.moment(datetime.combine(self.last, time(23, 59, 59), VIETNAM).astimezone(UTC))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


def is_month(name: str) -> bool:
    """Whether this is how a month is named; no run is."""
    return re.fullmatch(r"\d{4}-\d{2}", name) is not None


@dataclass(frozen=True, slots=True)
class Year(Month):
    """A year of reporting: 15 December to 14 December (NĐ 331/2026/NĐ-CP, Art. 35; unverified), by its days in Vietnam.

    It is composed of its runs as a month is.
    """

    @classmethod
    def of(cls, text: str) -> Year:
        """The year that `2026` names: it begins in December of the year before. Raises `BadInput`."""
        if not re.fullmatch(r"[12][0-9]{3}", text):
            raise BadInput(f"'{text}' is not a year. Write four figures: 2026.")
        return cls(date(int(text) - 1, 12, 15))

    @classmethod
    def at(cls, day: date) -> Year:
        """The year of reporting in which a day lies."""
        return cls.of(str(day.year + (day >= date(day.year, 12, 15))))

    @property
    def last(self) -> date:
        return date(self.first.year + 1, 12, 14)

    @property
    def before(self) -> Year:
        return Year(self.first.replace(year=self.first.year - 1))

    def __str__(self) -> str:
        return str(self.last.year)


def runs_of(runs: Iterable[Sealed], month: Month, mode: str, standard: str | None = None) -> list[Sealed]:
    """The runs of the city in this mode (and by this standard) that were under way in the month, in that order."""
    return [one for one in line(runs, mode, standard) if one.spans(month.first, month.last)]


def key(runs: Iterable[Sealed], month: Month, mode: str, standard: str | None = None) -> str:
    """A digest of all that the month's document depends on: the runs up to its last, and the rules of this program."""
    runs = [*runs]
    last = order(runs_of(runs, month, mode, standard)[-1])
    named = [
        [one.id, one.manifest_sha256] for one in sorted(runs, key=order) if one.mode == mode and order(one) <= last
    ]
    return canonical.sha256(canonical.encode([str(month), mode, standard, _rules(), named]))


@cache
def _rules() -> str:
    """A digest of the code that a month is composed and scored by."""
    code = (Path(str(module.__file__)).read_bytes() for module in RULES)
    return canonical.sha256(b"".join([Path(__file__).read_bytes(), *code]))


def compose(runs: Iterable[Sealed], month: Month, mode: str, standard: str | None = None) -> Document:
    """The month's document, of the whole city, by `standard` (None: that of the latest run).

    Raises `BadInput` where no such run was under way in the month, and `Changed` where one is not as it was sealed.
    """
    runs = [*runs]
    during = runs_of(runs, month, mode, standard)
    if not during:
        raise BadInput(f"no complete run was made in {month}{_others(runs, month, mode, standard)}.")
    frame = during[-1]
    used = runs_of(runs, month, mode, frame.standard)
    opened = _Opened(frame, frame.document())
    before = {one.id: one for one in (*line(runs, mode), *used) if order(one) <= order(frame)}
    skeleton, listing = _skeleton(opened, [*before.values()], month)
    composed = Composed(Index(skeleton), month.first, month.last)
    for run in reversed(used):
        composed.take(run, opened.document if run is frame else run.document())
        if composed.whole:
            break
    composed.fill(skeleton)
    named = {run.id: run for run in (*listing, *used)}
    heard = named.keys() | {run.made_from for run in used}
    left_out = [run.id for run in runs_of(runs, month, mode) if run.id not in heard]
    skeleton["period"] = _period(month, sorted(named.values(), key=order), left_out)
    skeleton["run"]["started"] = used[0].head["started"]
    skeleton["unlisted"] = unlisted.of(skeleton)
    skeleton["scores"] = score.scores(skeleton)
    return skeleton


@dataclass(frozen=True)
class _Opened:
    run: Sealed
    document: Document


def _others(runs: Sequence[Sealed], month: Month, mode: str, standard: str | None) -> str:
    """What there is of the month in other modes or by other standards, as the end of a sentence."""
    during = [one for one in runs if one.spans(month.first, month.last)]
    standards = {one.standard for one in during if one.mode == mode}
    if standard is not None and standards:
        return f" that was judged by {standard} (but by {', '.join(sorted(standards))})"
    modes = {one.mode for one in during} - {mode}
    return f" in mode {mode}, which city.yaml names (but in mode {', '.join(sorted(modes))})" if modes else ""


def _skeleton(frame: _Opened, runs: Sequence[Sealed], month: Month) -> tuple[Document, list[Sealed]]:
    """The document without findings and numbers, and the runs that its assets are listed by."""
    document, sites = frame.document, Index(frame.document).sites
    city = next(site["id"] for site in document["sites"] if site["parent"] is None)
    silent, assets, listing = set(sites), dict[str, Asset](), list[Sealed]()
    for run in sorted(runs, key=order, reverse=True):
        if not silent:
            break
        if run is not frame.run and not _may_speak(run, frame, silent):
            continue
        said = document if run is frame.run else run.document()
        spoken = silent & set(Index(said).scope)
        silent -= spoken
        listed = [asset for asset in said["assets"] if asset["site"] in spoken and asset["id"] not in assets]
        assets |= {asset["id"]: asset for asset in listed}
        if run is frame.run or listed:
            listing.append(run)
    made = cast(Document, {**document, "findings": [], "scores": {}})
    made["assets"] = [cast(Asset, {**assets[id_]}) for id_ in sorted(assets)]
    ended = min(frame.run.ended, month.ended)
    whole: Selection = {"systems": [], "assets": [], "checks": [], "level": None}
    told = {name: value for name, value in document["run"].items() if name != "judged_again"}
    made["run"] = cast(Run, {**told, "id": str(month), "scope": city, "ended": ended, "selection": whole})
    return made, listing


def _may_speak(run: Sealed, frame: _Opened, silent: set[str]) -> bool:
    """Whether a run may speak for one of the sites that no later run spoke for, so that it is worth opening."""
    scope = str(run.head["scope"])
    known = Index(frame.document)
    return scope not in known.sites or not silent.isdisjoint(known.within(scope))


def _period(month: Month, named: Sequence[Sealed], left_out: list[str]) -> Period:
    return {
        "month": str(month),
        "from": month.first.isoformat(),
        "to": month.last.isoformat(),
        "runs": [_source(run) for run in named],
        "left_out": left_out,
    }


def _source(run: Sealed) -> Source:
    source: Source = {
        "id": run.id,
        "ended": run.ended,
        "manifest_sha256": run.manifest_sha256,
        "inventory_sha256": run.head["inventory_sha256"],
        "catalogue_sha256": run.head["catalogue"]["sha256"],
    }
    if run.made_from is not None:
        source["judged_again"] = run.made_from
    return source


def problems(document: Document, workspace: Path) -> list[str]:
    """What in a month's document does not follow from the runs that it names, a line each; nothing where all does.

    Each named run is verified itself, must be the one that is named, and none that had ended by then may be missing.
    """
    period, scope = document["period"], document["run"]["scope"]
    runs = {one.id: one for one in all_runs(workspace)}
    found = [line for source in period["runs"] for line in _source_problems(source, runs)]
    if found:
        return found
    month, mode = Month.of(period["month"]), document["run"]["mode"]
    standard = document["run"]["catalogue"]["id"]
    named = {source["id"] for source in period["runs"]} | {*period["left_out"]}
    named |= {run.made_from for run in runs.values() if run.id in named and run.made_from}
    missing = [
        one.id
        for one in runs_of(runs.values(), month, mode, standard)
        if one.id not in named and one.ended <= document["run"]["ended"]
    ]
    try:
        true = compose([runs[id_] for id_ in sorted(named) if id_ in runs], month, mode, standard)
        true = true if true["run"]["scope"] == scope else narrowed(true, scope)
    except (BadInput, Changed) as error:
        return [str(error)]
    return [*(f"{month}: leaves out run '{id_}'" for id_ in missing), *_differences(document, true)]


def _source_problems(source: Source, runs: Mapping[str, Sealed]) -> Iterator[str]:
    run = runs.get(source["id"])
    if run is None:
        yield f"run '{source['id']}' is not in this workspace, or cannot be read"
    elif run.manifest_sha256 != source["manifest_sha256"]:
        yield f"run '{run.id}' is not the one that is named (its manifest has another digest)"
    else:
        yield from (f"{run.id}: {line}" for line in (*manifest.verify(run.folder), *results.problems(run.folder)))


def _differences(said: Document, true: Document) -> Iterator[str]:
    """The numbers and parts of the document that are not what its runs give."""
    for name, value in cast(Mapping[str, object], true["scores"]).items():
        if cast(Mapping[str, object], said["scores"]).get(name) != value:
            yield f"{true['run']['id']}: {name} is not what its runs give"
    mine, others = cast(Mapping[str, object], said), cast(Mapping[str, object], true)
    for name in sorted((mine.keys() | others.keys()) - {"scores"}):
        if mine.get(name) != others.get(name):
            yield f"{true['run']['id']}: '{name}' is not what its runs give"
