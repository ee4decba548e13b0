"""The data of the search page: small JavaScript files of numbers and names, one for each district or department.

Opened from a folder, a page may load scripts but not fetch, hence `rasoat.take({…})`. Findings are one flat list,
three numbers each: asset (in this file), check name (in `names`), code = status + 4 × cause + 64 × waived.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from checks.model import Cause
from reports.document import Asset, Finding
from reports.fixlist import SEVERITIES
from reports.html import TEMPLATES, file_name, token
from reports.index import base
from reports.judging import waived
from reports.site.view import ORDER, View
from reports.text import printable

CAUSES = (None, *(cause.value for cause in Cause))
KINDS = ("server", "device", "endpoint")
STATES = ("reviewed", "partly", "unreached")


def files(view: View) -> Iterator[tuple[str, str]]:
    """(path, script) of the common names, and of each unit's assets and findings."""
    names = {check: n for n, check in enumerate(sorted({finding["check"] for finding in view.index.findings}))}
    yield "data/names.js", _script("name", _names(view, names))
    for unit in view.index.units():
        yield path(unit), _script("take", _unit(view, unit, names))


def path(unit: str) -> str:
    """Where a unit's assets and findings are."""
    return f"data/{file_name(unit).removesuffix('.html')}.js"


def _script(function: str, data: Any) -> str:
    """A call with plain data: ASCII only, so that no reader can take it for anything else."""
    return f"rasoat.{function}({json.dumps(data, separators=(',', ':'), allow_nan=False)});\n"


def _names(view: View, names: Mapping[str, int]) -> Any:
    """Everything that is named once: checks, sites, systems, and the words of the page."""
    words, checks = view.words, view.index.document["checks"]
    return {
        "checks": [_check(view, check) for check in names],
        "sites": {id_: [printable(view.site(id_)), file_name(id_)] for id_ in view.index.scope},
        "systems": {one["id"]: printable(words.name(one)) for one in view.index.document["systems"]},
        "units": {unit: printable(view.site(unit)) for unit in view.index.units()},
        "statuses": [[status, words(f"status.{status}")] for status in ORDER],
        "causes": [words(f"cause.{cause}") if cause else "" for cause in CAUSES],
        "severities": [[one, words(f"severity.{one}")] for one in SEVERITIES],
        "kinds": [[one, words(f"asset_kind.{one}")] for one in KINDS],
        "states": [[one, words(f"state.{one}")] for one in STATES],
        "topics": sorted({id_.partition(".")[0] for id_ in checks}),
        "waived": words("site.waived"),
        "lang": words.lang,
        "found": {name: words(f"site.found_{name}", n="{n}") for name in ("assets", "findings")},
        "first": words("site.first", n="{n}"),
        "none": words("site.none"),
        "failures": words("fixlist.failures"),
        "unjudged": words("site.unjudged"),
    }


def _check(view: View, check: str) -> Any:
    """[id with its subject, title, severity, anchor]"""
    row = view.index.document["checks"][base(check)]
    return [printable(check), view.words.of(row["title"]), SEVERITIES.index(row["severity"]), token(check)]


def _unit(view: View, unit: str, names: Mapping[str, int]) -> Any:
    assets = [one for one in view.index.assets.values() if view.index.unit(one["site"]) == unit]
    numbers = [
        number
        for position, asset in enumerate(assets)
        for finding in view.index.found.get(asset["id"], {}).values()
        for number in (position, names[finding["check"]], _code(finding))
    ]
    return {"unit": unit, "assets": [_asset(view, asset) for asset in assets], "findings": numbers}


def _asset(view: View, asset: Asset) -> Any:
    """[id, file, address, site, kind, platform, level, state, failures, unknown, systems]"""
    return [
        printable(asset["id"]),
        file_name(asset["id"]),
        printable(asset["address"]),
        asset["site"],
        KINDS.index(asset["kind"]),
        printable(asset["platform"]),
        asset["level"],
        STATES.index(asset["state"]),
        view.of_asset(asset["id"], "fail"),
        view.of_asset(asset["id"], "unknown"),
        asset["systems"],
    ]


def _code(finding: Finding) -> int:
    return ORDER.index(finding["status"]) + 4 * CAUSES.index(finding["cause"]) + 64 * int(waived(finding))


def script() -> str:
    """The program of the search page."""
    return (TEMPLATES / "site/finder.js").read_text(encoding="utf-8")
