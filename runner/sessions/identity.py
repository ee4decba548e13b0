"""How paramiko proves who we are, and to whom: our host keys, our algorithms, one way to log in."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from io import StringIO
from typing import Any

import asyncssh
import paramiko

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


class Strict(paramiko.MissingHostKeyPolicy):
    """A host without a trusted key is not logged into."""

    def missing_host_key(self, _client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise Unreached(Cause.HOST_KEY_UNKNOWN, f"{hostname} shows a key that is not trusted: {key.fingerprint}")


def client(host: HostPort, trusted: Sequence[asyncssh.SSHKey]) -> paramiko.SSHClient:
    """A client for which `trusted` are the only keys that `host` may have."""
    made = paramiko.SSHClient()
    made.set_missing_host_key_policy(Strict())
    for key in trusted:
        kind = key.algorithm.decode()
        if kind in KINDS:
            made.get_host_keys().add(str(host), kind, KINDS[kind](data=key.public_data))
    return made


@contextmanager
def identity(credentials: Credentials) -> Iterator[Mapping[str, Any]]:
    """One way to log in and no other, as netmiko takes it."""
    if credentials.private_key is not None:
        yield {"username": credentials.user, "pkey": _private(credentials.private_key, credentials.signed_key)}
    elif credentials.password is not None:
        yield {"username": credentials.user, "password": credentials.password}
    else:
        with closing(paramiko.Agent()) as agent:
            keys = agent.get_keys()
            if len(keys) != 1:
                raise Unreached(Cause.AUTH_REFUSED, f"no key, no password, and the agent holds {len(keys)} keys")
            yield {"username": credentials.user, "pkey": keys[0]}


def _private(key: asyncssh.SSHKey, certificate: asyncssh.SSHCertificate | None) -> paramiko.PKey:
    kind = key.algorithm.decode()
    if kind not in KINDS:
        raise Unreached(Cause.AUTH_REFUSED, f"a device cannot be logged into with a key of kind {kind}")
    # the one form of each kind that paramiko reads
    form = "openssh" if kind == "ssh-ed25519" else "pkcs1-pem"
    private = KINDS[kind].from_private_key(StringIO(key.export_private_key(form).decode()))
    if certificate is not None:
        private.load_certificate(certificate.export_certificate().decode())
    return private
