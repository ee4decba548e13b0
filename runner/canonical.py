"""One way to write a thing as JSON, so that equal things have equal digests."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any


def encode(thing: Any) -> bytes:
    """`thing` as JSON: keys sorted, no spaces, ASCII only (so that lone surrogates and control characters survive)."""
    return json.dumps(thing, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def moment(when: datetime) -> str:
    """An instant as text, UTC to the millisecond: `2026-11-21T21:45:00.000Z`."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """The instant that `moment` wrote."""
    return datetime.fromisoformat(text)
