"""Local accounts: who exists, who can log in, and for how long a session may stand idle."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.protections.questions import FILES, FIRST_ORDINARY_UID, LINUX, SEARCHED, SETTINGS
from checks.readers import pam
from checks.readers.accounts import (
    ACCOUNTS,
    Account,
    PasswordState,
    able_to_log_in,
    accounts,
    groups,
    password_question,
    password_states,
)
from checks.readers.consoles import CONSOLES, HIDING, STARTED, unasked
from checks.readers.files import entries, homes_with_keys
from checks.readers.sudoers import RULES, administrators
from checks.reading import closed, complete, texts, unreadable

NOBODY_UID = 65534
GIVEN_A_SHELL = ("postgres",)  # by its Debian package, which needs it
ASSIGNMENT = re.compile(r"^[^#]*\bTMOUT=[\"']?([^\s;\"'&|]+)")
NEVER = -1
NOTICES = ("/etc/issue", "/etc/issue.net")
SYSTEM_TOLD = re.compile(r"\\[mrsv]|\b(?:debian|ubuntu|red hat|rocky|almalinux|centos|linux)\b", re.I)
PATH_FILES = ("/etc/login.defs", "/etc/environment", "/etc/profile", "/etc/bash.bashrc", "/etc/bashrc")
SEARCH_PATH = re.compile(r"\s*(?:export\s+)?(?:ENV_\w+\s+)?PATH=[\"']?([^\"'\s;]*)")
COMMON = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  # where everybody writes
READONLY = re.compile(r"^[^#]*\b(?:readonly\b|(?:declare|typeset)\s+-\w*r\w*)[^#;]*\bTMOUT\b")


def recent_logins(want: Want) -> Question:
    """Who asks, today's date, and who has logged in within the allowed days (`lastlog2` took over in Debian 13)."""
    days = want["inactive_days"]
    return Question(closed(f"id -un && date +%F && {{ lastlog -t {days} || lastlog2 -t {days}; }}"))


@asks(ACCOUNTS, platforms=LINUX)
def root_only_uid0(host: Host, _want: Want) -> Verdict:
    names = [account.name for account in accounts(host) if account.uid == 0]
    return judged(names == ["root"], "UID 0: root", f"UID 0: {_listed(names)}")


@asks(ACCOUNTS, password_question, platforms=LINUX)
def no_empty_password(host: Host, want: Want) -> Verdict:
    names = [
        name for name, state in password_states(host, want.asset.platform).items() if state.state not in {"P", "L"}
    ]
    return judged(not names, "passwd -S: P | L", f"passwd -S: NP: {_listed(names)}")


@asks(ACCOUNTS, password_question, FILES, platforms=LINUX)
def default_accounts_disabled(host: Host, want: Want) -> Verdict:
    names = [account.name for account in _able_to_log_in(host, want) if account.name in want["default_accounts"]]
    return judged(not names, "default_accounts: –", f"default_accounts: {_listed(names)}")


@asks(ACCOUNTS, password_question, FILES, platforms=LINUX)
def system_accounts_no_shell(host: Host, want: Want) -> Verdict:
    able = {account.name for account in _able_to_log_in(host, want)}
    exempt = {"root", *want["automation_accounts"], *(name for name in GIVEN_A_SHELL if name not in able)}
    names = [a.name for a in accounts(host) if a.uid < FIRST_ORDINARY_UID and a.has_shell and a.name not in exempt]
    return judged(not names, f"UID < {FIRST_ORDINARY_UID}: nologin", f"shell: {_listed(names)}")


@asks(ACCOUNTS, password_question, FILES, recent_logins, platforms=LINUX)
def inactive_disabled(host: Host, want: Want) -> Verdict:
    """Idle: able to log in, but no login and no new password within the allowed days, and not expired either."""
    days = want["inactive_days"]
    today, active = _recently_active(host, want)
    exempt = active | set(want["automation_accounts"])
    states = password_states(host, want.asset.platform)
    names = [
        account.name
        for account in _able_to_log_in(host, want)
        if FIRST_ORDINARY_UID <= account.uid != NOBODY_UID and account.name not in exempt
        if not _expired(states[account.name], today)
        if _day(states[account.name].changed) < today - timedelta(days=days)
    ]
    declared = _listed(sorted(set(want["automation_accounts"]) & states.keys()))
    return judged(not names, f"≤ {days} d", f"> {days} d: {_listed(names)}; automation_accounts: {declared}")


@asks(ACCOUNTS, platforms=LINUX)
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


@asks(ACCOUNTS, platforms=LINUX)
def passwords_shadowed(host: Host, _want: Want) -> Verdict:
    """No password stands in /etc/passwd, which everybody reads (nor is the field empty, which asks for none)."""
    names = [account.name for account in accounts(host) if account.password != "x"]  # noqa: S105  # passwd(5)
    return judged(not names, "/etc/passwd: x", f"/etc/passwd: ≠ x: {_listed(names)}")


@asks(ACCOUNTS, platforms=LINUX)
def groups_exist(host: Host, _want: Want) -> Verdict:
    """The main group of every account exists: nobody else can be given its number, and with it its files."""
    known = {number for _, number in groups(host)}
    names = [f"{account.name} ({account.gid})" for account in accounts(host) if str(account.gid) not in known]
    return judged(not names, "/etc/passwd GID ∈ /etc/group", _listed(names))


