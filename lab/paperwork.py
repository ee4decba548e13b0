"""The dossiers, plans and attestations of the simulated whole city: a plain mix of what a real city would have.

None of it is a real dossier: numbers of decisions and officers say so, every system stays a sample, every result says
`simulated`. The mix follows the order of the systems alone, so that the same city comes out every time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import cycle
from typing import Any, Literal

from inventory.model import AssetKind
from lab import workspace

Paper = Literal["full", "part", "none", "appraised", "submitted", "draft", "missing"]
"""`full`, `part`, `none`: an approved dossier whose every requirement that takes a person's word has it, one in five,
none at all. The next three are states on the way there; `missing`: its owner has not proposed a level yet.
"""
MIX: Sequence[Paper] = (
    *("full", "part", "full", "appraised", "part", "full", "part", "submitted", "full", "part"),
    *("part", "full", "missing", "part", "full", "part", "none", "full", "draft", "part"),
)
APPROVED: Sequence[Paper] = ("full", "part", "none")
DECIDED = "2026-03-02"
NOT_BEGUN = "Chưa triển khai (dữ liệu mô phỏng)."


def papers(systems: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Paper]]:
    """Each of the systems (`id`, `level`) with the state that its papers are in."""
    yield from zip(systems, cycle(MIX), strict=False)


def dossiers(
    systems: Sequence[Mapping[str, Any]], kinds: Mapping[str, Collection[AssetKind]]
) -> Iterator[dict[str, Any]]:
    """What the workspace says of each system: dossier and plan; `kinds` are those of its assets."""
    for number, (system, paper) in enumerate(papers(systems), 1):
        record = {"id": system["id"], "sample": True}
        if paper == "missing":
            yield {**record, "level": None}
            continue
        level, approved = system["level"], paper in APPROVED
        decision = {"decision": f"{number}/QĐ-MÔ-PHỎNG", "approved_on": DECIDED} if approved else {}
        plan = _nothing_yet(level) if paper == "none" else workspace.deviations(level, kinds[system["id"]])
        state = "approved" if approved else paper
        yield record | {
            "dossier": {"state": state, "level": level, "standard": workspace.STANDARD, **decision, "plan": plan}
        }


def _nothing_yet(level: int) -> list[dict[str, str]]:
    """The plan of a system where nothing has begun: it waits for a person's word on everything."""
    return [{"requirement": one.id, "how": "attested", "reason": NOT_BEGUN} for one in workspace.requirements(level)]


def attestations(systems: Sequence[Mapping[str, Any]], today: date) -> Iterator[dict[str, Any]]:
    """The statements that the systems' officers have signed."""
    for system, paper in papers(systems):
        if paper in ("full", "part"):
            signed = [*workspace.attested(system["id"], system["level"], today)]
            yield from signed if paper == "full" else signed[::5]
