"""Months that were composed before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    texts = ("month", "mode", "day", "rulers", "inventories", "scores")
    op.create_table(
        "rasoat_month",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("key_sha256", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
    )
