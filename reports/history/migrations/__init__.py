"""The history's versions, for Alembic: `env` runs them, `versions` are the steps."""
