"""fail2ban's jail of OpenSSH, as its files in their order make it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from checks.connectivity.view import Device
from checks.model import Reply, Unknown
from checks.readers import fail2ban
from checks.readers.processes import PROCESSES
from checks.reading import LAST

RUNS = "1 root systemd /sbin/init\n9 root fail2ban-server /usr/bin/python3 /usr/bin/fail2ban-server -xf start\n\nend\n"
NONE = "1 root systemd /sbin/init\n\nend\n"


def banned_after(*lines: str, processes: str = RUNS) -> int | None:
    told = "".join(f"{fail2ban.FOLDER}/{line}\n" for line in lines) + f"{LAST}:Linux version 6.1\n"
    now = datetime.now(UTC)
    said = ((fail2ban.JAILS, told), (PROCESSES, processes))
    return fail2ban.banned_after(Device(Reply(q, text, "", 0, now, 0.0, "audit") for q, text in said))


@pytest.mark.parametrize(
    ("lines", "after"),
    [
        ((), None),
        (("jail.conf:[sshd]", "jail.conf:enabled = true"), 5),
        (("jail.conf:[DEFAULT]", "jail.conf:enabled = true", "jail.conf:maxretry = 3", "jail.conf:[sshd]"), 3),
        (("jail.local:[sshd]", "jail.local:enabled: on", "jail.conf:[sshd]", "jail.conf:enabled = false"), 5),
        (("jail.d/z.local:[sshd]", "jail.d/z.local:enabled=no", "jail.local:[sshd]", "jail.local:enabled=yes"), None),
        (
            (
                "jail.d/a.conf:[sshd]",
                "jail.d/a.conf:enabled = 1",
                "jail.d/b.conf:[sshd] # SSH",
                "jail.d/b.conf:maxretry=2",
            ),
            2,
        ),
        (("jail.d/a.conf:[nginx]", "jail.d/a.conf:enabled = true"), None),
        (("jail.d/a.conf.bak:[sshd]", "jail.d/a.conf.bak:enabled = true"), None),
    ],
)
def test_a_later_file_overrides_an_earlier_one(lines: tuple[str, ...], after: int | None) -> None:
    assert banned_after(*lines) == after
    assert banned_after(*lines, processes=NONE) is None


@pytest.mark.parametrize("option", ["enabled = perhaps", "maxretry = %(more)s", "maxretry =", "enabled true"])
def test_what_is_not_understood_is_unreadable(option: str) -> None:
    with pytest.raises(Unknown):
        banned_after("jail.local:[sshd]", "jail.local:enabled = true", f"jail.local:{option}")
