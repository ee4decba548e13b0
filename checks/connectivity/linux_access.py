"""Who gets into a Linux device, how he proves himself, and what he may do then: readings that platforms take over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.connectivity.facts import Lockout, Reading, Right, Throttle
from checks.model import Cause, Question, Unknown
from checks.readers import fail2ban, nftables, pam, rates, sshd
from checks.readers.accounts import ACCOUNTS
from checks.readers.clock import CLOCK, DAEMONS
from checks.readers.clock import clock as read_clock
from checks.readers.networks import Network, Networks, common
from checks.readers.processes import PROCESSES, alive
from checks.readers.sockets import SOCKETS, listening
from checks.reading import LAST, Host, expected, lines, stdout, texts, unreadable

# What PAM asks of who logs in, and how a new password is kept.
ACCESS = Question(
    "grep -a '^[^#]' /etc/login.defs /etc/pam.d/sshd /etc/pam.d/common-auth /etc/pam.d/common-account"
    f" /etc/pam.d/common-password /etc/security/faillock.conf {LAST}"
)
BANNER_FILES = ("/etc/issue.net", "/etc/issue", "/etc/ssh/banner", "/etc/ssh/banner.txt", "/etc/banner")
BANNERS = Question(f"grep -a . {' '.join(BANNER_FILES)} {LAST}")
SUDO_RULES = Question("/usr/bin/cvtsudoers -e -f json /etc/sudoers", root=True)
SNMP_FILES = Question(f"/usr/bin/grep -r -a . /etc/snmp /var/lib/snmp {LAST}", root=True)  # see masking
AUTHDATA = Question("/usr/bin/chronyc -N -c authdata -a", root=True)
WEAK_ALGORITHMS = {
    "ciphers": re.compile(r"cbc|3des|arcfour|blowfish|cast|rijndael|none", re.I),
    "macs": re.compile(r"md5|sha1-96|ripemd|none", re.I),
    "kexalgorithms": re.compile(r"sha1$|group1-|rsa1024", re.I),
    "hostkeyalgorithms": re.compile(r"ssh-dss|ssh-rsa", re.I),
}
CENTRAL = {"pam_radius_auth": "RADIUS", "pam_tacplus": "TACACS+", "pam_ldap": "LDAP", "pam_sss": "SSSD"}
STRONG_HASHES = ("yescrypt", "gost_yescrypt", "sha512", "bcrypt", "blowfish")
HASHES = (*STRONG_HASHES, "sha256", "md5", "bigcrypt", "des")
FAILLOCK_DENIES = 3  # the default of `deny`, faillock.conf(5)
DEFAULT_BANNER = re.compile(r"(?:Debian|Ubuntu|Linux|Alpine)\b.{0,40}", re.I)  # the system's name, and no warning
SNMP_PORT = 161
COMMUNITY = re.compile(r"\s*(r[ow]community6?|com2sec(?:6|unix)?)\b")
SNMP_USER = re.compile(r"\s*(r[ow]user)\s+(?:-s\s+\S+\s+)?(\S+)(?:\s+(noauth|auth|priv|authpriv|authnopriv))?", re.I)
PROVEN_BY_KEY = ("NTS", "SK")
AUTHDATA_FIELDS = 10  # name, mode, key, type, length, last, attempts, NAK, cookies, their length (chronyc(1))
MAY_BE_ROOT = ("ALL", "root")
FULL, LIMITED = "ALL", "limited"


def _read_weak_ssh(host: Host) -> tuple[str, ...]:
    settings = sshd.settings(host)
    offered = [(kind, name) for kind in WEAK_ALGORITHMS for name in ",".join(settings.get(kind, ())).split(",")]
    if any(kind not in settings for kind in WEAK_ALGORITHMS):
        raise unreadable("sshd -T", "no algorithms")
    return tuple(dict.fromkeys(name for kind, name in offered if WEAK_ALGORITHMS[kind].search(name)))


def _read_lockout(host: Host) -> Lockout:
    """Keys alone cannot be guessed; else pam_faillock counts and refuses. `MaxAuthTries` only ends a connection."""
    settings, found = sshd.settings(host), texts(host, ACCESS)
    names = ("passwordauthentication", "kbdinteractiveauthentication")
    for_some = [value for match in sshd.matches(host) for name in names for value in match.settings.get(name, ())]
    if {*for_some, *(value for name in names for value in settings.get(name, ("yes",)))} == {"no"}:
        return Lockout(0, "passwordauthentication no")
    rules = pam.rules(found.get("/etc/pam.d/common-auth", []), "pam_faillock")
    refuses = [rule for rule in rules if "preauth" in rule.options and rule.binding]
    refuses += [rule for rule in pam.rules(found.get("/etc/pam.d/common-account", []), "pam_faillock") if rule.binding]
    if not refuses or not any("authfail" in rule.options for rule in rules):
        return Lockout(None, "pam_faillock: –")
    shared = pam.options(found.get("/etc/security/faillock.conf", []))
    denies = max(pam.number({**shared, **rule.options}, "deny", FAILLOCK_DENIES) for rule in rules)
    return Lockout(denies if denies > 0 else None, f"pam_faillock deny {denies}")


def _read_by_address(host: Host) -> Throttle:
    """The strictest of OpenSSH's own penalties (9.8), nftables' limits of new connections, and fail2ban's jail.

    What limits connections, each of which may try `MaxAuthTries` passwords, limits these. What else may watch the log
    (sshguard, a set that a script fills) is not known here. Sources: sshd_config(5), nft(8), jail.conf(5).
    """
    tries, connections = sshd.tries(host), sshd.penalised(host)
    limits = {
        f"PerSourcePenalties, MaxAuthTries {tries}": None if connections is None else connections * tries,
        "fail2ban maxretry": fail2ban.banned_after(host),
    }
    let_in = _each_minute(host)
    limits |= {f"nftables {let_in:g}, MaxAuthTries {tries}": let_in * tries} if let_in is not None else {}
    told = {how: limit for how, limit in limits.items() if limit is not None}
    how = min(told, key=lambda one: told[one], default="nftables limit: –")
    return Throttle(told.get(how), how)


def _each_minute(host: Host) -> float | None:
    """Connections that nftables lets an address open to each of sshd's ports; None where it has what it likes."""
    try:
        ruleset = nftables.ruleset(host)
    except Unknown as unknown:
        if unknown.cause is Cause.NO_TOOL:
            return None
        raise
    limits = [rates.each_minute(ruleset, port, sshd.families(host)) for port in sshd.ports(host)]
    told = [limit for limit in limits if limit is not None]
    return max(told) if told and len(told) == len(limits) else None


