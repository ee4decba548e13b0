"""The history holds what runs/ holds, in a file and in PostgreSQL; what is wrong with it is built anew, and said."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from inventory.history import HistoryPlace
from inventory.workspace import Workspace
from reports import history
from reports.document import Document
from reports.history import asking, tables
from reports.history.place import Place
from reports.history.tables import assets, findings, runs
from tests.reports.history.lines import ASSETS, CHECKS, PAIRS, run, since
from tests.reports.kept import keep

WEB = ("q1-web-1", "ssh.root_login_off")
LOG = ("dc-log-1", "logs.retention")
Rows = Mapping[str, list[tuple[Any, ...]]]


def notices(workspace: Path, place: HistoryPlace, *, anew: bool = False) -> tuple[str, ...]:
    with history.opened(workspace, place, anew=anew) as held:
        return held.notices


def rows(workspace: Path, place: HistoryPlace) -> Rows:
    """All that the history keeps, without the numbers of its rows."""
    with history.opened(workspace, place) as held:
        return held.ask(
            lambda connection: {
                table.name: sorted((tuple(row[1:]) for row in connection.execute(select(table))), key=str)
                for table in (tables.runs, tables.assets, tables.findings)
            }
        )


def told(workspace: Path, place: HistoryPlace, document: Document) -> asking.Since:
    with history.opened(workspace, place) as held:
        return held.ask(asking.since(document["run"]))


@pytest.fixture
def kept(tmp_path: Path) -> list[Document]:
    """Four runs: a failure that is put right and comes back, a server that goes dark."""
    dark = {pair: "unknown" for pair in PAIRS if pair[0] == "dc-log-1"}
    documents = [
        run(1, {WEB: "fail"}),
        run(2, {LOG: "fail"}),
        run(3, {WEB: "fail", **dark}),
        run(4, {WEB: "fail", **dark}, assets=["dc-log-1"]),
    ]
    for document in documents:
        keep(tmp_path, document)
    return documents


def test_every_run_is_held_and_what_moved_in_it_is_counted(
    tmp_path: Path, kept: list[Document], place: HistoryPlace
) -> None:
    assert notices(tmp_path, place) == ()
    with history.opened(tmp_path, place) as held:
        moved = select(runs.c.id, runs.c.failing, runs.c.reopened, runs.c.fixed).order_by(runs.c.n)
        found = held.ask(lambda connection: connection.execute(moved).all())
    assert [tuple(row) for row in found] == [
        (kept[0]["run"]["id"], 1, 0, 0),
        (kept[1]["run"]["id"], 1, 0, 1),
        (kept[2]["run"]["id"], 0, 1, 0),
        (kept[3]["run"]["id"], 0, 0, 0),
    ]


def test_it_is_known_at_every_run_since_when(tmp_path: Path, kept: list[Document], place: HistoryPlace) -> None:
    for number, document in enumerate(kept, 1):
        assert told(tmp_path, place, document) == since(kept[:number])
    assert told(tmp_path, place, kept[3]) == (
        {WEB: date(2026, 10, 3), LOG: date(2026, 10, 2)},
        {"dc-log-1": date(2026, 10, 3)},
    )


def test_runs_taken_in_one_by_one_are_as_those_taken_in_at_once(tmp_path: Path, place: HistoryPlace) -> None:
    for number in range(1, 5):
        keep(tmp_path, run(number, {PAIRS[number % 3]: "fail", PAIRS[0]: "unknown"}))
        assert notices(tmp_path, place) == ()
    before = rows(tmp_path, place)
    assert notices(tmp_path, place, anew=True) == ()
    assert rows(tmp_path, place) == before


def test_a_run_that_comes_late_is_put_in_its_place(tmp_path: Path, kept: list[Document], place: HistoryPlace) -> None:
    away = tmp_path / "runs" / kept[1]["run"]["id"]
    away.rename(tmp_path / "away")
    notices(tmp_path, place)
    (tmp_path / "away").rename(away)
    (said,) = notices(tmp_path, place)
    assert said == (f"The history did not hold what runs/ holds (run '{away.name}' was missing): it was built anew.")
    assert told(tmp_path, place, kept[3]) == since(kept)


def test_a_run_that_is_gone_is_forgotten_but_not_one_that_was_cleared_away(
    tmp_path: Path, kept: list[Document], place: HistoryPlace
) -> None:
    notices(tmp_path, place)
    folder = tmp_path / "runs" / kept[0]["run"]["id"]
    for path in folder.iterdir():
        if path.name != "manifest.json":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert notices(tmp_path, place) == ()
    assert told(tmp_path, place, kept[3]) == since(kept)
    shutil.rmtree(folder)
    assert notices(tmp_path, place) == (
        f"The history did not hold what runs/ holds (run '{folder.name}' is not there): it was built anew.",
    )
    assert told(tmp_path, place, kept[3]) == since(kept[1:])


def test_a_run_that_was_another_is_taken_in_anew(tmp_path: Path, kept: list[Document], place: HistoryPlace) -> None:
    notices(tmp_path, place)
    shutil.rmtree(tmp_path / "runs" / kept[3]["run"]["id"])
    keep(tmp_path, run(4, {}))
    (said,) = notices(tmp_path, place)
    assert f"run '{kept[3]['run']['id']}' was another" in said
    assert told(tmp_path, place, kept[3]) == ({}, {})


def test_a_run_that_was_changed_is_left_out_and_said_each_time(
    tmp_path: Path, kept: list[Document], place: HistoryPlace
) -> None:
    path = tmp_path / "runs" / kept[1]["run"]["id"] / "results.json"
    path.write_text(path.read_text().replace('"fail"', '"pass"'))
    for _ in range(2):
        (said,) = notices(tmp_path, place)
        assert said.startswith(f"The history leaves out a run: run '{kept[1]['run']['id']}' is not as it was sealed")
    assert told(tmp_path, place, kept[3]) == since([kept[0], *kept[2:]])


def test_a_run_judged_again_is_listed_and_changes_nothing_else(
    tmp_path: Path, kept: list[Document], place: HistoryPlace
) -> None:
    before = rows(tmp_path, place)
    mark = {"id": kept[0]["run"]["id"], "manifest_sha256": "0" * 64, "on": "2026-10-09T00:00:00.000Z"}
    again = run(1, dict.fromkeys(PAIRS, "fail"))
    again["run"].update({"id": "20261009T000000Z", "judged_again": mark})  # type: ignore[typeddict-item]
    keep(tmp_path, again)
    assert notices(tmp_path, place) == ()
    after = rows(tmp_path, place)
    assert {name: after[name] for name in ("rasoat_asset", "rasoat_finding")} == {
        name: before[name] for name in ("rasoat_asset", "rasoat_finding")
    }
    assert [row[0] for row in after["rasoat_run"]] == [one["run"]["id"] for one in (*kept, again)]
    assert told(tmp_path, place, kept[3]) == since(kept)


def test_a_run_judged_by_another_standard_is_that_ones_word(tmp_path: Path, place: HistoryPlace) -> None:
    first, last = run(1, {WEB: "fail"}), run(3, {WEB: "fail"})
    again = []
    for document in (first, last):
        mark = {"id": document["run"]["id"], "manifest_sha256": "0" * 64, "on": "2026-10-09T00:00:00.000Z"}
        other = run(int(document["run"]["id"][7]), {LOG: "fail"})
        other["run"].update({"id": document["run"]["id"].replace("T0200", "T0201"), "judged_again": mark})  # type: ignore[typeddict-item]
        other["run"]["catalogue"] = {**other["run"]["catalogue"], "id": "tcvn-14423-2026"}
        again.append(other)
    for document in (first, again[1], last):
        keep(tmp_path, document)
    assert told(tmp_path, place, last)[0] == {WEB: date(2026, 10, 1)}
    assert told(tmp_path, place, again[1])[0] == {LOG: date(2026, 10, 3)}
    keep(tmp_path, again[0])
    (said,) = notices(tmp_path, place)
    assert f"run '{again[0]['run']['id']}' was missing" in said
    assert told(tmp_path, place, again[1])[0] == {LOG: date(2026, 10, 1)}
    assert told(tmp_path, place, last)[0] == {WEB: date(2026, 10, 1)}


def test_modes_and_standards_do_not_follow_one_another(tmp_path: Path, place: HistoryPlace) -> None:
    first = run(1, {WEB: "fail"})
    live = run(2, {WEB: "fail"})
    live["run"]["mode"] = "live"
    other = run(3, {})
    other["run"]["catalogue"]["id"] = "tcvn-14423-2026"
    last = run(4, {WEB: "fail"})
    for document in (first, live, other, last):
        keep(tmp_path, document)
    assert told(tmp_path, place, last)[0] == {WEB: date(2026, 10, 1)}
    assert told(tmp_path, place, live)[0] == {WEB: date(2026, 10, 2)}
    assert told(tmp_path, place, other)[0] == {}


def test_what_is_no_longer_listed_or_asked_is_no_longer_failing(tmp_path: Path, place: HistoryPlace) -> None:
    keep(tmp_path, run(1, {WEB: "fail", LOG: "fail"}))
    later = run(2, {LOG: "fail"})
    later["assets"] = [asset for asset in later["assets"] if asset["id"] != "q1-web-1"]
    later["findings"] = [f for f in later["findings"] if f["asset"] != "q1-web-1" and f["check"] != LOG[1]]
    keep(tmp_path, later)
    assert told(tmp_path, place, later) == ({}, {})


def test_a_run_of_a_part_ends_nothing_elsewhere(tmp_path: Path, place: HistoryPlace) -> None:
    keep(tmp_path, run(1, {WEB: "fail", LOG: "fail"}))
    part = run(2, {WEB: "fail"})
    part["run"]["scope"] = "760"
    part["assets"] = [asset for asset in part["assets"] if asset["site"] == "760"]
    part["findings"] = [f for f in part["findings"] if f["asset"] != "dc-log-1"]
    keep(tmp_path, part)
    narrow = run(3, {WEB: "fail"}, checks=[WEB[1]])
    keep(tmp_path, narrow)
    assert told(tmp_path, place, narrow)[0] == {WEB: date(2026, 10, 1), LOG: date(2026, 10, 1)}


@pytest.mark.parametrize(
    "harm",
    [
        delete(runs).where(runs.c.n == 2),
        delete(findings).where(findings.c.n == 3),
        delete(assets).where(assets.c.n == 1),
        update(findings).where(findings.c.status == "fail").values(status="pass"),
        update(assets).values(seen=1),
        text("DELETE FROM rasoat_seal"),
        text("DROP TABLE rasoat_finding"),
        text("DROP TABLE rasoat_version"),
        text("UPDATE rasoat_version SET version_num = '9999'"),
        text("ALTER TABLE rasoat_run RENAME COLUMN day TO date"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("kept")
def test_what_was_lost_or_changed_in_it_is_built_anew(tmp_path: Path, place: HistoryPlace, harm: Any) -> None:
    before = rows(tmp_path, place)
    with Place(Workspace(tmp_path), place).begun() as connection:
        connection.execute(text("CREATE TABLE cua_nguoi_khac (n INTEGER)"))
        connection.execute(harm)
    (said,) = notices(tmp_path, place)
    assert said.startswith("The history could not be read as it was (")
    assert notices(tmp_path, place) == ()
    assert rows(tmp_path, place) == before
    if place.url is not None:  # what is not ours in the database is left alone
        with Place(Workspace(tmp_path), place).begun() as connection:
            assert connection.scalar(text("SELECT count(*) FROM cua_nguoi_khac")) == 0


Changes = dict[tuple[str, str], str]
drawn = st.tuples(
    st.dictionaries(st.sampled_from(PAIRS), st.sampled_from(["fail", "unknown", "not_applicable"])),
    st.sets(st.sampled_from(ASSETS), max_size=2),
    st.sets(st.sampled_from(CHECKS), max_size=1),
)


@settings(max_examples=15, deadline=None)
@given(line=st.lists(drawn, min_size=1, max_size=6))
def test_the_history_is_what_the_documents_say_one_after_another(
    line: list[tuple[Changes, set[str], set[str]]],
) -> None:
    with TemporaryDirectory() as folder:
        documents = [run(day, changes, assets, checks) for day, (changes, assets, checks) in enumerate(line, 1)]
        for document in documents:
            keep(Path(folder), document)
        with history.opened(Path(folder), HistoryPlace()) as held:
            for number, document in enumerate(documents, 1):
                assert held.ask(asking.since(document["run"])) == since(documents[:number])
