"""Protection plans: each requirement of a system's level, how the plan meets it, and whether it is met."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from reports.document import Attestation, Dossier, Finding, Requirement, System
from reports.index import Index, ended_on
from reports.judging import PLAIN, Lens, Verdict, all_of, verdict

How = Literal["probed", "attested", "both", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One requirement of one plan. `how` it is met: by checks, by a person's word, by both, or it does not apply.

    `probed` is what its checks say (None: could not be told, or none are asked); `vouched` is False where a person's
    word is owed and missing. It is `met` when all that is owed is there; None could not be told.
    """

    requirement: Requirement
    how: How
    met: Verdict
    probed: Verdict
    vouched: bool

    @property
    def is_probed(self) -> bool:
        return self.how in ("probed", "both")

    @property
    def is_attested(self) -> bool:
        return self.how in ("attested", "both")


def approved(system: System) -> Dossier | None:
    """The system's approved dossier, if it has one."""
    dossier = system["dossier"]
    return dossier if dossier is not None and dossier["state"] == "approved" else None


def demanded(index: Index, system: System) -> Iterator[Requirement]:
    """The requirements of the run's standard at the system's level."""
    level = level_of(system)
    for requirement in sorted(index.document["requirements"], key=lambda r: r["id"]):
        if level in requirement["levels"]:
            yield requirement


def level_of(system: System) -> int | None:
    """The system's level; the dossier's, where the system has none."""
    dossier = system["dossier"]
    return system["level"] or (dossier["level"] if dossier else None)


def judge(index: Index, system: System, lens: Lens = PLAIN) -> Iterator[Judged]:
    """Every requirement that the system's approved plan must meet, judged as the plan says; none without one."""
    dossier = approved(system)
    if dossier is None:
        return
    deviations = {item["requirement"]: item["how"] for item in dossier["plan"]}
    for requirement in demanded(index, system):
        how = how_met(requirement["checks"], requirement.get("attested"), deviations.get(requirement["id"]))
        yield _judged(index, system, requirement, how, lens)


def how_met(checks: Sequence[str], attested: object | None, deviation: str | None) -> How:
    """As the plan says; by default probed where a machine can see it, attested where it cannot, and both where it sees
    a part. A plan that says `probed` does not take the person's part away.
    """
    if deviation in ("attested", "not_applicable"):
        return cast(How, deviation)
    if not checks:
        return "attested"
    return "both" if attested else "probed"


def _judged(index: Index, system: System, requirement: Requirement, how: How, lens: Lens) -> Judged:
    owed = how in ("attested", "both")
    probed = _probed(index, system, requirement, lens) if how in ("probed", "both") else None
    vouched = not owed or (lens.attestations and _attested(index, system, requirement))
    parts = {"probed": (probed,), "attested": (vouched,), "both": (probed, vouched), "not_applicable": (True,)}
    return Judged(requirement, how, all_of(parts[how]), probed, vouched)


def _attested(index: Index, system: System, requirement: Requirement) -> bool:
    months, today = interval(requirement, system), ended_on(index.document)
    return any(vouches(one, months, today) for one in attestations(index, system["id"], requirement["id"]))


def interval(requirement: Requirement, system: System) -> int | None:
    """In months, how often a person has to look at it anew at the system's level; None where that is not said."""
    return requirement.get("every_months", {}).get(str(level_of(system)))


def vouches(one: Attestation, months: int | None, today: str) -> bool:
    """Whether the statement holds on the day `today` (ISO): signed, not ended, and no older than the interval."""
    oldest = "" if months is None else _months_before(date.fromisoformat(today), months).isoformat()
    return oldest <= one["signed_on"] <= today <= one["expires_on"]


def _months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def attestations(index: Index, system: str, requirement: str) -> Iterator[Attestation]:
    """Every attestation of a requirement of a system, valid or not."""
    for one in index.document["attestations"]:
        if one["system"] == system and one["requirement"] == requirement:
            yield one


def _probed(index: Index, system: System, requirement: Requirement, lens: Lens) -> Verdict:
    """Every finding of its checks on every asset of the system, as one."""
    owed = {f"{asset}/{check}": finding for asset, check, finding in probes(index, system, requirement)}
    return verdict({key: finding for key, finding in owed.items() if finding}, owed, lens)


def probes(index: Index, system: System, requirement: Requirement) -> Iterator[tuple[str, str, Finding | None]]:
    """(asset, check, finding) of everything that a requirement's checks owe on the system's assets; None is missing."""
    for asset in index.of_system.get(system["id"], ()):
        for name in requirement["checks"]:
            for check in index.expected_of(asset, name):
                yield asset["id"], check, index.found.get(asset["id"], {}).get(check)


def implemented(judged: Sequence[Judged]) -> Verdict:
    """Whether the plan as a whole is implemented; a plan without requirements is not."""
    return all_of(one.met for one in judged)


def state(judged: Sequence[Judged]) -> Literal["fully", "partly", "not"]:
    """`fully`, `partly` or `not`, as NĐ 331/2026 Art. 36(5) asks; what the plan excludes does not make it `partly`."""
    if implemented(judged):
        return "fully"
    return "partly" if any(one.met and one.how != "not_applicable" for one in judged) else "not"
