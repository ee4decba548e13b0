"""Verbs about what the city has and what is asked of it. None of them reaches a machine but `trust`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.caller import NOT_JUDGED, OK, Caller, Run, group, is_workspace, verb

if TYPE_CHECKING:
    from checks.catalogue import Catalogue

inventory = group("What the city has.")
checks = group("What is asked of it.")
top = group("")


@verb(top)
def init(
    caller: Caller,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    tree: Annotated[
        str, typer.Option(metavar="TREE", help="The city's sites: hcmc-2024, hcmc-2025, or own to write them.")
    ] = "own",
) -> int:
    """Make a workspace: the folder of one city, with its inventory, keys, runs and reports."""
    from inventory import workspace

    workspace.init(folder, tree)
    caller.give({"workspace": str(folder)}, f"{folder}: city.yaml, inventory/, keys/, known_hosts, runs/")
    return OK


@verb(inventory)
def check(caller: Caller) -> int:
    """Read every file of the workspace and name each fault with file, line and mend."""
    from inventory import annual

    found = caller.open().inventory
    annual.read(caller.workspace, found.sites, found.systems)
    counts = {name: len(getattr(found, name)) for name in ("sites", "systems", "assets", "links", "services", "zones")}
    caller.give(counts, " · ".join(f"{count} {name}" for name, count in counts.items()))
    return OK


@verb(inventory)
def show(
    caller: Caller, site: Annotated[str | None, typer.Argument(help="A site's id; the city if left out.")] = None
) -> int:
    """Print the tree of sites with what stands at each."""
    from inventory import tree

    shown = tree.show(caller.open().inventory, site)
    caller.give(shown, *tree.text(shown, caller.lang))
    return OK


@verb(inventory)
def unlisted(caller: Caller, run: Run = "latest") -> int:
    """What was seen on the networks and is not in the inventory, site by site, with its maker where that is known."""
    from reports import results
    from reports import unlisted as unknown

    document = results.read(caller.run(run))
    caller.give(unknown.as_data(document), *unknown.lines(document, caller.words))
    return OK


@verb(checks, "list")
def list_(
    caller: Caller,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Instead: which requirements of each standard checks answer.")
    ] = False,
) -> int:
    """Every check under the workspace's standard: id, severity, title."""
    if coverage:
        return _covered(caller)
    cards = {id_: check.card for id_, check in _catalogue(caller).checks.items()}
    lines = (f"{id_:36} {card.severity:9} {getattr(card.title, caller.lang)}" for id_, card in cards.items())
    caller.give({id_: card.model_dump(mode="json") for id_, card in cards.items()}, *lines)
    return OK


def _catalogue(caller: Caller) -> Catalogue:
    """The catalogue under the workspace's standard; under the first one shipped, where this folder is no workspace."""
    from checks import catalogue

    if caller.named or is_workspace(caller.workspace):
        return caller.open().catalogue
    return catalogue.load(catalogue.standards()[0])


def _covered(caller: Caller) -> int:
    """Per standard, level and group: requirements, answered by checks, by attestation, by neither."""
    from checks import catalogue, law
    from checks import coverage as answers
    from reports import coverage
    from reports import law as told
    from reports.document import VIETNAM

    today = law.on(datetime.now(VIETNAM).date())
    standards = [catalogue.load(one).standard for one in catalogue.standards()]
    rows = [row for standard in standards for row in answers.of(standard)]
    in_law = filter(None, (told.ruler(today, standard.id, caller.words) for standard in standards))
    caller.give(rows, *in_law, *coverage.lines(standards, caller.words))
    return OK


@verb(checks, "law")
def law_(
    caller: Caller,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Today if left out.")
    ] = None,
) -> int:
    """Which law, decree and standard are in force on a day, and what still counts in a transition."""
    from checks import law
    from reports import law as told
    from reports.document import VIETNAM

    day = (on or datetime.now(VIETNAM)).date()
    found = law.on(day)
    caller.give(told.as_data(found), *told.lines(found, caller.words))
    return OK


@verb(checks, "show")
def show_check(caller: Caller, check: Annotated[str, typer.Argument(metavar="CHECK", help="Its id.")]) -> int:
    """One check: why it matters, what is read, how it is judged, which requirements of each standard ask for it."""
    from checks import describe
    from reports import showing

    shown = describe.describe(_catalogue(caller), check)
    caller.give(shown, *showing.lines(shown, caller.words))
    return OK


@verb(top, on_site=True)
def trust(
    caller: Caller,
    assets: Annotated[list[str] | None, typer.Argument(metavar="[ASSET]...", help="All if left out.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Pin without asking.")] = False,
) -> int:
    """Fetch host keys without logging in, show them, and pin them. A changed key is pinned only for a named ASSET."""
    from runner import trusting

    inventory = caller.open().inventory
    shown = trusting.shown(inventory, assets or [])
    caller.give([one.as_data() for one in shown], *map(str, shown))
    wanted = [one for one in shown if one.standing == "new" or (one.standing == "changed" and assets)]
    for one in shown:
        if one.is_new and one not in wanted:
            caller.say(f"{one.asset}: ask its administrator why the key has changed, then: rasoat trust {one.asset}")
    if wanted and (yes or _agreed(caller, len(wanted))):
        trusting.pin(inventory, wanted)
        caller.say(f"{len(wanted)} pinned in {inventory.workspace / 'known_hosts'}")
    return NOT_JUDGED if any(one.key is None for one in shown) else OK


def _agreed(caller: Caller, count: int) -> bool:
    """Someone at a terminal said yes; machines and a closed input do not."""
    try:
        return not caller.as_json and not caller.quiet and typer.confirm(f"Pin {count} key{'s' * (count > 1)}?")
    except typer.Abort:
        caller.say("", "Nothing was pinned; --yes pins without asking.")
        return False
