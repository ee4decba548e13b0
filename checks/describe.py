"""A check as data: why it matters, what is read, which parameters and requirements stand behind it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from checks import reads
from checks.catalogue import Catalogue, Check, Standard, load, standards
from inventory.faults import BadInput


def describe(catalogue: Catalogue, id_: str) -> dict[str, Any]:
    """The check as plain data, with its requirements in every standard. Raises `BadInput` for an unknown id."""
    check = catalogue.checks.get(id_)
    if check is None:
        near = difflib.get_close_matches(id_, catalogue.checks, 1)
        raise BadInput(f"unknown check '{id_}'. {f'Did you mean {near[0]}?' if near else 'See: rasoat checks list.'}")
    commands = reads.commands(check, catalogue)
    rulers = _rulers(catalogue)
    return {
        "id": id_,
        **check.card.model_dump(mode="json"),
        "reads": {platform: list(asked) for platform, asked in commands.items()},
        "meaning": meaning(check),
        "platforms": sorted({*commands, *check.platforms}),
        "parameters": [*_parameters(check, rulers)],
        "requirements": [*_requirements(rulers, id_)],
    }


def meaning(check: Check) -> str:
    """How the check judges, in the words of its function."""
    return " ".join((check.function.__doc__ or "").split())


def _rulers(catalogue: Catalogue) -> list[Standard]:
    """The catalogue's own standard first, then every other, then the target of interconnection."""
    others = [load(one).standard for one in standards() if one != catalogue.standard.id]
    return [catalogue.standard, *others, catalogue.interconnection]


def _parameters(check: Check, rulers: list[Standard]) -> Iterator[dict[str, Any]]:
    for name in reads.parameters_of(check):
        for ruler in rulers:
            if name in ruler.parameters:
                found = ruler.parameters[name]
                values = {str(level): value for level, value in found.by_level.items()}
                yield {
                    "name": name,
                    "standard": ruler.id,
                    "by_level": values,
                    "adjustable": found.adjustable,
                    "note": found.note,
                }


def _requirements(rulers: list[Standard], id_: str) -> Iterator[dict[str, Any]]:
    for ruler in rulers:
        for requirement in ruler.requirements:
            if id_ in requirement.checks:
                clauses = {str(level): ruler.clause(requirement, level) for level in requirement.levels}
                yield {
                    "standard": ruler.id,
                    "id": requirement.id,
                    "clauses": clauses,
                    "title": requirement.title.model_dump(),
                    "verified": requirement.verified,
                    "with_attestation": requirement.attested is not None,
                }
