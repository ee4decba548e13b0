"""One throw-away machine for each file of tests: it starts in a third of a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.playbooks import machine as machines


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[machines.Machine]:
    if not machines.possible():
        pytest.skip("namespaces need root here")
    with machines.machine(tmp_path_factory.mktemp("workspace")) as running:
        yield running


@pytest.fixture(autouse=True)
def private(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A temporary folder of its own for what a play writes: empty again when the test ends."""
    folder = tmp_path_factory.mktemp("t")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield str(folder)
    assert list(folder.iterdir()) == []
