"""Verbs of the practice city: lab up, down, status, exec, score; and demo, the whole way in one go."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.caller import (
    FAILED,
    INTERRUPTED,
    MEANING,
    NOT_JUDGED,
    OK,
    PROGRAM,
    Caller,
    Run,
    group,
    is_workspace,
    verb,
)

if TYPE_CHECKING:
    from lab.city import Status

lab = group("The practice city by hand.")
top = group("")
KINDS = {
    "lab": "real: machines of its own in Linux namespaces, with real sshd and FRR",
    "simulated": "simulated: no real machines, answers come from recordings",
}


@verb(lab, of_practice=True)
def up(
    caller: Caller,
    servers: Annotated[int | None, typer.Option(metavar="N", help="How many servers.")] = None,
    wards: Annotated[int | None, typer.Option(metavar="N", help="How many wards.")] = None,
    faults: Annotated[bool, typer.Option(help="Plant the faults of lab/faults.yaml.")] = True,
    simulated: Annotated[bool, typer.Option("--simulated", help="Answer from recordings, without namespaces.")] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="With --simulated: every site and every system of hcmc-2024, no faults.")
    ] = False,
) -> int:
    """Bring the practice city up; one of this workspace that is up already goes down first."""
    from inventory.faults import BadInput
    from lab import city

    if whole and (not simulated or servers is not None or wards is not None):
        raise BadInput("the whole city has one size and can only be simulated: rasoat lab up --simulated --whole")
    came_up = city.up_whole(caller.workspace) if whole else city.up(caller.workspace, servers, wards, faults, simulated)
    caller.give(_as_data(came_up), *_lines(came_up))
    return OK


@verb(lab, of_practice=True)
def down(caller: Caller) -> int:
    """Take the practice city down; nothing of it is left. The workspace with its runs and reports stays."""
    from lab import city

    city.down(_city_of(caller))
    caller.say("The practice city is down.")
    return OK


@verb(lab, of_practice=True)
def status(caller: Caller) -> int:
    """What the practice city has: workspace, auditor, hosts."""
    from lab import city

    found = city.status(_city_of(caller))
    mode = found.pop("mode")
    caller.give(
        found,
        found["workspace"],
        KINDS[mode],
        *(f"{h['name']:20} {h['address']}:{h['port']}" for h in found["hosts"]),
    )
    return OK


@verb(lab, "exec", passes_on=True, of_practice=True)
def exec_(
    caller: Caller,
    host: Annotated[str, typer.Argument(help="`auditor`, or a host of `lab status`.")],
    command: Annotated[list[str], typer.Argument(metavar="-- CMD", help="The command and its words.")],
) -> int:
    """Run a command where the auditor stands, or as root on one host; input and exit status pass through."""
    from inventory.faults import BadInput
    from lab import city

    argv = command[command[0] == "--" :]
    if not argv:
        raise BadInput("name the command to run: rasoat lab exec HOST -- CMD")
    return city.exec_(host, argv, _city_of(caller))


@verb(lab, of_practice=True)
def score(caller: Caller, run: Run = "latest") -> int:
    """Hold an audit's findings against the faults that were planted; exit status 1 where they differ."""
    from lab import city
    from lab import score as scoring
    from reports import results

    planted = city.faults_of(caller.workspace)
    found = scoring.compare(results.read(caller.run(run)), planted)
    caller.give(found, *scoring.lines(found))
    return OK if found.perfect else FAILED


@verb(top, of_practice=True)
def demo(
    caller: Caller,
    simulated: Annotated[bool, typer.Option("--simulated", help="Answer from recordings, without namespaces.")] = False,
) -> int:
    """The practice city up, one audit, the reports, the city down: the whole way in one go."""
    from lab import city

    came_up = city.up(caller.workspace, simulated=simulated)
    caller.say(*_lines(came_up), "")
    try:
        audited = _self(caller, "run")
        judged = audited in (OK, FAILED, NOT_JUDGED)
        scored = _self(caller, "lab", "score") if judged else audited
        written = _reports(caller) if judged else []
    finally:
        with _undisturbed():
            city.down(caller.workspace)
    told = {"city": _as_data(came_up), "audit_exit_status": audited, "found_as_planted": scored == OK}
    caller.give({**told, "written": written}, *_ending(caller, came_up, audited, written))
    return scored if judged and written else audited


def _city_of(caller: Caller) -> Path | None:
    """The workspace of the city that is meant; None for the only one that is up, wherever it is."""
    return caller.workspace if caller.named or is_workspace(caller.workspace) else None


def _mode(came_up: Status) -> str:
    from inventory import load

    return load.settings(came_up.workspace).mode


def _as_data(came_up: Status) -> dict[str, Any]:
    return {
        "workspace": str(came_up.workspace),
        "mode": _mode(came_up),
        "simulated": came_up.simulated,
        "servers": came_up.servers,
        "routers": came_up.routers,
        "faults": list(came_up.faults),
        "seconds": round(came_up.seconds, 1),
    }


def _lines(came_up: Status) -> list[str]:
    size = f"{came_up.servers} servers, {came_up.routers} routers, {len(came_up.faults)} faults planted"
    return [
        f"The practice city is up, {KINDS[_mode(came_up)]}{f' ({came_up.simulated})' if came_up.simulated else ''}.",
        f"{size}, in {came_up.seconds:.1f} s. Workspace: {came_up.workspace}",
    ]


def _ending(caller: Caller, came_up: Status, audited: int, written: list[str]) -> list[str]:
    """What a reader must know when a demo is over: what it was, how the audit ended, what lies where."""
    from inventory.workspace import Workspace

    opened = [file for file in written if file.endswith((".pdf", "index.html"))]
    return [
        "",
        f"The practice city was {KINDS[_mode(came_up)]}. It is down again.",
        f"The audit's own exit status: {audited} ({MEANING[audited]}).",
        *(f"Open: {file}" for file in opened),
        f"All runs and reports: {Workspace(caller.workspace).runs}, {Workspace(caller.workspace).reports}",
    ]


def _reports(caller: Caller) -> list[str]:
    """Write the reports of the latest run; the files."""
    argv = _argv(caller, "report", "--json")
    said = subprocess.run(argv, stdout=subprocess.PIPE, check=False).stdout
    return list(json.loads(said or "[]"))


def _self(caller: Caller, *words: str) -> int:
    """Another verb of this program, in a process of its own, as a user would call it; its exit status."""
    with subprocess.Popen(_argv(caller, *words, *(["--quiet"] if caller.as_json or caller.quiet else []))) as process:
        while process.returncode is None:
            with suppress(KeyboardInterrupt):  # it is told of Ctrl-C too, keeps what it has, and ends
                process.wait()
    return process.returncode if process.returncode >= 0 else INTERRUPTED


def _argv(caller: Caller, *words: str) -> list[str]:
    return [sys.executable, str(PROGRAM), *words, "--workspace", str(caller.workspace), "--lang", caller.lang]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """What must be finished is, however often Ctrl-C is pressed."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
