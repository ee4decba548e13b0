"""A document as it speaks for one site and all below it."""

from __future__ import annotations

from inventory.faults import BadInput
from reports import score
from reports.document import Document
from reports.index import Index


def narrowed(document: Document, scope: str) -> Document:
    """The document with this scope, its scores computed anew. Raises `BadInput` where it has nothing on the site."""
    if not (has(document, scope) and document["run"]["scope"] in _upwards(document, scope)):
        raise BadInput(f"site '{scope}' is not within the scope of run '{document['run']['id']}'.")
    smaller: Document = {**document, "run": {**document["run"], "scope": scope}}
    inside = set(Index(smaller).scope)
    if "unlisted" in smaller:
        smaller["unlisted"] = [one for one in smaller["unlisted"] if one["site"] in inside]
    smaller["scores"] = score.scores(smaller)
    return smaller


def has(document: Document, site: str) -> bool:
    """Whether the document's tree has the site."""
    return any(one["id"] == site for one in document["sites"])


def _upwards(document: Document, site: str) -> list[str]:
    parents = {one["id"]: one["parent"] for one in document["sites"]}
    found: list[str] = []
    here: str | None = site
    while here is not None:
        found.append(here)
        here = parents[here]
    return found
