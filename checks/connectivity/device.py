"""Is a network device itself protected: who may manage it, over what, and does it keep log and time?"""

from __future__ import annotations

from ipaddress import ip_network

from checks.connectivity.facts import (
    ACCOUNTS,
    CLOCK,
    IDLE_TIMEOUT,
    LOGGING,
    MANAGEMENT_SOURCES,
    RELEASE,
    SOCKETS,
    UPDATES,
)
from checks.model import Verdict, Want, asks, judged, not_applicable
from checks.readers.networks import IPV4, IPV6, Networks, covers, shown
from checks.reading import Host, unreadable
from checks.upgraded import is_supported, is_up_to_date

# Protocols that manage a device and send passwords in clear text, by the ports on which they are found.
IN_CLEAR = {
    ("tcp", 21): "FTP",
    ("tcp", 23): "Telnet",
    ("udp", 69): "TFTP",
    ("tcp", 80): "HTTP",
    ("tcp", 512): "rexec",
    ("tcp", 513): "rlogin",
    ("tcp", 8080): "HTTP",
    **{("tcp", port): "vty" for port in range(2601, 2624)},  # the routing daemons' own, as Debian assigns them
}


@asks(SOCKETS)
def encrypted_management(host: Host, want: Want) -> Verdict:
    """No protocol in clear text listens where other hosts can reach it. That SSH is there is proven by the asking."""
    sockets = SOCKETS.of(host, want)
    found = [f"{IN_CLEAR[s.protocol, s.port]} ({s})" for s in sockets if (s.protocol, s.port) in IN_CLEAR]
    return judged(not found, "Telnet, HTTP, FTP, TFTP, rlogin, rexec, vty: –", ", ".join(found) or "–")


@asks(MANAGEMENT_SOURCES)
def management_sources(host: Host, want: Want) -> Verdict:
    """Only the city's management networks can log in; where it names none, at least not everybody can."""
    sources = MANAGEMENT_SOURCES.of(host, want)
    allowed: Networks = frozenset(ip_network(text, strict=False) for text in want["management_sources"])
    if not sources:
        raise unreadable("as configured, nobody could have logged in")
    limited = covers(allowed, sources) if allowed else not (covers(sources, IPV4) or covers(sources, IPV6))
    return judged(limited, shown(allowed) or "≠ 0.0.0.0/0, ≠ ::/0", shown(sources))


@asks(IDLE_TIMEOUT)
def idle_timeout(host: Host, want: Want) -> Verdict:
    """An idle management session is closed within the time allowed."""
    limit, found = want["session_idle_seconds"], IDLE_TIMEOUT.of(host, want)
    return judged(found is not None and found <= limit, f"≤ {limit} s", "∞" if found is None else f"{found} s")


@asks(ACCOUNTS)
def no_default_account(host: Host, want: Want) -> Verdict:
    """None of the accounts that makers deliver can log in."""
    defaults = frozenset(want["default_accounts"])
    found = [account.name for account in ACCOUNTS.of(host, want) if account.name in defaults]
    return judged(not found, f"{', '.join(sorted(defaults))}: –", ", ".join(found) or "–")


@asks(LOGGING)
def central_syslog(host: Host, want: Want) -> Verdict:
    """The device sends its whole log to one of the city's collectors."""
    collectors = frozenset(str(one).lower() for one in want["log_collectors"])
    if want.asset.address.lower() in collectors:
        return not_applicable(f"log_collectors: {want.asset.address}")
    found = LOGGING.of(host, want)
    actual = "; ".join([", ".join(sorted(found.targets)) or "–", *(f"{gap}: –" for gap in found.gaps)])
    passed = not found.gaps and bool(found.targets & collectors)
    return judged(passed, ", ".join(sorted(collectors)) or "log_collectors: –", actual)


@asks(CLOCK)
def time_sync(host: Host, want: Want) -> Verdict:
    """The clock follows one of the city's time sources, and is no further off than allowed."""
    sources, limit = frozenset(str(one).lower() for one in want["time_sources"]), want["max_time_offset_seconds"]
    if want.asset.address.lower() in sources:
        return not_applicable(f"time_sources: {want.asset.address}")
    expected = f"{', '.join(sorted(sources)) or 'time_sources: –'}; ≤ {limit} s"
    found = CLOCK.of(host, want)
    if found is None or not found.synchronised:
        return judged(False, expected, "–" if found is None else "leap: not synchronised")
    passed = (found.followed or "").lower() in sources and abs(found.offset) <= limit
    return judged(passed, expected, f"{found.followed or '–'}; {abs(found.offset):.6f} s")


@asks(RELEASE)
def supported_release(host: Host, want: Want) -> Verdict:
    """The system's release still receives security updates on the day of the asking."""
    return is_supported(RELEASE.of(host, want), want)


@asks(UPDATES)
def security_updates(host: Host, want: Want) -> Verdict:
    """No security update that is offered is missing. Old lists prove nothing."""
    return is_up_to_date(UPDATES.of(host, want), want)
