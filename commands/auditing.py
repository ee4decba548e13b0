"""Verbs of an audit and of what was kept of it: run, report, diff, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.caller import NOT_VERIFIED, OK, VERSION, Caller, Many, Run, Scope, group, verb

top = group("")


@verb(top, on_site=True)
def run(
    caller: Caller,
    scope: Scope = None,
    system: Many = None,
    asset: Many = None,
    check: Many = None,
    level: Annotated[int | None, typer.Option(min=1, max=5, help="Assets of this level.")] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="Go on with an interrupted run.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=512, help="Servers asked at once.")] = 32,
) -> int:
    """Audit the city, or a part of it."""
    from inventory.faults import BadInput
    from reports import results, terminal, text
    from runner import walk

    opened = caller.open()
    selection = walk.Selection(scope, tuple(system or ()), tuple(asset or ()), tuple(check or ()), level)
    if resume is not None and selection != walk.Selection():
        raise BadInput("--resume goes on with what the run was begun for: leave the selection out.")
    with terminal.progress(caller.words, quiet=caller.quiet or caller.as_json) as told:
        outcome = walk.audit(
            opened.inventory,
            opened.catalogue,
            selection,
            program=f"rasoat {VERSION}",
            concurrency=concurrency,
            resume=resume,
            on_event=told,
        )
    document = results.write(outcome, opened.inventory, opened.catalogue)
    caller.give(document, *text.summary(document, caller.words), "", str(outcome.folder / results.NAME))
    if not outcome.complete:
        caller.warn(f"Interrupted. What was measured is kept; go on with: rasoat run --resume {outcome.folder.name}")
    return results.exit_status(document)


@verb(top)
def report(
    caller: Caller,
    run: Run = "latest",
    scope: Scope = None,
    format_: Annotated[
        list[str] | None,
        typer.Option("--format", help="pdf, html, csv, json; may be repeated. pdf and html if left out."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to write; reports/RUN in the workspace if left out.")
    ] = None,
) -> int:
    """Write reports from what was kept; never touches the network."""
    from inventory.workspace import opened
    from reports import make, results
    from runner import runs

    workspace = opened(caller.workspace)
    folder = runs.find(caller.workspace, run)
    document, earlier = results.read(folder), make.previous(workspace.runs, folder)
    target = out or workspace.reports / folder.name
    written = make.make(document, earlier, target, format_ or ["pdf", "html"], caller.words, scope)
    caller.give([str(path) for path in written], *map(str, written))
    return OK


@verb(top)
def diff(
    caller: Caller,
    earlier: Annotated[str, typer.Argument(metavar="A", help="A run's id.")],
    later: Annotated[str, typer.Argument(metavar="B", help="A run's id.")],
) -> int:
    """What changed between two runs."""
    from reports import change, results, text
    from runner import runs

    documents = [results.read(runs.find(caller.workspace, one)) for one in (earlier, later)]
    found = change.between(*documents)
    caller.give(found, *text.changes(found, caller.words))
    return OK


@verb(top)
def verify(
    caller: Caller,
    run: Annotated[str, typer.Argument(metavar="RUN|FILE", help="A run's id, its folder, or a file in it.")] = "latest",
) -> int:
    """Compute every digest and every number of a run again; exit status 5 where one differs."""
    from reports import results
    from runner import manifest, runs

    folder = _folder(Path(run)) or runs.find(caller.workspace, run)
    problems = [*manifest.verify(folder), *results.problems(folder)]
    caller.give({"run": folder.name, "problems": problems}, *(problems or [f"{folder.name}: OK"]))
    return NOT_VERIFIED if problems else OK


def _folder(named: Path) -> Path | None:
    """The folder of the run that a path names; None where it names none."""
    from runner import journal

    near = (named, named.parent) if named.exists() else ()
    return next((folder.resolve() for folder in near if (folder / journal.NAME).is_file()), None)
