"""Months that were composed once, kept by the digest of all that they depend on."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import date

from sqlalchemy import Connection, insert, select

from reports.history.tables import months
from reports.trend import Mark
from runner.canonical import encode


def known(keys: Collection[str]) -> Callable[[Connection], Mapping[str, Mark]]:
    """Those of the months with these keys that are kept."""

    def ask(connection: Connection) -> Mapping[str, Mark]:
        of = select(months).where(months.c.key_sha256.in_(keys))
        return {
            row.key_sha256: Mark(
                label=row.month,
                on=date.fromisoformat(row.day),
                scores=json.loads(row.scores),
                rulers=tuple(json.loads(row.rulers)),
                inventories=tuple(json.loads(row.inventories)),
            )
            for row in connection.execute(of)
        }

    return ask


def keep(connection: Connection, mode: str, found: Mapping[str, Mark]) -> None:
    """Keep these months, by their keys."""
    rows = [
        {
            "key_sha256": key,
            "month": mark.label,
            "mode": mode,
            "day": mark.on.isoformat(),
            "rulers": encode(mark.rulers).decode(),
            "inventories": encode(mark.inventories).decode(),
            "scores": encode(mark.scores).decode(),
        }
        for key, mark in found.items()
    ]
    connection.execute(insert(months), rows)
