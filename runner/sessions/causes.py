"""Where foreign exceptions end: each is given its cause of law 1, by name, so that no library is loaded for it.

A name is looked up along the exception's ancestry, nearest first; what is not listed is `crashed`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

from checks.model import Cause
from runner.sessions.base import Unreached

CAUSES: Final = {
    "socket.gaierror": Cause.DNS,
    "builtins.TimeoutError": Cause.TIMEOUT,
    "builtins.ConnectionError": Cause.REFUSED,
    "builtins.PermissionError": Cause.REFUSED,
    "builtins.EOFError": Cause.REFUSED,
    "asyncssh.misc.HostKeyNotVerifiable": Cause.HOST_KEY_CHANGED,
    "asyncssh.misc.PermissionDenied": Cause.AUTH_REFUSED,
    "asyncssh.misc.IllegalUserName": Cause.AUTH_REFUSED,
    "asyncssh.misc.ChannelOpenError": Cause.NO_PROMPT,
    "asyncssh.misc.ProtocolError": Cause.UNREADABLE,
    "asyncssh.misc.ProtocolNotSupported": Cause.UNREADABLE,
    "asyncssh.misc.MACError": Cause.UNREADABLE,
    "asyncssh.misc.CompressionError": Cause.UNREADABLE,
    "asyncssh.misc.DisconnectError": Cause.REFUSED,
    "paramiko.ssh_exception.BadHostKeyException": Cause.HOST_KEY_CHANGED,
    "paramiko.ssh_exception.AuthenticationException": Cause.AUTH_REFUSED,
    "paramiko.ssh_exception.IncompatiblePeer": Cause.REFUSED,
    "paramiko.ssh_exception.ChannelException": Cause.NO_PROMPT,
    "paramiko.ssh_exception.SSHException": Cause.REFUSED,
    "netmiko.exceptions.NetmikoTimeoutException": Cause.TIMEOUT,
    "netmiko.exceptions.ReadException": Cause.NO_PROMPT,
    "netmiko.exceptions.WriteException": Cause.NO_PROMPT,
}
# Refused logins that come as protocol errors: sshd's "Too many authentication failures", and what paramiko makes of a
# server that wants a new password.
REFUSALS: Final = ("authentication failures", "Illegal info request")
NOBODY_THERE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ETIMEDOUT})


def unreached(error: BaseException) -> Unreached:
    """`error` as the one exception that leaves the sessions, with its cause and what it says as the detail."""
    if isinstance(error, Unreached):
        return error
    return Unreached(cause_of(error), detail_of(error))


def cause_of(error: BaseException) -> Cause:
    """The cause of the nearest listed ancestor of `error`."""
    if isinstance(error, OSError) and error.errno in NOBODY_THERE:
        return Cause.TIMEOUT
    cause = next((CAUSES[name] for name in _ancestry(error) if name in CAUSES), Cause.CRASHED)
    refused = cause in {Cause.UNREADABLE, Cause.REFUSED} and any(word in str(error) for word in REFUSALS)
    return Cause.AUTH_REFUSED if refused else cause


def detail_of(error: BaseException) -> str:
    """What the exception says, on one line, with its kind."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _ancestry(error: BaseException) -> Iterator[str]:
    return (f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__)
