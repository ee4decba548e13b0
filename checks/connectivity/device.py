"""Is a network device itself protected: who may manage it, over what, and does it keep log and time?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_network

from checks.connectivity import firmware
from checks.connectivity.facts import (
    ACCOUNTS,
    BANNER,
    BY_ADDRESS,
    CENTRAL_LOGIN,
    CLOCK,
    ERRORS,
    EXTRA_SERVICES,
    FLOWS,
    IDLE_TIMEOUT,
    IN_CLEAR,
    INTERFACES,
    LOCKOUT,
    LOGGING,
    MANAGEMENT_SOURCES,
    PORT_GUARDS,
    PROVEN_TIME,
    RELEASE,
    RIGHTS,
    SEVERITIES,
    SNMP_BEFORE_3,
    UNFILTERED,
    UPDATES,
    WEAK_PASSWORDS,
    WEAK_SSH,
)
from checks.model import Verdict, Want, asks, judged, not_applicable
from checks.readers.networks import IPV4, IPV6, Networks, covers, shown
from checks.reading import Host, unreadable
from checks.upgraded import is_up_to_date

NOTICE = 5  # of what is logged, logins and changes of configuration are the least severe; by all makers 5 or 6
MOST_SPOILT_PERCENT = 0.1  # a sound line loses far less; above it TCP slows down visibly
FEW_PACKETS = 1000  # of fewer, one spoilt packet says nothing
NO_PORT = re.compile(r"(lo|loopback|null|vlan|vlanif|irb|bvi|br|bridge|tun|tunnel|gre|nve|dummy|vrrp)[\d._:/-]*$", re.I)


@asks(IN_CLEAR)
def encrypted_management(host: Host, want: Want) -> Verdict:
    """No protocol in clear text is open to other hosts. That SSH is there is proven by the asking."""
    return _none_of(IN_CLEAR.of(host, want), "Telnet, HTTP, FTP, TFTP, rlogin, rexec, vty")


@asks(WEAK_SSH)
def modern_ssh(host: Host, want: Want) -> Verdict:
    """SSH works without broken algorithms. Where the inventory has to allow them (`legacy_ssh`), it does not."""
    allowed = ["legacy_ssh: true"] if want.asset.legacy_ssh else []
    return _none_of((*allowed, *WEAK_SSH.of(host, want)), "SSH-1, SHA-1, MD5, CBC, 3DES, RC4, DSA")


@asks(EXTRA_SERVICES)
def unused_services(host: Host, want: Want) -> Verdict:
    """No service runs that is known to be needless, and no port is open that the inventory does not declare."""
    return _none_of(
        EXTRA_SERVICES.of(host, want), f"≠ {', '.join(map(str, sorted({want.asset.port, *want.asset.ports})))}"
    )


@asks(INTERFACES)
def unused_ports(host: Host, want: Want) -> Verdict:
    """A port into which nothing is plugged, and which has no address, is switched off."""
    found = INTERFACES.of(host, want).values()
    spare = [one.name for one in found if one.enabled and not one.up and not one.addresses]
    return _none_of([name for name in spare if not NO_PORT.match(name)], "no shutdown, no link, no address")


@asks(ERRORS)
def interface_errors(host: Host, want: Want) -> Verdict:
    """No interface spoils more packets than a sound line does."""
    found = {name: one for name, one in ERRORS.of(host, want).items() if one.packets >= FEW_PACKETS}
    share = {name: 100.0 * one.spoilt / one.packets for name, one in found.items()}
    worst = sorted((name for name in share if share[name] > MOST_SPOILT_PERCENT), key=lambda name: -share[name])
    actual = ", ".join(f"{name}: {share[name]:.2f} %" for name in worst) or f"{max(share.values(), default=0.0):.2f} %"
    return judged(not worst, f"≤ {MOST_SPOILT_PERCENT:g} %", actual)


@asks(UNFILTERED)
def zone_filter(host: Host, want: Want) -> Verdict:
    """What passes between zones is filtered, and what no rule names is dropped."""
    return _none_of(UNFILTERED.of(host, want), "any → any: accept")


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
    found = [name for name in ACCOUNTS.of(host, want) if name in defaults]
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
    return firmware.support(RELEASE.of(host, want), want["supported_releases"])


@asks(UPDATES)
def security_updates(host: Host, want: Want) -> Verdict:
    """No security update that is offered is missing. Old lists prove nothing."""
    return is_up_to_date(UPDATES.of(host, want), want)


@asks(LOCKOUT)
def login_lockout(host: Host, want: Want) -> Verdict:
    """Whoever guesses passwords is held off after few failures, or passwords open nothing."""
    limit, found = want["lockout_attempts"], LOCKOUT.of(host, want)
    passed = found.attempts is not None and found.attempts <= limit
    return judged(passed, f"≤ {limit}", f"{'∞' if found.attempts is None else found.attempts} ({found.how})")


@asks(BY_ADDRESS)
def failures_by_address(host: Host, want: Want) -> Verdict:
    """From one network address only so many passwords a minute can be tried, whatever accounts they are for.

    A limit for all addresses together limits each of them; one by account alone does not.
    """
    limit, found = want["address_attempts_per_minute"], BY_ADDRESS.of(host, want)
    passed = found.per_minute is not None and found.per_minute <= limit
    told = "∞" if found.per_minute is None else f"{found.per_minute:g}"
    return judged(passed, f"≤ {limit} / min", f"{told} / min ({found.how})")


@asks(BANNER)
def login_banner(host: Host, want: Want) -> Verdict:
    """Before the login it is said that only authorised people may go on."""
    found = BANNER.of(host, want)
    return judged(bool(found.strip()), "banner", found or "–")


@asks(WEAK_PASSWORDS)
def password_storage(host: Host, want: Want) -> Verdict:
    """No password is kept in clear text, reversibly, or under a hash that is quickly guessed."""
    return _none_of(WEAK_PASSWORDS.of(host, want), "clear text, reversible, MD5, DES")


@asks(RIGHTS)
def separate_rights(host: Host, want: Want) -> Verdict:
    """Who may do everything is declared as an administrator, who may do less as an operator; not all may do the same.

    Where a central service grants rights, nobody can tell here who has which.
    """
    found = RIGHTS.of(host, want)
    may = frozenset(want["device_administrators"])
    known = may | frozenset(want["device_operators"])
    wrong = {
        name
        for name, right in found.items()
        if right.everything is not None and name not in (may if right.everything else known)
    }
    told = (f"{name}: {right}{' ≠' if name in wrong else ''}" for name, right in sorted(found.items()))
    actual = ", ".join(told) or "–"
    if not wrong and any(right.everything is None for right in found.values()):
        raise unreadable("rights", actual)
    names = (", ".join(sorted(one)) or "–" for one in (may, known - may))
    expected = "device_administrators: {}; device_operators: {}; ≥ 2".format(*names)
    return judged(not wrong and len({right.word for right in found.values()}) > 1, expected, actual)


@asks(CENTRAL_LOGIN)
def central_authentication(host: Host, want: Want) -> Verdict:
    """Logins are proved by the city's central service (RADIUS, TACACS+, LDAP), so that an account ends in one place."""
    found = CENTRAL_LOGIN.of(host, want)
    return judged(bool(found), "RADIUS | TACACS+ | LDAP", ", ".join(found) or "–")


