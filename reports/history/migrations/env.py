"""What Alembic runs: the steps, over the connection that it was handed."""

from __future__ import annotations

from alembic import context

from reports.history.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
