"""Does the audit daemon watch the files that say who may do what, and speak up before its disk is full?"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import PurePosixPath

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.readers.processes import PROCESSES, alive
from checks.reading import LAST, texts, unreadable

DEBIAN = ("debian", "ubuntu")
AUDIT = Question(f"/usr/bin/grep -r -a . /etc/audit {LAST}", root=True)
RULES = ("/etc/audit/audit.rules", "/etc/audit/rules.d/*.rules")
IDENTITY = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/sudoers")
ACTIONS = ("space_left_action", "admin_space_left_action", "disk_full_action")
SILENT = "ignore"  # what auditd does where nothing is set (auditd.conf(5))


@asks(PROCESSES, platforms=DEBIAN)
def running(host: Host, _want: Want) -> Verdict:
    """The audit daemon lives."""
    found = alive(host, ("auditd",))
    return judged(bool(found), "auditd", ", ".join(found) or "–")


@asks(AUDIT, platforms=DEBIAN)
def identity_rules(host: Host, _want: Want) -> Verdict:
    """Writing to the files of accounts, groups, passwords and sudo is recorded."""
    files = texts(host, AUDIT)
    rules = [lines for path, lines in files.items() if any(PurePosixPath(path).match(pattern) for pattern in RULES)]
    watched = {path for lines in rules for path in _watched(lines)}
    missing = [file for file in IDENTITY if not watched & {file, *map(str, PurePosixPath(file).parents)}]
    return judged(not missing, f"-w {' '.join(IDENTITY)} -p wa", f"{' '.join(missing)}: –" if missing else "OK")


@asks(AUDIT, platforms=DEBIAN)
def full_disk_action(host: Host, _want: Want) -> Verdict:
    """Before and when the disk of the audit log is full, somebody is told or the system stops; nothing is just lost."""
    settings = _settings(texts(host, AUDIT).get("/etc/audit/auditd.conf", ()))
    found = {action: settings.get(action, SILENT) for action in ACTIONS}
    actual = ", ".join(f"{action} = {value}" for action, value in found.items())
    return judged(SILENT not in found.values(), f"{', '.join(ACTIONS)} != {SILENT}", actual)


def _watched(rules: Iterable[str]) -> set[str]:
    """Paths whose writing these rules record, in order: `-D` deletes the rules before it."""
    found: set[str] = set()
    for rule in rules:
        words = _words(rule)
        if words[:1] == ["-D"]:
            found.clear()
        elif path := _recorded(words):
            found.add(path.rstrip("/"))
    return found


def _words(rule: str) -> list[str]:
    try:
        return shlex.split(rule, comments=True)
    except ValueError as error:
        raise unreadable("audit rule", rule) from error


def _recorded(words: list[str]) -> str | None:
    """The path of a watch, `-w PATH -p wa` or `-a always,exit -F path=PATH -F perm=wa`, if it takes writing in."""
    pairs = list(pairwise(words))
    fields = dict(value.split("=", 1) for name, value in pairs if name == "-F" and "=" in value)
    options = dict(pairs)
    if words[:1] == ["-w"]:
        path, rights = options.get("-w"), options.get("-p", "rwxa")
    elif set(options.get("-a", "").split(",")) == {"always", "exit"}:
        path, rights = fields.get("path") or fields.get("dir"), fields.get("perm", "rwxa")
    else:
        return None
    return path if "w" in rights else None


def _settings(lines: Iterable[str]) -> Mapping[str, str]:
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return {name.strip().lower(): value.strip().lower() for name, value in pairs}
