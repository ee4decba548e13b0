"""OSCAL assessment results (NIST, 1.1.3, JSON): one result for the run, observations, risks and findings in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from reports import export, text
from reports.formats import Report
from reports.index import Index
from reports.oscal import Parts, markup, prop, string
from reports.words import Words
from runner.files import whole

VERSION = "1.1.3"


def render(report: Report, out: Path) -> list[Path]:
    """`assessment-results-vi.json`, written part by part."""
    path = out / f"assessment-results-{report.words.lang}.json"
    parts = Parts(Index(report.document), report.words, report.runs)
    lists = {"observations": parts.observations(), "risks": parts.risks(), "findings": parts.findings()}
    with whole(path) as file:
        head = export.encoded(_document(parts))[:-1]
        file.write(f'{{"assessment-results":{head},"results":['.encode())
        for piece in export.streamed(_result(parts), dict(_filled(lists))):
            file.write(piece.encode())
        file.write(b"]}}\n")
    return [path]


def _filled(lists: Mapping[str, Iterator[Any]]) -> Iterator[tuple[str, Iterable[Any]]]:
    """Those lists that hold something: OSCAL has no empty ones."""
    for name, items in lists.items():
        first = next(items, None)
        if first is not None:
            yield name, chain((first,), items)


def _document(parts: Parts) -> dict[str, Any]:
    document, words = parts.index.document, parts.words
    run, agency = document["run"], document["city"]["agency"]
    party = parts.uuid("agency")
    return {
        "uuid": parts.uuid("assessment-results"),
        "metadata": {
            "title": markup(_title(parts)),
            "last-modified": run["ended"],
            "version": string(run["id"]),
            "oscal-version": VERSION,
            "props": [prop("language", words.lang), prop("mode", run["mode"]), prop("program", run["program"])],
            "roles": [{"id": "assessor", "title": markup(words("oscal.assessor"))}],
            "parties": [{"uuid": party, "type": "organization", "name": string(agency["name"])}],
            "responsible-parties": [{"role-id": "assessor", "party-uuids": [party]}],
        },
        "import-ap": {"href": f"#{parts.uuid('plan')}"},
        "local-definitions": _definitions(parts),
        "back-matter": {"resources": [*_resources(parts)]},
    }


def _definitions(parts: Parts) -> dict[str, Any]:
    objectives = [*parts.objectives()]
    return {"objectives-and-methods": objectives} if objectives else {"remarks": markup(parts.words("oscal.reviewed"))}


def _title(parts: Parts) -> str:
    return text.heading(parts.index.document, parts.words)


def _resources(parts: Parts) -> Iterator[dict[str, Any]]:
    """What was asked of whom, by digest: together they are the plan of this assessment."""
    run, words = parts.index.document["run"], parts.words
    ruler = run["catalogue"]
    named = words("method.catalogue", id=ruler["id"], version=ruler["version"])
    plan = f"{named}; {words('method.inventory')}"
    yield {"uuid": parts.uuid("plan"), "title": markup(plan), "props": [prop("run", run["id"])]}
    for name, title, digest in (
        ("catalogue", named, ruler["sha256"]),
        ("inventory", words("method.inventory"), run["inventory_sha256"]),
    ):
        yield {"uuid": parts.uuid(name), "title": markup(title), "props": [prop("sha256", digest)]}


def _result(parts: Parts) -> dict[str, Any]:
    document, words = parts.index.document, parts.words
    run = document["run"]
    told = [_title(parts), text.mode_notice(document, words) or "", *_scores(parts)]
    result = {
        "uuid": parts.uuid("result"),
        "title": markup(_title(parts)),
        "description": markup(". ".join(one for one in told if one)),
        "start": run["started"],
        "end": run["ended"],
        "props": [prop("scope", run["scope"]), prop("complete", str(run["complete"]).lower())],
        "reviewed-controls": parts.reviewed(),
    }
    things = {"components": [*parts.systems()], "inventory-items": [*parts.inventory()]}
    local = {name: those for name, those in things.items() if those}
    return {**result, "local-definitions": local} if local else result


def _scores(parts: Parts) -> Iterator[str]:
    """Each score with its coverage and target, in a sentence."""
    words: Words = parts.words
    for name, score in parts.index.document["scores"].items():
        figures: Any = score
        yield words(
            "oscal.score",
            name=words(f"score.{name}"),
            percent=words.percent(figures["percent"]),
            coverage=words.percent(figures["coverage"]),
            target=words.percent(figures["target"]),
        )
