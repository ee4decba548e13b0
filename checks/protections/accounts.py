"""Local accounts: who exists, who can log in, and for how long a session may stand idle."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.protections.questions import FILES, FIRST_ORDINARY_UID, SEARCHED, SETTINGS
from checks.readers.accounts import (
    ACCOUNTS,
    PASSWORD_STATES,
    Account,
    PasswordState,
    able_to_log_in,
    accounts,
    groups,
    password_states,
)
from checks.readers.files import entries, homes_with_keys
from checks.reading import closed, complete, texts, unreadable

DEBIAN = ("debian", "ubuntu")
NOBODY_UID = 65534
GIVEN_A_SHELL = ("postgres",)  # by its Debian package, which needs it
ASSIGNMENT = re.compile(r"^[^#]*\bTMOUT=[\"']?([^\s;\"'&|]+)")
READONLY = re.compile(r"^[^#]*\b(?:readonly\b|(?:declare|typeset)\s+-\w*r\w*)[^#;]*\bTMOUT\b")


def recent_logins(want: Want) -> Question:
    """Who asks, today's date, and who has logged in within the allowed days (`lastlog2` took over in Debian 13)."""
    days = want["inactive_days"]
    return Question(closed(f"id -un && date +%F && {{ lastlog -t {days} || lastlog2 -t {days}; }}"))


@asks(ACCOUNTS, platforms=DEBIAN)
def root_only_uid0(host: Host, _want: Want) -> Verdict:
    names = [account.name for account in accounts(host) if account.uid == 0]
    return judged(names == ["root"], "UID 0: root", f"UID 0: {_listed(names)}")


@asks(ACCOUNTS, PASSWORD_STATES, platforms=DEBIAN)
def no_empty_password(host: Host, _want: Want) -> Verdict:
    names = [name for name, state in password_states(host).items() if state.state not in {"P", "L"}]
    return judged(not names, "passwd -S: P | L", f"passwd -S: NP: {_listed(names)}")


@asks(ACCOUNTS, PASSWORD_STATES, FILES, platforms=DEBIAN)
def default_accounts_disabled(host: Host, want: Want) -> Verdict:
    names = [account.name for account in _able_to_log_in(host) if account.name in want["default_accounts"]]
    return judged(not names, "default_accounts: –", f"default_accounts: {_listed(names)}")


@asks(ACCOUNTS, PASSWORD_STATES, FILES, platforms=DEBIAN)
def system_accounts_no_shell(host: Host, want: Want) -> Verdict:
    able = {account.name for account in _able_to_log_in(host)}
    exempt = {"root", *want["automation_accounts"], *(name for name in GIVEN_A_SHELL if name not in able)}
    names = [a.name for a in accounts(host) if a.uid < FIRST_ORDINARY_UID and a.has_shell and a.name not in exempt]
    return judged(not names, f"UID < {FIRST_ORDINARY_UID}: nologin", f"shell: {_listed(names)}")


@asks(ACCOUNTS, PASSWORD_STATES, FILES, recent_logins, platforms=DEBIAN)
def inactive_disabled(host: Host, want: Want) -> Verdict:
    """Idle: able to log in, but no login and no new password within the allowed days, and not expired either."""
    days = want["inactive_days"]
    today, active = _recently_active(host, want)
    exempt = active | set(want["automation_accounts"])
    states = password_states(host)
    names = [
        account.name
        for account in _able_to_log_in(host)
        if FIRST_ORDINARY_UID <= account.uid != NOBODY_UID and account.name not in exempt
        if not _expired(states[account.name], today)
        if _day(states[account.name].changed) < today - timedelta(days=days)
    ]
    declared = _listed(sorted(set(want["automation_accounts"]) & states.keys()))
    return judged(not names, f"≤ {days} d", f"> {days} d: {_listed(names)}; automation_accounts: {declared}")


@asks(ACCOUNTS, platforms=DEBIAN)
def unique_ids(host: Host, _want: Want) -> Verdict:
    users = accounts(host)
    names, numbers = zip(*groups(host), strict=True)
    twice = [
        *_twice("user", (user.name for user in users)),
        *_twice("UID", (str(user.uid) for user in users)),
        *_twice("group", names),
        *_twice("GID", numbers),
    ]
    return judged(not twice, "user, UID, group, GID: 1 ×", f"> 1 ×: {_listed(twice)}")


@asks(SETTINGS, platforms=DEBIAN)
def session_timeout(host: Host, want: Want) -> Verdict:
    """Every TMOUT that the shells' system-wide start files set is within the limit, and one of them is read-only."""
    lines = [line for path, found in texts(host, SETTINGS).items() if _starts_a_shell(path) for line in found]
    values = [match[1] for line in lines if (match := ASSIGNMENT.match(line))]
    if any(not value.isdecimal() for value in values):
        raise unreadable(f"TMOUT={', '.join(values)}")
    limit = want["session_idle_seconds"]
    fixed = any(READONLY.match(line) for line in lines)
    within = bool(values) and all(0 < int(value) <= limit for value in values)
    actual = f"TMOUT={', '.join(values) or '–'}{' (readonly)' if fixed else ''}"
    return judged(within and fixed, f"0 < TMOUT ≤ {limit} (readonly)", actual)


def _able_to_log_in(host: Host) -> list[Account]:
    return able_to_log_in(host, homes_with_keys(entries(host, FILES)), SEARCHED)


def _recently_active(host: Host, want: Want) -> tuple[date, set[str]]:
    login, today, *records = complete(host, recent_logins(want))
    return _day(today), {login, *(record.split()[0] for record in records)}


def _expired(state: PasswordState, today: date) -> bool:
    """The account has ended by itself: so many days after its password did (`chage -I`)."""
    if state.max_days is None or state.inactive_days is None:
        return False
    return _day(state.changed) + timedelta(days=state.max_days + state.inactive_days) < today


def _day(text: str) -> date:
    """A day as `date +%F` and `passwd -S` write it (before Debian 12: month/day/year)."""
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    raise unreadable("no date", text)


def _starts_a_shell(path: str) -> bool:
    return path in {"/etc/profile", "/etc/bash.bashrc"} or (path.startswith("/etc/profile.d/") and path.endswith(".sh"))


def _twice(kind: str, values: Iterable[str]) -> Iterator[str]:
    return (f"{kind} {value}" for value, times in Counter(values).items() if times > 1)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values) or "–"