@asks(ACCOUNTS, platforms=LINUX)
def no_foreign_entries(host: Host, _want: Want) -> Verdict:
    """No line of passwd or group takes in the accounts of a network directory (`+`, nsswitch.conf(5) compat)."""
    told = texts(host, ACCOUNTS)
    found = [f"{path}: {line}" for path, lines in told.items() for line in lines if line.startswith(("+", "-"))]
    accounts(host)
    return judged(not found, "+: –", _listed(found))


@asks(SETTINGS, platforms=LINUX)
def new_accounts_expire(host: Host, want: Want) -> Verdict:
    """A new account ends by itself in time once its password has (`INACTIVE`, useradd(8))."""
    days = pam.number(pam.options(texts(host, SETTINGS).get("/etc/default/useradd", [])), "INACTIVE", NEVER)
    limit = want["inactive_days"]
    return judged(0 <= days <= limit, f"0 ≤ INACTIVE ≤ {limit}", f"INACTIVE={days}")


@asks(SETTINGS, platforms=LINUX)
def su_restricted(host: Host, _want: Want) -> Verdict:
    """Only members of one group may try `su`; root itself may."""
    rules = pam.rules(texts(host, SETTINGS).get("/etc/pam.d/su", []), "pam_wheel")
    bound = [rule for rule in rules if rule.kind == "auth" and rule.control in ("required", "requisite")]
    groups_ = [rule.options.get("group", "–") for rule in bound if "deny" not in rule.options]
    actual = f"pam_wheel: group={', '.join(groups_)}" if groups_ else "pam_wheel: –"
    return judged(bool(groups_), "/etc/pam.d/su: auth required pam_wheel.so use_uid", actual)


@asks(SETTINGS, platforms=LINUX)
def login_notice(host: Host, _want: Want) -> Verdict:
    """Who logs in is told first that it takes authority, and is not told what system it is."""
    files = texts(host, SETTINGS)
    told = [path for path in NOTICES if any(line.strip() for line in files.get(path, ()))]
    telling = [path for path in told for line in files[path] if SYSTEM_TOLD.search(line)]
    missing = [path for path in NOTICES if path not in told]
    actual = ", ".join([*(f"{path}: –" for path in missing), *dict.fromkeys(telling)])
    return judged(not missing and not telling, f"{', '.join(NOTICES)}: ≠ \\m, \\r, \\s, \\v, OS", actual or "OK")


@asks(ACCOUNTS, password_question, platforms=LINUX)
def root_locked(host: Host, want: Want) -> Verdict:
    """Nobody logs in as root with a password; everybody works with an account of their own and sudo."""
    state = password_states(host, want.asset.platform)["root"].state
    return judged(state == "L", "passwd -S root: L", f"passwd -S root: {state}")


@asks(ACCOUNTS, RULES, platforms=LINUX)
def administrators_named(host: Host, want: Want) -> Verdict:
    """At least one person administers with an account of their own, and none with a default or a system account."""
    may = administrators(host)
    others = [
        one for one in accounts(host) if one.name in may and one.name not in {"root", *want["automation_accounts"]}
    ]
    shared = [one.name for one in others if one.name in want["default_accounts"] or one.uid < FIRST_ORDINARY_UID]
    people = [one.name for one in others if one.name not in shared]
    actual = f"{_listed(people)}; default_accounts, UID < {FIRST_ORDINARY_UID}: {_listed(shared)}"
    return judged(bool(people) and not shared, "sudo: ≥ 1; default_accounts: –", actual)


@asks(SETTINGS, platforms=LINUX)
def root_path_safe(host: Host, _want: Want) -> Verdict:
    """No search path for all, nor root's own, looks where the caller stands, or in folders where others write."""
    files = texts(host, SETTINGS)
    lines = [line for path in PATH_FILES for line in files.get(path, ())]
    paths = [match[1] for line in lines if (match := SEARCH_PATH.match(line))]
    folders = [folder for path in paths for folder in path.split(":")]
    bad = [folder or '""' for folder in folders if not folder.startswith(("/", "$")) or folder.startswith(COMMON)]
    if not paths:
        raise unreadable("PATH is set nowhere")
    return judged(not bad, "PATH=/…", ", ".join(dict.fromkeys(bad)) or "OK")


@asks(SETTINGS, platforms=LINUX)
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


@asks(STARTED, HIDING, CONSOLES, platforms=LINUX)
def no_automatic_login(host: Host, _want: Want) -> Verdict:
    """No console, serial line or desktop lets anybody in unasked, and no rescue shell opens without a password."""
    found = unasked(host)
    return judged(not found, "autologin, login -f, debug-shell, SYSTEMD_SULOGIN_FORCE: –", ", ".join(found) or "–")


def _able_to_log_in(host: Host, want: Want) -> list[Account]:
    return able_to_log_in(host, homes_with_keys(entries(host, FILES)), SEARCHED, want.asset.platform)


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
    return path in {"/etc/profile", "/etc/bash.bashrc", "/etc/bashrc"} or (
        path.startswith("/etc/profile.d/") and path.endswith(".sh")
    )


def _twice(kind: str, values: Iterable[str]) -> Iterator[str]:
    return (f"{kind} {value}" for value, times in Counter(values).items() if times > 1)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values) or "–"
