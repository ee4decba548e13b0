"""Verbs of an audit and of what was kept of it: run, report, diff, verify."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.caller import (
    BAD_INPUT,
    INTERRUPTED,
    NOT_JUDGED,
    NOT_VERIFIED,
    OK,
    VERSION,
    Caller,
    Many,
    Opened,
    Scope,
    group,
    verb,
)

if TYPE_CHECKING:
    from inventory.annual import Annual
    from reports.document import Document
    from reports.pdf.signing import Seal
    from reports.subject import Subject
    from runner.plan import Selection
    from runner.walk import RunOutcome

top = group("")
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="pdf, html, fixes, audit-pdf, xlsx, csv, json, junit, sarif, oscal, hdf, prometheus, form08; may be "
        "repeated. First three if none.",
    ),
]
OfMonth = Annotated[
    str | None,
    typer.Option(
        metavar="YYYY-MM", help="Instead: the latest judged result of each asset in the month, kept as json too."
    ),
]
ByStandard = Annotated[
    str | None, typer.Option(metavar="ID", help="Of a month: judged by it; by that of its latest run if left out.")
]
ANNUAL = "form08"


@verb(top, on_site=True)
def run(
    caller: Caller,
    scope: Scope = None,
    system: Many = None,
    asset: Many = None,
    check: Many = None,
    level: Annotated[int | None, typer.Option(min=1, max=5, metavar="1-5", help="Only assets of this level.")] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="Go on with an interrupted run.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=512, metavar="N", help="Servers asked at once.")] = 32,
    budget: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Begin no further asset after this time.")
    ] = None,
    standard: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="The standard; may be repeated: judged by each. The workspace's if left out."),
    ] = None,
) -> int:
    """Audit the city, or a part of it; nothing is changed. The exit status says how it went (see audit.py --help)."""
    from inventory.faults import BadInput
    from runner import runs, walk
    from runner.files import CannotKeep

    rulers = _rulers(caller, resume, standard or [])
    opened = caller.open(rulers[0])
    selection = walk.Selection(scope, tuple(system or ()), tuple(asset or ()), tuple(check or ()), level)
    if resume is not None and selection != walk.Selection():
        raise BadInput("--resume goes on with what the run was begun for: leave the selection out.")
    _refuse_unwritable(caller.workspace)
    before = runs.ids(caller.workspace)
    how = {"concurrency": concurrency, "budget": budget, "resume": resume}
    try:
        return _audited(caller, opened, selection, how, rulers[1:])
    except CannotKeep as error:
        begun = [one for one in runs.ids(caller.workspace) if one not in before]
        return _stopped(caller, error, resume or "".join(begun))


def _rulers(caller: Caller, resume: str | None, named: list[str]) -> list[str]:
    """The standards to judge by, the walk's own first: those named, those the run was begun with, the workspace's."""
    from checks import catalogue
    from inventory import load
    from inventory.records import refuse_unknown
    from runner import kept

    settings = load.settings(caller.workspace)
    chosen = named or [settings.standard, *settings.also_judged_by]
    if resume is not None and not named:
        chosen = [kept.read(caller.run(resume)).header["catalogue"]["id"]]
    refuse_unknown("standard", chosen, catalogue.standards())
    return [*dict.fromkeys(chosen)]


def _audited(
    caller: Caller, opened: Opened, selection: Selection, how: Mapping[str, Any], others: Sequence[str]
) -> int:
    """One audit, kept, judged by its own standard and by the `others`, and told; its exit status."""
    from commands import remembering
    from reports import terminal
    from runner import walk

    with terminal.progress(caller.words, quiet=caller.quiet or caller.as_json) as told:
        outcome = walk.audit(
            opened.inventory,
            opened.catalogue,
            selection,
            program=f"rasoat {VERSION}",
            others=[caller.open(other).catalogue for other in others],
            on_event=told,
            **how,
        )
    status = _told(caller, opened, outcome, others)
    if outcome.complete:
        remembering.remember(caller, opened.inventory.settings.history)
    else:
        caller.warn(f"Interrupted. What was measured is kept; go on with: rasoat run --resume {outcome.folder.name}")
    return status


def _told(caller: Caller, opened: Opened, outcome: RunOutcome, others: Sequence[str]) -> int:
    """The run as documents, kept and told; its exit status. They are let go here: the history reads its own."""
    from reports import results, text

    written = [(outcome.folder, results.write(outcome, opened.inventory, opened.catalogue))]
    if outcome.complete:
        written += [_judged_again(caller, outcome.folder, other) for other in others]
    documents = [document for _, document in written]
    lines = (
        line
        for folder, document in written
        for line in (*_in_law(caller, document), *text.summary(document, caller.words), "", str(folder / results.NAME))
    )
    caller.give(documents if others else documents[0], *lines)
    return max(results.exit_status(document) for document in documents)


def _judged_again(caller: Caller, run: Path, standard: str) -> tuple[Path, Document]:
    """The run judged by another standard, from its evidence alone: its folder and document."""
    from reports import results
    from runner import rejudging

    opened = caller.open(standard)
    outcome = rejudging.rejudge(opened.inventory, opened.catalogue, run, program=f"rasoat {VERSION}")
    return outcome.folder, results.write(outcome, opened.inventory, opened.catalogue)


def _in_law(caller: Caller, document: Document) -> list[str]:
    """A line where the law of the run's day has another standard."""
    from checks import law
    from reports import law as told
    from reports.document import day_of

    line = told.ruler(law.on(day_of(document["run"]["ended"])), document["run"]["catalogue"]["id"], caller.words)
    return [line] if line else []


