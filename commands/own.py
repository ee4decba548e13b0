"""Verbs of the city's own probes: which there are, and for which the workspace's owner vouches."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.caller import OK, Caller, group, verb

probes = group("The city's own probes: testinfra test files in the workspace's folder probes/.")


@verb(probes, "list")
def list_(caller: Caller) -> int:
    """Every test as the check that it is, and why it is not run, where it is not."""
    found = caller.open().catalogue
    own = {id_: check.probe for id_, check in found.checks.items() if check.probe is not None}
    rows = {id_: {"file": one.file.name, "sha256": one.sha256, "trouble": one.trouble} for id_, one in own.items()}
    caller.give(rows, *(f"{id_:40} {one.trouble or one.sha256}" for id_, one in own.items()))
    return OK


@verb(probes)
def trust(
    caller: Caller,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Names of files in probes/.")],
) -> int:
    """Vouch for files as they are now: an audit runs what they try, on every server. A changed file is not run."""
    from checks import own
    from inventory.workspace import opened

    trusted = own.trust(opened(caller.workspace).probes, files)
    caller.give(trusted, *(f"{digest}  {name}" for name, digest in trusted.items()))
    return OK
