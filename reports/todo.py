"""What a person has to vouch for, as YAML to fill in: attestations, and the plan's deviations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import cast

from checks.catalogue import Requirement, Standard
from inventory.faults import BadInput
from inventory.model import Inventory, System
from inventory.records import suggestion
from reports import plans
from reports.document import Attestation
from reports.words import Words


def template(inventory: Inventory, standard: Standard, system_id: str, day: date, words: Words) -> str:
    """The YAML of every requirement at the system's level that nobody has validly vouched for on `day`.

    What is to be filled in is left empty, so that a workspace with a forgotten field does not load. Raises `BadInput`
    for an unknown system, or one without a level.
    """
    system = inventory.systems.get(system_id)
    if system is None:
        raise BadInput(f"unknown system '{system_id}'. {suggestion(system_id, inventory.systems)}")
    level = system.level or (system.dossier.level if system.dossier else None)
    if level is None:
        raise BadInput(f"system '{system_id}' has no level yet, so no requirement. Give it one in inventory/.")
    rows = [*_to_vouch(inventory, standard, system, level, day)]
    head = words("todo.head", name=(system.name_en or system.name) if words.lang == "en" else system.name, level=level)
    lines = [*_comment(head, standard.id, words("todo.fill_in")), "attestations:" if rows else "attestations: []"]
    for requirement in rows:
        lines += _attestation(system, standard, requirement, level, words)
    lines += ["", *_comment(words("todo.deviations")), *_deviations(system, standard, level, words)]
    return "\n".join(lines) + "\n"


def _to_vouch(inventory: Inventory, standard: Standard, system: System, level: int, day: date) -> Iterator[Requirement]:
    deviations = {item.requirement: item.how for item in system.dossier.plan} if system.dossier else {}
    own = [cast(Attestation, one.model_dump(mode="json")) for one in inventory.attestations if one.system == system.id]
    vouched = {
        requirement.id
        for requirement in standard.at(level)
        if any(
            one["requirement"] == requirement.id
            and plans.vouches(one, requirement.every_months.get(level), day.isoformat())
            for one in own
        )
    }
    for requirement in standard.at(level):
        how = plans.how_met(requirement.checks, requirement.attested, deviations.get(requirement.id))
        if how in ("attested", "both") and requirement.id not in vouched:
            yield requirement


def _comment(*texts: str) -> list[str]:
    return [f"# {line}".rstrip() for text in texts for line in text.splitlines()]


def _attestation(
    system: System, standard: Standard, requirement: Requirement, level: int, words: Words
) -> Iterator[str]:
    yield ""
    yield from _comment(_titled(standard, requirement, level, words), *_why(requirement, level, words))
    yield f"  - id: {json.dumps(f'{system.id}-{requirement.id}'[:64])}"
    yield f"    system: {json.dumps(system.id)}"
    yield f"    requirement: {json.dumps(requirement.id)}"
    yield from (f"    {name}: # {words(f'todo.{name}')}" for name in ("officer", "document", "signed_on", "expires_on"))


def _why(requirement: Requirement, level: int, words: Words) -> Iterator[str]:
    """Why a person is needed, and how often."""
    if requirement.attested is not None:
        yield words("plan.by_person", reason=words.of({"vi": requirement.attested.vi, "en": requirement.attested.en}))
    if level in requirement.every_months:
        yield words("plan.every", n=requirement.every_months[level])


def _titled(standard: Standard, requirement: Requirement, level: int, words: Words) -> str:
    clause = standard.clause(requirement, level)
    shown = clause if requirement.verified else words("plan.unverified", clause=clause)
    return f"{shown}  {words.of({'vi': requirement.title.vi, 'en': requirement.title.en})}"


def _deviations(system: System, standard: Standard, level: int, words: Words) -> Iterator[str]:
    """The whole plan as comments: a line is uncommented where the plan meets its requirement otherwise."""
    yield from _comment("systems:", f"  - id: {json.dumps(system.id)}", "    dossier:", "      plan:")
    for requirement in standard.at(level):
        how = "attested" if requirement.checks else "not_applicable"
        yield from _comment(f"        # {_titled(standard, requirement, level, words)}")
        yield from _comment(f"        - {{requirement: {json.dumps(requirement.id)}, how: {how}, reason: }}")
