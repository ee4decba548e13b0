"""Documents kept as complete, sealed runs of a workspace, as an audit leaves them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from reports import results
from reports.document import Asset, Document
from runner import manifest
from runner.journal import Journal
from tests.reports import documents

SMALL = ("q1-edge-1", "q1-web-1", "w26740-edge-1", "w26743-web-1", "dc-core-1", "dc-log-1")


def at(document: Document, ended: str, started: str | None = None, **run: Any) -> Document:
    """A copy that ended then (`2026-10-05T02:00:00Z`), its id after its start."""
    made = copy.deepcopy(document)
    begun = started or ended
    id_ = begun.translate(str.maketrans("", "", "-:"))
    made["run"].update(cast(Any, {"id": id_, "started": begun, "ended": ended, **run}))
    return made


def keep(workspace: Path, document: Document, days: Mapping[str, str] | None = None) -> Path:
    """The folder of a sealed run with these results; `days` are the moments at which assets were done with."""
    run = workspace / "runs" / document["run"]["id"]
    (run / "evidence").mkdir(parents=True)
    for finding in document["findings"]:
        finding["evidence"] = []
    journal = Journal(run, None)
    journal.append("run", _header(document, workspace))
    for asset in document["assets"]:
        journal.append("asset", _outcome(document, asset, (days or {}).get(asset["id"], document["run"]["ended"])))
    journal.append("end", {"ended": document["run"]["ended"], "assets": len(document["assets"])})
    journal.close()
    results.keep(run, documents.scored(document))
    return run


def _header(document: Document, workspace: Path) -> dict[str, Any]:
    told = {name: value for name, value in document["run"].items() if name not in {"ended", "complete"}}
    return {**told, "previous": manifest.latest(workspace)}


def _outcome(document: Document, asset: Asset, ended: str) -> dict[str, Any]:
    found = [{k: v for k, v in f.items() if k != "waiver"} for f in document["findings"] if f["asset"] == asset["id"]]
    told = {name: asset[name] for name in ("state", "cause")}
    return {"asset": asset["id"], **told, "findings": found, "bundle": None, "ended": ended, "hop": None}


def city() -> Document:
    """Six assets of the practice city, all passing: small enough to be kept many times over."""
    document = documents.practice()
    document["assets"] = [asset for asset in document["assets"] if asset["id"] in SMALL]
    document["waivers"] = []
    return documents.judge(document, {}, {})


def set_status(document: Document, asset: str, status: str, check: str | None = None, cause: str = "timeout") -> None:
    """Set what an asset was found to be in one check, or in all, and its state to match."""
    for finding in document["findings"]:
        if finding["asset"] == asset and check in {None, finding["check"]}:
            finding.update(cast(Any, {"status": status, "cause": cause if status == "unknown" else None}))
    statuses = [finding["status"] for finding in document["findings"] if finding["asset"] == asset]
    open_ = statuses.count("unknown")
    state = "reviewed" if not open_ else "unreached" if open_ == len(statuses) else "partly"
    for one in document["assets"]:
        if one["id"] == asset:
            one.update(cast(Any, {"state": state, "cause": cause if state == "unreached" else None}))
