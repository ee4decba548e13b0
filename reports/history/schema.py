"""The version of a history's tables: made where there are none, brought up where they are older, refused otherwise."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, MetaData, inspect, text

from reports.history.tables import PREFIX, VERSION_TABLE, metadata

HEAD = "0002"
OLDER = ("0001",)


class Damaged(Exception):
    """The history is not what this program keeps: it has to be built anew. Says why."""


def ready(connection: Connection) -> bool:
    """Make or bring up the tables, and tell whether that was to be done.

    Raises `Damaged` where they are of no version that leads here, or not whole.
    """
    ours = {name for name in inspect(connection).get_table_names() if name.startswith(PREFIX)}
    version = _version(connection) if VERSION_TABLE in ours else None
    if version is None and ours:
        raise Damaged("its tables are not whole")
    if version not in {None, HEAD, *OLDER}:
        raise Damaged(f"it is of another version ({version}) than this program's ({HEAD})")
    if version != HEAD:
        upgrade(connection)
        return True
    if not _is_whole(connection, ours):
        raise Damaged("its tables are not whole")
    return False


def drop(connection: Connection) -> None:
    """Take away every table of a history, of whatever version; what else is in the database stays."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name.startswith(PREFIX))
    found.drop_all(connection)


def _is_whole(connection: Connection, found: set[str]) -> bool:
    """Every table is there, with every column."""
    inspector = inspect(connection)
    return metadata.tables.keys() <= found and all(
        {column.name for column in table.columns} <= {column["name"] for column in inspector.get_columns(name)}
        for name, table in metadata.tables.items()
    )


def _version(connection: Connection) -> str | None:
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - our own name


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the tables up to this version, from whatever is there."""
    # a quarter of a second, paid once a workspace and once a version
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
