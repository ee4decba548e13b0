"""The host keys a workspace trusts: one `known_hosts` for both SSH stacks, read once, changed only when asked to.

Lines are OpenSSH's: `host` for port 22, `[host]:port` for any other; patterns and hashed names are understood.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from checks.model import Cause
from inventory.faults import BadInput, Fault
from runner.files import replace
from runner.sessions.algorithms import for_asyncssh
from runner.sessions.base import HostPort, Limits, Unreached
from runner.sessions.causes import unreached
from runner.sessions.tcp import Way, connected

# The order in which a host is asked for its key: the strongest that it has is the one that is pinned.
KEY_TYPES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp256",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
)
MEND = "Remove the line, and fetch the key again with the verb trust."


@dataclass(frozen=True)
class KnownHosts:
    """Trusted keys by host name. Plain lines are parsed when looked up: a city has thousands, a host needs one."""

    exact: Mapping[str, Sequence[str]] = field(default_factory=dict)
    others: asyncssh.SSHKnownHosts = field(default_factory=asyncssh.SSHKnownHosts)
    marked: asyncssh.SSHKnownHosts = field(default_factory=asyncssh.SSHKnownHosts)

    def keys(self, host: HostPort) -> Sequence[asyncssh.SSHKey]:
        """The keys trusted for `host`; none where it is unknown. A revoked key is not trusted."""
        name = str(host)
        plain = asyncssh.import_known_hosts("\n".join(self.exact.get(name, ()))).match(name, "", None)
        return _without_keys([*plain[0], *self.others.match(name, "", None)[0]], self.revoked(host))

    def authorities(self, host: HostPort) -> Sequence[asyncssh.SSHKey]:
        """The keys whose certificates are trusted for `host` (`@cert-authority`), named with its port or without."""
        return _without_keys([key for match in self._marked(host) for key in match[1]], self.revoked(host))

    def revoked(self, host: HostPort) -> Sequence[asyncssh.SSHKey]:
        """The keys that `host` may not show whatever else is said of them (`@revoked`), in a certificate neither."""
        return [key for match in self._marked(host) for key in match[2]]

    def _marked(self, host: HostPort) -> Sequence[tuple[Sequence[asyncssh.SSHKey], ...]]:
        return [self.marked.match(name, "", None)[:3] for name in dict.fromkeys((str(host), host.address))]


def _without_keys(keys: Iterable[asyncssh.SSHKey], revoked: Iterable[asyncssh.SSHKey]) -> Sequence[asyncssh.SSHKey]:
    gone = {key.public_data for key in revoked}
    return [key for key in keys if key.public_data not in gone]


def read(path: Path) -> KnownHosts:
    """The keys in the file `path`, none where there is no file. Raises `BadInput` for a line that is no entry."""
    exact: dict[str, list[str]] = {}
    others: list[str] = []
    marked: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else (), 1):
        match line.split():
            case []:
                pass
            case [first, *_] if first.startswith("#"):
                pass
            case [first, _, _, _, *_] if first.startswith("@"):
                marked.append(line)
            case [first, _, _, *_] if any(letter in first for letter in "*?|/!"):
                others.append(line)
            case [first, _, _, *_] if not first.startswith("@"):
                for host in first.split(","):
                    exact.setdefault(host, []).append(line)
            case _:
                raise BadInput([Fault(path, number, "is no entry of a known_hosts file", MEND)])
    try:
        return KnownHosts(exact, *(asyncssh.import_known_hosts("\n".join(lines)) for lines in (others, marked)))
    except ValueError as error:
        raise BadInput([Fault(path, None, str(error), MEND)]) from error


@dataclass(frozen=True, slots=True)
class HostKey:
    """A key that a host showed, not yet trusted. `line` is its entry in `known_hosts`."""

    host: HostPort
    kind: str
    base64: str
    fingerprint: str

    @property
    def line(self) -> str:
        return f"{self.host} {self.kind} {self.base64}"


async def fetch(host: HostPort, limits: Limits, way: Way = connected) -> HostKey:
    """The key that `host` shows, without logging in; old algorithms will do for that. Raises `Unreached`."""
    sock = await way(host, limits.connect)
    kinds = {"server_host_key_algs": list(KEY_TYPES), **for_asyncssh(legacy=True)}
    try:
        async with asyncio.timeout(limits.login):
            options = asyncssh.SSHClientConnectionOptions(config=None, **kinds)
            key = await asyncssh.get_server_host_key(*host, sock=sock, options=options)
    except (OSError, asyncssh.Error) as error:
        raise unreached(error) from error
    finally:
        sock.close()
    if key is None:
        raise Unreached(Cause.UNREADABLE, "the host showed no key")
    kind, base64 = key.export_public_key("openssh").decode().split()[:2]
    return HostKey(host, kind, base64, key.get_fingerprint())


def pin(path: Path, keys: Iterable[HostKey]) -> None:
    """Trust `keys` from now on: they replace whatever the file says of their hosts; other lines stay as they are."""
    new = {str(key.host): key.line for key in keys}
    old = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in (_without(line, new) for line in old) if line is not None]
    replace(path, "".join(f"{line}\n" for line in (*kept, *new.values())).encode())


def _without(line: str, hosts: Mapping[str, str]) -> str | None:
    """`line` without the names in `hosts`; None where nothing is left of it."""
    names, space, rest = line.partition(" ")
    if line.startswith(("#", "@", "|")) or not space:
        return line
    left = [host for host in names.split(",") if host not in hosts]
    return f"{','.join(left)} {rest}" if left else None
