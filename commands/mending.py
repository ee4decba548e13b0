"""Verbs that change machines or read them through Ansible: fix, prepare, release, collect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.caller import FAILED, NOT_JUDGED, OK, Caller, Many, Opened, Run, Scope, group, verb

if TYPE_CHECKING:
    from playbooks.fix import Plan
    from playbooks.outcome import PlayOutcome

BY_HAND = {
    "no_remedy": "there is no playbook for it",
    "device": "network devices are never changed",
    "waived": "an accepted risk; name the check to put it right",
    "not_listed": "the asset is no longer in the inventory",
}
top = group("")
Login = Annotated[
    str | None, typer.Option(metavar="LOGIN", help="The administrators' login; fix_login of city.yaml if left out.")
]
Assets = Annotated[list[str], typer.Option("--asset", metavar="ID", help="May be repeated.")]
Dry = Annotated[bool, typer.Option("--check", help="Only show what would be changed.")]


@verb(top, on_site=True)
def fix(
    caller: Caller,
    run: Run = "latest",
    scope: Scope = None,
    asset: Many = None,
    check: Many = None,
    login: Login = None,
    apply: Annotated[bool, typer.Option("--apply", help="Change the machines.")] = False,
) -> int:
    """Show as a diff what would put a run's failures right; with --apply, put them right."""
    from inventory.faults import BadInput
    from playbooks import fix as remedies
    from reports import results

    if not (scope or asset or check):
        raise BadInput("Name what is to be put right: --scope SITE, --asset ID or --check ID.")
    opened = caller.open()
    document = results.read(caller.run(run))
    todo = remedies.plan(document, opened.inventory, scope=scope, assets=asset or (), checks=check or ())
    play = remedies.apply if apply else remedies.dry_run
    outcomes = []
    for outcome in play(todo, opened.inventory, opened.catalogue, remedies.login(opened.inventory, login)):
        outcomes.append(outcome)
        caller.say(*_lines(outcome))
    caller.give({"played": outcomes, "by_hand": todo.by_hand}, *_ending(todo, outcomes, caller, applied=apply))
    return _status_of(outcomes)


@verb(top, on_site=True)
def prepare(
    caller: Caller,
    asset: Assets,
    public_key: Annotated[Path, typer.Option(metavar="FILE", help="The audit account's public key.")],
    login: Login = None,
    source: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="Addresses from which alone it may log in.")
    ] = None,
    check: Dry = False,
) -> int:
    """Make the audit account on servers: a key, and the right to ask exactly the declared questions."""
    from playbooks import account
    from playbooks import fix as remedies

    opened = caller.open()
    chosen, way_in = _known(asset, opened), remedies.login(opened.inventory, login)
    outcome = account.prepare(
        chosen,
        opened.inventory,
        way_in=way_in,
        public_key=public_key,
        sources=source or (),
        check=check,
    )
    caller.give(outcome, *_lines(outcome))
    return _status_of([outcome])


@verb(top, on_site=True)
def release(caller: Caller, asset: Assets, login: Login = None, check: Dry = False) -> int:
    """Take the audit account and its rights away again."""
    from playbooks import account
    from playbooks import fix as remedies

    opened = caller.open()
    chosen, way_in = _known(asset, opened), remedies.login(opened.inventory, login)
    outcome = account.release(chosen, opened.inventory, way_in=way_in, check=check)
    caller.give(outcome, *_lines(outcome))
    return _status_of([outcome])


@verb(top, on_site=True)
def collect(caller: Caller, asset: Many = None, login: Login = None) -> int:
    """Read what servers are (hardware, network, mounts) into facts/ of the workspace; changes nothing."""
    from playbooks import collect as facts
    from playbooks import fix as remedies

    opened = caller.open()
    chosen = _known(asset or [], opened) or facts.servers(opened.inventory.assets.values())
    way_in = remedies.login(opened.inventory, login or opened.inventory.settings.login)
    outcome = facts.collect(chosen, opened.inventory, way_in=way_in)
    caller.give(outcome, *_lines(outcome))
    return _status_of([outcome])


def _known(assets: Sequence[str], opened: Opened) -> Sequence[str]:
    from inventory.records import refuse_unknown

    refuse_unknown("asset", assets, opened.inventory.assets)
    return assets


def _lines(outcome: PlayOutcome) -> list[str]:
    """A play as lines: each asset's state, what was or would be changed, why it failed."""
    lines = [f"{outcome.playbook}{' (nothing is changed)' if outcome.check else ''}"]
    for host in outcome.hosts:
        lines.append(f"  {host.asset}: {host.state} {host.message}".rstrip())
        lines += [f"    {note}" for note in host.notes]
        for change in host.changes:
            lines += [f"    {change.task}", *(f"      {line}" for line in change.diff.splitlines())]
    return lines


def _ending(todo: Plan, outcomes: Sequence[PlayOutcome], caller: Caller, *, applied: bool) -> list[str]:
    """What is left to people, and what to do next."""
    lines = [
        f"{one.asset} {one.check}: by hand ({BY_HAND[one.reason]}). {one.words[caller.lang]}" for one in todo.by_hand
    ]
    if not outcomes:
        return [*lines, "There is nothing here that a playbook puts right."]
    if applied:
        return [*lines, "Audit these assets again to see what has become of the findings: rasoat run --asset …"]
    return [*lines, "Nothing was changed. --apply changes the machines."]


def _status_of(outcomes: Iterable[PlayOutcome]) -> int:
    states = {str(host.state) for outcome in outcomes for host in outcome.hosts}
    return NOT_JUDGED if "unreachable" in states else FAILED if "failed" in states else OK
