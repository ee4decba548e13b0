"""Rà Soát's command line: parse, call, print, exit. Its verbs stand in `commands`.

Exit status: 0 all judged, all pass · 1 something failed · 2 bad input, nothing was run ·
3 something could not be judged · 4 interrupted, can be resumed · 5 verification failed.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from commands import auditing, exchanging, mending, own, planning, practice, probing, reading, remembering
from commands.caller import MEANING, VERSION, group

app = group(
    "Rà Soát proves a city's network paths and protections, and scores its two targets.\n\nExit status: "
    + ", ".join(f"{status} {meaning}" for status, meaning in enumerate(MEANING))
    + "."
)
for verbs in (practice.top, reading.top, auditing.top, remembering.top, probing.top, mending.top):
    app.registered_commands += verbs.registered_commands
reading.inventory.registered_commands += exchanging.inventory.registered_commands
app.add_typer(practice.lab, name="lab")
app.add_typer(reading.inventory, name="inventory")
app.add_typer(planning.plan, name="plan")
app.add_typer(own.probes, name="probes")
app.add_typer(reading.checks, name="checks")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rasoat {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What stands before a verb."""


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal has Vietnamese letters
    app()


if __name__ == "__main__":
    main()
