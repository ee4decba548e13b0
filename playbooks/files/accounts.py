"""Prints which local accounts the checks `accounts.*` would name, as `CHECK NAME` lines. Runs on the machine, as root.

Its one argument is a JSON object with default_accounts, automation_accounts and inactive_days.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FIRST_ORDINARY_UID = 1000
NOBODY_UID = 65534
NO_LOGIN = ("/nologin", "/false", "/sync", "/halt", "/shutdown")
DAY = 86_400


class Account:
    """A line of passwd(5) with its line of shadow(5)."""

    def __init__(self, line: str, shadow: dict[str, list[str]]) -> None:
        self.name, _, uid, _, _, self.home, self.shell = line.split(":")
        _, self.password, changed, _, longest, _, idle, *_ = shadow.get(self.name, [self.name, "*", *[""] * 7])
        self.uid = int(uid)
        self.changed = int(changed or 0)
        self.end = self.changed + int(longest) + int(idle) if longest and idle else None

    @property
    def can_log_in(self) -> bool:
        return not self.password.startswith(("!", "*")) or any(Path(self.home).glob(".ssh/authorized_keys*"))


def faults(account: Account, wanted: dict[str, Any], recent: set[str], today: int) -> Iterator[str]:
    """The checks that the account fails."""
    if not account.password:
        yield "no_empty_password"
    if account.shell.endswith(NO_LOGIN):
        return
    automatic = account.name == "root" or account.name in wanted["automation_accounts"]
    if account.uid < FIRST_ORDINARY_UID and not automatic:
        yield "system_accounts_no_shell"
    if not account.can_log_in:
        return
    if account.name in wanted["default_accounts"]:
        yield "default_accounts_disabled"
    expired = account.end is not None and account.end < today
    idle = account.name not in recent and account.changed < today - wanted["inactive_days"]
    if FIRST_ORDINARY_UID <= account.uid != NOBODY_UID and not automatic and idle and not expired:
        yield "inactive_disabled"


def logged_in(days: int) -> Iterator[str]:
    """Who has logged in within so many days. Ends the program where that cannot be told: no guess bars anybody."""
    for tool in ("lastlog", "lastlog2"):
        try:
            done = subprocess.run([tool, "-t", str(days)], stdout=subprocess.PIPE, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        yield from (line.split()[0] for line in done.stdout.decode("utf-8", "replace").splitlines()[1:] if line.strip())
        return
    sys.exit("neither lastlog nor lastlog2 answers")


def main(wanted: dict[str, Any]) -> None:
    lines = Path("/etc/shadow").read_text("utf-8").splitlines()
    shadow = {line.split(":")[0]: line.split(":") for line in lines}
    recent, today = set(logged_in(wanted["inactive_days"])), int(time.time()) // DAY
    for line in Path("/etc/passwd").read_text("utf-8").splitlines():
        account = Account(line, shadow)
        for check in faults(account, wanted, recent, today):
            sys.stdout.write(f"accounts.{check} {account.name}\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
