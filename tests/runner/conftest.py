"""One real sshd for all tests that only need to be let in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runner import peers


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Sshd]:
    with peers.sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running
