"""A run's folder for a synthetic document: journal and evidence as a walk leaves them, the findings citing them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from checks.model import Question, Reply
from reports.document import Document, Finding
from runner import evidence
from runner.evidence import Record
from runner.journal import Journal

ASKED = datetime(2026, 11, 21, 2, 15, 7, 250000, tzinfo=UTC)
SAID = "PermitRootLogin yes\n\tthụt vào <b>đậm</b>\n\x1b[31mđỏ\x1b[0m \u202eEVIL\n"


def run(document: Document, folder: Path, said: str = SAID) -> Path:
    """Keep one reply for each finding that cites evidence, in `folder`; the document then cites these."""
    path = folder / document["run"]["id"]
    (path / evidence.FOLDER).mkdir(parents=True)
    journal = Journal(path, None)
    journal.append("run", {"id": document["run"]["id"], "started": document["run"]["started"]})
    for asset in document["assets"]:
        findings = [one for one in document["findings"] if one["asset"] == asset["id"]]
        records = [_record(one, said) for one in findings if one["evidence"]]
        for finding, record in zip([one for one in findings if one["evidence"]], records, strict=True):
            finding["evidence"] = [record.name]
        bundle = evidence.bundle(records)
        bundle.keep(path)
        journal.append("asset", _outcome(asset["id"], findings, bundle.name if records else None))
    journal.append("end", {"ended": document["run"]["ended"]})
    journal.close()
    return path


def _record(finding: Finding, said: str) -> Record:
    failed = finding["status"] == "fail"
    question = Question(f"show {finding['check']} <i>", root=failed)
    stderr = "warning: <script>alert(1)</script>\n" if failed else ""
    stdout = said if failed else "" if finding["check"].startswith("time.") else "ok\n"
    return Record(finding["asset"], Reply(question, stdout, stderr, 0 if stdout else 1, ASKED, 0.125, "rasoat-audit"))


def _outcome(asset: str, findings: list[Finding], bundle: str | None) -> dict[str, Any]:
    kept = [{key: value for key, value in cast(Any, one).items() if key != "waiver"} for one in findings]
    return {
        "asset": asset,
        "state": "reviewed",
        "cause": None,
        "findings": kept,
        "bundle": bundle,
        "ended": "2026-11-21T02:15:30.000Z",
        "hop": None,
    }
