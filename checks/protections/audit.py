"""Does the audit daemon watch the files that say who may do what, and speak up before its disk is full?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import PurePosixPath

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.readers.processes import PROCESSES, alive
from checks.reading import LAST, LINES_KEPT, texts, unreadable

AUDIT = Question(f"/usr/bin/grep -r -a . /etc/audit {LAST}", root=True)
RULES = ("/etc/audit/audit.rules", "/etc/audit/rules.d/*.rules")
IDENTITY = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/sudoers")
ACTIONS = ("space_left_action", "admin_space_left_action", "disk_full_action")
SILENT = "ignore"  # what auditd does where nothing is set (auditd.conf(5))
NAMED = ("hostname", "fqd", "numeric", "user")
CLOCK = ("adjtimex", "settimeofday", "clock_settime")
HOST_NAME = ("sethostname", "setdomainname")
LOGINS = ("/var/log/wtmp", "/var/log/btmp", "/var/log/lastlog")
OWNERS = ("chown", "fchown", "lchown", "fchownat")
RIGHTS = ("chmod", "fchmod", "fchmodat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", *OWNERS)
OPENING = ("open", "openat", "creat", "truncate", "ftruncate")
REFUSALS = ("-EACCES", "-EPERM")
DELETING = ("unlink", "unlinkat", "rename", "renameat")
MODULES = ("init_module", "finit_module", "delete_module")
# Conditions that leave no 64-bit call of a person who has logged in unrecorded.
FIELD = re.compile(r"(\w+)(!=|>=|<=|=|>|<)(.*)$")
BY_ANYBODY = {("arch", "=", "b64"), ("auid", ">=", "1000"), ("auid", "!=", "unset"), ("auid", "!=", "-1")} | {
    ("auid", "!=", "4294967295")
}


@asks(PROCESSES, platforms=LINUX)
def running(host: Host, _want: Want) -> Verdict:
    """The audit daemon lives."""
    found = alive(host, ("auditd",))
    return judged(bool(found), "auditd", ", ".join(found) or "–")


@asks(AUDIT, platforms=LINUX)
def identity_rules(host: Host, _want: Want) -> Verdict:
    """Writing to the files of accounts, groups, passwords and sudo is recorded."""
    files = texts(host, AUDIT)
    rules = [lines for path, lines in files.items() if any(PurePosixPath(path).match(pattern) for pattern in RULES)]
    watched = {path for lines in rules for path in _watched(lines)}
    missing = [file for file in IDENTITY if not _covered(file, watched)]
    return judged(not missing, f"-w {' '.join(IDENTITY)} -p wa", f"{' '.join(missing)}: –" if missing else "OK")


@asks(AUDIT, platforms=LINUX)
def time_rules(host: Host, _want: Want) -> Verdict:
    """Setting the clock or the time zone is recorded."""
    return _recorded_all(host, calls=CLOCK, files=("/etc/localtime",))


@asks(AUDIT, platforms=LINUX)
def host_rules(host: Host, _want: Want) -> Verdict:
    """Changing the host's name or the names that it knows is recorded."""
    return _recorded_all(host, calls=HOST_NAME, files=("/etc/hosts",))


@asks(AUDIT, platforms=LINUX)
def login_rules(host: Host, _want: Want) -> Verdict:
    """Writing to the records of logins, of failed ones too, is recorded."""
    return _recorded_all(host, files=LOGINS)


@asks(AUDIT, platforms=LINUX)
def permission_rules(host: Host, _want: Want) -> Verdict:
    """Changing the rights, owners or attributes of files is recorded."""
    return _recorded_all(host, calls=RIGHTS)


@asks(AUDIT, platforms=LINUX)
def access_rules(host: Host, _want: Want) -> Verdict:
    """Attempts to open files that are refused are recorded: for want of rights, and because they are forbidden."""
    rules = _in_force(host)
    missing = [f"{call} {code}" for code in REFUSALS for call in OPENING if call not in _calls(rules, {f"exit={code}"})]
    return judged(not missing, f"-S {','.join(OPENING)} -F exit={'|'.join(REFUSALS)}", _absent(missing))


@asks(AUDIT, platforms=LINUX)
def deletion_rules(host: Host, _want: Want) -> Verdict:
    """Deleting and renaming files is recorded."""
    return _recorded_all(host, calls=DELETING)


@asks(AUDIT, platforms=LINUX)
def module_rules(host: Host, _want: Want) -> Verdict:
    """Loading and unloading kernel modules is recorded."""
    return _recorded_all(host, calls=MODULES)


@asks(AUDIT, platforms=LINUX)
def mount_rules(host: Host, _want: Want) -> Verdict:
    """Mounting file systems and media is recorded."""
    return _recorded_all(host, calls=("mount",))


@asks(AUDIT, platforms=LINUX)
def process_rules(host: Host, _want: Want) -> Verdict:
    """Every program that a person starts is recorded."""
    return _recorded_all(host, calls=("execve",))


