"""logrotate's configuration (logrotate.conf(5)): for how long a log is kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

DAYS = {"hourly": 1 / 24, "daily": 1.0, "weekly": 7.0, "monthly": 30.0, "yearly": 365.0}
SCRIPTS = ("prerotate", "postrotate", "firstaction", "lastaction", "preremove")
IGNORED = (
    "~",
    ",v",
    ".bak",
    ".cfsaved",
    ".disabled",
    ".swp",
    ".dpkg-bak",
    ".dpkg-del",
    ".dpkg-dist",
    ".dpkg-new",
    ".dpkg-old",
    ".dpkg-tmp",
)


@dataclass(frozen=True, slots=True)
class Policy:
    """How the logs that fit `patterns` are kept. `by_size`: full before its time, a log may be rotated every day."""

    patterns: tuple[str, ...] = ()
    rotate: int = 0
    period_days: float = 0.0
    by_size: bool = True
    bounded: bool = False
    max_age_days: int | None = None

    @property
    def days(self) -> float:
        """For how many days a message is kept at least; infinite where nothing is ever removed."""
        period = min(1.0, self.period_days or 1.0) if self.by_size or self.bounded else self.period_days
        kept = math.inf if self.rotate < 0 else self.rotate * period
        return kept if self.max_age_days is None else min(kept, float(self.max_age_days))


@dataclass(slots=True)
class _Reader:
    files: Mapping[str, Iterable[str]]
    defaults: Policy = field(default_factory=Policy)
    policies: list[Policy] = field(default_factory=list)

    def read(self, path: str) -> None:
        """Read one file in place, as logrotate does: its settings hold for what is read after them."""
        stanza: Policy | None = None
        for line in _pieces(self.files.get(path, ())):
            if line.endswith("{"):
                patterns = tuple(name.strip("\"'") for name in line[:-1].split())
                stanza = replace(self.defaults, patterns=patterns)
            elif stanza is None:
                self._global(line)
            elif line == "}":
                self.policies.append(stanza)
                stanza = None
            else:
                stanza = _set(stanza, line)

    def _global(self, line: str) -> None:
        word, _, value = line.partition(" ")
        if word != "include":
            self.defaults = _set(self.defaults, line)
            return
        target = value.strip()
        for path in sorted(self.files):
            if path == target or (path.startswith(f"{target}/") and not path.endswith(IGNORED)):
                self.read(path)


def read(files: Mapping[str, Iterable[str]], main: str = "/etc/logrotate.conf") -> list[Policy]:
    """The policies in the order in which they are read. Raises `ValueError` where a number cannot be read."""
    reader = _Reader(files)
    reader.read(main)
    return reader.policies


def policy_for(policies: Iterable[Policy], path: str) -> Policy | None:
    """The first policy that names `path`, as logrotate takes it; None where no policy ever rotates it."""
    return next((p for p in policies if any(PurePosixPath(path).match(pattern) for pattern in p.patterns)), None)


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    """Settings, `names {` and `}`, one at a time, without comments and scripts. Names may go over several lines."""
    names, script = "", False
    for raw in lines:
        line = " ".join(raw.partition("#")[0].split())
        if line.split(" ")[0] in SCRIPTS:
            script = True
        elif line == "endscript":
            script = False
        elif line and not script:
            names = f"{names} {line}".strip() if names or line.startswith(("/", '"', "'", "~")) else names
            if names and "{" not in line:
                continue
            heading, _, line = names.partition("{") if names else ("", "", line)
            yield from [f"{heading}{{"] if heading else []
            names = ""
            setting, closing, _ = line.partition("}")
            yield from [piece for piece in (setting.strip(), closing) if piece]


def _set(policy: Policy, line: str) -> Policy:
    word, *values = line.replace("=", " ").split()[:2] or [""]
    if word in DAYS:
        return replace(policy, period_days=DAYS[word], by_size=False)
    if word == "rotate":
        return replace(policy, rotate=int(values[0]))
    if word == "maxage":
        return replace(policy, max_age_days=int(values[0]))
    if word == "size":
        return replace(policy, by_size=True)
    return replace(policy, bounded=True) if word == "maxsize" else policy
