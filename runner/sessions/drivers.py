"""netmiko's drivers as a read-only auditor may use them: our host keys, no waiting, nothing written but questions."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from io import StringIO
from typing import Any

import asyncssh
import paramiko
from netmiko.linux.linux_ssh import LinuxSSH

from checks.model import Cause
from runner.sessions.base import HostPort, Unreached
from runner.sessions.credentials import Credentials

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # what it would say comes back as an exception
KINDS: Mapping[str, type[paramiko.Ed25519Key | paramiko.RSAKey | paramiko.ECDSAKey]] = {
    "ssh-ed25519": paramiko.Ed25519Key,
    "ssh-rsa": paramiko.RSAKey,
    "ecdsa-sha2-nistp256": paramiko.ECDSAKey,
    "ecdsa-sha2-nistp384": paramiko.ECDSAKey,
    "ecdsa-sha2-nistp521": paramiko.ECDSAKey,
}


class Linux(LinuxSSH):
    """A device whose command line is a POSIX shell. `trusted` are the only host keys it may have."""

    def __init__(self, host: HostPort, trusted: Sequence[asyncssh.SSHKey], **options: Any) -> None:
        self._place = host
        self._trusted = trusted
        super().__init__(host=host.address, port=host.port, device_type="linux", **options)

    def _build_ssh_client(self) -> paramiko.SSHClient:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(Strict())
        for key in self._trusted:
            kind = key.algorithm.decode()
            if kind in KINDS:
                client.get_host_keys().add(str(self._place), kind, KINDS[kind](data=key.public_data))
        return client

    def _try_session_preparation(self, force_data: bool = True) -> None:
        """Nothing is prepared here: who asks brings a shell of their own (see `wire`)."""

    def cleanup(self, command: str = "") -> None:
        """Nothing is left on the device that would have to be ended."""


class Strict(paramiko.MissingHostKeyPolicy):
    """A host without a trusted key is not logged into."""

    def missing_host_key(self, _client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise Unreached(Cause.HOST_KEY_UNKNOWN, f"{hostname} shows a key that is not trusted: {key.fingerprint}")


DRIVERS: Mapping[str, type[Linux]] = {"frr": Linux}


@contextmanager
def identity(credentials: Credentials) -> Iterator[Mapping[str, Any]]:
    """One way to log in and no other, as netmiko takes it."""
    if credentials.private_key is not None:
        yield {"username": credentials.user, "pkey": _private(credentials.private_key)}
    elif credentials.password is not None:
        yield {"username": credentials.user, "password": credentials.password}
    else:
        with closing(paramiko.Agent()) as agent:
            keys = agent.get_keys()
            if len(keys) != 1:
                raise Unreached(Cause.AUTH_REFUSED, f"no key, no password, and the agent holds {len(keys)} keys")
            yield {"username": credentials.user, "pkey": keys[0]}


def _private(key: asyncssh.SSHKey) -> paramiko.PKey:
    kind = key.algorithm.decode()
    if kind not in KINDS:
        raise Unreached(Cause.AUTH_REFUSED, f"a device cannot be logged into with a key of kind {kind}")
    return KINDS[kind].from_private_key(StringIO(key.export_private_key("openssh").decode()))
