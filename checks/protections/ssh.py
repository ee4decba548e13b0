"""The SSH server: who may come in, from where, how they prove it, and how long they may stay.

Judged are the settings in force for all (`sshd -T`); a `Match` block that loosens one of them for some fails the check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import ip_network

from testinfra.host import Host

from checks.model import Status, Verdict, Want, asks, judged
from checks.protections.questions import LINUX, PLACES, SETTINGS
from checks.readers import factors, nftables, sshd
from checks.readers.files import entries
from checks.readers.networks import IPV4, IPV6, Network, Networks, common, covers, shown
from checks.readers.processes import PROCESSES
from checks.readers.sshd import EFFECTIVE, FILES
from checks.reading import complete, expected, texts, unreadable

DEFAULT_PORT = 22
TWO = 2
WEAK = {
    "ciphers": re.compile(r"cbc|3des|arcfour|blowfish|cast|rijndael|none", re.I),
    "macs": re.compile(r"md5|sha1-96|ripemd|none", re.I),
    "kexalgorithms": re.compile(r"sha1$|group1-|rsa1024", re.I),
    "hostkeyalgorithms": re.compile(r"ssh-dss|ssh-rsa", re.I),
    "pubkeyacceptedalgorithms": re.compile(r"ssh-dss|ssh-rsa", re.I),
}
TALKATIVE = ("info", "verbose")  # debug levels write down what users do (sshd_config(5): LogLevel)
STARTUPS = (10, 30, 60)  # CIS Debian Linux 12 5.1.18: no more than 10:30:60
GIVEN = re.compile(r"\s-o\s*(\w+)=(\S+)")
Allowed = Callable[[str], bool]


@asks(EFFECTIVE, FILES, platforms=LINUX)
def root_login_off(host: Host, _want: Want) -> Verdict:
    return _each(host, {"permitrootlogin": _is("no")}, "permitrootlogin no")


@asks(EFFECTIVE, FILES, platforms=LINUX)
def password_login_off(host: Host, _want: Want) -> Verdict:
    """No way in by what one knows alone: passwords are off, or are asked for only behind a key."""
    methods = sshd.settings(host).get("authenticationmethods", ["any"])[0].split()
    for_some = [way for block in sshd.matches(host) for way in block.settings.get("authenticationmethods", ())]
    ways = [*methods, *(way for value in for_some for way in value.strip('"').split())]
    if all("publickey" in way.split(",") for way in ways):
        return judged(True, "authenticationmethods publickey", f"authenticationmethods {' '.join(methods)}")
    off = {"passwordauthentication": _is("no"), "kbdinteractiveauthentication": _is("no")}
    return _each(host, off, "passwordauthentication no, kbdinteractiveauthentication no")


@asks(EFFECTIVE, FILES, SETTINGS, platforms=LINUX)
def multi_factor(host: Host, want: Want) -> Verdict:
    """Every way in takes two of these: a key, a password, a code or token of a second device that PAM demands.

    A key is what one has, a password what one knows; a code comes from a device that is not the one with the key. Keys
    of FIDO tokens count for two where the token must know its holder (`verify-required`) and no other key is accepted.
    Exempt are `automation_accounts`, by a block `Match User` of their own. What a person does at the console, or over
    a web page for administrators, is not seen here.
    """
    ways = factors.ways(sshd.settings(host), sshd.matches(host), want["automation_accounts"], texts(host, SETTINGS))
    told = {way: " + ".join(sorted(asked)) or "–" for way, asked in ways.items()}
    few = {way: what for way, what in told.items() if len(ways[way]) < TWO}
    actual = "; ".join(f"{way}: {what}" for way, what in (few or told).items())
    return judged(bool(ways) and not few, "≥ 2: key, password, code", actual or "–")


@asks(EFFECTIVE, FILES, platforms=LINUX)
def empty_passwords_off(host: Host, _want: Want) -> Verdict:
    return _each(host, {"permitemptypasswords": _is("no")}, "permitemptypasswords no")


@asks(EFFECTIVE, FILES, platforms=LINUX)
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


@asks(EFFECTIVE, FILES, platforms=LINUX)
def max_auth_tries(host: Host, want: Want) -> Verdict:
    limit = want["ssh_max_auth_tries"]
    return _each(
        host, {"maxauthtries": lambda value: value.isdecimal() and int(value) <= limit}, f"maxauthtries ≤ {limit}"
    )


@asks(EFFECTIVE, PROCESSES, platforms=LINUX)
def strong_algorithms(host: Host, _want: Want) -> Verdict:
    """None of the offered algorithms is known to be weak. Red Hat 8 gives its policy to sshd on the command line."""
    settings = {**sshd.settings(host), **_given(host)}
    offered = [(kind, name) for kind in WEAK for name in _algorithms(settings, kind).split(",")]
    weak = [name for kind, name in offered if WEAK[kind].search(name)]
    return judged(not weak, "≠ CBC, 3DES, RC4, MD5, SHA-1, DSA, ssh-rsa", ", ".join(dict.fromkeys(weak)) or "–")


@asks(EFFECTIVE, FILES, nftables.RULESET, platforms=LINUX)
def admin_sources_limited(host: Host, want: Want) -> Verdict:
    """By sshd, or by it and the packet filter together; where the city names its management networks, to those."""
    named = frozenset(ip_network(network, strict=False) for network in want["management_sources"])
    admitted = sshd.sources(host)
    if not _limited(admitted, named):
        filtered = nftables.ruleset(host)
        admitted = common(admitted, frozenset[Network]().union(*map(filtered.admitted, sshd.ports(host))))
    return judged(_limited(admitted, named), shown(named) or "≠ 0.0.0.0/0, ≠ ::/0", shown(admitted) or "–")


@asks(EFFECTIVE, FILES, platforms=LINUX)
def forwarding_off(host: Host, _want: Want) -> Verdict:
    if _one(sshd.settings(host), "disableforwarding") == "yes":
        return _each(host, {"disableforwarding": _is("yes")}, "disableforwarding yes")
    kinds = ("allowtcpforwarding", "allowagentforwarding", "x11forwarding", "permittunnel")
    return _each(host, {kind: _is("no") for kind in kinds}, "disableforwarding yes")


@asks(EFFECTIVE, platforms=LINUX)
def login_grace_time(host: Host, want: Want) -> Verdict:
    """Who has not proved who they are within the allowed seconds is disconnected."""
    limit = want["ssh_login_grace_seconds"]
    with expected("sshd -T: logingracetime"):
        seconds = int(_one(sshd.settings(host), "logingracetime"))
    return judged(0 < seconds <= limit, f"0 < logingracetime ≤ {limit}", f"logingracetime {seconds}")


@asks(EFFECTIVE, FILES, platforms=LINUX)
def sessions_limited(host: Host, want: Want) -> Verdict:
    """One connection holds no more sessions than allowed, and connections without a login are dropped in time."""
    limit, settings = want["ssh_max_sessions"], sshd.settings(host)
    startups = _one(settings, "maxstartups")
    with expected("sshd -T: maxstartups"):
        begin, rate, full = map(int, startups.split(":"))
    few = begin <= STARTUPS[0] and rate >= STARTUPS[1] and full <= STARTUPS[2]
    allowed = {"maxsessions": lambda value: value.isdecimal() and int(value) <= limit}
    found = _each(host, allowed, f"maxsessions ≤ {limit}, maxstartups ≤ {':'.join(map(str, STARTUPS))}")
    return judged(found.status is Status.PASS and few, found.expected, f"{found.actual}; maxstartups {startups}")


@asks(EFFECTIVE, FILES, platforms=LINUX)
def banner(host: Host, _want: Want) -> Verdict:
    """A notice is shown before anyone logs in."""
    return _each(host, {"banner": lambda value: value not in {"none", ""}}, "banner /etc/issue.net")


@asks(EFFECTIVE, FILES, platforms=LINUX)
def log_level(host: Host, _want: Want) -> Verdict:
    """Logins are logged, and with which key at `VERBOSE`; less says too little, more says what users do."""
    return _each(host, {"loglevel": lambda value: value.lower() in TALKATIVE}, f"loglevel {' | '.join(TALKATIVE)}")


@asks(EFFECTIVE, FILES, platforms=LINUX)
def user_environment_off(host: Host, _want: Want) -> Verdict:
    return _each(host, {"permituserenvironment": _is("no")}, "permituserenvironment no")


@asks(EFFECTIVE, FILES, platforms=LINUX)
def host_trust_off(host: Host, _want: Want) -> Verdict:
    """Nobody comes in because another host vouches for them."""
    trusting = {"hostbasedauthentication": _is("no"), "ignorerhosts": _is("yes")}
    return _each(host, trusting, "hostbasedauthentication no, ignorerhosts yes")


@asks(EFFECTIVE, platforms=LINUX)
def users_named(host: Host, _want: Want) -> Verdict:
    """Only named accounts or groups may log in at all."""
    settings = sshd.settings(host)
    named = {kind: settings[kind] for kind in ("allowusers", "allowgroups") if kind in settings}
    patterns = [word.partition("@")[0] for words in named.values() for word in " ".join(words).split()]
    actual = "; ".join(f"{kind} {' '.join(words)}" for kind, words in named.items())
    return judged(bool(patterns) and "*" not in patterns, "allowusers | allowgroups", actual or "–")


@asks(EFFECTIVE, FILES, platforms=LINUX)
def strict_modes(host: Host, _want: Want) -> Verdict:
    """Keys in a home that others may write are not believed."""
    return _each(host, {"strictmodes": _is("yes")}, "strictmodes yes")


@asks(PLACES, platforms=LINUX)
def files_protected(host: Host, _want: Want) -> Verdict:
    """Only root changes the server's configuration."""
    found = [entry for entry in entries(host, PLACES) if entry.path.startswith("/etc/ssh/sshd_config")]
    if not found:
        raise unreadable("/etc/ssh/sshd_config")
    bad = [str(entry) for entry in found if entry.owner != "root" or entry.writable_by_others]
    return judged(not bad, "root; g-w, o-w", ", ".join(bad) or f"{len(found)} OK")