def _stopped(caller: Caller, error: Exception, run: str) -> int:
    """Tell that the disk took no more; a run that could not even begin was not run."""
    if not run:
        caller.warn(f"{error}. Nothing was run: make room, then try again.")
        return BAD_INPUT
    caller.warn(f"{error}. What was measured before is kept: make room, then go on with: rasoat run --resume {run}")
    return INTERRUPTED


def _refuse_unwritable(workspace: Path) -> None:
    """Raise `BadInput` where no run can be kept: nobody is to be asked for nothing."""
    from inventory.faults import BadInput, Fault

    for folder in (workspace, workspace / "runs"):
        if folder.exists() and not os.access(folder, os.W_OK):
            raise BadInput([Fault(folder, None, "cannot be written", "Make it writable. Nothing was run.")])


@verb(top)
def report(
    caller: Caller,
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run's id; the latest if left out.")] = None,
    month: OfMonth = None,
    annual: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY", help="Instead: the annual report (form08), 15 December of the year before to 14 December."
        ),
    ] = None,
    standard: ByStandard = None,
    scope: Scope = None,
    format_: Formats = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where to write; if left out: reports/RUN, or reports/YYYY-MM, in the workspace."
        ),
    ] = None,
) -> int:
    """Write reports from what was kept; never touches the network, but for a time stamp on a signature."""
    from inventory.annual import NOTHING
    from inventory.faults import BadInput
    from reports import make, replies

    if sum(one is not None for one in (run, month, annual)) > 1:
        raise BadInput("a report is of a RUN, a --month or --annual. Leave all but one of them out.")
    if annual is not None and format_ not in (None, [ANNUAL]):
        raise BadInput(f"--annual is written as {ANNUAL} alone. Leave --format out.")
    if standard is not None and month is None:
        raise BadInput("a run is reported by the standard that judged it. Leave --standard out, or name a --month.")
    told = _subject(caller, run, month, annual, standard)
    target = out or caller.workspace / "reports" / told.document["run"]["id"]
    formats = format_ or ([ANNUAL] if annual else ["pdf", "html", "fixes"])
    formats = [*formats, "json"] if month else formats  # what its papers are verified by
    kept = replies.folders(caller.workspace / "runs", told.document)
    said = _declared(caller, told) if ANNUAL in formats else NOTHING
    seal = _seal(caller) if "pdf" in formats else None
    written = make.make(
        told.document, told.previous, target, formats, caller.words, scope, told.trend, kept, said, seal
    )
    caller.give([str(path) for path in written], *map(str, written))
    return OK


