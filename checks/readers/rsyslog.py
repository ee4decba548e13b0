"""rsyslog's configuration (rsyslog.conf(5)), old and new notation: which facilities go where.

Asked for with it are the journal's settings, which decide where rsyslog does not run. A rule is read only where it
holds for every message of its facilities. Statements with conditions of their own are kept as `unread`, so that a check
can tell "not there" from "there, under a condition that was not read".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from checks.model import Question
from checks.reading import LAST

JOURNAL = "/etc/systemd/journald.conf"
LOGGING = Question(
    f"grep -R -a . /etc/rsyslog.conf /etc/rsyslog.d {JOURNAL} {JOURNAL}.d /usr/lib/systemd/journald.conf.d {LAST}"
)
FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *(f"local{number}" for number in range(8)),
)
LOW_ENOUGH = {"*", "debug", "info"}  # a login is logged as info
DISCARD = {"stop", "~"}

_QUOTED = r'"(?:\\.|[^"\\])*"'
_COMMENT = re.compile(rf"({_QUOTED}|'[^'\n]*')|(?:^|(?<=\s))#[^\n]*|/\*.*?\*/", re.S | re.M)
_SELECTOR = re.compile(r"([a-z0-9*,]+\.[a-z0-9*=!]+(?:;[a-z0-9*,]+\.[a-z0-9*=!]+)*)\s+(\S.*)$", re.I | re.S)
_INCLUDE = re.compile(r'(?:\$IncludeConfig\s+(\S+)|include\s*\(\s*file\s*=\s*"([^"]+)"[^)]*\))\s*$', re.I)
_SETTING = re.compile(r"\$|(?:module|input|global|template|main_queue|timezone|parser|lookup_table)\s*\(", re.I)
_ACTION = re.compile(rf'action\s*\(((?:[^"()]|{_QUOTED})*)\)', re.I)
_PARAMETER = re.compile(rf"([\w.]+)\s*=\s*({_QUOTED})")
_FORWARD = re.compile(r"@@?(?:\([^)]*\))?(\[[^\]]+\]|[^:;\s]+)")
_RELP = re.compile(r":omrelp:(\[[^\]]+\]|[^:;\s]+)")


@dataclass(frozen=True, slots=True)
class Rule:
    """Messages chosen by `selector` (None: every message) go into `file`, or to the host `target`."""

    selector: str | None
    file: str | None = None
    target: str | None = None

    def takes(self, facility: str) -> bool:
        """Messages of `facility` are taken, from priority `info` on at the latest."""
        taken = self.selector is None
        for part in (self.selector or "").lower().split(";"):
            facilities, _, priority = part.rpartition(".")
            if {facility, "*"} & set(facilities.split(",")):
                taken = priority in LOW_ENOUGH
        return taken

    @property
    def takes_all(self) -> bool:
        return all(self.takes(facility) for facility in FACILITIES)


@dataclass(slots=True)
class Configuration:
    """The rules in force, and the statements that were not read."""

    rules: list[Rule] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def read(files: Mapping[str, Iterable[str]], main: str = "/etc/rsyslog.conf") -> Configuration:
    """What `main` says, with the files it includes at the place where it does."""
    found = Configuration()
    selector: str | None = ""
    for statement in _included(files, main, found):
        rule = _SELECTOR.match(statement)
        if statement in DISCARD:
            break
        if rule:
            selector, actions = rule[1], rule[2]
        elif statement.startswith("&"):
            actions = statement[1:].strip()
        elif statement.lower().startswith("action"):
            selector, actions = None, statement
        else:
            selector = ""
            if not _SETTING.match(statement):
                found.unread.append(statement)
            continue
        if actions.strip(" \t{}") in DISCARD and Rule(selector).takes_all:
            break
        found.rules += [Rule(selector, *where) for where in _actions(actions, found) if selector != ""]
    return found


def _included(files: Mapping[str, Iterable[str]], path: str, found: Configuration) -> Iterator[str]:
    for statement in _statements("\n".join(files.get(path, ()))):
        include = _INCLUDE.match(statement)
        if include is None:
            yield statement
            continue
        pattern = include[1] or include[2]
        paths = sorted(other for other in files if other != path and fnmatchcase(other, pattern))
        if not paths and not pattern.startswith("/etc/rsyslog.d/"):
            found.unread.append(statement)
        for other in paths:
            yield from _included(files, other, found)


def _statements(text: str) -> Iterator[str]:
    """Whole statements: brackets outside quotes are closed, and a condition has its `then` and what follows."""
    statement = ""
    for line in _COMMENT.sub(lambda m: m[1] or "", text).replace("\\\n", "").splitlines():
        statement = f"{statement}\n{line}".strip()
        bare = re.sub(rf"{_QUOTED}|'[^'\n]*'", "", statement)
        open_brackets = sum(bare.count(b) for b in "({") - sum(bare.count(b) for b in ")}")
        waits = bare.lower().startswith("if") and not re.search(r"\bthen\s+\S", bare, re.I)
        if statement and open_brackets <= 0 and not waits:
            yield statement
            statement = ""
    if statement:
        yield statement


def _actions(text: str, found: Configuration) -> Iterator[tuple[str | None, str | None]]:
    """(file, target) of each action; what goes elsewhere (terminals, pipes, databases) is left out."""
    if text.startswith("{") or text.lower().startswith("action"):
        if re.sub(r"[{}\s;]|stop", "", _ACTION.sub("", text)):
            found.unread.append(text)
            return
        for action in _ACTION.finditer(text):
            yield _parameters(action[1])
        return
    forward = _FORWARD.match(text) or _RELP.match(text)
    if text.startswith(":omfile:"):
        found.unread.append(text)
    elif forward:
        yield None, forward[1].strip("[]").lower()
    elif re.match(r"-?[/?]", text):
        yield text.lstrip("-").partition(";")[0].strip(), None


def _parameters(text: str) -> tuple[str | None, str | None]:
    values = {name.lower(): value[1:-1] for name, value in _PARAMETER.findall(text)}
    if values.get("type", "").lower() in {"omfwd", "omrelp"}:
        return None, values.get("target", "").strip("[]").lower()
    name = values.get("dynafile")
    return values.get("file") or (f"?{name}" if name else None), None
