"""A check told to a reader: why it matters, what is read, which parameters and requirements stand behind it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from checks.catalogue import Catalogue
from checks.model import Question
from inventory.faults import BadInput


def describe(catalogue: Catalogue, id_: str) -> dict[str, Any]:
    """The check as plain data. Raises `BadInput` for an unknown id."""
    check = catalogue.checks.get(id_)
    if check is None:
        near = difflib.get_close_matches(id_, catalogue.checks, 1)
        raise BadInput(f"unknown check '{id_}'. {f'Did you mean {near[0]}?' if near else 'See: rasoat checks list.'}")
    return {
        "id": id_,
        **check.card.model_dump(mode="json"),
        "reads": [ask.command for ask in check.asks if isinstance(ask, Question)],
        "meaning": (check.function.__doc__ or "").strip(),
        "platforms": list(check.platforms),
        "requirements": [*_requirements(catalogue, id_)],
    }


def _requirements(catalogue: Catalogue, id_: str) -> Iterator[dict[str, Any]]:
    for ruler in (catalogue.standard, catalogue.interconnection):
        for requirement in ruler.requirements:
            if id_ in requirement.checks:
                clauses = {level: ruler.clause(requirement, level) for level in requirement.levels}
                title = requirement.title.model_dump()
                yield {"standard": ruler.id, "clauses": clauses, "title": title, "verified": requirement.verified}


def as_lines(shown: Mapping[str, Any], lang: str) -> Iterator[str]:
    """The description as text in one language."""
    yield f"{shown['id']} · {shown['severity']}"
    for name in ("title", "why", "remedy"):
        yield f"  {shown[name][lang]}"
    yield from (f"  $ {command}" for command in shown["reads"])
    for one in shown["requirements"]:
        clauses = ", ".join(f"L{level}: {clause}" for level, clause in one["clauses"].items())
        yield f"  {one['standard']}: {one['title'][lang]} ({clauses})"
    if shown["playbook"]:
        yield f"  rasoat fix --check {shown['id']}"