@asks(SNMP_BEFORE_3)
def snmp_v3_only(host: Host, want: Want) -> Verdict:
    """SNMP is off, or answers only who proves himself and reads encrypted (SNMPv3, authPriv)."""
    return _none_of(SNMP_BEFORE_3.of(host, want), "SNMPv1, SNMPv2c, SNMPv3 noAuth, SNMPv3 noPriv")


@asks(LOGGING)
def log_level(host: Host, want: Want) -> Verdict:
    """What is sent to the collector goes down to logins and changes of configuration."""
    level = LOGGING.of(host, want).level
    return judged(
        level is not None and level >= NOTICE, f"≥ {SEVERITIES[NOTICE]}", "–" if level is None else SEVERITIES[level]
    )


@asks(LOGGING)
def log_timestamps(host: Host, want: Want) -> Verdict:
    """Every entry of the log bears its date and time."""
    found = LOGGING.of(host, want)
    return judged(found.dated, "YYYY-MM-DD hh:mm:ss", "YYYY-MM-DD hh:mm:ss" if found.dated else "–")


@asks(LOGGING)
def changes_logged(host: Host, want: Want) -> Verdict:
    """What administrators change is written into the log."""
    found = LOGGING.of(host, want)
    return judged(found.changes, "configuration log", "configuration log" if found.changes else "–")


@asks(PROVEN_TIME)
def time_authenticated(host: Host, want: Want) -> Verdict:
    """Every time source proves itself with a key: nobody else can set the clock."""
    found = PROVEN_TIME.of(host, want)
    actual = ", ".join(f"{source}: {'key' if proven else '–'}" for source, proven in sorted(found.items()))
    return judged(bool(found) and all(found.values()), "key", actual or "–")


@asks(FLOWS)
def flow_export(host: Host, want: Want) -> Verdict:
    """What passes is told to one of the city's collectors: of every link up; where there is none, of one link at least.

    Each link between two sites is seen at its lower end, so nothing between sites passes unseen.
    """
    collectors = frozenset(str(one).lower() for one in want["flow_collectors"])
    links = [view.here.interface for view in want.links]
    up = [view.here.interface for view in want.links if view.role == "child"]
    found = FLOWS.of(host, want)
    seen = found.observed >= frozenset(up) if up else bool(found.observed & frozenset(links or found.observed))
    passed = bool(found.targets & collectors) and seen and found.sent != 0
    expected = f"{', '.join(up) or ' | '.join(links) or '*'} → {' | '.join(sorted(collectors)) or 'flow_collectors: –'}"
    told = f"{', '.join(sorted(found.observed)) or '–'} → {', '.join(sorted(found.targets)) or '–'}"
    return judged(passed, expected, told if found.sent is None else f"{told}; {found.sent}")


@asks(PORT_GUARDS)
def port_control(host: Host, want: Want) -> Verdict:
    """At every switched port that is up, 802.1X proves who is plugged in, or only few hardware addresses get in.

    A port at which a link of the inventory ends leads to a listed device, and is not asked for either.
    """
    links = {view.here.interface for view in want.links}
    found = {name: guard for name, guard in PORT_GUARDS.of(host, want).items() if name not in links}
    if not found:
        return not_applicable("0 × switched port")
    actual = ", ".join(f"{name}: {guard or '–'}" for name, guard in sorted(found.items()))
    return judged(all(found.values()), "802.1X | port security", actual)


def _none_of(found: Sequence[str], unwanted: str) -> Verdict:
    return judged(not found, f"{unwanted}: –", ", ".join(found) or "–")
