"""Kernel settings that make a host hard to fool and hard to break."""

from __future__ import annotations

from collections.abc import Mapping

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.reading import LAST, texts, unreadable

DEBIAN = ("debian", "ubuntu")
IPV4 = {
    "net/ipv4/conf/all/accept_redirects": "0",
    "net/ipv4/conf/default/accept_redirects": "0",
    "net/ipv4/conf/all/accept_source_route": "0",
    "net/ipv4/conf/default/accept_source_route": "0",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv4/conf/all/rp_filter": "12",
    "net/ipv4/icmp_echo_ignore_broadcasts": "1",
    "net/ipv4/tcp_syncookies": "1",
}
IPV6 = {
    "net/ipv6/conf/all/accept_redirects": "0",
    "net/ipv6/conf/default/accept_redirects": "0",
    "net/ipv6/conf/all/accept_source_route": "0",
    "net/ipv6/conf/default/accept_source_route": "0",
}
RANDOMISATION = "kernel/randomize_va_space"
SETTINGS = Question(f"grep . {' '.join(f'/proc/sys/{name}' for name in (RANDOMISATION, *IPV4, *IPV6))} {LAST}")


@asks(SETTINGS, platforms=DEBIAN)
def network_hardening(host: Host, _want: Want) -> Verdict:
    """Each setting has one of its good values (one digit each); those of IPv6 only where the kernel has IPv6."""
    found = _values(host)
    missing = [name for name in IPV4 if name not in found]
    if missing:
        raise unreadable(", ".join(missing))
    bad = [name for name, good in (IPV4 | IPV6).items() if name in found and found[name] not in tuple(good)]
    wanted = ", ".join(f"{name}={'|'.join((IPV4 | IPV6)[name])}" for name in bad)
    return judged(not bad, wanted or "OK", ", ".join(f"{name}={found[name]}" for name in bad) or "OK")


@asks(SETTINGS, platforms=DEBIAN)
def address_randomisation(host: Host, _want: Want) -> Verdict:
    value = _values(host).get(RANDOMISATION)
    if value is None:
        raise unreadable(RANDOMISATION)
    return judged(value == "2", f"{RANDOMISATION}=2", f"{RANDOMISATION}={value}")


def _values(host: Host) -> Mapping[str, str]:
    return {path.removeprefix("/proc/sys/"): lines[0] for path, lines in texts(host, SETTINGS).items()}
