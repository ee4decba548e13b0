"""Where a city's history is kept. No secret stands here, only where it is kept."""

from __future__ import annotations

from typing import Self
from urllib.parse import parse_qs, urlsplit

from pydantic import model_validator

from inventory.fields import Record, Text

CONNECTION = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "application_name"})
"""What a database's address may settle beside user, host and name."""


class HistoryPlace(Record):
    """Where the history is kept: in the workspace, or in a PostgreSQL database (`postgresql://user@host:5432/name`).

    `password` names a secret, never holds one, and nor does the address.
    """

    url: Text | None = None
    password: Text | None = None

    @model_validator(mode="after")
    def _names_a_database_and_no_secret(self) -> Self:
        if self.url is None:
            if self.password is not None:
                raise ValueError("'password' is of no use without 'url'")
            return self
        parts = urlsplit(self.url)
        if parts.scheme != "postgresql" or not parts.hostname or parts.port == 0 or not parts.path.strip("/"):
            raise ValueError("'url' must be of the form postgresql://user@host:5432/name")
        if parts.password is not None or not parse_qs(parts.query).keys() <= CONNECTION:
            raise ValueError(f"'url' may hold no password, and of settings only {', '.join(sorted(CONNECTION))}")
        return self
