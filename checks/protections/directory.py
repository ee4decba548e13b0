"""Do the server's accounts come from the city's central directory?"""

from __future__ import annotations

import re

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.readers.processes import PROCESSES, alive
from checks.reading import LAST, LAST_SAYS, complete, texts, unreadable

SWITCH = "/etc/nsswitch.conf"
NAMES = Question(f"grep -a -e ^passwd: -e {LAST_SAYS} {SWITCH} {LAST}")
DAEMONS = {"sss": "sssd", "winbind": "winbindd", "ldap": "nslcd"}  # by their name in nsswitch.conf(5)
DOMAIN = re.compile(r"\bsssd_be .*--domain[ =](\S+)")  # of each directory that sssd asks
IMPLICIT = "implicit_files"  # the host's own accounts, where sssd has no settings (sssd.conf(5))


@asks(NAMES, PROCESSES, platforms=LINUX)
def accounts_central(host: Host, _want: Want) -> Verdict:
    """Accounts are looked up in a directory, and the daemon that asks it runs: sssd with a domain, winbind or nslcd."""
    sources = [line.split()[1:] for line in texts(host, NAMES).get(SWITCH, ()) if line.startswith("passwd:")]
    if not sources:
        raise unreadable(f"{SWITCH}: passwd")
    running = set(alive(host, (DAEMONS[name] for name in sources[-1] if name in DAEMONS)))
    found = (DOMAIN.search(line) for line in complete(host, PROCESSES))
    domains = {match[1] for match in found if match} - {IMPLICIT}
    if not domains:
        running.discard("sssd")
    actual = f"passwd: {' '.join(sources[-1])}; {', '.join(sorted(running | domains)) or '–'}"
    return judged(bool(running), "sss (sssd_be --domain) | winbind | ldap", actual)
