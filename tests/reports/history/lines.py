"""Lines of runs to remember, and what they add up to by the plainest reading of their documents."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any, cast

from reports.document import Document, day_of
from reports.judging import GOOD
from reports.trend import Pair
from tests.reports import documents
from tests.reports.kept import at, city, set_status

ASSETS = ("q1-edge-1", "q1-web-1", "dc-log-1")
CHECKS = ("ssh.root_login_off", "logs.retention", "device.encrypted_management")


@cache
def _tiny() -> Document:
    document = city()
    document["assets"] = [asset for asset in document["assets"] if asset["id"] in ASSETS]
    document["checks"] = {id_: card for id_, card in document["checks"].items() if id_ in CHECKS}
    return documents.judge(document, {}, {})


def tiny() -> Document:
    """Three assets that face one or two checks each, all of them passing."""
    return copy.deepcopy(_tiny())


PAIRS: tuple[Pair, ...] = tuple((finding["asset"], finding["check"]) for finding in _tiny()["findings"])


def run(number: int, statuses: Mapping[Pair, str], assets: Iterable[str] = (), checks: Iterable[str] = ()) -> Document:
    """The run of day `number` of 2026-10, asked for these assets and checks (all where there are none)."""
    document = at(tiny(), f"2026-10-{number:02}T02:00:00Z")
    for (asset, check), status in statuses.items():
        set_status(document, asset, status, check)
    chosen, asked = [*assets], [*checks]
    document["run"]["selection"].update({"assets": chosen, "checks": asked})
    document["findings"] = [
        f for f in document["findings"] if (not chosen or f["asset"] in chosen) and (not asked or f["check"] in asked)
    ]
    for one in document["assets"]:
        found = [f["status"] for f in document["findings"] if f["asset"] == one["id"]]
        open_ = found.count("unknown")
        state = "unreached" if open_ == len(found) else "reviewed" if not open_ and not asked else "partly"
        cause = ("timeout" if found else "not_run") if state == "unreached" else None
        one.update(cast(Any, {"state": state, "cause": cause}))
    return document


def since(runs: Iterable[Document]) -> tuple[Mapping[Pair, date], Mapping[str, date]]:
    """Since which day each pair fails and each asset is unreached, after these runs, the earliest first."""
    failing: dict[Pair, date] = {}
    unreached: dict[str, date] = {}
    for document in runs:
        day, tried = day_of(document["run"]["ended"]), {finding["asset"] for finding in document["findings"]}
        for finding in document["findings"]:
            pair = finding["asset"], finding["check"]
            if finding["status"] == "fail":
                failing.setdefault(pair, day)
            elif finding["status"] in GOOD:
                failing.pop(pair, None)
        for asset in document["assets"]:
            if asset["state"] != "unreached":
                unreached.pop(asset["id"], None)
            elif asset["id"] in tried:
                unreached.setdefault(asset["id"], day)
    return failing, unreached
