"""Runs, and what assets and findings were from run to run."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "rasoat_track",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("standard", sa.Text, nullable=False),
        sa.UniqueConstraint("mode", "standard", name="rasoat_track_is_one"),
    )
    op.create_table("rasoat_run", *_of_runs())
    op.create_table(
        "rasoat_asset",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("track", sa.Integer, sa.ForeignKey("rasoat_track.n"), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("asset", "site", "state")),
        sa.Column("cause", sa.Text),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("first", "last")),
        *(sa.Column(name, sa.Integer) for name in ("until", "seen", "dark_from")),
    )
    op.create_index("rasoat_asset_of", "rasoat_asset", ["track", "asset", "first"], unique=True)
    op.create_table(
        "rasoat_finding",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("track", sa.Integer, sa.ForeignKey("rasoat_track.n"), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("asset", "checked", "status")),
        sa.Column("cause", sa.Text),
        sa.Column("first", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Integer) for name in ("until", "fails_from")),
        sa.Column("times", sa.Integer, nullable=False),
    )
    op.create_index("rasoat_finding_of", "rasoat_finding", ["track", "asset", "checked", "first"], unique=True)
    op.create_table(
        "rasoat_seal", sa.Column("n", sa.Integer, primary_key=True), sa.Column("sums", sa.Text, nullable=False)
    )


def _of_runs() -> tuple[sa.Column[Any], ...]:
    texts = ("started", "ended", "day", "scope", "selection", "mode", "standard")
    digests = ("catalogue_sha256", "inventory_sha256", "program")
    return (
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("manifest_sha256", sa.Text, nullable=False),
        sa.Column("track", sa.Integer, sa.ForeignKey("rasoat_track.n")),
        *(sa.Column(name, sa.Text, nullable=False) for name in (*texts, *digests)),
        sa.Column("judged_again", sa.Text),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("assets", "unreached", "findings")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("scores", "checks")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("failing", "reopened", "fixed")),
    )
