"""SARIF 2.1.0 (OASIS): a rule a check, a result a finding, the standard's requirements as a taxonomy.

`kind` says what was found (3.27.9): `pass`, `fail`, `notApplicable`, and `open` where what was read does not suffice to
tell. Only a failure has a `level` (3.27.10), by the check's severity. What could not be judged is also told as a
notification of the tool's execution, so that no reader who looks at failures alone takes the city for sound. A valid
waiver is a suppression beside the failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reports import export, text
from reports.document import Asset, Check, Document, Finding, Requirement
from reports.export import Line
from reports.formats import Report
from reports.index import Index, base
from reports.judging import waived
from reports.leadership import cause_of
from reports.words import Words, capital
from runner.files import whole

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
KINDS = {"pass": "pass", "fail": "fail", "not_applicable": "notApplicable", "unknown": "open"}
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
RANKS = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5"}
LINK = re.compile(r"\[(?=[^\]]*\]\()")


def render(report: Report, out: Path) -> list[Path]:
    """`findings-vi.sarif`, written result by result."""
    path = out / f"findings-{report.words.lang}.sarif"
    index, words = Index(report.document), report.words
    head = export.encoded({"$schema": SCHEMA, "version": "2.1.0"})[:-1] + ',"runs":['
    with whole(path) as file:
        file.write(head.encode())
        for piece in export.streamed(_run(index, words), {"results": _results(index, words, report.runs)}):
            file.write(piece.encode())
        file.write(b"]}\n")
    return [path]


def message(text: str) -> dict[str, str]:
    """A message that is read as it stands: braces and what would be a link are escaped (3.11.5, 3.11.6)."""
    return {"text": LINK.sub(r"\\[", export.plain(text)).replace("{", "{{").replace("}", "}}")}


def _run(index: Index, words: Words) -> dict[str, Any]:
    document = index.document
    run, rules = document["run"], export.cards(index, words)
    program, _, version = run["program"].partition(" ")
    return {
        "tool": {
            "driver": {
                "name": program,
                "version": version or "0",
                "language": words.lang,
                "rules": [_rule(document, id_, card, words) for id_, card in rules.items()],
                "supportedTaxonomies": [{"name": run["catalogue"]["id"], "index": 0}],
            }
        },
        "language": words.lang,
        "automationDetails": {
            "id": f"{program}/{run['scope']}/{run['id']}",
            "guid": export.identity(document),
            "description": message(text.heading(document, words)),
        },
        "invocations": [
            {
                "executionSuccessful": run["complete"],
                "startTimeUtc": run["started"],
                "endTimeUtc": run["ended"],
                "toolExecutionNotifications": [*_notifications(index, words)],
            }
        ],
        "taxonomies": [_taxonomy(document, words)],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "run": {name: value for name, value in run.items() if name != "selection"},
            "selection": run["selection"],
            "scores": {
                name: {key: value for key, value in score.items() if key not in {"items", "by_site"}}
                for name, score in document["scores"].items()
                if isinstance(score, Mapping)
            },
        },
    }


def _rule(document: Document, id_: str, card: Check, words: Words) -> dict[str, Any]:
    asking = [one["id"] for one in document["requirements"] if id_ in one["checks"]]
    taxonomy = {"name": document["run"]["catalogue"]["id"], "index": 0}
    return {
        "id": id_,
        "guid": export.lasting("rule", id_),
        "shortDescription": message(words.of(card["title"])),
        "fullDescription": message(words.of(card["why"])),
        "help": message(words.of(card["remedy"])),
        "defaultConfiguration": {"level": LEVELS[card["severity"]]},
        "relationships": [{"target": {"id": one, "toolComponent": taxonomy}, "kinds": ["relevant"]} for one in asking],
        "properties": {
            "tags": ["security", *card["kind"]],
            "severity": card["severity"],
            "security-severity": RANKS[card["severity"]],
        },
    }


def _taxonomy(document: Document, words: Words) -> dict[str, Any]:
    ruler = document["run"]["catalogue"]
    return {
        "name": ruler["id"],
        "version": ruler["version"],
        "guid": export.lasting("taxonomy", ruler["id"], ruler["version"]),
        "language": words.lang,
        "taxa": [_taxon(one, words) for one in document["requirements"]],
        "properties": {"sha256": ruler["sha256"]},
    }


def _taxon(one: Requirement, words: Words) -> dict[str, Any]:
    return {
        "id": one["id"],
        "shortDescription": message(words.of(one["title"])),
        "properties": {name: one[name] for name in ("clauses", "kind", "levels", "verified")},
    }


def _notifications(index: Index, words: Words) -> Iterator[dict[str, Any]]:
    """One for every asset that is not fully reviewed, with the cause."""
    for asset in index.assets.values():
        if asset["state"] != "reviewed":
            cause = cause_of(index, asset)
            state = capital(words(f"state.{asset['state']}"))
            told = f"{asset['id']}: {state}: {words(f'cause.{cause}')}. {words(f'cause_do.{cause}')}"
            yield {
                "level": "error" if asset["state"] == "unreached" else "warning",
                "message": message(told),
                "locations": [_location(index, asset)],
                "properties": {"state": asset["state"], "cause": cause},
            }


def _results(index: Index, words: Words, runs: Sequence[Path]) -> Iterator[dict[str, Any]]:
    ranks = {id_: rank for rank, id_ in enumerate(export.cards(index, words))}
    for line in export.lines(index, words, runs):
        yield {
            "ruleId": base(line.check),
            "ruleIndex": ranks[base(line.check)],
            "kind": KINDS[line.status],
            "level": LEVELS[line.card["severity"]] if line.status == "fail" else "none",
            "message": message("\n".join([export.heading(line, words), *export.told(line, words)])),
            "locations": [_location(index, line.asset, line.check)],
            "guid": export.identity(index.document, line.asset["id"], line.check),
            "correlationGuid": export.lasting(line.asset["id"], line.check),
            "partialFingerprints": {"assetCheck/v1": export.lasting(line.asset["id"], line.check)},
            "suppressions": [*_suppressions(line.finding, words)],
            "properties": _about(line),
        }


def _location(index: Index, asset: Asset, check: str = "") -> dict[str, Any]:
    """The asset as a resource below its sites; a link or service is what the finding is about there."""
    subject = check.partition("@")[2]
    where = f"{export.place(index, asset)}/{asset['id']}"
    resource = {"name": asset["id"], "fullyQualifiedName": where, "kind": "resource"}
    about = [{"name": subject, "fullyQualifiedName": f"{where}@{subject}", "kind": "resource"}] if subject else []
    return {"logicalLocations": [resource, *about]}


def _suppressions(finding: Finding, words: Words) -> Iterator[dict[str, Any]]:
    """A failure that somebody answers for today; nothing that could not be judged is suppressed."""
    mark = finding["waiver"]
    if mark and waived(finding):
        yield {
            "kind": "external",
            "status": "accepted",
            "justification": export.waiver(mark, words),
            "guid": export.lasting("waiver", mark["id"], finding["asset"], finding["check"]),
        }


def _about(line: Line) -> dict[str, Any]:
    finding, asset = line.finding, line.asset
    return {
        "status": finding["status"],
        "cause": finding["cause"],
        "severity": line.card["severity"],
        "requirements": finding["requirements"],
        "expected": finding["expected"],
        "actual": finding["actual"],
        "evidence": finding["evidence"],
        "commands": list(line.commands),
        "waiver": finding["waiver"],
        "asset": {name: asset[name] for name in ("address", "site", "systems", "kind", "platform", "level", "state")},
    }
