"""OpenSSH's server: the settings in force, the blocks `Match` that override them for some, and what both come to.

Settings in `Match` blocks count as if they held for everybody, the most generous one first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_network

from checks.model import Question
from checks.readers.networks import EVERYBODY, IPV4, IPV6, Network, Networks, common
from checks.reading import LAST, LINES_KEPT, TEXTS_KEPT, Host, expected, stdout, texts, unreadable

EFFECTIVE = Question("/usr/sbin/sshd -T", root=True)
FILES = Question(f"/usr/bin/grep -r -a . /etc/ssh/sshd_config.d /etc/ssh/sshd_config {LAST}", root=True)
MAIN = "/etc/ssh/sshd_config"
DROP_INS = "/etc/ssh/sshd_config.d/*.conf"
# Red Hat's common policy, generated: it names algorithms alone, whose effect `sshd -T` tells.
INCLUDED = (DROP_INS, "/etc/crypto-policies/back-ends/opensshserver.config")
NEAR_THE_END = "permitopen"  # printed behind every setting that is read here, by all versions since 8.0
NEVER_LAST = ("permitopen", "permitlisten", "permituserenvironment")
LAST_UNTIL_9_8 = "pubkeyauthoptions"
SINCE_9_9 = "refuseconnection"
LINE = re.compile(r'\s*"?(\w+)"?(?:\s*=\s*|\s+)(.*?)\s*$')
INTERVAL = re.compile(r"(\d+)([smhdw]?)", re.I)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
SHELL_SESSION = "session:shell"  # the kind of an interactive session, which the kind `session` does not take in
OCTETS = re.compile(r"(\d{1,3})((?:\.\d{1,3}){0,2})((?:\.\*)+)")
ALL_BUT = re.compile(r"address (?:\*|0\.0\.0\.0/0,::/0)((?:,![0-9a-f.:]+/\d+)+)$", re.I)

Settings = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Match:
    """A block `Match CRITERIA` with its settings: keyword in small letters → values as written."""

    criteria: str
    settings: dict[str, list[str]] = field(default_factory=dict)


def settings(host: Host) -> Settings:
    """keyword → its values, as `sshd -T` prints them. Raises `Unknown` where the reply ends early."""
    return _settings(stdout(host, EFFECTIVE))


@lru_cache(maxsize=TEXTS_KEPT)
def _settings(told: str) -> Settings:
    found: dict[str, list[str]] = {}
    for line in told.splitlines():
        keyword, _, value = line.partition(" ")
        found.setdefault(keyword, []).append(value)
    last = [*found][-1] if found else ""
    if NEAR_THE_END not in found or last in NEVER_LAST or (last == LAST_UNTIL_9_8 and SINCE_9_9 in found):
        raise unreadable("sshd -T", "the reply ends early")
    return found


def matches(host: Host) -> list[Match]:
    """All conditional blocks in force. Raises `Unknown` for an `Include` of files that were not asked for."""
    found: list[Match] = []
    for path, written in sorted(_in_force(host).items()):
        inside = False
        for line in written:
            keyword, value = _split(line)
            if keyword == "include" and (inside or value.strip('"') not in INCLUDED):
                raise unreadable(path, f"Include {value}")
            if keyword == "match":
                inside = value.lower() != "all"
                found += [Match(value)] if inside else []
            elif inside and keyword:
                found[-1].settings.setdefault(keyword, []).append(value)
    return found


def ports(host: Host) -> list[int]:
    """The ports on which it listens."""
    addresses = _addresses(host)
    with expected("sshd -T: listenaddress"):
        return list(dict.fromkeys(int(address.rpartition(":")[2]) for address in addresses))


def families(host: Host) -> Networks:
    """Everybody of the versions of IP on which it listens."""
    return frozenset[Network]().union(*(IPV6 if one.startswith("[") else IPV4 for one in _addresses(host)))


def sources(host: Host) -> Networks:
    """From where anybody at all can log in.

    `AllowUsers` lets in from everywhere, unless each of its patterns names the host too; a block `Match Address *,!…`
    that denies every user leaves in those whom it excepts.
    """
    blocks, patterns = matches(host), _words(settings(host).get("allowusers", ()))
    admitted = families(host)
    if patterns:
        exceptions = [word for block in blocks for word in _words(block.settings.get("allowusers", ()))]
        named = (network for pattern in (*patterns, *exceptions) for network in _hosts(pattern))
        admitted = common(admitted, frozenset(named))
    for block in blocks:
        excepted = ALL_BUT.match(block.criteria)
        if excepted and _denies_all(block):
            with expected(f"Match {block.criteria}"):
                words = excepted[1].replace("!", "").strip(",").split(",")
                admitted = common(admitted, frozenset(ip_network(word, strict=False) for word in words))
    return admitted


def shell_timeout(host: Host) -> int | None:
    """Seconds until an idle shell is closed (`ChannelTimeout`); None where one of them may stay open for ever."""
    everywhere = settings(host).get("channeltimeout", ())
    blocks = [block.settings["channeltimeout"] for block in matches(host) if "channeltimeout" in block.settings]
    limits = [_limit(_words(values)) for values in (everywhere, *blocks)]
    return None if 0 in limits else max(limits)


def tries(host: Host) -> int:
    """The most passwords that anybody may try in one connection (`MaxAuthTries`)."""
    named = [*settings(host).get("maxauthtries", ())]
    named += [value for block in matches(host) for value in block.settings.get("maxauthtries", ())]
    with expected("sshd -T: maxauthtries"):
        return max(map(int, named))


def penalised(host: Host) -> float | None:
    """Connections with a failed login that one address has in a minute by `PerSourcePenalties`, in the long run.

    None where there are none (before OpenSSH 9.8, or switched off), or some address is exempt.
    """
    found = settings(host)
    penalties = dict(word.partition(":")[::2] for word in _words(found.get("persourcepenalties", ())))
    if "authfail" not in penalties or _words(found.get("persourcepenaltyexemptlist", ())) not in ([], ["none"]):
        return None
    with expected("sshd -T: persourcepenalties"):
        return 60 / _seconds(penalties["authfail"])


def _in_force(host: Host) -> Mapping[str, list[str]]:
    """The configuration files; in the folder of drop-ins only `*.conf` is in force."""
    found = {path: written for path, written in texts(host, FILES).items() if path == MAIN or path.endswith(".conf")}
    if MAIN not in found:
        raise unreadable(MAIN)
    return found


@lru_cache(maxsize=LINES_KEPT)
def _split(line: str) -> tuple[str, str]:
    match = None if line.lstrip().startswith("#") else LINE.match(line)
    return (match[1].lower(), match[2]) if match else ("", "")


def _words(values: Iterable[str]) -> list[str]:
    return [word.strip('"') for value in values for word in value.split()]


def _limit(pairs: Iterable[str]) -> int:
    """Seconds of the first pair that fits a shell's session; 0 is none."""
    for pair in pairs:
        kind, _, limit = pair.partition("=")
        if fnmatchcase(SHELL_SESSION, kind.replace("[", "[[]")):
            return _seconds(limit)
    return 0


def _seconds(text: str) -> int:
    """A time as sshd_config(5) writes it: `300`, `5m`, `1h30m`. Raises `Unknown` for anything else."""
    if not re.fullmatch(rf"(?:{INTERVAL.pattern})+", text, re.I):
        raise unreadable("no time", text)
    return sum(int(number) * SECONDS[unit.lower()] for number, unit in INTERVAL.findall(text))


def _addresses(host: Host) -> Sequence[str]:
    """Each address on which it listens, with its port."""
    addresses = settings(host).get("listenaddress")
    if not addresses:
        raise unreadable("sshd -T", "no listenaddress")
    return addresses


def _denies_all(block: Match) -> bool:
    return "*" in block.settings.get("denyusers", ()) or "yes" in block.settings.get("refuseconnection", ())


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
        raise unreadable("AllowUsers", pattern) from None
