"""What several topics ask alike, and how those replies are read.

Questions asked as root are plain words (they become sudo rules), so nothing can be echoed behind them. A question over
many files names `LAST` behind them instead: the line about it proves that nothing before it is missing (law 7).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from testinfra.host import Host

from checks.model import Cause, Question, Unknown
from checks.reading import REFUSALS, stdout

LAST = "/proc/version"  # one line, on every Linux, outside all that is searched
LAST_SAYS = "Linux"  # the first word of it, for a search that lets nothing else through
GREP_MISSED_A_FILE = (0, 1, 2)
FIND_MISSED_A_FOLDER = (0, 1)
FIRST_ORDINARY_UID = 1000  # Debian policy 9.2.2: 0-999 are system accounts
NO_LOGIN = ("/nologin", "/false", "/sync", "/halt", "/shutdown")

ACCOUNTS = Question(f"grep -a . /etc/passwd /etc/group {LAST}")
PASSWORD_STATES = Question("/usr/bin/passwd -S -a", root=True)
SETTINGS = Question(
    "grep -r -a '^[^#]' /etc/login.defs /etc/pam.d/common-auth /etc/pam.d/common-account /etc/pam.d/common-password"
    " /etc/pam.d/common-session /etc/security/pwquality.conf.d /etc/security/pwquality.conf /etc/security/faillock.conf"
    f" /etc/security/pwhistory.conf /etc/profile /etc/profile.d /etc/bash.bashrc {LAST}"
)
ACCOUNT_FILES = Question(
    "stat -c '%A 1 %U %G %n' /etc/passwd /etc/passwd- /etc/group /etc/group- /etc/shadow /etc/shadow- /etc/gshadow"
    f" /etc/gshadow- /usr/bin/sudo {LAST}"
)
# What lies at most five folders deep and is world-writable, or has a name that tells of secrets, keys or sudo's rules.
FILES = Question(
    f"/usr/bin/find /etc /home /opt /root /srv /usr/local /var {LAST} -xdev -maxdepth 5"
    " -type f -perm -0002 -ls -o -type d -perm -0002 -not -perm -1000 -ls"
    " -o -type f -path /etc/sudoers -ls -o -type f -regex /etc/sudoers.d/.+ -ls"
    " -o -type f -regex .+key -ls -o -type f -regex .+/id_.+ -ls"
    " -o -type f -name authorized_keys -ls -o -type f -name authorized_keys2 -ls -o -type f -name shadow -ls"
    " -o -type f -regex .+/shadow.+ -ls -o -type f -regex .+/gshadow.+ -ls -o -type f -regex .+.env -ls"
    f" -o -type f -name .netrc -ls -o -type f -name .pgpass -ls -o -type f -name .my.cnf -ls -o -path {LAST} -ls",
    root=True,
)
RULESET = Question("/usr/sbin/nft -s list ruleset", root=True)


@dataclass(frozen=True, slots=True)
class Account:
    """A line of /etc/passwd."""

    name: str
    uid: int
    home: str
    shell: str

    @property
    def has_shell(self) -> bool:
        """It can do something with a session. An empty field means /bin/sh."""
        return not self.shell.endswith(NO_LOGIN)


@dataclass(frozen=True, slots=True)
class PasswordState:
    """A line of `passwd -S`: `state` is P (usable), NP (none needed) or L (locked); days are None where not set."""

    state: str
    changed: str
    max_days: int | None
    inactive_days: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder with its rights, as `ls -l` writes them: `-rw-r--r--`."""

    rights: str
    owner: str
    group: str
    path: str

    @property
    def open_to_others(self) -> bool:
        """Anyone may read or write it, or its group may write it."""
        return self.rights[5] == "w" or self.rights[7:9] != "--"

    @property
    def writable_by_others(self) -> bool:
        """Anyone but its owner may write it."""
        return "w" in (self.rights[5], self.rights[8])

    def __str__(self) -> str:
        return f"{self.path} ({self.rights} {self.owner}:{self.group})"


def texts(host: Host, question: Question) -> Mapping[str, list[str]]:
    """path → its non-empty lines, for a `grep` over files that ends with `LAST`; a file that is not there is absent."""
    lines = stdout(host, question, accept=GREP_MISSED_A_FILE).splitlines()
    _refuse_gaps(host, question)
    if not lines or not lines[-1].startswith(f"{LAST}:"):
        raise Unknown(Cause.UNREADABLE, f"{question.command}: the reply ends early")
    found: dict[str, list[str]] = {}
    for line in lines:
        path, _, content = line.partition(":")
        found.setdefault(path, []).append(content)
    return found


def entries(host: Host, question: Question) -> list[Entry]:
    """The files listed by a `find … -ls` or `stat` that ends with `LAST`."""
    lines = stdout(host, question, accept=FIND_MISSED_A_FOLDER).splitlines()
    _refuse_gaps(host, question)
    if not lines or not lines[-1].endswith(f" {LAST}"):
        raise Unknown(Cause.UNREADABLE, f"{question.command}: the reply ends early")
    return [_entry(line) for line in lines[:-1]]


def accounts(host: Host) -> list[Account]:
    """Every local account."""
    lines = texts(host, ACCOUNTS).get("/etc/passwd", [])
    fields = [line.split(":") for line in lines if not line.startswith(("+", "-"))]
    if not fields or any(len(field) != 7 or not field[2].isdecimal() for field in fields):  # noqa: PLR2004  # passwd(5)
        raise Unknown(Cause.UNREADABLE, "/etc/passwd")
    return [Account(field[0], int(field[2]), field[5], field[6]) for field in fields]


def password_states(host: Host) -> Mapping[str, PasswordState]:
    """State by account. Raises `Unknown` where a local account is missing in the reply."""
    found = {}
    for line in stdout(host, PASSWORD_STATES).splitlines():
        name, _, told = line.partition(" ")
        state, *rest = told.split() or [""]
        found[name] = PasswordState(state, rest[0] if rest else "", _days(rest, 2), _days(rest, 4))
    missing = [account.name for account in accounts(host) if account.name not in found]
    if missing:
        raise Unknown(Cause.UNREADABLE, f"passwd -S -a says nothing of {', '.join(missing)}")
    return found


def _days(fields: list[str], index: int) -> int | None:
    return int(fields[index]) if len(fields) > index and fields[index].isdecimal() else None


def _entry(line: str) -> Entry:
    match = re.search(r"([-dlbcps][-rwxsStT]{9})[.+@]?\s+\d+ +(\S+) +(\S+) +(?:\d+ +\S+ +\S+ +\S+ +)?(/.*)$", line)
    if match is None:
        raise Unknown(Cause.UNREADABLE, line)
    return Entry(*match.groups())


def _refuse_gaps(host: Host, question: Question) -> None:
    complaint = REFUSALS.search(str(host.run(question.command).stderr))
    if complaint:
        raise Unknown(Cause.NO_PRIVILEGE, f"{question.command}: {complaint[0]}")
