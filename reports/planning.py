"""One system's protection plan, requirement by requirement: what is met, by what evidence, and what is missing.

The judging is that of `reports.plans`; here it is only told. A plan that is not approved yet is judged as if it were,
and it is said that it does not count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from inventory.faults import BadInput
from inventory.records import suggestion
from reports import plans
from reports.document import Attestation, Finding, System
from reports.index import Index, base, ended_on
from reports.judging import GOOD
from reports.words import Words

UNVERIFIED = "*"  # behind a clause whose number was not read in the standard itself
DIGITS = len("sha256:") + 12  # of a digest: enough to find the reply by
Met = Literal["met", "not_met", "unknown"]


@dataclass(frozen=True, slots=True)
class Probe:
    """One finding that a requirement rests on; `finding` is None where the run has none."""

    asset: str
    check: str
    finding: Finding | None

    @property
    def status(self) -> str:
        return self.finding["status"] if self.finding else "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement: how the plan meets it, whether it is met, and everything that says so."""

    id: str
    clause: str
    verified: bool
    title: dict[str, str]
    kind: str
    how: str
    met: Met
    reason: str | None
    by_person: dict[str, str] | None
    every_months: int | None
    probes: tuple[Probe, ...]
    attestations: tuple[Attestation, ...]
    unvouched: bool

    @property
    def missing(self) -> tuple[Probe, ...]:
        """The findings that keep the requirement open; a person's word may be missing too, see `unvouched`."""
        return () if self.met == "met" else tuple(probe for probe in self.probes if probe.status not in GOOD)


@dataclass(frozen=True, slots=True)
class PlanView:
    """A system's plan. `counted` is False where its dossier is not approved: it is in no score then."""

    system: System
    run: str
    standard: str
    counted: bool
    state: str
    rows: tuple[Row, ...]


def view(index: Index, system_id: str) -> PlanView:
    """The plan of a system as one run sees it. Raises `BadInput` for an unknown system, or one without a level."""
    system = _known(index, system_id)
    judged = tuple(plans.judge(index, _as_approved(system)))
    if not judged:
        raise BadInput(f"system '{system_id}' has no level yet, so no requirement. Give it one in inventory/.")
    run = index.document["run"]
    rows = tuple(_row(index, system, one) for one in judged)
    counted = plans.approved(system) is not None
    return PlanView(system, run["id"], run["catalogue"]["id"], counted, plans.state(judged), rows)


def _known(index: Index, system_id: str) -> System:
    if system_id not in index.systems:
        raise BadInput(f"the run has no system '{system_id}'. {suggestion(system_id, index.systems)}")
    return index.systems[system_id]


def _as_approved(system: System) -> System:
    dossier: Any = system["dossier"] or {"level": system["level"], "plan": []}
    return cast(System, {**system, "dossier": {**dossier, "state": "approved"}})


def _row(index: Index, system: System, judged: plans.Judged) -> Row:
    requirement = judged.requirement
    level = str(plans.level_of(system))
    by_person = requirement.get("attested")
    probed = plans.probes(index, system, requirement) if judged.is_probed else ()
    attested = plans.attestations(index, system["id"], requirement["id"]) if judged.is_attested else ()
    return Row(
        id=requirement["id"],
        clause=requirement["clauses"].get(level, ""),
        verified=requirement["verified"],
        title={"vi": requirement["title"]["vi"], "en": requirement["title"]["en"]},
        kind=requirement["kind"],
        how=judged.how,
        met={True: "met", False: "not_met", None: "unknown"}[judged.met],  # type: ignore[arg-type]  # the three above
        reason=_reason(system, requirement["id"]),
        by_person=None if by_person is None else {"vi": by_person["vi"], "en": by_person["en"]},
        every_months=plans.interval(requirement, system),
        probes=tuple(Probe(*one) for one in probed),
        attestations=tuple(attested),
        unvouched=not judged.vouched,
    )


def _reason(system: System, requirement: str) -> str | None:
    plan = system["dossier"]["plan"] if system["dossier"] else []
    return next((item["reason"] for item in plan if item["requirement"] == requirement), None)


def as_data(seen: PlanView) -> dict[str, Any]:
    """The view as JSON carries it."""
    return {
        "system": seen.system["id"],
        "run": seen.run,
        "standard": seen.standard,
        "counted": seen.counted,
        "state": seen.state,
        "requirements": [_as_data(row) for row in seen.rows],
    }


def _as_data(row: Row) -> dict[str, Any]:
    names = ("id", "clause", "verified", "title", "kind", "how", "met", "reason", "by_person", "every_months")
    return {
        **{name: getattr(row, name) for name in names},
        "findings": [
            {
                "asset": probe.asset,
                "check": probe.check,
                "status": probe.status,
                "cause": (probe.finding["cause"] if probe.finding else "not_run"),
                "evidence": probe.finding["evidence"] if probe.finding else [],
                "waiver": probe.finding["waiver"] if probe.finding else None,
            }
            for probe in row.probes
        ],
        "attestations": list(row.attestations),
        "missing": [*(f"{probe.asset}/{probe.check}" for probe in row.missing), *(["attestation"] * row.unvouched)],
    }


