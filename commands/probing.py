"""Verbs around one audit: one machine now, and a kept run judged again. What is kept of a probe is kept where asked."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.caller import ON_SITE, VERSION, Caller, Many, Run, Standard, group, is_workspace, verb

if TYPE_CHECKING:
    from inventory.model import Login, Settings
    from reports.document import Document
    from runner.probing import Target

top = group("")
PROGRAM_NAME = f"rasoat {VERSION}"
DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
WIDTH = 120  # of a table, where it is not printed on a terminal
TOLD = ("run", "assets", "findings")


def _of_practice(workspace: Path, own: Mapping[str, Any]) -> bool:
    """The machine is meant as one of the practice city: over SSH, while that city is up."""
    from inventory.faults import BadInput
    from lab import city
    from runner.probing import THIS_MACHINE

    if own["target"] == THIS_MACHINE:
        return False
    try:
        return bool(city.status(workspace))
    except BadInput:
        return False


@verb(top, on_site=_of_practice)
def probe(
    caller: Caller,
    target: Annotated[str, typer.Argument(metavar="[USER@]HOST[:PORT]", help="localhost alone needs no SSH.")],
    level: Annotated[int, typer.Option(min=1, max=5, metavar="1-5", help="The level to judge it by.")] = 3,
    standard: Standard = None,
    check: Many = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The private key; else the agent's, or yours.")
    ] = None,
    passphrase: Annotated[
        str | None, typer.Option(metavar="REF", help="Where the key's passphrase is: env:NAME, file:PATH, cmd:COMMAND.")
    ] = None,
    password: Annotated[str | None, typer.Option(metavar="REF", help="Where the password is, likewise.")] = None,
    keep: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep findings and evidence there.")] = None,
) -> int:
    """One machine now, no inventory needed: its findings, and what to do. Nothing is changed, nothing is kept."""
    from checks import catalogue
    from inventory.faults import BadInput
    from inventory.model import Settings
    from reports import results
    from runner import kept, probing

    named, folder = probing.Target.of(target), _workspace(caller)
    if keep is not None and is_workspace(keep):
        raise BadInput(f"{keep} is a workspace. Keep a probe elsewhere: a city's runs are those of its inventory.")
    settings = None if folder is None else _settings(folder)
    ruler = catalogue.load(standard or (settings or Settings(format=1, name=named.host)).standard)
    login = None if named.is_here else _login(named, key, passphrase, password)
    city = probing.city(named, level, settings, login, folder or _ssh_folder())
    with probing.sessions(named, city) as sessions:
        probed = probing.probe(city, ruler, check or (), sessions)
    run = None if keep is None else probed.keep(keep, PROGRAM_NAME)
    done = probed.as_run(PROGRAM_NAME) if run is None else kept.read(run)
    document = results.build(probed.plan.inventory, ruler, done)
    if run is not None:
        results.keep(run, document)
    _tell(caller, document, _trusting(named, folder), run)
    return results.exit_status(document)


def _workspace(caller: Caller) -> Path | None:
    """The workspace, if one was named or this folder is one; a practice city that only lies here is not meant."""
    from inventory import workspace

    if caller.named or is_workspace(Path.cwd()) or ON_SITE in os.environ:
        return workspace.opened(caller.workspace).root
    return None


def _settings(folder: Path) -> Settings:
    from inventory import load

    return load.settings(folder)


def _ssh_folder() -> Path:
    """Where OpenSSH keeps this user's known hosts and keys."""
    return Path.home() / ".ssh"


def _login(named: Target, key: Path | None, passphrase: str | None, password: str | None) -> Login:
    """How to log in: with what was named, else the agent, else the user's own key."""
    import getpass

    from inventory.model import Login

    own = next((_ssh_folder() / name for name in DEFAULT_KEYS if (_ssh_folder() / name).is_file()), None)
    chosen = key or (None if password or os.environ.get("SSH_AUTH_SOCK") else own)
    return Login(
        id="probe",
        user=named.user or getpass.getuser(),
        key=None if chosen is None else str(chosen.absolute()),
        passphrase=passphrase,
        password=password,
        sudo=True,
    )


def _trusting(named: Target, folder: Path | None) -> str:
    """The command that shows the machine's host key, asks, and pins it where it is looked for."""
    where = () if folder is None else ("-o", f"UserKnownHostsFile={folder / 'known_hosts'}")
    port = () if named.port is None else ("-p", str(named.port))
    user = () if named.user is None else ("-l", named.user)
    return shlex.join(["ssh", *where, *port, *user, named.host, "true"])


def _tell(caller: Caller, document: Document, trust: str, kept: Path | None) -> None:
    from reports import table

    width = shutil.get_terminal_size((WIDTH, 0)).columns
    checks = {finding["check"]: document["checks"][finding["check"]] for finding in document["findings"]}
    answer = {**{name: told for name, told in document.items() if name in TOLD}, "checks": checks, "kept": kept}
    caller.give(answer, *table.lines(document, caller.words, width, trust), *(["", str(kept)] if kept else []))


@verb(top)
def rejudge(caller: Caller, run: Run = "latest", standard: Standard = None) -> int:
    """Judge a kept run again with today's checks, from its evidence alone; no machine is asked."""
    from commands import remembering
    from reports import results, text
    from runner import rejudging

    opened = caller.open(standard)
    outcome = rejudging.rejudge(opened.inventory, opened.catalogue, caller.run(run), program=PROGRAM_NAME)
    document = results.write(outcome, opened.inventory, opened.catalogue)
    caller.give(document, *text.summary(document, caller.words), "", str(outcome.folder / results.NAME))
    remembering.remember(caller, opened.inventory.settings.history)
    return results.exit_status(document)