@asks(AUDIT, platforms=LINUX)
def immutable(host: Host, _want: Want) -> Verdict:
    """The rules that are loaded at the start cannot be changed before the next start (`-e 2` comes last)."""
    controls = [words for words in map(_words, texts(host, AUDIT).get(RULES[0], ())) if words]
    last = next((words[1] for words in reversed(controls) if words[:1] == ("-e",) and len(words) > 1), "–")
    return judged(last == "2" and controls[-1][0] == "-e", "-e 2", f"-e {last}")


@asks(AUDIT, platforms=LINUX)
def full_disk_action(host: Host, _want: Want) -> Verdict:
    """Before and when the disk of the audit log is full, somebody is told or the system stops; nothing is just lost."""
    settings = _settings(texts(host, AUDIT).get("/etc/audit/auditd.conf", ()))
    found = {action: settings.get(action, SILENT) for action in ACTIONS}
    actual = ", ".join(f"{action} = {value}" for action, value in found.items())
    return judged(SILENT not in found.values(), f"{', '.join(ACTIONS)} != {SILENT}", actual)


@asks(AUDIT, platforms=LINUX)
def host_named(host: Host, _want: Want) -> Verdict:
    """Each record bears the name of the host, so that it is known whose process it was when the logs lie together."""
    settings = _settings(texts(host, AUDIT).get("/etc/audit/auditd.conf", ()))
    found = settings.get("name_format", "none")  # what auditd does where nothing is set (auditd.conf(5))
    return judged(found in NAMED, f"name_format = {' | '.join(NAMED)}", f"name_format = {found}")


def _recorded_all(host: Host, calls: Iterable[str] = (), files: Iterable[str] = ()) -> Verdict:
    """Each of these system calls, and writing to each of these files, is recorded."""
    rules = _in_force(host)
    recorded, watched = _calls(rules), {path for path in map(_recorded, rules) if path}
    missing = [call for call in calls if call not in recorded]
    missing += [file for file in files if not _covered(file, {path.rstrip("/") for path in watched})]
    wanted = [f"-S {','.join(calls)}"] * bool(calls) + [f"-w {file} -p wa" for file in files]
    return judged(not missing, "; ".join(wanted), _absent(missing))


def _in_force(host: Host) -> list[tuple[str, ...]]:
    """The words of each rule of every file, in order: `-D` deletes the rules of its file before it."""
    found: list[tuple[str, ...]] = []
    for path, lines in texts(host, AUDIT).items():
        if any(PurePosixPath(path).match(pattern) for pattern in RULES):
            rules: list[tuple[str, ...]] = []
            for words in map(_words, lines):
                rules = [] if words[:1] == ("-D",) else [*rules, words]
            found += rules
    return found


def _calls(rules: Iterable[tuple[str, ...]], demanded: frozenset[str] | set[str] = frozenset()) -> set[str]:
    """System calls that are recorded whoever makes them, under the `demanded` conditions and no others."""
    found: set[str] = set()
    for conditions, calls in filter(None, map(_call_rule, rules)):
        others = {m.groups() for one in conditions - demanded if (m := FIELD.match(one)) and m[1] != "key"}
        if demanded <= conditions and others <= BY_ANYBODY:
            found |= calls
    return found


@lru_cache(maxsize=LINES_KEPT)
def _call_rule(words: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]] | None:
    """The conditions and the system calls of a rule that always records them when they end; None for any other."""
    pairs = list(pairwise(words))
    if "-C" in words or not any(n == "-a" and set(v.split(",")) == {"always", "exit"} for n, v in pairs):
        return None
    calls = (call for name, value in pairs if name == "-S" for call in value.split(","))
    return frozenset(value for name, value in pairs if name == "-F"), frozenset(calls)


def _covered(file: str, watched: set[str]) -> bool:
    return bool(watched & {file, *map(str, PurePosixPath(file).parents)})


def _absent(missing: Iterable[str]) -> str:
    return ", ".join(f"{one}: –" for one in missing) or "OK"


def _watched(rules: Iterable[str]) -> set[str]:
    """Paths whose writing these rules record, in order: `-D` deletes the rules before it."""
    found: set[str] = set()
    for rule in rules:
        words = _words(rule)
        if words[:1] == ("-D",):
            found.clear()
        elif path := _recorded(words):
            found.add(path.rstrip("/"))
    return found


@lru_cache(maxsize=LINES_KEPT)
def _words(rule: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(rule, comments=True))
    except ValueError as error:
        raise unreadable("audit rule", rule) from error


@lru_cache(maxsize=LINES_KEPT)
def _recorded(words: tuple[str, ...]) -> str | None:
    """The path of a watch, `-w PATH -p wa` or `-a always,exit -F path=PATH -F perm=wa`, if it takes writing in."""
    pairs = list(pairwise(words))
    fields = dict(value.split("=", 1) for name, value in pairs if name == "-F" and "=" in value)
    options = dict(pairs)
    if words[:1] == ("-w",):
        path, rights = options.get("-w"), options.get("-p", "rwxa")
    elif set(options.get("-a", "").split(",")) == {"always", "exit"}:
        path, rights = fields.get("path") or fields.get("dir"), fields.get("perm", "rwxa")
    else:
        return None
    return path if "w" in rights else None


def _settings(lines: Iterable[str]) -> Mapping[str, str]:
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return {name.strip().lower(): value.strip().lower() for name, value in pairs}
