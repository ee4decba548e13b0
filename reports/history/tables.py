"""What the history keeps. Days and instants are ISO text; documents are JSON text; a run is named by its number `n`.

A *track* is a line of runs whose findings may follow one another: one mode, one standard. Runs that were judged again
by the same standard are listed, and stand in no track. What an asset or a finding was is kept as *spells*: a row from
the run `first` in which it was found so, until the run `until` (None: to this day) in which it was found otherwise.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()
PREFIX = "rasoat_"
VERSION_TABLE = f"{PREFIX}version"

tracks = Table(
    f"{PREFIX}track",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("standard", Text, nullable=False),
    UniqueConstraint("mode", "standard", name=f"{PREFIX}track_is_one"),
)

runs = Table(
    f"{PREFIX}run",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("manifest_sha256", Text, nullable=False),
    Column("track", Integer, ForeignKey(tracks.c.n)),
    Column("started", Text, nullable=False),
    Column("ended", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("selection", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("standard", Text, nullable=False),
    Column("catalogue_sha256", Text, nullable=False),
    Column("inventory_sha256", Text, nullable=False),
    Column("program", Text, nullable=False),
    Column("judged_again", Text),
    Column("assets", Integer, nullable=False),
    Column("unreached", Integer, nullable=False),
    Column("findings", Integer, nullable=False),
    Column("scores", Text, nullable=False),
    Column("checks", Text, nullable=False),
    Column("failing", Integer, nullable=False, default=0),
    Column("reopened", Integer, nullable=False, default=0),
    Column("fixed", Integer, nullable=False, default=0),
)
"""`selection` is canonical; `judged_again` is the id of the run that was. `checks` counts findings, check → status.

`failing`, `reopened`, `fixed` count the pairs that, for all the track knows, began to fail for the first time, did so
again, and were put right in this run.
"""

assets = Table(
    f"{PREFIX}asset",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("track", Integer, ForeignKey(tracks.c.n), nullable=False),
    Column("asset", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("cause", Text),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("until", Integer),
    Column("seen", Integer),
    Column("dark_from", Integer),
    Index(f"{PREFIX}asset_of", "track", "asset", "first", unique=True),
)
"""`last` is the last run that looked at it, `seen` the last that could judge anything of it, `dark_from` the first of
those in a row since that could not.
"""

findings = Table(
    f"{PREFIX}finding",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("track", Integer, ForeignKey(tracks.c.n), nullable=False),
    Column("asset", Text, nullable=False),
    Column("checked", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("cause", Text),
    Column("first", Integer, nullable=False),
    Column("until", Integer),
    Column("fails_from", Integer),
    Column("times", Integer, nullable=False),
    Index(f"{PREFIX}finding_of", "track", "asset", "checked", "first", unique=True),
)
"""`fails_from` is the run in which it began to fail, if it was not seen good since; `times`, how often it began."""

months = Table(
    f"{PREFIX}month",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("key_sha256", Text, nullable=False, unique=True),
    Column("month", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("rulers", Text, nullable=False),
    Column("inventories", Text, nullable=False),
    Column("scores", Text, nullable=False),
)
"""Months that were composed before, so that a trend need not compose them again: the key is of all they depend on."""

seal = Table(
    f"{PREFIX}seal",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("sums", Text, nullable=False),
)
"""One row: what the other tables add up to, so that rows that were lost or changed are missed."""
