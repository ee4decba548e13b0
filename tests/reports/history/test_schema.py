"""The tables are those that the steps make, from any step on, and what is kept on the way stays."""

from __future__ import annotations

import importlib.resources
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select

from inventory.history import HistoryPlace
from inventory.workspace import Workspace
from reports import history
from reports.history import schema
from reports.history.asking import since
from reports.history.place import Place
from reports.history.tables import PREFIX, VERSION_TABLE, assets, findings, metadata, runs, seal, tracks
from tests.reports.history.lines import run
from tests.reports.kept import keep

WEB = ("q1-web-1", "ssh.root_login_off")
OLD = (tracks, runs, assets, findings, seal)


def steps() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(importlib.resources.files("reports.history") / "migrations"))
    return ScriptDirectory.from_config(config)


def test_the_steps_are_the_versions_that_the_program_knows() -> None:
    known = [script.revision for script in steps().walk_revisions()]
    assert known == [schema.HEAD, *reversed(schema.OLDER)]


def test_the_steps_lead_to_the_tables(tmp_path: Path, place: HistoryPlace) -> None:
    with Place(Workspace(tmp_path), place).begun() as connection:
        schema.ready(connection)
        found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(found, metadata) == []
    assert all(name.startswith(PREFIX) for name in metadata.tables)


@pytest.mark.parametrize("version", schema.OLDER)
def test_an_older_history_is_brought_up_and_keeps_what_it_has(
    tmp_path: Path, place: HistoryPlace, version: str
) -> None:
    """Shown by a run that was cleared away: only the history still knows of it."""
    first, second = (keep(tmp_path, run(day, {WEB: "fail"})) for day in (1, 2))
    with history.opened(tmp_path, place) as held:
        rows = held.ask(lambda connection: {table: connection.execute(select(table)).mappings().all() for table in OLD})
    (first / "results.json").unlink()
    with Place(Workspace(tmp_path), place).begun() as connection:
        schema.drop(connection)
        schema.upgrade(connection, version)
        for table in OLD:
            connection.execute(insert(table), [dict(row) for row in rows[table]])
    with history.opened(tmp_path, place) as held:
        assert held.notices == ()
        assert held.ask(lambda connection: connection.scalars(select(runs.c.id).order_by(runs.c.n)).all()) == [
            first.name,
            second.name,
        ]
        assert held.ask(since(run(2, {})["run"]))[0] == {WEB: date(2026, 10, 1)}
