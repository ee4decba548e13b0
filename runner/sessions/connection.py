"""A connection to a server, logged in over asyncssh: its key judged before anything secret is sent, one login tried."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncssh

from checks.model import Cause
from runner.sessions import trust
from runner.sessions.algorithms import OLD_HOST_KEY, for_asyncssh
from runner.sessions.base import HostPort, Limits, Unreached
from runner.sessions.causes import unreached
from runner.sessions.credentials import Credentials
from runner.sessions.offer import explained
from runner.sessions.tcp import Way, connected

# Nothing of the caller's own SSH set-up is read or used.
NO_SURPRISES: Mapping[str, Any] = {
    "config": None,
    "agent_path": None,
    "gss_host": None,
    "x509_trusted_certs": None,
    "x509_trusted_cert_paths": None,
}
# How an exchange of keys ends without a common algorithm: the host may be first to see it, and hang up.
BROKEN_OFF = (asyncssh.KeyExchangeFailed, asyncssh.ConnectionLost, ConnectionError)
CERTIFICATE = "-cert-v01@openssh.com"
SIGNED_BY = "rsa-sha2-512"


async def logged_in(
    host: HostPort,
    credentials: Credentials,
    known: trust.KnownHosts,
    limits: Limits,
    way: Way = connected,
    *,
    legacy: bool = False,
) -> asyncssh.SSHClientConnection:
    """A connection to `host`, reached by `way`. Raises `Unreached`.

    The host's key is judged before anything that could be a secret is sent, and one way to log in is tried once.
    """
    options = {
        **NO_SURPRISES,
        **for_asyncssh(legacy=legacy),
        **_host_keys(known, host, legacy=legacy),
        "username": credentials.user,
    }
    sock = await way(host, limits.connect)
    try:
        return await _connected(host, sock, credentials, options, limits.login)
    except BaseException as error:
        sock.close()
        if isinstance(error, asyncssh.HostKeyNotVerifiable) and not known.keys(host):
            raise Unreached(Cause.HOST_KEY_UNKNOWN, str(error)) from error
        if isinstance(error, BROKEN_OFF) and not legacy:
            raise await explained(unreached(error), host, limits, way) from error
        if isinstance(error, OSError | asyncssh.Error):
            raise unreached(error) from error
        raise


async def _connected(
    host: HostPort, sock: socket.socket, credentials: Credentials, options: Mapping[str, Any], seconds: float
) -> asyncssh.SSHClientConnection:
    async with asyncio.timeout(seconds), _identity(credentials) as identity:
        return await asyncssh.connect(*host, sock=sock, **options, **identity)


def _host_keys(known: trust.KnownHosts, host: HostPort, *, legacy: bool) -> Mapping[str, Any]:
    """Trust in what `known` trusts alone. Other kinds are taken too: a host with a new kind is seen as changed."""
    trusted, authorities = known.keys(host), known.authorities(host)
    kinds = [algorithm.decode() for key in trusted for algorithm in key.sig_algorithms]
    kinds = [kind for kind in (*kinds, *trust.KEY_TYPES) if legacy or kind != OLD_HOST_KEY]
    certificates = [f"{kind}{CERTIFICATE}" for kind in trust.KEY_TYPES if kind in kinds] if authorities else []
    return {
        "known_hosts": (list(trusted), list(authorities), list(known.revoked(host))),
        "server_host_key_algs": list(dict.fromkeys([*certificates, *kinds])),
    }


@asynccontextmanager
async def _identity(credentials: Credentials) -> AsyncIterator[Mapping[str, Any]]:
    """One way to log in and no other: a second try with the same account could lock it."""
    if credentials.private_key is not None:
        yield {
            "client_keys": [_key_pair(credentials.private_key, credentials.signed_key)],
            "preferred_auth": "publickey",
        }
    elif credentials.password is not None:
        methods = "password,keyboard-interactive"
        yield {"password": credentials.password, "client_keys": None, "preferred_auth": methods}
    else:
        async with _agent_key() as only:
            yield {"client_keys": [only], "preferred_auth": "publickey"}


def _key_pair(key: asyncssh.SSHKey, certificate: asyncssh.SSHCertificate | None) -> asyncssh.SSHKeyPair:
    """What is offered: the key, or its certificate and not the bare key as well."""
    if certificate is None:
        return asyncssh.load_keypairs(key)[0]
    pair = asyncssh.load_keypairs([(key, certificate)])[0]
    if key.algorithm.decode() == OLD_HOST_KEY:
        # asyncssh would first offer it by its old name, which OpenSSH refuses, and that would be the one try
        pair.sig_algorithms = (SIGNED_BY.encode(),)
        pair.algorithm = f"{SIGNED_BY}{CERTIFICATE}".encode()
    return pair


@asynccontextmanager
async def _agent_key() -> AsyncIterator[asyncssh.SSHKeyPair]:
    """The one key of the user's agent: with several, all but one would be refused logins."""
    try:
        agent = await asyncssh.connect_agent()
        keys = await agent.get_keys()
    except (OSError, ValueError) as error:
        raise Unreached(Cause.AUTH_REFUSED, f"no key, no password and no agent: {error}") from error
    try:
        if len(keys) != 1:
            raise Unreached(Cause.AUTH_REFUSED, f"the agent holds {len(keys)} keys, not the one to use alone")
        yield keys[0]
    finally:
        agent.close()
