"""The seal of a run: one file that names everything the run kept by its digest, and the run before it.

Whoever holds a manifest's digest holds the whole run: `verify` finds what was edited, deleted, inserted, reordered,
truncated or swapped. The next run's header holds that digest, so runs are a chain. Of an old run that is cleared away,
keep `manifest.json`, or the chain is broken there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from inventory.workspace import Workspace
from runner import canonical, evidence, journal, runs
from runner.files import replace

NAME = "manifest.json"
RESULTS = "results.json"
SCHEMA = "rasoat/manifest/1"


class NotComplete(Exception):
    """A run that is not complete cannot be sealed: it will be resumed, and change."""

    exit_status = 4


def seal(run: Path) -> Path:
    """Write the manifest of the complete run in folder `run`. Raises `NotComplete`, `journal.Broken`, `CannotKeep`."""
    entries = list(journal.read(run))
    if entries[-1].kind != "end":
        raise NotComplete(f"run '{run.name}' is not complete. Resume it first.")
    manifest = {
        "schema": SCHEMA,
        "run": run.name,
        "journal": {"records": len(entries), "sha256": entries[-1].sha256},
        "evidence": sorted(_bundles(entries)),
        "results_sha256": canonical.sha256((run / RESULTS).read_bytes()),
        "previous": entries[0].data["previous"],
    }
    path = run / NAME
    replace(path, json.dumps(manifest, indent=1).encode() + b"\n")
    return path


def digest(run: Path) -> str:
    """SHA-256 of the run's manifest file."""
    return canonical.sha256((run / NAME).read_bytes())


def latest(workspace: Path) -> Mapping[str, str] | None:
    """The newest sealed run, by its id and its manifest's digest."""
    folder = Workspace(workspace).runs
    sealed = [folder / run for run in runs.ids(workspace) if (folder / run / NAME).exists()]
    return {"id": sealed[-1].name, "manifest_sha256": digest(sealed[-1])} if sealed else None


def verify(run: Path) -> list[str]:
    """What is not as it was sealed, one line each; nothing where all of it is."""
    try:
        manifest = json.loads((run / NAME).read_bytes())
        named = {key: manifest[key] for key in ("run", "journal", "evidence", "results_sha256", "previous")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{NAME}: is missing, or is none ({error})"]
    return [*_journal_problems(run, named), *_evidence_problems(run, named), *_chain_problems(run, named)]


def _bundles(entries: Sequence[journal.Entry]) -> list[str]:
    return [entry.data["bundle"] for entry in entries if entry.kind == "asset" and entry.data["bundle"]]


def _journal_problems(run: Path, named: Mapping[str, Any]) -> Iterator[str]:
    try:
        entries = list(journal.read(run))
    except journal.Broken as broken:
        yield str(broken)
        return
    if named["journal"] != {"records": len(entries), "sha256": entries[-1].sha256}:
        yield f"{journal.NAME}: is not the one that was sealed"
    if entries[-1].end != (run / journal.NAME).stat().st_size:
        yield f"{journal.NAME}: something follows its last record"
    if not named["run"] == entries[0].data["id"] == run.name:
        yield f"{NAME}: belongs to run '{named['run']}'"
    if sorted(_bundles(entries)) != named["evidence"]:
        yield f"{NAME}: names other evidence than the journal"
    for entry in entries:
        if entry.kind == "asset":
            yield from _asset_problems(run, entry.data)


def _asset_problems(run: Path, data: Mapping[str, Any]) -> Iterator[str]:
    """An asset's findings must rest on its own evidence."""
    asset = data["asset"]
    try:
        records = {} if data["bundle"] is None else evidence.read(run, data["bundle"])
    except evidence.NoEvidence as missing:
        yield f"{evidence.FOLDER}: {asset}: {missing}"
        return
    if any(record.asset != asset for record in records.values()):
        yield f"{evidence.FOLDER}: {asset}: is evidence of another asset"
    if not {name for finding in data["findings"] for name in finding["evidence"]} <= records.keys():
        yield f"{evidence.FOLDER}: {asset}: a finding names evidence that is not there"


def _evidence_problems(run: Path, named: Mapping[str, Any]) -> Iterator[str]:
    there = {path.name for path in (run / evidence.FOLDER).glob("*")}
    expected = {evidence.path_of(run, name).name for name in named["evidence"]}
    yield from (f"{evidence.FOLDER}/{name}: was not there when the run was sealed" for name in sorted(there - expected))
    results = run / RESULTS
    if not results.is_file():
        yield f"{RESULTS}: is missing"
    elif canonical.sha256(results.read_bytes()) != named["results_sha256"]:
        yield f"{RESULTS}: was changed"


def _chain_problems(run: Path, named: Mapping[str, Any]) -> Iterator[str]:
    """The run before must be the one that this one names; a later one must name this one."""
    links = [(run.name, named["previous"])]
    for later in run.parent.glob(f"*/{journal.NAME}"):
        try:
            links.append((later.parent.name, next(journal.read(later.parent)).data["previous"]))
        except (journal.Broken, KeyError):
            continue  # found when that run is verified
    for name, previous in links:
        if previous and (name == run.name or previous["id"] == run.name):
            before = run.parent / previous["id"]
            if not (before / NAME).is_file():
                yield f"run '{name}' names run '{previous['id']}' as the one before, whose manifest is missing"
            elif digest(before) != previous["manifest_sha256"]:
                yield f"{previous['id']}/{NAME}: is not the one that run '{name}' names as the one before"
