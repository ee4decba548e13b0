"""OpenSSH's server: the settings in force, and the conditional blocks that override them for some connections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from checks.model import Cause, Unknown

NEAR_THE_END = "permitopen"  # printed behind every setting that is read here, by all versions since 8.0
NEVER_LAST = ("permitopen", "permitlisten", "permituserenvironment")
LAST_UNTIL_9_8 = "pubkeyauthoptions"
SINCE_9_9 = "refuseconnection"
LINE = re.compile(r'\s*"?(\w+)"?(?:\s*=\s*|\s+)(.*?)\s*$')
INTERVAL = re.compile(r"(\d+)([smhdw]?)", re.I)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
DROP_INS = "/etc/ssh/sshd_config.d/*.conf"

Settings = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Match:
    """A block `Match CRITERIA` with its settings: keyword in small letters → values as written."""

    criteria: str
    settings: dict[str, list[str]] = field(default_factory=dict)


def settings(text: str) -> Settings:
    """keyword → its values, as `sshd -T` prints them. Raises `Unknown` where the reply ends early."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        keyword, _, value = line.partition(" ")
        found.setdefault(keyword, []).append(value)
    last = [*found][-1] if found else ""
    if NEAR_THE_END not in found or last in NEVER_LAST or (last == LAST_UNTIL_9_8 and SINCE_9_9 in found):
        raise Unknown(Cause.UNREADABLE, "sshd -T: the reply ends early")
    return found


def matches(files: Mapping[str, Iterable[str]]) -> list[Match]:
    """All conditional blocks of these files. Raises `Unknown` for an `Include` of files that are not among them."""
    found: list[Match] = []
    for path in sorted(files):
        inside = False
        for line in files[path]:
            keyword, value = _split(line)
            if keyword == "include" and (inside or value.strip('"') != DROP_INS):
                raise Unknown(Cause.UNREADABLE, f"{path}: Include {value}")
            if keyword == "match":
                inside = value.lower() != "all"
                found += [Match(value)] if inside else []
            elif inside and keyword:
                found[-1].settings.setdefault(keyword, []).append(value)
    return found


def seconds(text: str) -> int:
    """A time as sshd_config(5) writes it: `300`, `5m`, `1h30m`. Raises `Unknown` for anything else."""
    if not re.fullmatch(rf"(?:{INTERVAL.pattern})+", text, re.I):
        raise Unknown(Cause.UNREADABLE, f"no time: {text}")
    return sum(int(number) * SECONDS[unit.lower()] for number, unit in INTERVAL.findall(text))


def _split(line: str) -> tuple[str, str]:
    match = None if line.lstrip().startswith("#") else LINE.match(line)
    return (match[1].lower(), match[2]) if match else ("", "")
