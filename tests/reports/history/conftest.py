"""Both kinds of places that a history can be kept in, for real."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inventory.history import HistoryPlace
from tests.reports.history import server
from tests.reports.history.server import Server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server.running() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> HistoryPlace:
    """A place where there is no history yet."""
    if request.param == "sqlite":
        return HistoryPlace()
    monkeypatch.setenv(server.SECRET, server.PASSWORD)
    running: Server = request.getfixturevalue("postgres")
    return running.empty()
