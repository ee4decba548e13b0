"""Protection plans: each requirement of a system's level, how the plan meets it, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from reports.document import Attestation, Dossier, Finding, Requirement, System
from reports.index import Index, ended_on
from reports.judging import PLAIN, Lens, Verdict, all_of, verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """One requirement of one plan. `how` is probed, attested or not_applicable; None could not be told."""

    requirement: Requirement
    how: str
    met: Verdict


def approved(system: System) -> Dossier | None:
    """The system's approved dossier, if it has one."""
    dossier = system["dossier"]
    return dossier if dossier is not None and dossier["state"] == "approved" else None


def demanded(index: Index, system: System) -> Iterator[Requirement]:
    """The requirements of the run's standard at the system's level (the dossier's, where the system has none)."""
    dossier = system["dossier"]
    level = system["level"] or (dossier["level"] if dossier else None)
    for requirement in sorted(index.document["requirements"], key=lambda r: r["id"]):
        if level in requirement["levels"]:
            yield requirement


def judge(index: Index, system: System, lens: Lens = PLAIN) -> Iterator[Judged]:
    """Every requirement that the system's approved plan must meet, judged as the plan says; none without one."""
    dossier = approved(system)
    if dossier is None:
        return
    deviations = {item["requirement"]: item["how"] for item in dossier["plan"]}
    for requirement in demanded(index, system):
        how = how_met(requirement["checks"], deviations.get(requirement["id"]))
        yield Judged(requirement, how, _met(index, system, requirement, how, lens))


def how_met(checks: Sequence[str], deviation: str | None) -> str:
    """As the plan says; by default probed where a machine can see it, else attested."""
    if deviation in ("attested", "not_applicable"):
        return deviation
    return "probed" if checks else "attested"


def _met(index: Index, system: System, requirement: Requirement, how: str, lens: Lens) -> Verdict:
    if how == "not_applicable":
        return True
    if how == "attested":
        return lens.attestations and _attested(index, system["id"], requirement["id"])
    return _probed(index, system, requirement, lens)


def _attested(index: Index, system: str, requirement: str) -> bool:
    today = ended_on(index.document)
    return any(one["signed_on"] <= today <= one["expires_on"] for one in attestations(index, system, requirement))


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