def _read_banner(host: Host) -> str:
    """The text of sshd's banner; one that only names the system warns nobody."""
    path = sshd.settings(host).get("banner", ["none"])[0]
    if path == "none":
        return ""
    if path not in BANNER_FILES:
        raise unreadable("banner", path)
    text = " ".join(texts(host, BANNERS).get(path, []))
    return "" if DEFAULT_BANNER.fullmatch(text.strip()) else text


def weak_hashes(host: Host) -> tuple[str, ...]:
    """Weak ways in which a new password would be kept."""
    found = texts(host, ACCESS)
    default = pam.options(found.get("/etc/login.defs", [])).get("ENCRYPT_METHOD", "des").lower()
    unix = pam.rules(found.get("/etc/pam.d/common-password", []), "pam_unix")
    if not unix:
        raise unreadable("/etc/pam.d/common-password", "pam_unix: –")
    used = [default, *(option for rule in unix for option in rule.options if option in HASHES)]
    return tuple(dict.fromkeys(name for name in used if name not in STRONG_HASHES))


def _read_central(host: Host) -> tuple[str, ...]:
    found = texts(host, ACCESS)
    stacks = [line for path in ("/etc/pam.d/sshd", "/etc/pam.d/common-auth") for line in found.get(path, [])]
    return tuple(name for module, name in CENTRAL.items() if pam.rules(stacks, module))


