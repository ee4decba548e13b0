"""What a login stands for once its secrets are resolved: held in memory alone, shown nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import asyncssh

from inventory import secrets
from inventory.faults import BadInput, Fault
from inventory.model import Login


@dataclass(frozen=True)
class Credentials:
    """One way to log in, tried once: the key if there is one, else the password, else the one key of the agent."""

    user: str
    sudo: bool = False
    key: Path | None = None
    certificate: Path | None = None
    passphrase: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that must not be found in anything that is kept."""
        return tuple(secret for secret in (self.passphrase, self.password) if secret)

    @cached_property
    def private_key(self) -> asyncssh.SSHKey | None:
        """The opened key, read once for all hosts. Raises `BadInput` where it cannot be opened."""
        if self.key is None:
            return None
        try:
            return asyncssh.read_private_key(self.key, self.passphrase)
        except OSError as error:
            raise _fault(self.key, f"the key cannot be read ({error.strerror})", "Put it there") from error
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
            raise _fault(self.key, f"the key cannot be opened ({error})", "Put the right one there") from error

    @cached_property
    def signed_key(self) -> asyncssh.SSHCertificate | None:
        """The certificate of the key, read once for all hosts. Raises `BadInput` where it is not the key's own."""
        if self.certificate is None or self.private_key is None:
            return None
        try:
            found = asyncssh.read_certificate(self.certificate)
        except OSError as error:
            problem = f"the certificate cannot be read ({error.strerror})"
            raise _fault(self.certificate, problem, "Put it there") from error
        except asyncssh.KeyImportError as error:
            raise _fault(self.certificate, f"is no certificate ({error})", "Put one there") from error
        if found.is_x509 or found.key != self.private_key.convert_to_public():
            raise _fault(self.certificate, "is not the certificate of the login's key", "Put the right one there")
        return found


def _fault(key: Path, problem: str, mend: str) -> BadInput:
    return BadInput([Fault(key, None, problem, f"{mend}, or change the login that names it.")])


def resolved(logins: Iterable[Login], workspace: Path) -> Mapping[str, Credentials]:
    """Credentials by login id, keys opened. Raises `BadInput` for a key or a secret that cannot be had."""
    found = {login.id: _credentials(login, workspace) for login in logins}
    for credentials in found.values():
        _ = credentials.signed_key or credentials.private_key
    return found


def _credentials(login: Login, workspace: Path) -> Credentials:
    return Credentials(
        user=login.user,
        sudo=login.sudo,
        key=None if login.key is None else workspace / login.key,
        certificate=None if login.certificate is None else workspace / login.certificate,
        passphrase=None if login.passphrase is None else secrets.resolve(login.passphrase, workspace),
        password=None if login.password is None else secrets.resolve(login.password, workspace),
    )
