"""annual.yaml: strict as every file of a workspace, each fault with its line; its pattern can be used as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from inventory import annual, workspace
from inventory.faults import BadInput
from inventory.load import load
from tests.inventory.test_workspace import uncommented

SITES, SYSTEMS = ("79", "760"), ("tthc",)


def read(folder: Path, text: str) -> annual.Annual:
    (folder / "annual.yaml").write_text(text, encoding="utf-8")
    return annual.read(folder, SITES, SYSTEMS)


def test_a_workspace_without_it_declares_nothing(tmp_path: Path) -> None:
    assert annual.read(tmp_path, SITES, SYSTEMS) == annual.Annual()


def test_the_pattern_in_a_new_workspace_can_be_used_as_it_stands(tmp_path: Path) -> None:
    workspace.init(tmp_path, "hcmc-2024")
    before = load(tmp_path).sha256
    found = read(tmp_path, uncommented((tmp_path / "annual.yaml").read_text(encoding="utf-8")))
    assert found.systems["tthc"].checked == ("before_use", "periodically")
    assert found.offices["79"].specialised is not None
    assert found.sha256 is not None
    assert load(tmp_path).sha256 == before


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("- a\n", 1, "not a mapping"),
        ("office: []\n", 1, "unknown key 'office'"),
        ("offices: 3\n", 1, "not a list"),
        ("systems:\n  - id: tthc\n    operater: A\n", 3, "operater"),
        ("systems:\n  - id: tthc\n    checked: [sometimes]\n    checked_on: 2026-01-02\n", 3, "checked"),
        ("systems:\n  - id: tthc\n    checked: [periodically]\n", 2, "checked_on"),
        ("systems:\n  - id: tthx\n", 2, "unknown system 'tthx'"),
        ("offices:\n  - id: '761'\n", 2, "unknown site '761'"),
        ("systems:\n  - {id: tthc}\n  - {id: tthc}\n", 3, "twice"),
        ("systems:\n  - id: tthc\n    regulation: {number: 1/QĐ, on: soon, body: B}\n", 3, "date"),
        ("systems:\n  - 5\n", 2, "not a record"),
    ],
)
def test_a_fault_is_said_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, text)
    (fault,) = caught.value.faults
    assert (fault.file.name, fault.line) == ("annual.yaml", line)
    assert said in str(fault)
    assert fault.mend
