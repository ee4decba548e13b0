"""Secrets are fetched when they are needed, from where the city keeps them; an inventory only names the place.

A chain of providers: `env:NAME`, `file:PATH`, `cmd:COMMAND ARG…`, `vault:FILE#key`. No message repeats a secret, nor a
reference that may be one.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from inventory.faults import BadInput

MEND = "Write env:NAME, file:PATH, cmd:COMMAND or vault:FILE#key, and keep the secret itself there."
_PRIVATE = (0o600, 0o400)
_CREDENTIAL = (*_PRIVATE, 0o440)  # systemd admits a service's user by an ACL, which shows as a group's right to read
_COMMAND_SECONDS = 30


def is_reference(text: str) -> bool:
    """Whether `text` names a place for a secret; nothing is fetched."""
    provider, _, place = text.partition(":")
    return provider in _PROVIDERS and bool(place)


def resolve(reference: str, workspace: Path) -> str:
    """The secret that `reference` names. Raises `BadInput` where it cannot be had, or is empty."""
    if not is_reference(reference):
        raise BadInput(f"A login's secret is not a known reference. {MEND}")
    provider, _, place = reference.partition(":")
    secret = _PROVIDERS[provider](place, workspace)
    if not secret:
        raise BadInput(f"The secret '{provider}:…' is empty. Check what is kept there.")
    return secret


def _env(name: str, _workspace: Path) -> str:
    if name not in os.environ:
        raise BadInput(f"The environment variable '{name}', which holds a secret, is not set. Set it and try again.")
    return os.environ[name]


def _file(place: str, workspace: Path) -> str:
    path, modes = _located(place, workspace)
    try:
        mode = path.stat().st_mode & 0o777
        if mode not in modes:
            raise BadInput(f"{path} holds a secret, but others may use it (mode {mode:04o}). Run: chmod 600 {path}")
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The secret file {path} cannot be read as text. Check that it exists and is yours.") from error


def _located(place: str, workspace: Path) -> tuple[Path, tuple[int, ...]]:
    """An absolute path as it is; any other below the workspace or else below systemd's folder of credentials."""
    if Path(place).is_absolute():
        return Path(place), _PRIVATE
    folders: list[tuple[Path, tuple[int, ...]]] = [(workspace.resolve(), _PRIVATE)]
    if credentials := os.environ.get("CREDENTIALS_DIRECTORY"):
        folders.append((Path(credentials).resolve(), _CREDENTIAL))
    for folder, modes in folders:
        path = (folder / place).resolve()
        if path.is_relative_to(folder) and path.exists():
            return path, modes
    raise BadInput(f"The secret file '{place}' is not below the workspace. Put it there, or write its absolute path.")


def _cmd(line: str, workspace: Path) -> str:
    try:
        words = shlex.split(line)
        done = subprocess.run(
            words, cwd=workspace, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_SECONDS, check=True
        )
        return done.stdout.decode("utf-8").partition("\n")[0].removesuffix("\r")
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
        program = line.split(maxsplit=1)[0] if line.split() else line
        why = type(error).__name__  # its text would repeat the arguments or the output
        raise BadInput(f"The command '{program} …', which fetches a secret, failed ({why}). Run it by hand.") from None


def _vault(place: str, workspace: Path) -> str:
    # Costs a quarter of a second, so only for those who keep a vault; Ansible ships no type information.
    from ansible.errors import AnsibleError  # type: ignore[import-untyped]  # noqa: PLC0415
    from ansible.parsing.vault import VaultLib, VaultSecret  # type: ignore[import-untyped]  # noqa: PLC0415

    name, _, key = place.partition("#")
    password_file = os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE", "")
    if not password_file:
        raise BadInput("A secret is in a vault. Set ANSIBLE_VAULT_PASSWORD_FILE to the file with the vault's password.")
    password = _file(str(Path(password_file).absolute()), workspace).encode()
    try:
        content = (workspace / name).read_bytes()
        plain: Any = yaml.safe_load(VaultLib([("default", VaultSecret(password))]).decrypt(content))
    except (OSError, AnsibleError, yaml.YAMLError):
        raise BadInput(f"The vault '{name}' cannot be opened. Check the file and the vault's password.") from None
    if not isinstance(plain, dict) or not isinstance(plain.get(key), str):
        raise BadInput(f"The vault '{name}' has no text under the key '{key}'. Write vault:FILE#key.")
    return str(plain[key])


_PROVIDERS: Mapping[str, Callable[[str, Path], str]] = {"env": _env, "file": _file, "cmd": _cmd, "vault": _vault}
