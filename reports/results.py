"""A run made into its document: what was kept, with the inventory and the ruler it was made with, and the scores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from checks.catalogue import Card, Catalogue, Standard
from inventory.faults import BadInput
from inventory.fields import Record
from inventory.model import Asset as Listed
from inventory.model import Inventory
from reports import score, unlisted
from reports.document import (
    SCHEMA,
    Asset,
    Check,
    Document,
    Finding,
    Requirement,
    Score,
    Scores,
)
from reports.judging import waived
from reports.waivers import Waivers
from runner import kept, manifest, plan
from runner.canonical import encode
from runner.files import replace
from runner.journal import Broken
from runner.kept import Kept
from runner.outcome import Outcome, State
from runner.plan import Selection

if TYPE_CHECKING:
    from runner.walk import RunOutcome

NAME = manifest.RESULTS
ALL_PASS, FAILED, UNKNOWN, INCOMPLETE = 0, 1, 3, 4
_ATTESTED = ("id", "system", "requirement", "officer", "document", "document_sha256", "signed_on", "expires_on")


def build(inventory: Inventory, catalogue: Catalogue, run: Kept) -> Document:
    """The document of what a run kept. Raises `BadInput` where inventory or catalogue are not those of the run."""
    _refuse_others(inventory, catalogue, run)
    outcomes = {**run.outcomes, **_unfinished(inventory, catalogue, run)}
    settings = inventory.settings
    document = {
        "schema": SCHEMA,
        "run": _run(run),
        "city": {"name": settings.name, "agency": settings.agency.model_dump(mode="json")},
        "period_days": settings.period_days,
        "classified_levels": sorted(settings.classified_levels),
        "sites": _dumped(inventory.sites.values(), "id", "name", "name_en", "kind", "parent"),
        "systems": _dumped(inventory.systems.values(), "id", "name", "name_en", "owner", "level", "dossier"),
        "links": _dumped(inventory.links.values(), "id", "child", "parent"),
        "services": _dumped(inventory.services.values(), "id", "name", "name_en", "system", "used_by"),
        "attestations": _dumped(inventory.attestations, *_ATTESTED),
        "waivers": _dumped(inventory.waivers),
        "targets": _dumped(inventory.targets),
        "requirements": [*_requirements(catalogue.standard)],
        "checks": {id_: _check(check.card, _levels(catalogue, id_)) for id_, check in catalogue.checks.items()},
        "assets": [*_assets(inventory, catalogue, run.header["scope"], outcomes)],
        "findings": [*_findings(outcomes)],
        "scores": {},
    }
    made = cast(Document, document)
    beside = Waivers(made).beside
    for finding in made["findings"]:
        finding["waiver"] = beside(finding)
    made["unlisted"] = unlisted.of(made)
    made["scores"] = score.scores(made)
    return made


def write(outcome: RunOutcome, inventory: Inventory, catalogue: Catalogue) -> Document:
    """Build the document of a run and keep it in the run's folder.

    Raises `BadInput` (see `build`), `Broken` where the journal was changed, and `CannotKeep`.
    """
    document = build(inventory, catalogue, kept.read(outcome.folder))
    keep(outcome.folder, document)
    return document


def keep(folder: Path, document: Document) -> Path:
    """`results.json` in the run's folder, whole or not at all; seals a complete run with it. Raises `CannotKeep`."""
    path = folder / NAME
    replace(path, encode(document) + b"\n")
    if document["run"]["complete"]:
        manifest.seal(folder)
    return path


def read(path: Path) -> Document:
    """The document in a run's folder or a file. Raises `BadInput` where there is none that this program understands."""
    file = path / NAME if path.is_dir() else path
    try:
        return of(file.read_bytes(), file)
    except OSError as error:
        raise BadInput(f"{file}: the results cannot be read ({error}). Was the run completed?") from error


def of(content: bytes, file: Path) -> Document:
    """The document that `content`, read from `file`, is. Raises `BadInput` where it is none of ours."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise BadInput(f"{file}: the results cannot be read ({error}). Was the run completed?") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise BadInput(f"{file}: is not a document of the form {SCHEMA}.")
    return cast(Document, document)


def problems(folder: Path) -> list[str]:
    """What in a run's results does not follow from the run, a line each; nothing where all numbers and findings do."""
    try:
        document, run = read(folder), kept.read(folder)
        numbers = score.scores(document)
        return [
            *(f"{NAME}: {name} is not what its findings give" for name in numbers if _differs(document, numbers, name)),
            *(f"{NAME}: {name} is not what its findings give" for name in _underived(document)),
            *(f"{NAME}: {asset} {check} is not as the journal has it" for asset, check in _untrue(document, run)),
        ]
    except (BadInput, Broken, LookupError, TypeError, ValueError, StopIteration) as error:
        return [f"{NAME}: cannot be computed again ({error})"]


def _underived(document: Document) -> list[str]:
    """The lists that are said to follow from the findings, and do not."""
    return ["unlisted"] * ("unlisted" in document and document["unlisted"] != unlisted.of(document))


def _differs(document: Document, numbers: Scores, name: str) -> bool:
    said, true = (cast(dict[str, Score], scores) for scores in (document["scores"], numbers))
    return said.get(name) != true[name]


