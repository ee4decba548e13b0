"""Secrets come from where the city keeps them; no message says one."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret  # type: ignore[import-untyped]  # ships no type information

from inventory import secrets
from inventory.faults import BadInput

SECRET = "Mật-khẩu s3cret"


def refused(reference: str, workspace: Path) -> str:
    with pytest.raises(BadInput) as caught:
        secrets.resolve(reference, workspace)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def keep(path: Path, mode: int = 0o600, content: str = SECRET + "\n") -> Path:
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    return path


def test_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASOAT_TEST", SECRET)
    assert secrets.resolve("env:RASOAT_TEST", tmp_path) == SECRET
    monkeypatch.setenv("RASOAT_TEST", "")
    assert "is empty" in refused("env:RASOAT_TEST", tmp_path)
    monkeypatch.delenv("RASOAT_TEST")
    assert "'RASOAT_TEST'" in refused("env:RASOAT_TEST", tmp_path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_below_the_workspace_or_at_an_absolute_path(tmp_path: Path, mode: int) -> None:
    file = keep(tmp_path / "secret", mode)
    assert secrets.resolve("file:secret", tmp_path) == SECRET
    assert secrets.resolve(f"file:{file}", tmp_path / "elsewhere") == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700, 0o440])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    keep(tmp_path / "secret", mode)
    assert "chmod 600" in refused("file:secret", tmp_path)


def test_a_relative_path_stays_below_the_workspace(tmp_path: Path) -> None:
    keep(tmp_path / "secret")
    (tmp_path / "city").mkdir()
    assert "not below the workspace" in refused("file:../secret", tmp_path / "city")
    (tmp_path / "city" / "link").symlink_to(tmp_path / "secret")
    assert "not below the workspace" in refused("file:link", tmp_path / "city")
    assert "not below the workspace" in refused("file:missing", tmp_path / "city")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    (tmp_path / "secret").chmod(0o600)
    assert "cannot be read" in refused("file:secret", tmp_path)
    assert "cannot be read" in refused(f"file:{tmp_path}/none", tmp_path)


def test_systemd_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    keep(folder / "device", 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert secrets.resolve("file:device", tmp_path / "city") == SECRET


def test_a_command_answers_with_its_first_line_and_no_shell_reads_it(tmp_path: Path) -> None:
    keep(tmp_path / "store", content=f"{SECRET}\nsecond\n")
    assert secrets.resolve("cmd:cat store", tmp_path) == SECRET
    assert secrets.resolve("cmd:printf '%s' '$HOME; id'", tmp_path) == "$HOME; id"


@pytest.mark.parametrize("line", ["false", "no-such-program", "printf 'open", "cat none", " "])
def test_a_command_that_fails_is_said_without_its_words(tmp_path: Path, line: str) -> None:
    assert "failed" in refused(f"cmd:{line}", tmp_path)


def test_a_command_that_prints_nothing_is_refused(tmp_path: Path) -> None:
    assert "empty" in refused("cmd:true", tmp_path)
    assert SECRET not in refused(f"cmd:false '{SECRET}'", tmp_path)


def test_a_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    password = keep(tmp_path / "password", content="vault password\n")
    vault = VaultLib([("default", VaultSecret(b"vault password"))])
    (tmp_path / "vault.yml").write_bytes(vault.encrypt(f"device: {SECRET}\n".encode()))
    assert "ANSIBLE_VAULT_PASSWORD_FILE" in refused("vault:vault.yml#device", tmp_path)
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
    assert secrets.resolve("vault:vault.yml#device", tmp_path) == SECRET
    assert "no text under the key 'router'" in refused("vault:vault.yml#router", tmp_path)
    assert "cannot be opened" in refused("vault:none.yml#device", tmp_path)
    keep(password, content="wrong\n")
    assert "cannot be opened" in refused("vault:vault.yml#device", tmp_path)


@pytest.mark.parametrize("text", [SECRET, f"keyring:{SECRET}", "env:", "", f":{SECRET}", f"ENV:{SECRET}"])
def test_a_plain_secret_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    assert not secrets.is_reference(text)
    assert "env:NAME" in refused(text, tmp_path)
