"""Heimdall Data Format (MITRE), the result of an InSpec run: a file an asset, a control a finding.

Heimdall takes `failed` for Failed, `error` for Profile Error and an impact of 0 for Not Applicable; what could not be
judged is an `error` with its cause. `skipped_due_to_waiver` stays false, for it would turn a failure into Not
Applicable: a waiver stands beside the failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from reports import export
from reports.document import WaiverMark
from reports.export import Line
from reports.formats import Report
from reports.index import Index, base
from reports.words import Words
from runner.files import replace

IMPACTS = {"critical": 1.0, "high": 0.7, "medium": 0.5, "low": 0.3}
RESULTS = {"pass": "passed", "fail": "failed", "not_applicable": "skipped", "unknown": "error"}


def render(report: Report, out: Path) -> list[Path]:
    """`hdf-vi/ASSET.json` for every asset that was asked for."""
    folder = out / f"hdf-{report.words.lang}"
    folder.mkdir(exist_ok=True)
    index, words = Index(report.document), report.words
    written = []
    for id_, lines in groupby(export.lines(index, words, report.runs), lambda line: line.asset["id"]):
        path = folder / export.file_name(id_, "json")
        replace(path, export.encoded(_execution(index, [*lines], words)).encode() + b"\n")
        written.append(path)
    return written


def _execution(index: Index, lines: list[Line], words: Words) -> dict[str, Any]:
    asset, run = lines[0].asset, index.document["run"]
    return {
        "platform": {"name": asset["platform"], "release": "", "target_id": f"{asset['id']} ({asset['address']})"},
        "version": run["program"].partition(" ")[2] or "0",
        "statistics": {},
        "profiles": [_profile(index, lines, words)],
        "passthrough": {
            export.PROGRAM: {
                "run": run,
                "asset": {**asset, "place": export.place(index, asset)},
                "site": words.name(index.sites[asset["site"]]),
            }
        },
    }


def _profile(index: Index, lines: list[Line], words: Words) -> dict[str, Any]:
    asset, ruler = lines[0].asset, index.document["run"]["catalogue"]
    state = words(f"state.{asset['state']}")
    return {
        "name": ruler["id"],
        "version": ruler["version"],
        "sha256": ruler["sha256"],
        "title": words("hdf.title", standard=ruler["id"], asset=asset["id"], level=asset["level"]),
        "summary": f"{words.name(index.sites[asset['site']])}: {state}",
        "status": "loaded",
        "supports": [],
        "attributes": [],
        "groups": [*_groups(lines)],
        "controls": [_control(index, line, words) for line in lines],
    }


def _groups(lines: list[Line]) -> Iterator[dict[str, Any]]:
    """The controls by topic, the first part of a check's id."""
    for topic, members in groupby(lines, lambda line: line.check.partition(".")[0]):
        yield {"id": topic, "title": topic, "controls": [line.check for line in members]}


def _control(index: Index, line: Line, words: Words) -> dict[str, Any]:
    card, finding = line.card, line.finding
    control = {
        "id": line.check,
        "title": words.of(card["title"]),
        "desc": words.of(card["why"]),
        "descriptions": [
            {"label": "check", "data": "\n".join(export.told(line, words))},
            {"label": "fix", "data": words.of(card["remedy"])},
        ],
        "impact": 0.0 if line.status == "not_applicable" else IMPACTS[card["severity"]],
        "refs": [],
        "tags": {
            "severity": card["severity"],
            "check": base(line.check),
            "requirements": finding["requirements"],
            "evidence": finding["evidence"],
            "commands": list(line.commands),
            "status": finding["status"],
            "cause": finding["cause"],
        },
        "code": export.encoded(finding),
        "source_location": {"ref": index.document["run"]["id"], "line": None},
        "results": [_result(index, line, words)],
    }
    return {**control, "waiver_data": _waiver(finding["waiver"], words)} if finding["waiver"] else control


def _result(index: Index, line: Line, words: Words) -> dict[str, Any]:
    told = "\n".join(export.told(line, words))
    said: dict[str, dict[str, Any]] = {
        "fail": {"message": told},
        "unknown": {"message": told, "exception": line.finding["cause"]},
        "not_applicable": {"skip_message": line.finding["actual"]},
    }
    return {
        "status": RESULTS[line.status],
        "code_desc": words.of(line.card["title"]),
        "start_time": index.document["run"]["started"],
        "run_time": 0.0,
        "resource": line.asset["kind"],
        "resource_id": line.asset["id"],
        **said.get(line.status, {}),
    }


def _waiver(mark: WaiverMark, words: Words) -> dict[str, Any]:
    return {
        "skipped_due_to_waiver": False,
        "run": True,
        "expiration_date": mark["end"],
        "justification": mark["reason"],
        "message": export.waiver(mark, words),
    }
