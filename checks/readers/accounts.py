"""Local accounts (passwd(5), group(5)), the state of their passwords (`passwd -S`), and who of them can log in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from checks.model import Question, Want
from checks.reading import LAST, Host, lines, texts, unreadable

ACCOUNTS = Question(f"grep -a . /etc/passwd /etc/group {LAST}")
PASSWORD_STATES = Question("/usr/bin/passwd -S -a", root=True)
# Red Hat's passwd has no -a: the lines of shadow(5), with L or P in the place of the hash. None is printed.
SHADOW = Question("/usr/bin/sed -E -e 's/:[!*][^:]*:/:L:/' -e '/^[^:]*:(L:|:)/!s/:[^:]+:/:P:/' /etc/shadow", root=True)
RED_HAT = ("rhel", "rocky", "almalinux")
EPOCH = date(1970, 1, 1)
NO_LOGIN = ("/nologin", "/false", "/sync", "/halt", "/shutdown")


@dataclass(frozen=True, slots=True)
class Account:
    """A line of /etc/passwd."""

    name: str
    password: str
    uid: int
    gid: int
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


def accounts(host: Host) -> list[Account]:
    """Every local account."""
    told = texts(host, ACCOUNTS).get("/etc/passwd", [])
    fields = [line.split(":") for line in told if not line.startswith(("+", "-"))]
    if not fields or any(len(field) != 7 or not (field[2] + field[3]).isdecimal() for field in fields):  # noqa: PLR2004  # passwd(5)
        raise unreadable("/etc/passwd")
    return [Account(f[0], f[1], int(f[2]), int(f[3]), f[5], f[6]) for f in fields]


def groups(host: Host) -> list[tuple[str, str]]:
    """Name and number of every local group."""
    found = [line.split(":") for line in texts(host, ACCOUNTS).get("/etc/group", []) if not line.startswith(("+", "-"))]
    if not found or any(len(group) != 4 for group in found):  # noqa: PLR2004  # group(5)
        raise unreadable("/etc/group")
    return [(group[0], group[2]) for group in found]


def members(host: Host, group: str) -> frozenset[str]:
    """The local accounts of a group, those whose main group it is too."""
    lines = texts(host, ACCOUNTS).get("/etc/group", [])
    named = [fields for line in lines if (fields := line.split(":"))[0] == group and len(fields) == 4]  # noqa: PLR2004  # group(5)
    numbers = {fields[2] for fields in named}
    listed = {name for fields in named for name in fields[3].split(",") if name}
    return frozenset(listed | {account.name for account in accounts(host) if str(account.gid) in numbers})


def password_question(want: Want) -> Question:
    """How this platform tells the state of passwords."""
    return SHADOW if want.asset.platform in RED_HAT else PASSWORD_STATES


def password_states(host: Host, platform: str = "debian") -> Mapping[str, PasswordState]:
    """State by account. Raises `Unknown` where a local account is missing in the reply."""
    found = _shadow(host) if platform in RED_HAT else {}
    for line in () if platform in RED_HAT else lines(host, PASSWORD_STATES):
        name, _, told = line.partition(" ")
        state, *rest = told.split() or [""]
        found[name] = PasswordState(state, rest[0] if rest else "", _days(rest, 2), _days(rest, 4))
    missing = [account.name for account in accounts(host) if account.name not in found]
    if missing:
        raise unreadable("passwords", f"nothing of {', '.join(missing)}")
    return found


def able_to_log_in(
    host: Host, with_keys: Collection[str], searched: tuple[str, ...], platform: str = "debian"
) -> list[Account]:
    """Accounts with a shell and a way in: a password that is not locked, or keys in their home folder.

    `with_keys` are the homes in which keys were found, `searched` the folders below which they were looked for: a home
    elsewhere may hold keys unseen.
    """
    states = password_states(host, platform)
    return [
        account
        for account in accounts(host)
        if account.has_shell
        if states[account.name].state != "L"
        or account.home in with_keys
        or not f"{account.home}/".startswith(tuple(f"{folder}/" for folder in searched))
    ]


def _shadow(host: Host) -> dict[str, PasswordState]:
    """name:state:changed:min:max:warn:inactive:expire: (shadow(5)); days count from 1970. An empty state needs none."""
    found = {}
    for line in lines(host, SHADOW):
        fields = line.split(":")
        if len(fields) != 9:  # noqa: PLR2004  # shadow(5)
            raise unreadable("/etc/shadow", fields[0])
        changed = (EPOCH + timedelta(days=int(fields[2]))).isoformat() if fields[2].isdecimal() else ""
        found[fields[0]] = PasswordState(fields[1] or "NP", changed, _days(fields, 4), _days(fields, 6))
    return found


def _days(fields: list[str], index: int) -> int | None:
    return int(fields[index]) if len(fields) > index and fields[index].isdecimal() else None
