"""sudo's policy, as `cvtsudoers` writes it: the files of this host, with all that they include.

Rules from LDAP or SSSD are not seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checks.model import Question
from checks.readers.accounts import members
from checks.reading import Host, expected, stdout, unreadable

RULES = Question("/usr/bin/cvtsudoers -e -f json /etc/sudoers", root=True)
MAY_BE_ROOT = ("ALL", "root", "#0", 0)
KINDS = {"usergroup": "%", "userid": "#", "usergid": "%#", "netgroup": "+"}

Entry = Mapping[str, Any]


def administrators(host: Host) -> frozenset[str]:
    """The local accounts that may run everything as root, with a password or without."""
    found: set[str] = set()
    for spec in rules(host)["User_Specs"]:
        if any(_all_as_root(commands) for commands in spec["Cmnd_Specs"]):
            for kind, name in (pair for user in spec["User_List"] for pair in user.items()):
                found |= _named(host, kind, str(name))
    return frozenset(found)


def _named(host: Host, kind: str, name: str) -> frozenset[str]:
    if kind == "usergroup":
        return members(host, name)
    return frozenset({name} if kind == "username" and name != "ALL" else ())


def rules(host: Host) -> Mapping[str, Any]:
    """The policy as cvtsudoers writes it; a reply that is cut is no JSON."""
    text = stdout(host, RULES)
    with expected("cvtsudoers"):
        found = json.loads(text)
    if not isinstance(found, dict) or not found.get("User_Specs"):
        raise unreadable("cvtsudoers: no User_Specs")
    return found


def settings(rules: Entry, name: str) -> Iterator[tuple[Sequence[Entry], Any]]:
    """Every setting of a `Defaults` option, in order, with whom it is bound to (nobody: it holds for all)."""
    for defaults in rules.get("Defaults", []):
        for option in defaults["Options"]:
            if name in option:
                yield defaults.get("Binding", ()), option[name]


def option(rules: Entry, name: str, otherwise: Any) -> Any:
    """The value that holds for all: the last one stands."""
    return ([otherwise] + [value for binding, value in settings(rules, name) if not binding])[-1]


def in_effect(rules: Entry, name: str, otherwise: Any) -> list[Any]:
    """The value that holds for all, and those that hold for some."""
    bound = [value for binding, value in settings(rules, name) if binding]
    return [option(rules, name, otherwise), *bound]


def exceptions(rules: Entry, name: str) -> list[str]:
    """For whom an option is switched off by a `Defaults` of their own."""
    bound = (binding for binding, value in settings(rules, name) if binding and value is False)
    return [str(value) for binding in bound for subject in binding for value in subject.values()]


def unlimited(spec: Entry, rules: Entry) -> Iterator[str]:
    """The users of a rule that may run everything as root without a password."""
    all_asked = option(rules, "authenticate", True) is not False
    never_asked = exceptions(rules, "authenticate")
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


def _all_as_root(commands: Entry) -> bool:
    """All commands as root, whether a password is asked for or not."""
    return _everything({**commands, "Options": [{"authenticate": False}]}, asked=False)
