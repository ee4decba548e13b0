"""Who calls and how they want to be answered; how a function becomes a verb; which exit status stands for what."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from checks.catalogue import Catalogue
    from inventory.model import Inventory
    from reports.words import Words

VERSION = "0.1.0"
PROGRAM = Path(__file__).resolve().parent.parent / "audit.py"
OK, FAILED, BAD_INPUT, NOT_JUDGED, INTERRUPTED, NOT_VERIFIED = range(6)
MEANING = (
    "all judged, all pass",
    "something failed",
    "bad input, nothing was run",
    "something could not be judged",
    "interrupted, can be resumed",
    "verification failed",
)
DEFAULT = "demo-city"
ON_SITE = "RASOAT_ON_SITE"
DEBUG = "RASOAT_DEBUG"


class Language(StrEnum):
    VI = "vi"
    EN = "en"


@dataclass(frozen=True)
class Opened:
    """A workspace's inventory with the catalogue that judges it."""

    inventory: Inventory
    catalogue: Catalogue


@dataclass(frozen=True)
class Caller:
    """What every verb takes beside its own options. `named`: the workspace was asked for, not just found."""

    workspace: Path
    as_json: bool
    lang: Language
    quiet: bool
    named: bool = True

    def say(self, *lines: str) -> None:
        """For people on the way: nothing under --quiet or --json."""
        if not self.quiet and not self.as_json:
            self._print(lines)

    def warn(self, *lines: str) -> None:
        """What must be known in any case, apart from the answer."""
        self._print(lines, err=True)

    def give(self, document: Any, *lines: str) -> None:
        """The answer itself: JSON for machines, otherwise lines."""
        if self.as_json:
            typer.echo(json.dumps(_plain(document), ensure_ascii=False, indent=2, default=str))
        elif not self.quiet:
            self._print(lines)

    def open(self, standard: str | None = None) -> Opened:
        """The workspace's inventory and the catalogue under `standard` (None: the workspace's). Raises `BadInput`."""
        from checks import catalogue, own
        from inventory import load
        from inventory.workspace import Workspace

        found = catalogue.load(standard or load.settings(self.workspace).standard)
        found = own.added(found, Workspace(self.workspace).probes)
        inventory = load.load(self.workspace, found.adjustable())
        catalogue.refuse_bad_parameters(inventory, found)
        return Opened(inventory, found)

    def run(self, named: str) -> Path:
        """The folder of the workspace's run `named`. Raises `BadInput` where there is no such run or workspace."""
        from inventory.workspace import opened
        from runner import runs

        return runs.find(opened(self.workspace).root, named)

    @property
    def words(self) -> Words:
        from reports.words import Words

        return Words(self.lang.value)

    @staticmethod
    def _print(lines: tuple[str, ...], *, err: bool = False) -> None:
        from reports.text import printable

        for line in lines:
            typer.echo(printable(line), err=err)


def _plain(document: Any) -> Any:
    """Records as JSON has them, wherever they stand."""
    if is_dataclass(document) and not isinstance(document, type):
        return asdict(document)
    if isinstance(document, Mapping):
        return {name: _plain(value) for name, value in document.items()}
    return [_plain(one) for one in document] if isinstance(document, list | tuple) else document


def group(help_: str) -> typer.Typer:
    return typer.Typer(
        help=help_, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )


WORKSPACE = typer.Option(
    "--workspace",
    "-w",
    envvar="RASOAT_WORKSPACE",
    help=f"The city's folder. If left out: this folder, or {DEFAULT} in it.",
)
SHARED = (
    ("workspace", Path | None, None, WORKSPACE),
    ("as_json", bool, False, typer.Option("--json", help="Answer in JSON.")),
    ("lang", Language, Language.VI, typer.Option("--lang", help="Language of the words for readers.")),
    ("quiet", bool, False, typer.Option("--quiet", "-q", help="Say nothing but errors; --json is still answered.")),
)
Verb = Callable[..., int]
Where = Callable[[Path, Mapping[str, Any]], bool]
Many = Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this one; may be repeated.")]
Scope = Annotated[str | None, typer.Option(metavar="SITE", help="A site and all below it.")]
Standard = Annotated[str | None, typer.Option(metavar="ID", help="The standard; the workspace's if left out.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id; the latest if left out.")]


