"""One practice city for all tests of this folder that need a real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import city, namespaces


def skip_without_machines() -> None:
    reason = namespaces.unavailable()
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def real() -> None:
    """Skips where no machines can be had, and says why."""
    skip_without_machines()


@pytest.fixture(scope="session")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The workspace of the whole practice city with all its faults."""
    skip_without_machines()
    workspace = tmp_path_factory.mktemp("practice") / "city"
    city.up(workspace)
    yield workspace
    city.down(workspace)