def lines(index: Index, seen: PlanView, words: Words) -> Iterator[str]:
    """The view for a reader: its heading, what is missing, then each requirement with what stands behind it."""
    yield words("plan.heading", name=words.name(seen.system), id=seen.system["id"], run=seen.run)
    yield _summary(seen, words)
    if not seen.counted:
        dossier = seen.system["dossier"]
        yield words("plan.not_counted", state=words(f"dossier.{dossier['state'] if dossier else 'none'}"))
    if not all(row.verified for row in seen.rows):
        yield words("plan.unverified_note", mark=UNVERIFIED)
    rows = sorted(seen.rows, key=lambda row: (in_order(row.clause), row.id))
    yield from _open(index, [row for row in rows if row.met != "met"], words)
    yield from ("", words("plan.all"))
    for row in rows:
        yield ""
        yield f"{words(f'plan_met.{row.met}')}  {_named(row, words)}"
        yield from (f"    {line}" for line in _evidence(index, row, words))


def _open(index: Index, rows: Sequence[Row], words: Words) -> Iterator[str]:
    """What is missing, first of all: each open requirement with the findings and the word that keep it open."""
    yield from ("", words("plan.missing", n=len(rows)) if rows else words("plan.nothing_missing"))
    for row in rows:
        yield f"  {_named(row, words)}"
        yield from (f"      {_probe(index, probe, words)}" for probe in row.missing)
        if row.unvouched:
            yield f"      {words('plan.no_attestation')}"
        if row.how in ("probed", "both") and not row.probes:
            yield f"      {words('plan.nothing_asked')}"


def _named(row: Row, words: Words) -> str:
    mark = "" if row.verified else UNVERIFIED
    return f"{row.clause}{mark}  {words.of(cast(Any, row.title))} [{row.id}]"


def in_order(clause: str) -> tuple[tuple[int, str], ...]:
    """What puts clauses in the order of a standard: numbers by size, letters as Vietnamese has them (d, đ, e)."""
    parts = re.findall(r"\d+|[^\W\d]+", clause)
    return tuple((int(part), "") if part.isdigit() else (0, part.replace("đ", "d~")) for part in parts)


def _summary(seen: PlanView, words: Words) -> str:
    counts = Counter(row.met for row in seen.rows)
    parts = words.listed(f"{words(f'plan_met.{met}')} {words.number(counts[met])}" for met in sorted(counts))
    return words("plan.summary", state=words(f"plan_state.{seen.state}"), n=len(seen.rows), parts=parts)


def _evidence(index: Index, row: Row, words: Words) -> Iterator[str]:
    if row.how == "not_applicable":
        yield words("plan.not_applicable", reason=row.reason or "")
    elif row.how != "probed":
        yield from vouched(index, row, words)
    if row.how in ("probed", "both") and not row.probes:
        yield words("plan.nothing_asked")
    for probe in sorted(row.probes, key=lambda one: (one.status in GOOD, one.asset, one.check)):
        yield _probe(index, probe, words)


def vouched(index: Index, row: Row, words: Words) -> Iterator[str]:
    """What a person's word is owed for, and each attestation with whether it holds; that there is none."""
    today = ended_on(index.document)
    if row.by_person is not None:
        yield words("plan.by_person", reason=words.of(cast(Any, row.by_person)))
    if row.every_months is not None:
        yield words("plan.every", n=row.every_months)
    if not row.attestations:
        yield words("plan.no_attestation")
    for one in row.attestations:
        key = "plan.attested" if plans.vouches(one, row.every_months, today) else "plan.attestation_ended"
        end = words.day(one["expires_on"])
        yield words(key, officer=one["officer"], document=one["document"], start=words.day(one["signed_on"]), end=end)


def _probe(index: Index, probe: Probe, words: Words) -> str:
    finding = probe.finding
    title = words.of(index.document["checks"][base(probe.check)]["title"])
    parts = [words(f"status.{probe.status}"), f"{probe.asset}: {title} [{probe.check}]"]
    if probe.status == "unknown":
        parts.append(words(f"cause.{(finding['cause'] if finding else None) or 'not_run'}"))
    elif finding and probe.status == "fail":
        parts.append(words("plan.found", expected=finding["expected"], actual=finding["actual"]))
    if finding and finding["waiver"]:
        parts.append(
            words("plan.waived" if finding["waiver"]["valid"] else "plan.waiver_ended", id=finding["waiver"]["id"])
        )
    if finding and finding["evidence"]:
        more = len(finding["evidence"]) - 1
        parts.append(finding["evidence"][0][:DIGITS] + (f" (+{more})" if more else ""))
    return " · ".join(parts)
