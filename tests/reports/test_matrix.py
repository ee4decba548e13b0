"""The table of interconnection: a row a site, a cell a service, the worst that was said, and by whom."""

from __future__ import annotations

from hypothesis import given, settings
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


@settings(deadline=None, max_examples=30)
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


def test_an_outside_end_concerns_only_the_sites_that_use_it() -> None:
    document = documents.practice()
    document["services"].append({**document["services"][0], "id": "cong-quoc-gia", "used_by": ["tthc"]})
    users = [one for one in document["assets"] if "tthc" in one["systems"]]
    pattern = next(one for one in document["findings"] if one["check"] == "service.answers@lgsp")
    for one in users:
        document["findings"].append({**pattern, "asset": one["id"], "check": "service.answers@cong-quoc-gia"})
    before = {site: paths.proven(Index(documents.practice()), site, PLAIN) for site in Index(document).scope}
    for row in of(document).rows:
        cell = row.cells[-1]
        assert (cell.status == "not_applicable") == (row.site not in {one["site"] for one in users})
        assert paths.proven(Index(document), row.site, PLAIN) == before[row.site]


def test_where_no_device_stands_a_server_there_is_the_witness() -> None:
    document = documents.practice()
    document["sites"].append(documents.site("27000", "Phường thuê thiết bị", "ward", "760"))
    document["assets"].append(documents.asset("w27000-web-1", "27000", "server", ["lan-760"]))
    card = document["checks"]["service.answers"]
    document["checks"]["route.from_server"] = {**card, "kind": ["server"], "each": "path"}
    pattern = next(one for one in document["findings"] if one["check"] == "service.answers@lgsp")
    seen = {**pattern, "asset": "w27000-web-1", "status": "pass", "cause": None}
    document["findings"].append({**seen, "check": "service.answers@lgsp"})  # type: ignore[typeddict-item]
    assert paths.proven(Index(document), "27000", PLAIN) is None
    document["findings"].append({**seen, "check": "route.from_server"})  # type: ignore[typeddict-item]
    assert paths.proven(Index(document), "27000", PLAIN) is True
    row = {row.site: row for row in of(document).rows}["27000"]
    assert (row.path.status, row.path.asset) == ("pass", "w27000-web-1")


def test_a_device_that_cannot_try_leaves_the_answer_to_a_server_and_only_then() -> None:
    document = documents.practice()
    here = [one for one in document["findings"] if one["check"] == "service.answers@lgsp"]
    mute = next(one for one in here if one["asset"] == "q1-edge-1")
    mute["status"], mute["cause"] = "unknown", "unsupported_platform"
    site = next(one["site"] for one in document["assets"] if one["id"] == "q1-edge-1")
    others = [one for one in here if one["asset"] == "q1-web-1"]
    assert [asset for asset, _ in paths.askers(Index(document), site, "lgsp")] == [one["asset"] for one in others]
    mute["cause"] = "timeout"
    assert "q1-edge-1" in [asset for asset, _ in paths.askers(Index(document), site, "lgsp")]
