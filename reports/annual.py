"""The annual report on the protection of systems by level: Form 08 of NĐ 331/2026/NĐ-CP, Art. 35-36, as one view.

Read in a transcription, not in the Gazette: every number of a clause or column is unverified, and the report says so.
The period is 15 December to 14 December. What dossiers, runs and declarations do not tell is an open point, never a
blank that looks like an answer. Pure: a document and the declarations, nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from inventory.annual import Annual, Body, Checked, Declared, Office
from reports import plans
from reports.document import Document, Dossier, System, day_of
from reports.index import Index
from reports.month import Year

ORDER = ("draft", "submitted", "appraised", "approved")
Counted = Literal["managed", "classified", "drafted", "appraised", "approved", "checked"]
BODY_FIELDS = ("mandate", "representative", "post", "address", "phone", "email")


@dataclass(frozen=True, slots=True)
class Open:
    """One thing that the form asks for and nobody has told: of which system or office, and which column or field."""

    subject: str
    what: str


@dataclass(frozen=True, slots=True)
class Row:
    """One system in the twelve columns of the table. None or empty where it does not apply or is not known."""

    system: System
    owner: str
    declared: Declared
    level: int | None
    state: str
    dossier: Dossier | None
    plan: Literal["fully", "partly", "not"]
    checked: tuple[Checked, ...]
    met: int
    total: int
    unknown: int

    @property
    def approved(self) -> bool:
        return self.state == "approved"


@dataclass(frozen=True)
class Form:
    """What the form says of the systems in the document's scope."""

    document: Document
    declared: Annual

    @cached_property
    def index(self) -> Index:
        return Index(self.document)

    @cached_property
    def year(self) -> Year:
        """The year of reporting in which the document was measured."""
        return Year.at(day_of(self.document["run"]["ended"]))

    @property
    def is_early(self) -> bool:
        """The document ends before the period does: what comes until then is not in it."""
        return day_of(self.document["run"]["ended"]) < self.year.last

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The systems by owner and id."""
        systems = sorted(self.index.systems.values(), key=lambda one: (one["owner"], one["id"]))
        return tuple(self._row(system) for system in systems)

    def _row(self, system: System) -> Row:
        dossier = system["dossier"]
        judged = tuple(plans.judge(self.index, system))
        declared = self.declared.systems.get(system["id"]) or Declared(id=system["id"])
        return Row(
            system=system,
            owner=system["owner"],
            declared=declared,
            level=system["level"] or (dossier["level"] if dossier else None),
            state=dossier["state"] if dossier else "none",
            dossier=dossier,
            plan=plans.state(judged),
            checked=declared.checked if self._in_period(declared) else (),
            met=sum(one.met is True for one in judged),
            total=len(judged),
            unknown=sum(one.met is None for one in judged),
        )

    def _in_period(self, declared: Declared) -> bool:
        """A check before use counts whenever it was, a periodic one in the year reported on."""
        day = declared.checked_on
        if day is None or day > self.year.last:
            return False
        return day >= self.year.first or "before_use" in declared.checked

    @cached_property
    def counts(self) -> dict[Counted, int]:
        """Lines (a) to (f) of the general part."""
        reached = Counter(ORDER.index(row.state) for row in self.rows if row.state in ORDER)
        at_least = [sum(n for state, n in reached.items() if state >= step) for step in range(len(ORDER))]
        checked = sum(row.approved and "periodically" in row.checked for row in self.rows)
        return {
            "managed": len(self.rows),
            "classified": sum(row.declared.type is not None for row in self.rows),
            "drafted": at_least[ORDER.index("draft")],
            "appraised": at_least[ORDER.index("appraised")],
            "approved": at_least[ORDER.index("approved")],
            "checked": checked,
        }

    @property
    def all_approved_by(self) -> date | None:
        """Line (g): the day by which all are expected to be approved; None where one of the open ones has no day."""
        days = [row.declared.approval_expected_on for row in self.rows if not row.approved]
        return max((day for day in days if day), default=None) if all(days) else None

    @property
    def all_approved(self) -> bool:
        return all(row.approved for row in self.rows)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """The sites that own a system in scope."""
        return tuple(dict.fromkeys(row.owner for row in self.rows))

    def office(self, site: str) -> Office:
        return self.declared.offices.get(site) or Office(id=site)

    def open(self) -> Iterator[Open]:
        """Everything that the form asks for and nobody has told, offices first."""
        for site in self.owners:
            office = self.office(site)
            yield from (Open(site, f"office.{name}") for name in _empty(office))
            if office.specialised is None:
                yield Open(site, "office.specialised")
            else:
                yield from (Open(site, f"specialised.{name}") for name in _empty(office.specialised))
        for row in self.rows:
            yield from (Open(row.system["id"], f"column.{name}") for name in _missing(row))

    def criteria(self, row: Row) -> list[plans.Judged]:
        """The requirements of a system's approved plan, judged one by one (Art. 36.9 and 36.10)."""
        return [*plans.judge(self.index, row.system)]


def _empty(body: Body) -> Iterator[str]:
    yield from (name for name in BODY_FIELDS if getattr(body, name) is None)


def _missing(row: Row) -> Iterator[str]:
    """The columns of one system that should say something and do not."""
    declared = row.declared
    wanted = {
        "type": declared.type,
        "operator": declared.operator,
        "level": row.level,
        "regulation": declared.regulation,
        "national_security": declared.national_security,
        "follows_regulation": declared.follows_regulation,
    }
    yield from (name for name, value in wanted.items() if value is None)
    if row.approved and declared.decision_body is None:
        yield "decision_body"
    if not row.approved and declared.approval_expected_on is None:
        yield "approval_expected_on"
    if row.plan != "fully" and declared.implementation_expected_on is None:
        yield "implementation_expected_on"
    if not row.checked:
        yield "checked"
