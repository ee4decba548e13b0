"""What a report is compared with, and the line that it is the last point of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from inventory.history import HistoryPlace
from reports import history, subject
from reports import month as months
from reports.document import Document
from reports.subject import Subject
from reports.trend import Trend, slim
from tests.reports.kept import at, city, keep, set_status

CHECK = "ssh.root_login_off"
WEB = ("q1-web-1", CHECK)


def run(workspace: Path, day: str, *, fails: bool = False, dark: bool = False, **told: Any) -> Document:
    """A kept run of that day of 2026 (`10-05`)."""
    document = at(city(), f"2026-{day}T02:00:00Z", **told)
    if fails:
        set_status(document, "q1-web-1", "fail", CHECK)
    if dark:
        set_status(document, "q1-web-1", "unknown")
    keep(workspace, document)
    return document


@dataclass(frozen=True)
class Told:
    """A subject that has a trend, as every one has whose history can be used."""

    previous: Document | None
    trend: Trend


def told_of(found: Subject) -> Told:
    assert found.trend is not None
    return Told(found.previous, found.trend)


def of_run(workspace: Path, document: Document) -> Told:
    with history.opened(workspace, HistoryPlace()) as held:
        assert held.notices == ()
        return told_of(subject.of_run(held.runs, workspace / "runs" / document["run"]["id"], held))


def of_month(workspace: Path, month: str) -> Told:
    with history.opened(workspace, HistoryPlace()) as held:
        return told_of(subject.of_month(held.runs, month, "lab", held))


def test_the_earlier_run_is_the_latest_that_looked_at_the_same(tmp_path: Path) -> None:
    first = run(tmp_path, "10-01")
    run(tmp_path, "10-03", scope="760")
    run(tmp_path, "10-04", mode="live")
    run(tmp_path, "10-05", selection={"systems": [], "assets": [], "checks": ["ssh"], "level": None})
    told = run(tmp_path, "10-06")
    run(tmp_path, "10-07")
    found = of_run(tmp_path, told)
    assert found.previous is not None
    assert found.previous["run"]["id"] == first["run"]["id"]
    assert [point.label for point in found.trend.points] == [first["run"]["id"], told["run"]["id"]]
    assert of_run(tmp_path, first).previous is None


def test_a_run_judged_again_stands_in_no_line_but_its_own(tmp_path: Path) -> None:
    first = run(tmp_path, "10-01")
    mark = {"id": first["run"]["id"], "manifest_sha256": "0" * 64, "on": "2026-10-04T00:00:00.000Z"}
    again = at(city(), "2026-10-01T02:00:00Z", judged_again=mark)
    again["run"]["id"] = "20261004T000000Z"
    keep(tmp_path, again)
    told = of_run(tmp_path, run(tmp_path, "10-06"))
    assert [point.label for point in told.trend.points] == ["20261001T020000Z", "20261006T020000Z"]
    assert [point.label for point in of_run(tmp_path, again).trend.points] == ["20261004T000000Z"]


def test_points_say_where_ruler_and_inventory_changed(tmp_path: Path) -> None:
    run(tmp_path, "10-01")
    ruler = {"id": "tcvn-11930-2017", "version": "2026.2", "sha256": "1" * 64}
    run(tmp_path, "10-02", catalogue=ruler)
    told = run(tmp_path, "10-03", catalogue=ruler, inventory_sha256="2" * 64)
    points = of_run(tmp_path, told).trend.points
    assert [(one.ruler_changed, one.inventory_changed) for one in points] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert [one.on for one in points] == [date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3)]
    assert points[-1].scores["plans_implemented"]["items"] == []
    assert points[-1].scores["plans_implemented"]["by_site"] == told["scores"]["plans_implemented"]["by_site"]


def test_a_failure_lasts_until_it_is_seen_to_be_good(tmp_path: Path) -> None:
    run(tmp_path, "10-01", fails=True)
    run(tmp_path, "10-02")
    run(tmp_path, "10-03", fails=True)
    run(tmp_path, "10-04", dark=True)
    told = of_run(tmp_path, run(tmp_path, "10-05", fails=True))
    assert told.trend.failing_since == {WEB: date(2026, 10, 3)}


def test_an_asset_is_unreached_until_something_of_it_is_judged(tmp_path: Path) -> None:
    run(tmp_path, "10-01", dark=True)
    run(tmp_path, "10-02")
    run(tmp_path, "10-03", dark=True)
    told = of_run(tmp_path, run(tmp_path, "10-04", dark=True))
    assert told.trend.unreached_since == {"q1-web-1": date(2026, 10, 3)}


def test_a_month_is_the_last_of_a_line_of_months(tmp_path: Path) -> None:
    run(tmp_path, "08-20", fails=True)
    run(tmp_path, "09-01", fails=True)
    run(tmp_path, "10-05", fails=True)
    run(tmp_path, "10-20", dark=True)
    run(tmp_path, "11-02")
    told = of_month(tmp_path, "2026-10")
    assert [point.label for point in told.trend.points] == ["2026-08", "2026-09", "2026-10"]
    assert told.previous is not None
    assert told.previous["run"]["id"] == "2026-09"
    assert told.trend.failing_since == {WEB: date(2026, 8, 20)}


@pytest.mark.parametrize("site", ["760", "26740"])
def test_a_narrowed_trend_is_that_of_the_site(tmp_path: Path, site: str) -> None:
    told = run(tmp_path, "10-01", fails=True)
    (point,) = of_run(tmp_path, told).trend.narrowed(site).points
    score = point.scores["infrastructure_reviewed"]
    assert score["total"] == told["scores"]["infrastructure_reviewed"]["by_site"][site]["total"] > 0
    assert point.narrowed("nowhere").scores["infrastructure_reviewed"]["total"] == 0


def test_a_month_that_was_composed_before_is_not_composed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in ("07-01", "08-20", "09-01", "10-05"):
        run(tmp_path, day, fails=True)
    composed: list[str] = []
    compose = months.compose

    def counted(runs: Any, month: Any, *terms: Any) -> Document:
        composed.append(str(month))
        return compose(runs, month, *terms)

    monkeypatch.setattr(months, "compose", counted)
    first = of_month(tmp_path, "2026-10")
    assert sorted(composed) == ["2026-07", "2026-08", "2026-09", "2026-09", "2026-10"]
    composed.clear()
    assert of_month(tmp_path, "2026-10").trend == first.trend
    assert sorted(composed) == ["2026-09", "2026-10"]
    late = run(tmp_path, "08-21")
    composed.clear()
    again = of_month(tmp_path, "2026-10")
    assert sorted(composed) == ["2026-07", "2026-08", "2026-09", "2026-09", "2026-10"]
    assert again.trend.points[1].scores == slim(late["scores"])
