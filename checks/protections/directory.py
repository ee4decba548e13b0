"""Do the server's accounts come from the city's central directory?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.readers.processes import PROCESSES, alive
from checks.reading import LAST, LAST_SAYS, texts, unreadable

SWITCH = "/etc/nsswitch.conf"
# Of sssd's settings only the lines that name a provider: others hold its password.
DIRECTORY = Question(
    f"/usr/bin/grep -r -a -e ^passwd: -e ^id_provider -e {LAST_SAYS} {SWITCH} /etc/sssd {LAST}", root=True
)
DAEMONS = {"sss": "sssd", "winbind": "winbindd", "ldap": "nslcd"}  # by their name in nsswitch.conf(5)
PROVIDER = re.compile(r"id_provider\s*=\s*(\w+)")
CENTRAL = {"ad", "ipa", "ldap"}  # of sssd.conf(5); the others keep accounts on the host itself


@asks(DIRECTORY, PROCESSES, platforms=LINUX)
def accounts_central(host: Host, _want: Want) -> Verdict:
    """Accounts are looked up in a directory, and the daemon that asks it runs: sssd, winbind or nslcd."""
    told = texts(host, DIRECTORY)
    sources = [line.split()[1:] for line in told.get(SWITCH, ()) if line.startswith("passwd:")]
    if not sources:
        raise unreadable(f"{SWITCH}: passwd")
    asked = [name for name in sources[-1] if name in DAEMONS]
    running = set(alive(host, (DAEMONS[name] for name in asked)))
    if not _providers(line for path, lines in told.items() if path.startswith("/etc/sssd") for line in lines):
        running.discard("sssd")
    actual = f"passwd: {' '.join(sources[-1])}; {', '.join(sorted(running)) or '–'}"
    return judged(bool(running), "sss (ad | ipa | ldap) | winbind | ldap", actual)


def _providers(lines: Iterable[str]) -> set[str]:
    """The directories that sssd asks."""
    found = (PROVIDER.match(line) for line in lines)
    return {match[1].lower() for match in found if match} & CENTRAL
