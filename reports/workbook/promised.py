"""What was promised: systems with their dossiers, plans by requirement, waivers, attestations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from reports import planning, scorecard
from reports import plans as judging
from reports import targets as measuring
from reports.document import Waiver
from reports.index import ended_on
from reports.words import capital
from reports.workbook.book import Sheet, Tone, Toned, Value, joined
from reports.workbook.told import ID, NAME, WIDE, Columns, Told

MET: Mapping[str, Tone | None] = {"met": "good", "not_met": "bad", "unknown": "open"}
REACHED: Mapping[str, Tone | None] = {"met": "good", "not_met": "bad", "open": None}
PLANS: Mapping[str, Tone | None] = {"fully": "good", "partly": "open", "not": "bad"}


def systems(told: Told) -> Sheet:
    columns: Columns = (
        ("system", 40, "text"),
        ("system_id", ID, "mono"),
        ("owner", NAME, "text"),
        ("level", 8, "whole"),
        ("dossier", 26, "text"),
        ("decision", 24, "text"),
        ("approved_on", 13, "day"),
        ("assets_here", 9, "whole"),
        ("plan", 26, "text"),
        ("requirements_met", 12, "whole"),
        ("requirements", 12, "whole"),
    )
    return told.sheet("systems", columns, _systems(told))


def _systems(told: Told) -> Iterator[Sequence[Value]]:
    for id_, system in told.index.systems.items():
        dossier = system["dossier"]
        judged = tuple(judging.judge(told.index, system))
        state = judging.state(judged) if judged else None
        yield (
            told.words.name(system),
            id_,
            told.site(system["owner"]),
            system["level"],
            told.words(f"dossier_state.{dossier['state'] if dossier else 'none'}"),
            dossier["decision"] if dossier else "",
            dossier["approved_on"] if dossier else None,
            len(told.index.of_system.get(id_, ())),
            Toned(told.words(f"plan_state.{state}"), PLANS[state]) if state else "",
            sum(one.met is True for one in judged) if judged else None,
            len(judged) if judged else None,
        )


def plans(told: Told) -> Sheet:
    columns: Columns = (
        ("system", 40, "text"),
        ("clause", 14, "text"),
        ("requirement", 22, "mono"),
        ("title_of_check", 54, "text"),
        ("requirement_kind", 12, "text"),
        ("how", 18, "text"),
        ("met", 18, "text"),
        ("reason", 34, "text"),
        ("missing", 54, "text"),
        ("attested_by", 34, "text"),
        ("attested_until", 13, "day"),
        ("counted", 14, "text"),
    )
    return told.sheet("plans", columns, _plans(told), [told.words("sheet.plans_note")])


def _plans(told: Told) -> Iterator[Sequence[Value]]:
    for id_, system in told.index.systems.items():
        if any(judging.demanded(told.index, system)):
            seen = planning.view(told.index, id_)
            yield from (_plan(told, seen, row) for row in seen.rows)


def _plan(told: Told, seen: planning.PlanView, row: planning.Row) -> Sequence[Value]:
    missing = [f"{probe.asset}: {probe.check} ({told.words(f'status.{probe.status}')})" for probe in row.missing]
    latest = max(row.attestations, key=lambda one: one["expires_on"], default=None)
    return (
        told.words.name(seen.system),
        row.clause + ("" if row.verified else "*"),
        row.id,
        row.title[told.words.lang],
        told.member("requirement_kind", row.kind),
        told.member("plan_how", row.how),
        Toned(capital(told.words(f"plan_met.{row.met}").lower()), MET[row.met]),
        row.reason or "",
        joined(missing),
        f"{latest['officer']}, {latest['document']}" if latest else "",
        latest["expires_on"] if latest else None,
        told.words("sheet.yes" if seen.counted else "sheet.no"),
    )


def targets(told: Told) -> Sheet:
    """Each target of the city's plan: what was measured of it, or declared and by whom."""
    columns: Columns = (
        ("target_group", NAME, "text"),
        ("score", WIDE, "text"),
        ("target", 14, "text"),
        ("figure", 14, "percent"),
        ("rank", 12, "whole"),
        ("reached", 16, "text"),
        ("coverage_of", 12, "percent"),
        ("origin", 44, "text"),
        ("stated_in", 34, "text"),
        ("target_id", 32, "mono"),
    )
    return told.sheet("targets", columns, _targets(told), [told.words("scorecard.note")])


def _targets(told: Told) -> Iterator[Sequence[Value]]:
    for target in told.document.get("targets", []):
        figure, found = scorecard.figure_of(told.index, target), measuring.measured(told.index, target)
        state = scorecard.state(target, figure)
        yield (
            told.words(f"target_group.{target['group']}"),
            told.words.of(target["title"]),
            scorecard.goal(target, told.words),
            figure if target["unit"] == "percent" else None,
            figure if target["unit"] == "rank" else None,
            Toned(told.member("target_state", state), REACHED[state]),
            found["coverage"] if found else None,
            scorecard.origin(told.index, target, told.words),
            target["stated_in"] or "",
            target["id"],
        )


def waivers(told: Told) -> Sheet:
    columns: Columns = (
        ("waiver", 18, "mono"),
        ("check", 34, "mono"),
        ("scope", 30, "text"),
        ("reason", 50, "text"),
        ("waiver_owner", 24, "text"),
        ("approver", 24, "text"),
        ("start", 13, "day"),
        ("end", 13, "day"),
        ("valid", 14, "text"),
        ("findings_covered", 12, "whole"),
    )
    return told.sheet("waivers", columns, _waivers(told))


def _waivers(told: Told) -> Iterator[Sequence[Value]]:
    beside = Counter(finding["waiver"]["id"] for finding in told.index.findings if finding["waiver"])
    for one in told.document["waivers"]:
        yield (
            one["id"],
            one["check"],
            _scope(told, one),
            one["reason"],
            one["owner"],
            one["approver"],
            one["start"],
            one["end"],
            _valid(told, one["start"], one["end"]),
            beside[one["id"]],
        )


def _scope(told: Told, one: Waiver) -> str:
    if one["site"] in told.index.sites:
        return told.site(cast(str, one["site"]))
    return one["asset"] or one["system"] or one["site"] or ""


def _valid(told: Told, start: str, end: str) -> Toned:
    valid = start <= ended_on(told.document) <= end
    return Toned(told.words("sheet.valid" if valid else "sheet.ended"), "good" if valid else "bad")


def attestations(told: Told) -> Sheet:
    columns: Columns = (
        ("attestation", 24, "mono"),
        ("system", 34, "text"),
        ("requirement", 22, "mono"),
        ("attested_by", 28, "text"),
        ("document", 40, "text"),
        ("document_sha256", 30, "mono"),
        ("start", 13, "day"),
        ("end", 13, "day"),
        ("valid", 14, "text"),
    )
    return told.sheet("attestations", columns, _attestations(told))


def _attestations(told: Told) -> Iterator[Sequence[Value]]:
    for one in told.document["attestations"]:
        if one["system"] in told.index.systems:
            yield (
                one["id"],
                told.words.name(told.index.systems[one["system"]]),
                one["requirement"],
                one["officer"],
                one["document"],
                one["document_sha256"] or "",
                one["signed_on"],
                one["expires_on"],
                _valid(told, one["signed_on"], one["expires_on"]),
            )
