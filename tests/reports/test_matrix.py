"""The table of interconnection: a row a site, a cell a service, the worst that was said, and by whom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reports import paths
from reports.document import Document
from reports.index import Index
from reports.judging import PLAIN
from reports.matrix import Cell, Matrix, matrix
from tests.reports import documents

STATUSES = ("pass", "fail", "unknown")


def of(document: Document) -> Matrix:
    return matrix(Index(document))


def test_every_site_has_a_row_and_every_service_a_column() -> None:
    document = documents.practice()
    made = of(document)
    assert [row.site for row in made.rows] == list(Index(document).scope)
    assert [service["id"] for service in made.services] == [one["id"] for one in document["services"]]
    assert {len(row.cells) for row in made.rows} == {len(made.services)}


def test_a_dead_device_gives_its_cause_and_its_name() -> None:
    rows = {row.site: row for row in of(documents.practice()).rows}
    (cell,) = rows["26956"].cells
    assert (cell.status, cell.cause, cell.asset) == ("unknown", "timeout", "w26956-edge-1")
    assert (rows["26956"].path.status, rows["26956"].path.cause) == ("unknown", "timeout")


def test_a_failing_link_fails_the_path_and_says_where_it_was_seen() -> None:
    path = {row.site: row.path for row in of(documents.practice()).rows}["26905"]
    assert (path.status, path.asset) == ("fail", "w26905-edge-1")
    assert path.check in {"link.up@w26905-up", "link.adjacency@w26905-up"}


def test_the_city_has_no_path_upwards_and_an_empty_site_is_unmeasured() -> None:
    document = documents.practice()
    document["sites"].append(documents.site("27000", "Phường không có thiết bị", "ward", "760"))
    rows = {row.site: row for row in of(document).rows}
    assert rows["79"].path == Cell("not_applicable")
    assert rows["27000"].path == Cell("unknown", "not_run")
    assert set(rows["27000"].cells) == {Cell("unknown", "not_run")}


def test_of_two_links_one_that_holds_is_a_path() -> None:
    document = documents.practice()
    second = documents.link("26905", "w26905-edge-1", "bt-edge-1")
    second["id"] = "w26905-second"
    document["links"].append(second)
    for finding in [one for one in document["findings"] if one["check"].endswith("@w26905-up")]:
        there = {**finding, "check": finding["check"].replace("w26905-up", "w26905-second"), "status": "pass"}
        document["findings"].append({**finding, **there})  # type: ignore[typeddict-item]
    path = {row.site: row.path for row in of(document).rows}["26905"]
    assert path.status == "pass"


@given(st.data())
def test_a_row_is_wholly_good_exactly_where_the_score_calls_the_site_interconnected(data: st.DataObject) -> None:
    """No cell hides what keeps a site from being interconnected, and none invents it."""
    document = documents.practice()
    for finding in document["findings"]:
        if finding["check"].startswith(("link.", "service.", "route.")):
            finding["status"] = data.draw(st.sampled_from(STATUSES)) if data.draw(st.booleans()) else "pass"
            finding["cause"] = "timeout" if finding["status"] == "unknown" else None
    index = Index(document)
    for row in matrix(index).rows[1:]:
        good = {row.path.status, *(cell.status for cell in row.cells)} == {"pass"}
        assert good == (paths.proven(index, row.site, PLAIN) is True)
