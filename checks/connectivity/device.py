"""Is a network device itself protected: who may manage it, over what, and does it keep log and time?"""

from __future__ import annotations

from datetime import date
from ipaddress import ip_network

from checks.connectivity.facts import (
    ACCOUNTS,
    IDLE_TIMEOUT,
    LISTENERS,
    LOGGING,
    MANAGEMENT_SOURCES,
    RELEASE,
    TIME_SYNC,
    UPDATES,
    Host,
    Listener,
)
from checks.connectivity.networks import IPV4, IPV6, Networks, covers, shown
from checks.model import Cause, Unknown, Verdict, Want, asks, judged, not_applicable

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
SHOWN = 10


@asks(LISTENERS)
def encrypted_management(host: Host, want: Want) -> Verdict:
    """No protocol in clear text listens where other hosts can reach it. That SSH is there is proven by the asking."""
    found = [_named(one) for one in LISTENERS.of(host, want) if one.open_to_network and _is_clear(one)]
    return judged(not found, "Telnet, HTTP, FTP, TFTP, rlogin, rexec, vty: -", ", ".join(found) or "-")


@asks(MANAGEMENT_SOURCES)
def management_sources(host: Host, want: Want) -> Verdict:
    """Only the city's management networks can log in; where it names none, at least not everybody can."""
    sources = MANAGEMENT_SOURCES.of(host, want)
    allowed: Networks = frozenset(ip_network(text, strict=False) for text in want["management_sources"])
    if not sources:
        raise Unknown(Cause.UNREADABLE, "as configured, nobody could have logged in")
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
    found = [account.name for account in ACCOUNTS.of(host, want) if account.can_log_in and account.name in defaults]
    return judged(not found, f"{', '.join(sorted(defaults))}: -", ", ".join(found) or "-")


@asks(LOGGING)
def central_syslog(host: Host, want: Want) -> Verdict:
    """The device sends its whole log to one of the city's collectors."""
    collectors = frozenset(str(one).lower() for one in want["log_collectors"])
    if want.asset.address.lower() in collectors:
        return not_applicable(f"log_collectors: {want.asset.address}")
    found = LOGGING.of(host, want)
    actual = "; ".join([", ".join(sorted(found.targets)) or "-", *(f"{gap}: -" for gap in found.gaps)])
    passed = not found.gaps and bool(found.targets & collectors)
    return judged(passed, ", ".join(sorted(collectors)) or "log_collectors: -", actual)


@asks(TIME_SYNC)
def time_sync(host: Host, want: Want) -> Verdict:
    """The clock follows one of the city's time sources, and is no further off than allowed."""
    sources, limit = frozenset(str(one).lower() for one in want["time_sources"]), want["max_time_offset_seconds"]
    if want.asset.address.lower() in sources:
        return not_applicable(f"time_sources: {want.asset.address}")
    expected = f"{', '.join(sorted(sources)) or 'time_sources: -'}; ≤ {limit} s"
    found = TIME_SYNC.of(host, want)
    if not found.synchronised:
        return judged(False, expected, "leap: not synchronised" if found.running else "-")
    passed = (found.source or "").lower() in sources and found.offset_seconds <= limit
    return judged(passed, expected, f"{found.source or '-'}; {found.offset_seconds:.6f} s")


@asks(RELEASE)
def supported_release(host: Host, want: Want) -> Verdict:
    """The system's release still receives security updates on the day of the asking."""
    found = RELEASE.of(host, want)
    ends = want["supported_releases"].get(found.name)
    if ends is None:
        raise Unknown(Cause.UNREADABLE, f"the support of release '{found.name}' is not known")
    return judged(
        found.today <= date.fromisoformat(str(ends)), f"{found.name} ≤ {ends}", f"{found.name}, {found.today}"
    )


@asks(UPDATES)
def security_updates(host: Host, want: Want) -> Verdict:
    """No security update that is offered is missing. Old lists prove nothing."""
    found, oldest = UPDATES.of(host, want), want["package_lists_max_age_days"]
    if found.outstanding:
        more = f" (+{len(found.outstanding) - SHOWN})" if len(found.outstanding) > SHOWN else ""
        return judged(False, "0", f"{len(found.outstanding)}: {', '.join(found.outstanding[:SHOWN])}{more}")
    if found.lists_age_days is None or found.lists_age_days > oldest:
        age = "-" if found.lists_age_days is None else f"{found.lists_age_days:.1f} d"
        raise Unknown(Cause.UNREADABLE, f"lists of security updates: {age}, ≤ {oldest} d")
    return judged(True, "0", "0")


def _is_clear(one: Listener) -> bool:
    return (one.protocol, one.port) in IN_CLEAR


def _named(one: Listener) -> str:
    return f"{IN_CLEAR[one.protocol, one.port]} ({one.protocol} {one.address or '*'}:{one.port})"
