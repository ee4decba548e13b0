"""The SSH door of a device that runs OpenSSH: from where it opens, and when it closes an idle session.

Settings in `Match` blocks count as if they held for everybody, the most generous one first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from ipaddress import ip_network

from checks.connectivity.networks import EVERYBODY, IPV4, IPV6, Network, Networks, common
from checks.connectivity.replies import listing
from checks.model import Cause, Question, Unknown
from checks.protections.readers.sshd import Match, matches, seconds, settings

EFFECTIVE = Question("/usr/sbin/sshd -T", root=True)
FILES = Question(listing("/etc/ssh/sshd_config.d", "/etc/ssh/sshd_config"), root=True)
SHELL_SESSION = "session:shell"
OCTETS = re.compile(r"(\d{1,3})((?:\.\d{1,3}){0,2})((?:\.\*)+)")


def ports(effective: str) -> tuple[int, ...]:
    """The ports on which sshd listens."""
    return tuple(int(port) for port in settings(effective)["port"])


def sources(effective: str, files: Mapping[str, Iterable[str]]) -> Networks:
    """Those whom `AllowUsers` lets in under any name: everybody, unless each of its patterns names the host too."""
    patterns = _words(settings(effective).get("allowusers", ()))
    if not patterns:
        return _listening(effective)
    exceptions = [word for block in _blocks(files) for word in _words(block.settings.get("allowusers", ()))]
    named = frozenset(network for pattern in (*patterns, *exceptions) for network in _hosts(pattern))
    return common(_listening(effective), named)


def shell_timeout(effective: str, files: Mapping[str, Iterable[str]]) -> int | None:
    """Seconds until an idle shell is closed (`ChannelTimeout`); None where one of them may stay open for ever."""
    everywhere = settings(effective).get("channeltimeout", ())
    blocks = [block.settings["channeltimeout"] for block in _blocks(files) if "channeltimeout" in block.settings]
    limits = [_limit(_words(values)) for values in (everywhere, *blocks)]
    return None if 0 in limits else max(limits)


def _blocks(files: Mapping[str, Iterable[str]]) -> list[Match]:
    """The `Match` blocks in force; in a folder of drop-ins only `*.conf` is."""
    return matches({path: lines for path, lines in files.items() if path.endswith((".conf", "/sshd_config"))})


def _limit(pairs: Iterable[str]) -> int:
    """Seconds of the first pair that fits a shell's session; 0 is none."""
    for pair in pairs:
        kind, _, limit = pair.partition("=")
        if fnmatchcase(SHELL_SESSION, kind):
            return seconds(limit)
    return 0


def _listening(effective: str) -> Networks:
    """Everybody of the IP versions on which sshd listens."""
    addresses = settings(effective).get("listenaddress", ())
    six = any(address.startswith("[") for address in addresses)
    four = any(not address.startswith("[") for address in addresses)
    return (IPV4 if four else frozenset()) | (IPV6 if six else frozenset())


def _words(values: Iterable[str]) -> list[str]:
    return [word.strip('"') for value in values for word in value.split()]


def _hosts(pattern: str) -> Iterator[Network]:
    """The networks of a pattern `user@host`. Raises `Unknown` (unreadable) for a host that is known by name only."""
    _, at, host = pattern.rpartition("@")
    if pattern.startswith("!"):
        return
    if not at or host in ("*", ""):
        yield from EVERYBODY
        return
    octets = OCTETS.fullmatch(host)
    if octets:
        known = (octets[1] + octets[2]).split(".")
        host = f"{'.'.join([*known, '0', '0', '0'][:4])}/{8 * len(known)}"
    try:
        yield ip_network(host, strict=False)
    except ValueError:
        raise Unknown(Cause.UNREADABLE, f"AllowUsers {pattern}") from None
