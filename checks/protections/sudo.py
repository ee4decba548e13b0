"""sudo: who may do everything unasked, on what terminal, and whether it is written down.

Rules from LDAP or SSSD are not seen: `cvtsudoers` reads the files of this host, with all that they include.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged, not_applicable
from checks.protections.questions import FILES, LINUX, PLACES, RED_HAT
from checks.readers.files import entries
from checks.reading import expected, stdout, unreadable

RULES = Question("/usr/bin/cvtsudoers -e -f json /etc/sudoers", root=True)
DEFAULT_MINUTES = {"debian": 15.0, "red_hat": 5.0}  # for which sudo, as built there, remembers a password by itself
OTHERS_PASSWORDS = ("rootpw", "runaspw", "targetpw")
MAY_BE_ROOT = ("ALL", "root", "#0", 0)
KINDS = {"usergroup": "%", "userid": "#", "usergid": "%#", "netgroup": "+"}

Judge = Callable[[Host, Want], Verdict]
Entry = Mapping[str, Any]


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
    rules, declared = _rules(host), want["automation_accounts"]
    found = sorted({name for spec in rules["User_Specs"] for name in _unlimited(spec, rules)} - {"root", "#0"})
    others = [name for name in found if name not in declared]
    exempt = ", ".join(name for name in found if name in declared)
    actual = f"NOPASSWD: ALL: {', '.join(others) or '–'}; automation_accounts: {exempt or '–'}"
    return judged(not others, "NOPASSWD: ALL: –", actual)


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def use_pty(host: Host, _want: Want) -> Verdict:
    """Said in the rules themselves: it became sudo's default only with 1.9.14."""
    rules = _rules(host)
    on = _option(rules, "use_pty", None) is True
    off = _exceptions(rules, "use_pty")
    return judged(on and not off, "Defaults use_pty", f"use_pty: {on}; !use_pty: {', '.join(off) or '–'}")


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def logging(host: Host, _want: Want) -> Verdict:
    """Commands go to syslog, as sudo does by itself, or to a file, for everybody."""
    rules = _rules(host)
    syslog, logfile = _option(rules, "syslog", "authpriv"), _option(rules, "logfile", None)
    off = [*_exceptions(rules, "syslog"), *_exceptions(rules, "log_allowed")]
    written = bool(syslog or logfile) and _option(rules, "log_allowed", True) is not False
    actual = f"syslog: {syslog}; logfile: {logfile or '–'}; !syslog, !log_allowed: {', '.join(off) or '–'}"
    return judged(written and (not off or bool(logfile)), "syslog | logfile", actual)


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def timestamp_limited(host: Host, want: Want) -> Verdict:
    """A password that was given is forgotten again in time, for everybody (a negative timeout: never)."""
    limit, rules = want["sudo_timestamp_minutes"], _rules(host)
    with expected("cvtsudoers: timestamp_timeout"):
        unsaid = DEFAULT_MINUTES["red_hat" if want.asset.platform in RED_HAT else "debian"]
        minutes = [float(value) for value in _in_effect(rules, "timestamp_timeout", unsaid)]
    bad = [f"{one:g}" for one in minutes if not 0 <= one <= limit]
    return judged(not bad, f"0 ≤ timestamp_timeout ≤ {limit}", ", ".join(bad or (f"{one:g}" for one in minutes)))


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def own_password(host: Host, _want: Want) -> Verdict:
    """Everybody proves with a password of their own, so that nobody needs that of root."""
    rules = _rules(host)
    found = sorted({name for name in OTHERS_PASSWORDS if any(_in_effect(rules, name, False))})
    return judged(not found, ", ".join(f"!{name}" for name in OTHERS_PASSWORDS), ", ".join(found) or "–")


@asks(PLACES, RULES, platforms=LINUX)
@where_installed
def clean_environment(host: Host, _want: Want) -> Verdict:
    """What runs as root gets a fresh environment and a fixed search path of absolute folders, for everybody."""
    rules = _rules(host)
    path = _option(rules, "secure_path", None)
    folders = str(path or "").split(":")
    off = [*_exceptions(rules, "env_reset"), *_exceptions(rules, "secure_path")]
    reset = _option(rules, "env_reset", True) is not False and not off
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


def _rules(host: Host) -> Mapping[str, Any]:
    """The policy as cvtsudoers writes it; a reply that is cut is no JSON."""
    text = stdout(host, RULES)
    with expected("cvtsudoers"):
        rules = json.loads(text)
    if not isinstance(rules, dict) or not rules.get("User_Specs"):
        raise unreadable("cvtsudoers: no User_Specs")
    return rules


def _settings(rules: Entry, name: str) -> Iterator[tuple[Sequence[Entry], Any]]:
    """Every setting of a `Defaults` option, in order, with whom it is bound to (nobody: it holds for all)."""
    for defaults in rules.get("Defaults", []):
        for option in defaults["Options"]:
            if name in option:
                yield defaults.get("Binding", ()), option[name]


def _option(rules: Entry, name: str, otherwise: Any) -> Any:
    """The value that holds for all: the last one stands."""
    return ([otherwise] + [value for binding, value in _settings(rules, name) if not binding])[-1]


def _in_effect(rules: Entry, name: str, otherwise: Any) -> list[Any]:
    """The value that holds for all, and those that hold for some."""
    bound = [value for binding, value in _settings(rules, name) if binding]
    return [_option(rules, name, otherwise), *bound]


def _exceptions(rules: Entry, name: str) -> list[str]:
    """For whom an option is switched off by a `Defaults` of their own."""
    bound = (binding for binding, value in _settings(rules, name) if binding and value is False)
    return [str(value) for binding in bound for subject in binding for value in subject.values()]


def _unlimited(spec: Entry, rules: Entry) -> Iterator[str]:
    """The users of a rule that may run everything as root without a password."""
    all_asked = _option(rules, "authenticate", True) is not False
    never_asked = _exceptions(rules, "authenticate")
    for user in spec["User_List"]:
        for kind, name in user.items():
            asked = all_asked and str(name) not in never_asked
            if kind != "negated" and any(_everything(commands, asked) for commands in spec["Cmnd_Specs"]):
                yield f"{KINDS.get(kind, '')}{name}"


def _everything(commands: Entry, asked: bool) -> bool:
    """All commands as root without a password. `asked`: one is demanded where the rule itself says nothing."""
    options = {name: value for option in commands.get("Options", []) for name, value in option.items()}
    runas = [value for user in commands.get("runasusers", [{"username": "root"}]) for value in user.values()]
    unasked = not options.get("authenticate", asked)
    return unasked and any(user in MAY_BE_ROOT for user in runas) and {"command": "ALL"} in commands["Commands"]