def _read_rights(host: Host) -> Mapping[str, Right]:
    """Each account that has a shell: whether sudo lets it do everything."""
    with expected("cvtsudoers"):
        specs = [*json.loads(stdout(host, SUDO_RULES)).get("User_Specs", ())]
        mighty = {name for spec in specs if _lets_all(spec) for name in _users(spec)}
    found = texts(host, ACCOUNTS)
    members = {f"%{name}": users for name, users in _groups(found.get("/etc/group", []))}
    shells = [line.split(":") for line in found.get("/etc/passwd", [])]
    if not shells or any(len(fields) != 7 for fields in shells):  # noqa: PLR2004  # passwd(5)
        raise unreadable("/etc/passwd")
    rights = {}
    for name, _, uid, _, _, _, shell in shells:
        if not shell.endswith(("/nologin", "/false", "/sync")):
            full = uid == "0" or mighty & {name, "ALL"} or any(name in members.get(group, ()) for group in mighty)
            rights[name] = Right(FULL if full else LIMITED, bool(full))
    return {name: right for name, right in rights.items() if name != "root"}


def _lets_all(spec: Mapping[str, Any]) -> bool:
    return any(
        any(command.get("command") == "ALL" for command in one.get("Commands", ()))
        and any(user.get("username") in MAY_BE_ROOT for user in one.get("runasusers", ({"username": "root"},)))
        for one in spec["Cmnd_Specs"]
    )


def _users(spec: Mapping[str, Any]) -> Iterator[str]:
    for one in spec["User_List"]:
        yield f"%{one['usergroup']}" if "usergroup" in one else str(one.get("username", ""))


def _groups(told: list[str]) -> Iterator[tuple[str, list[str]]]:
    for line in told:
        name, _, _, users = line.split(":")
        yield name, users.split(",")


def _read_snmp(host: Host) -> tuple[str, ...]:
    """Nothing where no agent listens; else the lines of net-snmp that let in without proof and encryption."""
    found = texts(host, SNMP_FILES)
    if not any((socket.protocol, socket.port) == ("udp", SNMP_PORT) for socket in listening(host)):
        return ()
    if "/etc/snmp/snmpd.conf" not in found:
        raise unreadable("/etc/snmp/snmpd.conf")
    weak = []
    for line in (line for path, written in found.items() if path != LAST for line in written):
        if community := COMMUNITY.match(line):
            weak.append(community[1])
        elif (user := SNMP_USER.match(line)) and (user[3] or "auth").lower() not in ("priv", "authpriv"):
            weak.append(f"{user[1]} {user[2]} {user[3] or 'auth'}")
    return tuple(weak)


def _read_proven_time(host: Host) -> Mapping[str, bool]:
    """Each source that chrony knows: whether its answers are proved by a symmetric key or by NTS (`authdata`)."""
    if not alive(host, DAEMONS):
        return {}
    modes = {}
    for line in lines(host, AUTHDATA):
        fields = line.split(",")
        if len(fields) != AUTHDATA_FIELDS:
            raise unreadable("chronyc authdata", line)
        modes[fields[0]] = fields[1]
    sources = read_clock(host).sources
    if missing := [source for source in sources if source not in modes]:
        raise unreadable("chronyc authdata", f"nothing of {', '.join(missing)}")
    return {source: modes[source] in PROVEN_BY_KEY for source in sources}


def _read_sources(host: Host) -> Networks:
    """Whom sshd lets in and nftables lets through to one of its ports; sshd alone where there is no nftables."""
    admitted = sshd.sources(host)
    try:
        filtered = nftables.ruleset(host)
    except Unknown as unknown:
        if unknown.cause is not Cause.NO_TOOL:
            raise
        return admitted
    return common(admitted, frozenset[Network]().union(*map(filtered.admitted, sshd.ports(host))))


weak_ssh = Reading(lambda: sshd.EFFECTIVE, _read_weak_ssh)
lockout = Reading(lambda: (sshd.EFFECTIVE, sshd.FILES, ACCESS), _read_lockout)
by_address = Reading(lambda: (sshd.EFFECTIVE, sshd.FILES, nftables.RULESET, *fail2ban.ASKS), _read_by_address)
banner = Reading(lambda: (sshd.EFFECTIVE, BANNERS), _read_banner)
weak_passwords = Reading(lambda: ACCESS, weak_hashes)
central_login = Reading(lambda: ACCESS, _read_central)
rights = Reading(lambda: (ACCOUNTS, SUDO_RULES), _read_rights)
snmp_before_3 = Reading(lambda: (SOCKETS, SNMP_FILES), _read_snmp)
proven_time = Reading(lambda: (PROCESSES, CLOCK, AUTHDATA), _read_proven_time)
management_sources = Reading(lambda: (sshd.EFFECTIVE, sshd.FILES, nftables.RULESET), _read_sources)