@asks(EFFECTIVE, platforms=LINUX)
def port_changed(host: Host, _want: Want) -> Verdict:
    ports = sshd.ports(host)
    return judged(DEFAULT_PORT not in ports, f"port ≠ {DEFAULT_PORT}", f"port {', '.join(map(str, ports))}")


def _each(host: Host, allowed: dict[str, Allowed], wanted: str) -> Verdict:
    """Each keyword has an allowed value for all, and in every block that sets it."""
    settings = sshd.settings(host)
    found = {keyword: _one(settings, keyword) for keyword in allowed}
    bad = [match for match in sshd.matches(host) if any(_loosens(match, k, allow) for k, allow in allowed.items())]
    actual = ", ".join(f"{keyword} {value}" for keyword, value in found.items())
    passed = all(allow(found[keyword]) for keyword, allow in allowed.items())
    return judged(passed and not bad, wanted, actual + _in_blocks(bad))


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


def _given(host: Host) -> sshd.Settings:
    """Settings that the living server was started with (`sshd -oCiphers=…`): they outweigh its configuration."""
    found = (GIVEN.findall(line) for line in complete(host, PROCESSES) if re.search(r"/sshd(?:\s|$)", line))
    return {keyword.lower(): [value] for pairs in found for keyword, value in pairs}


def _algorithms(settings: sshd.Settings, kind: str) -> str:
    """The list of one kind; before OpenSSH 8.5 accepted keys were called `pubkeyacceptedkeytypes`."""
    older = "pubkeyacceptedkeytypes"
    return _one(settings, older if kind == "pubkeyacceptedalgorithms" and older in settings else kind)


def _limited(admitted: Networks, named: Networks) -> bool:
    """They all lie in the named networks; where none is named, they are not all of IPv4, nor all of IPv6."""
    if named:
        return covers(named, admitted)
    return not covers(admitted, IPV4) and not covers(admitted, IPV6)
