"""Whom does the server ask for names?"""

from __future__ import annotations

from testinfra.host import Host

from checks.model import Cause, Question, Unknown, Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.reading import LAST, texts

RESOLVER, BEHIND_THE_STUB = "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"
STUB = "127.0.0.53"  # systemd-resolved(8)
NAMES = Question(f"grep -a . {RESOLVER} {BEHIND_THE_STUB} {LAST}")


@asks(NAMES, platforms=LINUX)
def servers_declared(host: Host, want: Want) -> Verdict:
    """Only declared DNS servers are asked (resolv.conf(5); behind systemd's stub, those that it asks)."""
    declared = {str(address).lower() for address in want["dns_servers"]}
    told = texts(host, NAMES)
    found = _servers(told.get(RESOLVER, ()))
    if STUB in found:
        found = [one for one in found if one != STUB] + _servers(told.get(BEHIND_THE_STUB, ()))
    if own := [one for one in found if one.startswith("127.") or one == "::1"]:
        raise Unknown(Cause.NO_TOOL, f"{', '.join(own)}: whom the name server on this host asks is not read")
    expected = " | ".join(sorted(declared)) or "dns_servers: –"
    return judged(bool(found) and {*found} <= declared, expected, ", ".join(found) or "–")


def _servers(lines: list[str] | tuple[()]) -> list[str]:
    words = (line.split() for line in lines)
    return [one[1].partition("%")[0].lower() for one in words if one[:1] == ["nameserver"] and len(one) > 1]