def _untrue(document: Document, run: Kept) -> list[tuple[str, str]]:
    """The findings that the journal does not have, has otherwise, or has and the document has not."""
    said = {(f["asset"], f["check"]): {k: v for k, v in f.items() if k != "waiver"} for f in document["findings"]}
    true = {
        (data["asset"], data["check"]): data
        for outcome in run.outcomes.values()
        for data in outcome.as_data()["findings"]
    }
    asked = said.keys() | true.keys() if run.complete else true.keys()
    return sorted(key for key in asked if said.get(key) != true.get(key))


def exit_status(document: Document) -> int:
    """0 all judged and good · 1 something fails that no valid waiver covers · 3 something is unknown · 4 incomplete."""
    findings = document["findings"]
    if not document["run"]["complete"]:
        return INCOMPLETE
    if not findings or any(finding["status"] == "unknown" for finding in findings):
        return UNKNOWN
    return FAILED if any(finding["status"] == "fail" and not waived(finding) for finding in findings) else ALL_PASS


def _refuse_others(inventory: Inventory, catalogue: Catalogue, run: Kept) -> None:
    """Results mix what was measured with what was listed then: another inventory or ruler would make false numbers."""
    pairs = (
        ("inventory", inventory.sha256, run.header["inventory_sha256"]),
        ("catalogue", catalogue.sha256, run.header["catalogue"]["sha256"]),
    )
    for name, now, then in pairs:
        if now != then:
            raise BadInput(f"the {name} has changed since run '{run.header['id']}' was made. Make a new run.")


def _unfinished(inventory: Inventory, catalogue: Catalogue, run: Kept) -> Mapping[str, Outcome]:
    """An outcome for every selected asset that an interrupted run did not come to."""
    if run.complete:
        return {}
    planned = plan.make(inventory, catalogue, Selection.from_header(run.header))
    return {outcome.asset: outcome for outcome in planned.unfinished(run.outcomes, run.last)}


def _run(run: Kept) -> dict[str, Any]:
    names = ("id", "started", "scope", "selection", "mode", "inventory_sha256", "catalogue", "program")
    again = {name: run.header[name] for name in ("judged_again",) if name in run.header}
    return {**{name: run.header[name] for name in names}, "ended": run.last, "complete": run.complete, **again}


def _dumped(records: Iterable[Record], *names: str) -> list[dict[str, Any]]:
    """The records as JSON has them, with all keys or those named."""
    return [record.model_dump(mode="json", include=set(names) if names else None) for record in records]


def _requirements(standard: Standard) -> Iterator[Requirement]:
    for one in standard.requirements:
        yield {
            "id": one.id,
            "clauses": {str(level): standard.clause(one, level) for level in one.levels},
            "kind": one.kind,
            "group": one.group,
            "title": {"vi": one.title.vi, "en": one.title.en},
            "levels": sorted(one.levels),
            "verified": one.verified,
            "checks": list(one.checks),
            "attested": None if one.attested is None else {"vi": one.attested.vi, "en": one.attested.en},
            "every_months": {str(level): months for level, months in one.every_months.items()},
            "suggested": one.suggested,
        }


def _levels(catalogue: Catalogue, check: str) -> list[int]:
    """The levels at which any ruler asks for the check; all of them for a probe of the city's own."""
    if check in catalogue.own:
        return list(range(1, 6))
    rulers = (catalogue.interconnection, catalogue.standard)
    found = {level for ruler in rulers for one in ruler.requirements if check in one.checks for level in one.levels}
    return sorted(found)


def _check(card: Card, levels: list[int]) -> Check:
    return {
        "kind": [str(kind) for kind in (card.kind if isinstance(card.kind, tuple) else (card.kind,))],
        "each": card.each,
        "levels": levels,
        "severity": card.severity,
        "title": {"vi": card.title.vi, "en": card.title.en},
        "why": {"vi": card.why.vi, "en": card.why.en},
        "remedy": {"vi": card.remedy.vi, "en": card.remedy.en},
        "playbook": card.playbook,
        "counts_for": card.counts_for,
    }


def _assets(inventory: Inventory, catalogue: Catalogue, scope: str, outcomes: Mapping[str, Outcome]) -> Iterator[Asset]:
    """Every asset in scope: what was not selected is there too, as not reached because it was not run."""
    sites = frozenset(inventory.within(scope))
    for asset in inventory.assets.values():
        if asset.site in sites:
            yield _asset(asset, inventory, _state(asset, inventory, catalogue, outcomes.get(asset.id)))


def _state(
    asset: Listed, inventory: Inventory, catalogue: Catalogue, outcome: Outcome | None
) -> tuple[State, str | None]:
    """As the walk has it; but reviewed is only what was asked everything that applies to it, not what was selected."""
    if outcome is None:
        return State.UNREACHED, "not_run"
    asked = {finding.check for finding in outcome.findings}
    if outcome.state is State.REVIEWED and any(one.id not in asked for one in catalogue.bind(asset, inventory)):
        return State.PARTLY, None
    return outcome.state, outcome.cause


def _asset(asset: Listed, inventory: Inventory, state: tuple[State, str | None]) -> Asset:
    return {
        "id": asset.id,
        "address": asset.address,
        "site": asset.site,
        "systems": list(asset.systems),
        "kind": asset.kind.value,
        "platform": asset.platform,
        "level": inventory.level_of(asset),
        "state": state[0].value,
        "cause": None if state[1] is None else str(state[1]),
    }


def _findings(outcomes: Mapping[str, Outcome]) -> Iterator[Finding]:
    """By asset, as the walk has them; waivers come to stand beside them."""
    for id_ in sorted(outcomes):
        for data in outcomes[id_].as_data()["findings"]:
            yield cast(Finding, {**data, "waiver": None})
