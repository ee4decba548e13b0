"""Verbs that bring the inventory in and hand it out: import, template, export."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.caller import OK, Caller, group, verb

inventory = group("")


class Sheets(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"


class Form(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"
    YAML = "yaml"
    ANSIBLE = "ansible"


@verb(inventory, "import")
def import_(
    caller: Caller,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="XLSX or CSV files, or a folder of CSV files.")
    ] = None,
    netbox: Annotated[str | None, typer.Option(metavar="URL", help="Take it from this NetBox instead.")] = None,
    token: Annotated[
        str | None, typer.Option(metavar="REF", help="Where NetBox's token is kept: env:NAME, file:PATH, cmd:COMMAND.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only see whether all can be taken in.")] = False,
) -> int:
    """Take records in, all or none: every row that cannot be taken is named with its sheet, column and mend."""
    from inventory.exchange import importing
    from inventory.exchange import netbox as source
    from inventory.faults import BadInput

    if bool(files) == bool(netbox) or bool(netbox) != bool(token):
        raise BadInput("Name the files to take in, or --netbox URL with --token REF.")
    judge = _judge(caller)
    if netbox and token:
        taken = source.from_netbox(caller.workspace, netbox, token, judge, dry=check)
    else:
        taken = importing.from_files(caller.workspace, files or [], judge, dry=check)
    counts = " · ".join(f"{count} {kind}" for kind, count in taken.counts.items())
    ending = "Nothing was written." if check else f"{taken.file}: taken in."
    answer = {"file": str(taken.file), "written": not check, "counts": dict(taken.counts), "left": list(taken.left)}
    caller.give(answer, *taken.left, counts, ending)
    return OK


def _judge(caller: Caller) -> Any:
    """Loads a workspace as every other verb does."""
    from dataclasses import replace

    return lambda folder: replace(caller, workspace=folder).open()


@verb(inventory)
def template(
    caller: Caller,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The XLSX file to write, or the folder for CSV files.")],
    format_: Annotated[Sheets, typer.Option("--format", help="xlsx, or csv with a file for each sheet.")] = Sheets.XLSX,
) -> int:
    """Write the spreadsheet to fill in: a sheet for each kind of record, every heading explained."""
    from checks import catalogue, reads
    from inventory.exchange import spreadsheet

    if format_ is Sheets.CSV:
        written = spreadsheet.csv_template(out, caller.lang)
    else:
        known = reads.platforms(catalogue.load(catalogue.standards()[0]))
        written = [spreadsheet.xlsx_template(out, caller.lang, known)]
    caller.give([str(file) for file in written], *map(str, written))
    return OK


@verb(inventory)
def export(
    caller: Caller,
    ansible: Annotated[bool, typer.Option("--ansible", help="As an inventory for Ansible.")] = False,
    format_: Annotated[Form | None, typer.Option("--format", help="xlsx, csv, yaml or ansible.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write; yaml and ansible are printed if left out.")
    ] = None,
) -> int:
    """Write the inventory for others; no secret and no login leaves the workspace."""
    from inventory.exchange import exporting
    from inventory.faults import BadInput

    chosen = Form.ANSIBLE if ansible else format_
    if chosen is None or (ansible and format_ not in (None, Form.ANSIBLE)):
        raise BadInput("Name one form: --ansible, or --format xlsx, csv or yaml.")
    found = caller.open().inventory
    if out is not None:
        written = exporting.export(found, chosen, out, caller.lang)
        caller.give([str(file) for file in written], *map(str, written))
    elif chosen in (Form.YAML, Form.ANSIBLE):
        text = exporting.text(found, chosen)
        caller.give({"text": text}, *text.splitlines())
    else:
        raise BadInput(f"--format {chosen} needs --out.")
    return OK
