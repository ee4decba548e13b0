"""Verbs of the practice city: lab up, down, status, exec, score; and demo, the whole way in one go."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from commands.caller import FAILED, MEANING, NOT_JUDGED, OK, PROGRAM, Caller, Run, group, verb

lab = group("The practice city by hand.")
top = group("")
DEFAULT = "demo-city"


def _home(caller: Caller) -> Path:
    """The workspace of the practice city: as asked for, this folder if it is one, else `demo-city` in it."""
    here = caller.workspace
    return here if here != Path.cwd() or (here / "city.yaml").is_file() else here / DEFAULT


@verb(lab)
def up(
    caller: Caller,
    servers: Annotated[int | None, typer.Option(help="How many servers.")] = None,
    wards: Annotated[int | None, typer.Option(help="How many wards.")] = None,
    faults: Annotated[bool, typer.Option(help="Plant the faults of lab/faults.yaml.")] = True,
    simulated: Annotated[bool, typer.Option("--simulated", help="Answer from recordings, without namespaces.")] = False,
) -> int:
    """Bring the practice city up; a city of this workspace that is up goes down first."""
    from lab import city

    status = city.up(_home(caller), servers, wards, faults, simulated)
    caller.give(status, str(status))
    return OK


@verb(lab)
def down(caller: Caller) -> int:
    """Take the practice city down; nothing of it is left."""
    from lab import city

    home = _home(caller)
    city.down(home if (home / "city.yaml").is_file() else None)
    return OK


@verb(lab)
def status(caller: Caller) -> int:
    """What the practice city has: workspace, auditor, hosts."""
    from lab import city

    found = city.status(_city_of(caller))
    caller.give(found, found["workspace"], *(f"{h['name']:20} {h['address']}:{h['port']}" for h in found["hosts"]))
    return OK


def _city_of(caller: Caller) -> Path | None:
    home = _home(caller)
    return home if (home / "city.yaml").is_file() else None


@verb(lab, "exec", passes_on=True)
def exec_(
    caller: Caller,
    host: Annotated[str, typer.Argument(help="`auditor`, or a host of `lab status`.")],
    command: Annotated[list[str], typer.Argument(metavar="-- CMD", help="The command and its words.")],
) -> int:
    """Run a command where the auditor stands, or as root on one host; input and exit status pass through."""
    from lab import city

    return city.exec_(host, command, _city_of(caller))


@verb(lab)
def score(caller: Caller, run: Run = "latest") -> int:
    """Hold an audit's findings against the faults that were planted."""
    from lab import city
    from lab import score as scoring
    from reports import results
    from runner import runs

    home = _home(caller)
    found = scoring.compare(results.read(runs.find(home, run)), city.faults_of(home))
    caller.give(found, *scoring.lines(found))
    return OK if found.perfect else FAILED


@verb(top)
def demo(
    caller: Caller,
    simulated: Annotated[bool, typer.Option("--simulated", help="Answer from recordings, without namespaces.")] = False,
) -> int:
    """The practice city up, one audit, the reports, the city down: the whole way in one go."""
    from lab import city

    home = _home(caller)
    came_up = city.up(home, simulated=simulated)
    caller.say(str(came_up))
    try:
        audited = _self("run", home, caller)
        _self("lab score", home, caller)
        _self("report", home, caller)
    finally:
        city.down(home)
    caller.say("", f"The audit's own exit status: {audited} ({MEANING[audited]}).", f"Reports: {home / 'reports'}")
    return OK if audited in (OK, FAILED, NOT_JUDGED) else audited


def _self(words: str, home: Path, caller: Caller) -> int:
    """Another verb of this program, in a process of its own, as a user would call it."""
    options = ["--workspace", str(home), "--lang", caller.lang, *(["--quiet"] if caller.quiet else [])]
    return subprocess.run([sys.executable, str(PROGRAM), *words.split(), *options], check=False).returncode