def verb(
    to: typer.Typer,
    name: str | None = None,
    *,
    on_site: bool | Where = False,
    passes_on: bool = False,
    of_practice: bool = False,
) -> Callable[[Verb], Verb]:
    """Register `f(caller, …) -> exit status` as a verb that also takes the shared options.

    A verb that reaches machines is `on_site`: on a practice city it runs where that city's auditor stands (where a
    function is given, only if that says so of the workspace and the verb's options). One that
    `passes_on` leaves every option behind its first argument to the command that it runs. One `of_practice` means
    the practice city's workspace where this folder is none, be it there already or not.
    """
    settings = {"allow_interspersed_args": False} if passes_on else {}

    def register(function: Verb) -> Verb:
        def call(*, workspace: Path | None, as_json: bool, lang: Language, quiet: bool, **own: Any) -> None:
            folder = workspace.absolute() if workspace else found(Path.cwd(), of_practice=of_practice)
            caller = Caller(folder, as_json, lang, quiet, named=workspace is not None)
            reaches = on_site(folder, own) if callable(on_site) else on_site
            where = _on_site if reaches and _is_elsewhere(caller) else function
            raise typer.Exit(attempt(where, caller, own))

        call.__signature__ = _signature(function)  # type: ignore[attr-defined]  # what typer reads
        call.__doc__ = function.__doc__
        to.command(name or function.__name__, context_settings=settings)(call)
        return function

    return register


def is_workspace(folder: Path) -> bool:
    return (folder / "city.yaml").is_file()


def found(here: Path, *, of_practice: bool = False) -> Path:
    """The workspace that is meant in the folder `here`: itself if it is one, else the practice city's in it.

    Where neither is one: the practice city's for a verb `of_practice` (a checkout is not to be filled with a city),
    else the folder itself.
    """
    practice = here / DEFAULT
    return here if is_workspace(here) or not (of_practice or is_workspace(practice)) else practice


def _signature(function: Verb) -> inspect.Signature:
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])
        for name, kind, default, option in SHARED
    ]
    return inspect.Signature([*(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own), *shared])


def attempt(function: Verb, caller: Caller, own: dict[str, Any]) -> int:
    """The verb's exit status; an exception becomes one clear message and the status that it stands for."""
    try:
        return function(caller, **own)
    except KeyboardInterrupt:
        caller.warn("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        raise  # whoever read our answer has seen enough: typer ends without a word
    except Exception as error:  # the last border: nothing prints a traceback at a user
        status = getattr(error, "exit_status", None)
        if status is None and DEBUG in os.environ:
            raise
        caller.warn(*(str(error) if status is not None else _internal(error)).splitlines())
        return NOT_JUDGED if status is None else int(status)


def _internal(error: Exception) -> str:
    what = f"Internal fault ({type(error).__name__}: {error})."
    return f"{what} What was measured is kept. This is a mistake of the program's: set {DEBUG}=1 to see where."


def _is_elsewhere(caller: Caller) -> bool:
    """The machines of this workspace are a practice city, and this process does not stand in it."""
    if ON_SITE in os.environ:
        return False
    from inventory import load
    from inventory.faults import BadInput

    try:
        return load.settings(caller.workspace).mode == "lab"
    except BadInput:
        return False  # the verb itself will say what is wrong


def _on_site(caller: Caller, **_own: Any) -> int:
    """The same verb in a process of its own, where the auditor stands; it ends when this one is killed."""
    from lab import city
    from lab.topology import AUDITOR

    ends_with_us = ("setpriv", "--pdeathsig", "TERM", "env", f"{ON_SITE}=1")
    return city.exec_(AUDITOR, [*ends_with_us, sys.executable, str(PROGRAM), *sys.argv[1:]], caller.workspace)