def _declared(caller: Caller, told: Subject) -> Annual:
    """What the workspace declares for the annual report about the document's sites and systems. Raises `BadInput`."""
    from inventory import annual

    ids = [{one["id"] for one in things} for things in (told.document["sites"], told.document["systems"])]
    return annual.read(caller.workspace, *ids)


def _seal(caller: Caller) -> Seal | None:
    """What signs reports, where the city has a key for it."""
    from inventory import load
    from inventory.faults import BadInput

    try:
        settings = load.settings(caller.workspace).signing
    except BadInput:
        caller.warn("The report is not signed: what city.yaml says of signing cannot be read.")
        return None
    if settings is None or not settings.signs:
        return None
    from reports.pdf.signing import Seal

    return Seal(settings, caller.workspace)


def _subject(
    caller: Caller, run: str | None, month: str | None, annual: str | None = None, standard: str | None = None
) -> Subject:
    """What is to be reported: a run, the latest if none is named, a month, or a year of reporting."""
    from commands import remembering
    from inventory import load
    from reports import sealed, subject

    if month is not None:
        mode, name = load.settings(caller.workspace).mode, month
        return remembering.recalled(caller, lambda runs, history: subject.of_month(runs, name, mode, history, standard))
    if annual is not None:
        mode, year = load.settings(caller.workspace).mode, annual
        return subject.of_year(sealed.all_runs(caller.workspace), year, mode)
    folder = caller.run(run or "latest")
    return remembering.recalled(caller, lambda runs, history: subject.of_run(runs, folder, history))


@verb(top)
def verify(
    caller: Caller,
    run: Annotated[str, typer.Argument(metavar="RUN|FILE", help="A run's id, its folder, or a file in it.")] = "latest",
) -> int:
    """Compute every digest and number of a run, month or PDF anew; exit status 5 where one is wrong."""
    from inventory.workspace import opened
    from reports import month as months
    from reports import results
    from runner import manifest

    if Path(run).suffix.lower() == ".pdf" and Path(run).is_file():
        return _verified_pdf(caller, Path(run))
    if (month := _month(Path(run))) is not None:
        return _verified(caller, month["run"]["id"], months.problems(month, opened(caller.workspace).root))
    folder = _folder(Path(run)) or caller.run(run)
    problems = [*manifest.verify(folder), *results.problems(folder)]
    return _verified(caller, folder.name, problems)


def _verified_pdf(caller: Caller, file: Path) -> int:
    """A PDF against the workspace: wrong is worse than what could not be judged."""
    from inventory import load
    from inventory.workspace import opened
    from reports.pdf import checking

    workspace = opened(caller.workspace).root
    settings = load.settings(workspace).signing
    found = checking.check(file.read_bytes(), workspace, settings, lambda named: _named_subject(caller, named))
    good = [] if found.problems or found.open else [f"{file.name}: OK"]
    caller.give(found, *found.problems, *found.open, *(f"{file.name}: {fact}" for fact in found.facts), *good)
    return NOT_VERIFIED if found.problems else NOT_JUDGED if found.open else OK


def _named_subject(caller: Caller, named: str) -> Subject:
    """A run or a month by the id that it has in reports."""
    from reports.leadership import MONTH

    return _subject(caller, None, named) if MONTH.fullmatch(named) else _subject(caller, named, None)


def _verified(caller: Caller, name: str, problems: list[str]) -> int:
    caller.give({"run": name, "problems": problems}, *(problems or [f"{name}: OK"]))
    return NOT_VERIFIED if problems else OK


def _month(named: Path) -> Document | None:
    """The month's document that a path names; None where it names anything else."""
    from inventory.faults import BadInput
    from reports import results

    if not named.is_file() or _folder(named) is not None:
        return None
    try:
        document = results.read(named)
    except BadInput:
        return None
    return document if "period" in document else None


def _folder(named: Path) -> Path | None:
    """The folder of the run that a path names; None where it names none."""
    from runner import journal

    near = (named, named.parent) if named.exists() else ()
    return next((folder.resolve() for folder in near if (folder / journal.NAME).is_file()), None)
