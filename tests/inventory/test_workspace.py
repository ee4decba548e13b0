"""A workspace is made, opened, and refused with a clear word where it cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inventory import workspace
from inventory.faults import BadInput
from inventory.load import load
from tests.cities import small_city


@pytest.mark.parametrize("tree", ["hcmc-2024", "hcmc-2025", "own"])
def test_a_new_workspace_is_valid(tmp_path: Path, tree: str) -> None:
    path = tmp_path / "new" / "city"
    workspace.init(path, tree)
    paths = workspace.opened(path)
    assert load(path).settings.tree == tree
    assert paths.keys.stat().st_mode & 0o777 == 0o700
    assert paths.runs.stat().st_mode & 0o777 == 0o700
    assert paths.known_hosts.is_file()


def uncommented(text: str) -> str:
    """The patterns of a commented file, set free: records and keys, not prose."""
    return re.sub(r"^# ?(?=[a-z]+:|  )", "", text, flags=re.M)


def test_the_patterns_in_a_new_workspace_can_be_used_as_they_stand(tmp_path: Path) -> None:
    workspace.init(tmp_path, "hcmc-2024")
    for file in (tmp_path / "city.yaml", *tmp_path.rglob("*s.yaml")):
        file.write_text(uncommented(file.read_text(encoding="utf-8")), encoding="utf-8")
    city = load(tmp_path)
    assert (len(city.assets), len(city.links), len(city.services), len(city.logins)) == (2, 1, 2, 1)
    assert (len(city.attestations), len(city.waivers)) == (1, 1)
    assert [target.id for target in city.targets if target.figure] == ["government.digital-signatures"]
    assert city.systems["tthc"].dossier is not None
    assert city.settings.hub is not None
    assert city.settings.agency.signer_name == "Nguyễn Văn A"


def test_init_adds_what_is_missing_and_keeps_what_is_there(tmp_path: Path) -> None:
    workspace.init(tmp_path, "own")
    (tmp_path / "waivers.yaml").unlink()
    mine = (tmp_path / "city.yaml").read_text(encoding="utf-8") + "# mine\n"
    (tmp_path / "city.yaml").write_text(mine, encoding="utf-8")
    workspace.init(tmp_path, "own")
    assert (tmp_path / "waivers.yaml").is_file()
    assert (tmp_path / "city.yaml").read_text(encoding="utf-8") == mine


def refused(path: Path, tree: str = "own") -> str:
    before = sorted(path.rglob("*")) if path.is_dir() else []
    with pytest.raises(BadInput) as caught:
        workspace.init(path, tree)
    assert before == (sorted(path.rglob("*")) if path.is_dir() else [])
    return str(caught.value)


def test_init_refuses_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("x")
    assert "not a workspace" in refused(tmp_path)
    assert "is a file" in refused(tmp_path / "letter.txt")


def test_init_refuses_another_tree_and_an_unknown_one(tmp_path: Path) -> None:
    workspace.init(tmp_path / "a", "hcmc-2024")
    assert "with tree 'hcmc-2024'" in refused(tmp_path / "a", "hcmc-2025")
    assert "hcmc-2024, hcmc-2025, own" in refused(tmp_path / "b", "hcmc-2023")
    assert not (tmp_path / "b").exists()


def test_init_says_where_it_may_not_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "cannot be written" in refused(tmp_path / "file" / "below")


def test_what_is_no_workspace_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no such folder\. Make a workspace there: rasoat init"):
        load(tmp_path / "nowhere")
    with pytest.raises(BadInput, match=r"no city\.yaml"):
        load(tmp_path)


def test_a_workspace_of_a_newer_version_is_not_opened(tmp_path: Path) -> None:
    path = small_city(tmp_path)
    text = (path / "city.yaml").read_text(encoding="utf-8")
    (path / "city.yaml").write_text("# first line\n" + text.replace("format: 1", "format: 2\nbells: true"), "utf-8")
    with pytest.raises(BadInput, match=r"city\.yaml:2: .*format 2.*update the program"):
        workspace.opened(path)
