"""Bad input: one clear message, exit status 2, and nothing was run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cities import small_city
from tests.commands.places import closed, live
from tests.commands.program import called, rasoat
from tests.runner.peers import free_port, new_key

REFUSED = 2


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One city for all who only ask it for what it does not have; it has one run."""
    folder = closed(tmp_path_factory.mktemp("city"))
    assert rasoat("run", at=folder).status == 3
    return folder


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run --asset closed-2", "'closed-2'"),
        ("run --check ssh.root_login_of", "'ssh.root_login_of'"),
        ("run --scope 999", "'999'"),
        ("run --system tth", "'tth'"),
        ("run --level 1", "fits no asset"),
        ("run --resume 20200101T000000Z", "'20200101T000000Z'"),
        ("run --resume latest", "nothing to resume"),
        ("run --resume latest --asset closed-1", "leave the selection out"),
        ("report 20200101T000000Z", "'20200101T000000Z'"),
        ("report --format pdff", "'pdff'"),
        ("report --scope 999", "'999'"),
        ("verify 20200101T000000Z", "'20200101T000000Z'"),
        ("diff latest 20200101T000000Z", "'20200101T000000Z'"),
        ("fix", "--scope"),
        ("fix --asset closed-2", "closed-2"),
        ("fix --check ssh.root_login_of", "ssh.root_login_of"),
        ("fix --asset closed-1 --login nobody", "'nobody'"),
        ("prepare --asset closed-2 --public-key keys/audit.pub", "closed-2"),
        ("prepare --asset closed-1 --public-key keys/none.pub --login audit", "keys/none.pub"),
        ("prepare --asset closed-1 --public-key keys/audit --login audit", "public key"),
        ("release --asset closed-2", "closed-2"),
        ("collect --asset closed-2", "closed-2"),
        ("trust closed-2", "closed-2"),
        ("checks show ssh.root_login_of", "ssh.root_login_off"),
        ("inventory show 76", "'76'"),
        ("init . --tree hcmc-1975", "hcmc-1975"),
        ("init . --tree hcmc-2024", "city.yaml"),
        ("lab up", "real city"),
        ("lab score", "no practice city"),
        ("lab status", "no practice city"),
    ],
)
def test_what_is_not_there_is_named(workspace: Path, words: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    told = called(*words.split(), at=workspace, capfd=capfd)
    assert told.status == REFUSED, told
    assert said in told.message
    assert len([*(workspace / "runs").iterdir()]) == 1


@pytest.mark.parametrize(
    "words", ["run", "report", "fix --asset a", "verify", "diff a b", "trust", "inventory check", "checks list"]
)
def test_a_workspace_that_does_not_exist_is_named_with_what_to_do(
    tmp_path: Path, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    told = called(*words.split(), "--workspace", str(tmp_path / "none"), at=tmp_path, capfd=capfd)
    assert told.status == REFUSED
    assert str(tmp_path / "none") in told.message
    assert not (tmp_path / "none").exists()


def test_a_folder_that_is_no_workspace_is_told_so(tmp_path: Path) -> None:
    told = rasoat("run", at=tmp_path)
    assert told.status == REFUSED
    assert "rasoat init" in told.message
    assert [*tmp_path.iterdir()] == []


def test_a_workspace_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    workspace = closed(tmp_path / "city")
    city = workspace / "city.yaml"
    city.write_text(city.read_text(encoding="utf-8").replace("format: 1", "format: 2"), encoding="utf-8")
    before = sorted(workspace.rglob("*"))
    for verb in ("run", "report", "trust"):
        told = rasoat(verb, at=workspace)
        assert told.status == REFUSED
        assert "newer version" in told.message
        assert f"{city}:1" in told.message
    assert sorted(workspace.rglob("*")) == before


def test_every_fault_of_the_inventory_is_told_with_its_place(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    assets = workspace / "inventory/assets.yaml"
    text = assets.read_text(encoding="utf-8").replace("platform: debian", "platfrom: debian", 1)
    assets.write_text(text.replace('"26734"', '"26733"', 1), encoding="utf-8")
    told = rasoat("inventory", "check", at=workspace)
    assert told.status == REFUSED
    assert "platfrom" in told.message
    assert "'26733'" in told.message
    assert all(line.startswith(f"{assets}:") for line in told.message.splitlines())


def _missing(_key: Path) -> None:
    """Nothing is there."""


def _garbage(key: Path) -> None:
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n")


@pytest.mark.parametrize("make", [_missing, Path.mkdir, Path.touch, _garbage])
def test_a_key_that_cannot_be_read_is_named(tmp_path: Path, make: object) -> None:
    workspace = live(tmp_path / "city", {"one": free_port()}, key="keys/other")
    assert callable(make)
    make(workspace / "keys/other")
    told = rasoat("run", at=workspace)
    assert told.status == REFUSED
    assert f"{workspace}/keys/other: the key cannot be" in told.message
    assert [*(workspace / "runs").iterdir()] == []


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose key asks for a passphrase, which is in the environment."""
    login = "keys/other\n    passphrase: env:RASOAT_PASSPHRASE"
    workspace = live(tmp_path_factory.mktemp("locked") / "city", {"one": free_port()}, key=login)
    new_key(workspace / "keys/other").write_private_key(workspace / "keys/other", passphrase="đúng mật khẩu")
    return workspace


@pytest.mark.parametrize("secret", ["sai mật khẩu", "", None])
def test_a_wrong_passphrase_is_told_and_never_shown(locked: Path, secret: str | None) -> None:
    told = rasoat("run", at=locked, more={} if secret is None else {"RASOAT_PASSPHRASE": secret})
    assert told.status == REFUSED
    assert ("keys/other" if secret else "secret") in told.message
    assert not secret or secret not in told.message
    assert [*(locked / "runs").iterdir()] == []


def test_the_right_passphrase_opens_the_key(locked: Path) -> None:
    assert rasoat("run", at=locked, more={"RASOAT_PASSPHRASE": "đúng mật khẩu"}).status == 3
