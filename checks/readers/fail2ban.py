"""fail2ban's jail of OpenSSH: whether it is on, and after how many failures an address is banned; jail.conf(5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from checks.model import Question
from checks.readers.processes import PROCESSES, alive
from checks.reading import LAST, LAST_SAYS, Host, texts, unreadable

FOLDER = "/etc/fail2ban"
JAILS = Question(
    rf"grep -r -a -E '^\s*(\[|enabled|maxretry|{LAST_SAYS})'"
    f" {FOLDER}/jail.conf {FOLDER}/jail.local {FOLDER}/jail.d {LAST}"
)
ASKS = (PROCESSES, JAILS)
SERVER = ("fail2ban-server",)
JAIL, EVERY_JAIL = "sshd", "DEFAULT"
SECTION = re.compile(r"\s*\[([\w.-]+)\]\s*(?:[#;].*)?")
OPTION = re.compile(r"\s*(enabled|maxretry)\s*[=:]\s*(\S+)\s*")
OTHER = re.compile(r"\s*(?:\[|(?:enabled|maxretry)\w)")  # an option whose name begins like one of these
ON, OFF = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def banned_after(host: Host) -> int | None:
    """Failed logins until the address is banned; None where fail2ban does not run, or its jail is off."""
    found, running = texts(host, JAILS), bool(alive(host, SERVER))
    sections: dict[str, dict[str, str]] = {EVERY_JAIL: {"enabled": "false", "maxretry": "5"}, JAIL: {}}
    for path in sorted((path for path in found if path.endswith((".conf", ".local"))), key=_place):
        for section, name, value in _options(path, found[path]):
            sections.setdefault(section, {})[name] = value
    said: Mapping[str, str] = sections[EVERY_JAIL] | sections[JAIL]
    if said["enabled"].lower() not in (*ON, *OFF) or not said["maxretry"].isdecimal():
        raise unreadable(f"{FOLDER}: {JAIL}", f"enabled {said['enabled']}, maxretry {said['maxretry']}")
    return int(said["maxretry"]) if running and said["enabled"].lower() in ON else None


def _options(path: str, told: list[str]) -> Iterator[tuple[str, str, str]]:
    """(section, name, value) of each option, as they stand."""
    section = ""
    for line in told:
        if head := SECTION.fullmatch(line):
            section = head[1]
        elif option := OPTION.fullmatch(line):
            yield section, option[1], option[2]
        elif not OTHER.match(line):
            raise unreadable(path, line)


def _place(path: str) -> tuple[bool, bool, str]:
    """The order in which they are read, a later one overriding: `.conf`, the folder's, then `.local` likewise."""
    return path.endswith(".local"), "/jail.d/" in path, path
