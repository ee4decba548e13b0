"""The document's types, its schema and what is built from it say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NotRequired, get_origin, get_type_hints

import jsonschema_rs
import pytest

from checks.model import Cause, Status
from reports import document as shapes
from tests.reports import documents

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/results-1.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)
TYPES = {
    "run": shapes.Run,
    "site": shapes.Site,
    "system": shapes.System,
    "dossier": shapes.Dossier,
    "link": shapes.Link,
    "service": shapes.Service,
    "requirement": shapes.Requirement,
    "check": shapes.Check,
    "attestation": shapes.Attestation,
    "waiver": shapes.Waiver,
    "target": shapes.Target,
    "asset": shapes.Asset,
    "finding": shapes.Finding,
    "score": shapes.Score,
    "item": shapes.Item,
    "period": shapes.Period,
    "source": shapes.Source,
}


def practice() -> Any:
    return documents.plain(documents.practice())


def test_documents_are_valid() -> None:
    VALIDATOR.validate(practice())
    VALIDATOR.validate(documents.plain(documents.hostile()))


@pytest.mark.parametrize("name", TYPES)
def test_types_and_schema_name_the_same_keys(name: str) -> None:
    assert set(SCHEMA["$defs"][name]["properties"]) == set(get_type_hints(TYPES[name]))


def test_the_document_itself_has_the_same_keys() -> None:
    hints = get_type_hints(shapes.Document, include_extras=True)
    assert set(SCHEMA["properties"]) == set(hints)
    assert set(SCHEMA["required"]) == {name for name, hint in hints.items() if get_origin(hint) is not NotRequired}


def test_causes_and_statuses_are_those_of_the_model() -> None:
    assert set(SCHEMA["$defs"]["cause"]["enum"]) == set(Cause)
    assert set(SCHEMA["$defs"]["finding"]["properties"]["status"]["enum"]) == set(Status)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "rasoat/results/2"),
        (("run", "mode"), "real"),
        (("run", "ended"), "yesterday"),
        (("assets", 0, "level"), 6),
        (("assets", 0, "cause"), "timeout"),
        (("assets", 0, "state"), "unreached"),
        (("findings", 0, "status"), "unknown"),
        (("findings", 0, "cause"), "timeout"),
        (("findings", 0, "evidence"), ["sha256:no"]),
        (("sites", 0, "colour"), "red"),
        (("scores", "plans_implemented", "percent"), 100.1),
    ],
)
def test_what_is_wrong_is_refused(path: tuple[Any, ...], value: Any) -> None:
    document = practice()
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize("path", [(), ("run",), ("assets", 0), ("findings", 0), ("scores", "plans_implemented")])
def test_the_contract_allows_more_where_it_says_at_least(path: tuple[Any, ...]) -> None:
    document = practice()
    at = document
    for step in path:
        at = at[step]
    at["extra"] = 1
    VALIDATOR.validate(document)


def test_a_day_is_a_day_in_vietnam() -> None:
    assert shapes.day_of("2026-11-21T16:59:59Z").isoformat() == "2026-11-21"
    assert shapes.day_of("2026-11-21T17:00:00Z").isoformat() == "2026-11-22"
