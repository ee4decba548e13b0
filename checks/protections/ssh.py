"""The SSH server: who may come in, from where, how they prove it, and how long they may stay.

Judged are the settings in force for all (`sshd -T`); a `Match` block that loosens one of them for some fails the check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_network

from testinfra.host import Host

from checks.model import Verdict, Want, asks, judged
from checks.readers import nftables, sshd
from checks.readers.networks import IPV4, IPV6, Network, Networks, common, covers, shown
from checks.readers.sshd import EFFECTIVE, FILES
from checks.reading import unreadable

DEBIAN = ("debian", "ubuntu")
DEFAULT_PORT = 22
WEAK = {
    "ciphers": re.compile(r"cbc|3des|arcfour|blowfish|cast|rijndael|none", re.I),
    "macs": re.compile(r"md5|sha1-96|ripemd|none", re.I),
    "kexalgorithms": re.compile(r"sha1$|group1-|rsa1024", re.I),
    "hostkeyalgorithms": re.compile(r"ssh-dss|ssh-rsa", re.I),
    "pubkeyacceptedalgorithms": re.compile(r"ssh-dss|ssh-rsa", re.I),
}
Allowed = Callable[[str], bool]


@asks(EFFECTIVE, FILES, platforms=DEBIAN)
def root_login_off(host: Host, _want: Want) -> Verdict:
    return _each(host, {"permitrootlogin": _is("no")}, "permitrootlogin no")


@asks(EFFECTIVE, FILES, platforms=DEBIAN)
def password_login_off(host: Host, _want: Want) -> Verdict:
    """No way in by what one knows alone: passwords are off, or are asked for only behind a key."""
    methods = sshd.settings(host).get("authenticationmethods", ["any"])[0].split()
    overridden = any("authenticationmethods" in match.settings for match in sshd.matches(host))
    if not overridden and all("publickey" in method.split(",") for method in methods):
        return judged(True, "authenticationmethods publickey", f"authenticationmethods {' '.join(methods)}")
    off = {"passwordauthentication": _is("no"), "kbdinteractiveauthentication": _is("no")}
    return _each(host, off, "passwordauthentication no, kbdinteractiveauthentication no")


@asks(EFFECTIVE, FILES, platforms=DEBIAN)
def empty_passwords_off(host: Host, _want: Want) -> Verdict:
    return _each(host, {"permitemptypasswords": _is("no")}, "permitemptypasswords no")


@asks(EFFECTIVE, FILES, platforms=DEBIAN)
def idle_timeout(host: Host, want: Want) -> Verdict:
    """A silent client is dropped in time, or an idle shell is closed in time (`ChannelTimeout`, OpenSSH 9.2)."""
    limit, settings = want["session_idle_seconds"], sshd.settings(host)
    silent = int(_one(settings, "clientaliveinterval")) * int(_one(settings, "clientalivecountmax"))
    idle = sshd.shell_timeout(host)
    overriding = [m for m in sshd.matches(host) if m.settings.keys() & {"clientaliveinterval", "clientalivecountmax"}]
    dropped = 0 < silent <= limit and not overriding
    actual = (
        f"clientaliveinterval × clientalivecountmax = {silent}{_in_blocks(overriding)}; channeltimeout {idle or '–'}"
    )
    return judged(dropped or (idle is not None and idle <= limit), f"0 < s ≤ {limit}", actual)


@asks(EFFECTIVE, FILES, platforms=DEBIAN)
def max_auth_tries(host: Host, want: Want) -> Verdict:
    limit = want["ssh_max_auth_tries"]
    return _each(
        host, {"maxauthtries": lambda value: value.isdecimal() and int(value) <= limit}, f"maxauthtries ≤ {limit}"
    )


@asks(EFFECTIVE, platforms=DEBIAN)
def strong_algorithms(host: Host, _want: Want) -> Verdict:
    settings = sshd.settings(host)
    offered = [(kind, name) for kind in WEAK for name in _algorithms(settings, kind).split(",")]
    weak = [name for kind, name in offered if WEAK[kind].search(name)]
    return judged(not weak, "≠ CBC, 3DES, RC4, MD5, SHA-1, DSA, ssh-rsa", ", ".join(dict.fromkeys(weak)) or "–")


@asks(EFFECTIVE, FILES, nftables.RULESET, platforms=DEBIAN)
def admin_sources_limited(host: Host, want: Want) -> Verdict:
    """By sshd, or by it and the packet filter together; where the city names its management networks, to those."""
    named = frozenset(ip_network(network, strict=False) for network in want["management_sources"])
    admitted = sshd.sources(host)
    if not _limited(admitted, named):
        filtered = nftables.ruleset(host)
        admitted = common(admitted, frozenset[Network]().union(*map(filtered.admitted, sshd.ports(host))))
    return judged(_limited(admitted, named), shown(named) or "≠ 0.0.0.0/0, ≠ ::/0", shown(admitted) or "–")


@asks(EFFECTIVE, FILES, platforms=DEBIAN)
def forwarding_off(host: Host, _want: Want) -> Verdict:
    if _one(sshd.settings(host), "disableforwarding") == "yes":
        return _each(host, {"disableforwarding": _is("yes")}, "disableforwarding yes")
    kinds = ("allowtcpforwarding", "allowagentforwarding", "x11forwarding", "permittunnel")
    return _each(host, {kind: _is("no") for kind in kinds}, "disableforwarding yes")


@asks(EFFECTIVE, platforms=DEBIAN)
def port_changed(host: Host, _want: Want) -> Verdict:
    ports = sshd.ports(host)
    return judged(DEFAULT_PORT not in ports, f"port ≠ {DEFAULT_PORT}", f"port {', '.join(map(str, ports))}")


def _each(host: Host, allowed: dict[str, Allowed], expected: str) -> Verdict:
    """Each keyword has an allowed value for all, and in every block that sets it."""
    settings = sshd.settings(host)
    found = {keyword: _one(settings, keyword) for keyword in allowed}
    bad = [match for match in sshd.matches(host) if any(_loosens(match, k, allow) for k, allow in allowed.items())]
    actual = ", ".join(f"{keyword} {value}" for keyword, value in found.items())
    passed = all(allow(found[keyword]) for keyword, allow in allowed.items())
    return judged(passed and not bad, expected, actual + _in_blocks(bad))


def _loosens(match: sshd.Match, keyword: str, allow: Allowed) -> bool:
    return any(not allow(value.lower()) for value in match.settings.get(keyword, []))


def _is(wanted: str) -> Allowed:
    return lambda value: value == wanted


def _in_blocks(blocks: Iterable[sshd.Match]) -> str:
    return "".join(f"; Match {block.criteria}" for block in blocks)


def _one(settings: sshd.Settings, keyword: str) -> str:
    """The value of a keyword that every version prints. Raises `Unknown` where this one did not."""
    if keyword not in settings:
        raise unreadable(f"sshd -T: {keyword}")
    return settings[keyword][0]


def _algorithms(settings: sshd.Settings, kind: str) -> str:
    """The list of one kind; before OpenSSH 8.5 accepted keys were called `pubkeyacceptedkeytypes`."""
    older = "pubkeyacceptedkeytypes"
    return _one(settings, older if kind == "pubkeyacceptedalgorithms" and older in settings else kind)


def _limited(admitted: Networks, named: Networks) -> bool:
    """They all lie in the named networks; where none is named, they are not all of IPv4, nor all of IPv6."""
    if named:
        return covers(named, admitted)
    return not covers(admitted, IPV4) and not covers(admitted, IPV6)
