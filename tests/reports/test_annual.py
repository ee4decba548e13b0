"""Form 08: what dossiers, runs and declarations say, in its columns; what nobody said is an open point."""

from __future__ import annotations

from datetime import date

import pytest

from inventory.annual import Annual, Declared, Office, Paper, Unit
from inventory.faults import BadInput
from reports import form08
from reports.annual import Form
from reports.month import Year
from reports.words import LANGUAGES, Language, Words
from tests.reports import documents

CHECKED = Declared(
    id="tthc",
    type="Phục vụ người dân",
    operator="Trung tâm Chuyển đổi số",
    decision_body="Ủy ban nhân dân Thành phố",
    regulation=Paper(number="45/QĐ", on=date(2026, 1, 15), body="Trung tâm"),
    implementation_expected_on=date(2027, 6, 30),
    checked=("periodically",),
    checked_on=date(2026, 9, 30),
    national_security=False,
    follows_regulation=True,
)


def form(*declared: Declared, offices: tuple[Office, ...] = ()) -> Form:
    said = Annual({one.id: one for one in offices}, {one.id: one for one in declared}, "0" * 64)
    return Form(documents.practice(), said)


def cells(made: Form, system: str) -> dict[str, str]:
    row = next(row for row in made.rows if row.system["id"] == system)
    return dict(zip(form08.COLUMNS, form08.cells(made, 1, row, Words("vi")), strict=True))


def test_a_year_of_reporting_runs_from_15_to_14_december() -> None:
    year = Year.of("2026")
    assert (year.first, year.last, str(year)) == (date(2025, 12, 15), date(2026, 12, 14), "2026")
    assert (Year.at(date(2026, 12, 14)), Year.at(date(2026, 12, 15))) == (year, Year.of("2027"))
    assert year.before == Year.of("2025")
    assert year.ended == "2026-12-14T16:59:59.000000Z" or year.ended.startswith("2026-12-14T16:59:59")


@pytest.mark.parametrize("text", ["26", "2026-10", "0999", "year", "２０２６"])
def test_what_is_no_year_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a year"):
        Year.of(text)


def test_the_general_part_counts_each_step_with_all_that_went_further() -> None:
    states = [one["dossier"]["state"] if one["dossier"] else None for one in documents.practice()["systems"]]
    counts = form(CHECKED).counts
    assert counts["managed"] == len(states)
    assert counts["drafted"] == len([one for one in states if one])
    assert counts["appraised"] == states.count("approved") + states.count("appraised")
    assert counts["approved"] == states.count("approved")
    assert (counts["classified"], counts["checked"]) == (1, 1)


def test_a_check_of_another_year_does_not_count_but_one_before_use_does() -> None:
    old = {"checked_on": date(2025, 12, 14)}
    assert form(CHECKED.model_copy(update=old)).counts["checked"] == 0
    both = {**old, "checked": ("before_use", "periodically")}
    assert cells(form(CHECKED.model_copy(update=both)), "tthc")["checked"].startswith("trước khi đưa vào sử dụng")
    future = {"checked_on": date(2026, 12, 15), "checked": ("before_use",)}
    assert cells(form(CHECKED.model_copy(update=future)), "tthc")["checked"] == "chưa kiểm tra"


def test_all_are_expected_by_the_last_day_only_if_each_has_one() -> None:
    waiting = [row.system["id"] for row in form().rows if not row.approved]
    days = [Declared(id=one, approval_expected_on=date(2027, 1, n + 1)) for n, one in enumerate(waiting)]
    assert form(*days).all_approved_by == date(2027, 1, len(waiting))
    assert form(*days[:-1]).all_approved_by is None


def test_the_columns_say_what_is_known() -> None:
    found = cells(form(CHECKED), "tthc")
    assert found["decision"] == "Số 123/QĐ-UBND, ngày 04/03/2025, Ủy ban nhân dân Thành phố"
    assert found["regulation"] == "Số 45/QĐ, ngày 15/01/2026, Trung tâm"
    assert (found["level"], found["state"], found["approval_expected"]) == ("3", "Đã được phê duyệt", "–")
    assert (found["plan"], found["implementation_expected"]) == ("Đã triển khai một số hạng mục", "30/06/2027")
    assert found["checked"] == "định kỳ"


def test_what_nobody_said_is_open_and_no_cell_is_blank() -> None:
    made = form(CHECKED)
    assert all(cell for row in made.rows for cell in form08.cells(made, 1, row, Words("vi")))
    points: dict[str, set[str]] = {point.subject: set() for point in made.open()}
    for point in made.open():
        points[point.subject].add(point.what)
    assert "tthc" not in points
    assert {"column.operator", "column.approval_expected_on", "column.level"} <= points["lan-769"]
    assert "column.decision_body" not in points["lan-769"]
    assert points["760"] >= {"office.mandate", "office.specialised"}


def test_a_whole_office_is_not_open() -> None:
    body = {"mandate": "QĐ 1", "representative": "A", "post": "B", "address": "C", "phone": "D", "email": "e@f"}
    office = Office(id="760", **body, specialised=Unit(name="G", **{**body, "email": None}))
    points = [point.what for point in form(CHECKED, offices=(office,)).open() if point.subject == "760"]
    assert points == ["specialised.email"]


def test_a_plan_that_could_not_be_measured_is_never_fully_implemented() -> None:
    document = documents.judge(documents.practice(), {}, {"dc-tthc-1": "timeout"})
    row = next(row for row in Form(document, Annual()).rows if row.system["id"] == "tthc")
    assert row.plan == "partly"
    assert row.unknown
    assert row.met + row.unknown == row.total


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_open_point_has_its_words(lang: Language) -> None:
    office = Office(id="79", specialised=Unit(name="G"))
    assert all(what for _, what in form08.open_points(form(offices=(office,)), Words(lang)))
