"""sudo: who may do everything unasked, on what terminal, and whether it is written down.

Rules from LDAP or SSSD are not seen: `cvtsudoers` reads the files of this host, with all that they include.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from testinfra.host import Host

from checks.model import Verdict, Want, asks, judged, not_applicable
from checks.protections.questions import FILES, LINUX, PLACES, RED_HAT
from checks.readers import sudoers
from checks.readers.files import entries
from checks.readers.sudoers import RULES
from checks.reading import expected, unreadable

DEFAULT_MINUTES = {"debian": 15.0, "red_hat": 5.0}  # for which sudo, as built there, remembers a password by itself
OTHERS_PASSWORDS = ("rootpw", "runaspw", "targetpw")

Judge = Callable[[Host, Want], Verdict]


def where_installed(judge: Judge) -> Judge:
    """The question does not arise where there is no sudo."""

    @wraps(judge)
    def answer(host: Host, want: Want) -> Verdict:
        if any(entry.path == "/usr/bin/sudo" for entry in entries(host, PLACES)):
            return judge(host, want)
        return not_applicable("/usr/bin/sudo: –")

    return answer


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def no_unlimited_nopasswd(host: Host, want: Want) -> Verdict:
    """No one but root and the declared automation accounts may run everything as root without a password."""
    rules, declared = sudoers.rules(host), want["automation_accounts"]
    found = sorted({name for spec in rules["User_Specs"] for name in sudoers.unlimited(spec, rules)} - {"root", "#0"})
    others = [name for name in found if name not in declared]
    exempt = ", ".join(name for name in found if name in declared)
    actual = f"NOPASSWD: ALL: {', '.join(others) or '–'}; automation_accounts: {exempt or '–'}"
    return judged(not others, "NOPASSWD: ALL: –", actual)


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def use_pty(host: Host, _want: Want) -> Verdict:
    """Said in the rules themselves: it became sudo's default only with 1.9.14."""
    rules = sudoers.rules(host)
    on = sudoers.option(rules, "use_pty", None) is True
    off = sudoers.exceptions(rules, "use_pty")
    return judged(on and not off, "Defaults use_pty", f"use_pty: {on}; !use_pty: {', '.join(off) or '–'}")


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def logging(host: Host, _want: Want) -> Verdict:
    """Commands go to syslog, as sudo does by itself, or to a file, for everybody."""
    rules = sudoers.rules(host)
    syslog, logfile = sudoers.option(rules, "syslog", "authpriv"), sudoers.option(rules, "logfile", None)
    off = [*sudoers.exceptions(rules, "syslog"), *sudoers.exceptions(rules, "log_allowed")]
    written = bool(syslog or logfile) and sudoers.option(rules, "log_allowed", True) is not False
    actual = f"syslog: {syslog}; logfile: {logfile or '–'}; !syslog, !log_allowed: {', '.join(off) or '–'}"
    return judged(written and (not off or bool(logfile)), "syslog | logfile", actual)


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def timestamp_limited(host: Host, want: Want) -> Verdict:
    """A password that was given is forgotten again in time, for everybody (a negative timeout: never)."""
    limit, rules = want["sudo_timestamp_minutes"], sudoers.rules(host)
    with expected("cvtsudoers: timestamp_timeout"):
        unsaid = DEFAULT_MINUTES["red_hat" if want.asset.platform in RED_HAT else "debian"]
        minutes = [float(value) for value in sudoers.in_effect(rules, "timestamp_timeout", unsaid)]
    bad = [f"{one:g}" for one in minutes if not 0 <= one <= limit]
    return judged(not bad, f"0 ≤ timestamp_timeout ≤ {limit}", ", ".join(bad or (f"{one:g}" for one in minutes)))


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def own_password(host: Host, _want: Want) -> Verdict:
    """Everybody proves with a password of their own, so that nobody needs that of root."""
    rules = sudoers.rules(host)
    found = sorted({name for name in OTHERS_PASSWORDS if any(sudoers.in_effect(rules, name, False))})
    return judged(not found, ", ".join(f"!{name}" for name in OTHERS_PASSWORDS), ", ".join(found) or "–")


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def clean_environment(host: Host, _want: Want) -> Verdict:
    """What runs as root gets a fresh environment and a fixed search path of absolute folders, for everybody."""
    rules = sudoers.rules(host)
    path = sudoers.option(rules, "secure_path", None)
    folders = str(path or "").split(":")
    off = [*sudoers.exceptions(rules, "env_reset"), *sudoers.exceptions(rules, "secure_path")]
    reset = sudoers.option(rules, "env_reset", True) is not False and not off
    actual = f"env_reset: {reset}; secure_path: {path or '–'}; !env_reset, !secure_path: {', '.join(off) or '–'}"
    return judged(reset and all(map(_absolute, folders)), "env_reset, secure_path=/…", actual)


@asks(PLACES, FILES, platforms=LINUX)
@where_installed
def files_protected(host: Host, _want: Want) -> Verdict:
    found = [entry for entry in entries(host, FILES) if entry.path.startswith("/etc/sudoers")]
    if not found:
        raise unreadable("/etc/sudoers")
    bad = [str(entry) for entry in found if entry.owner != "root" or entry.open_to_others]
    return judged(not bad, "root; g-w, o-rw", ", ".join(bad) or f"{len(found)} OK")


def _absolute(folder: str) -> bool:
    return folder.startswith("/") and ".." not in folder.split("/")
