"""Rights of the files that everything else rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from testinfra.host import Host

from checks.model import Verdict, Want, asks, judged, not_applicable
from checks.protections.questions import (
    ALLOWED_AT,
    ALLOWED_CRON,
    BOOT_MENUS,
    CRON_FOLDERS,
    FILES,
    LINUX,
    PLACES,
    SETTINGS,
)
from checks.readers import pam
from checks.readers.files import Entry, entries
from checks.readers.kernel import KERNEL, running
from checks.reading import texts, unreadable

PUBLIC = ("/etc/passwd", "/etc/group")
PRIVATE = ("/etc/shadow", "/etc/gshadow")
SECRET = re.compile(
    r"(.*\.env|\.netrc|\.pgpass|\.my\.cnf|.+\.key|.+_key|id_(rsa|dsa|ecdsa|ed25519)(_sk)?|g?shadow([-.~_].*)?)$"
)
NOT_SECRET = re.compile(
    r"^/etc/apt/|/root\.key$|/K[^/]+\+\d{3}\+\d{5}\.key$"
)  # keys of archives and DNSSEC: public ones
UMASK = re.compile(r"^\s*umask\s+([0-7]{3,4})\b")
STRICT = 0o027
CRON_PLACES = ("/etc/crontab", *CRON_FOLDERS)
TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  # looked at, not written to
TAMED = frozenset({"nodev", "nosuid", "noexec"})
TRUST = ("/.rhosts", "/.shosts", "/shosts.equiv")


@asks(PLACES, platforms=LINUX)
def account_files_protected(host: Host, _want: Want) -> Verdict:
    found = {entry.path: entry for entry in entries(host, PLACES)}
    missing = [path for path in (*PUBLIC, *PRIVATE) if path not in found]
    if missing:
        raise unreadable(", ".join(missing))
    bad = [str(entry) for entry in found.values() if _account_file_open(entry)]
    return judged(not bad, "root; passwd, group ≤ 0644; shadow, gshadow ≤ 0640", ", ".join(bad) or "OK")


@asks(FILES, platforms=LINUX)
def no_world_writable(host: Host, _want: Want) -> Verdict:
    bad = [str(entry) for entry in entries(host, FILES) if entry.rights[8] == "w"]
    return judged(not bad, "o-w | sticky", ", ".join(bad) or "–")


@asks(FILES, platforms=LINUX)
def secret_files_protected(host: Host, _want: Want) -> Verdict:
    """Files whose names tell of private keys, passwords or copies of the shadow files."""
    secrets = [entry for entry in entries(host, FILES) if _secret(entry.path)]
    if not any(entry.path.startswith("/etc/") for entry in secrets):
        raise unreadable("find: neither /etc/shadow nor host keys")
    bad = [str(entry) for entry in secrets if entry.open_to_others]
    return judged(not bad, "g-w, o-rw", ", ".join(bad) or f"{len(secrets)} OK")


@asks(FILES, platforms=LINUX)
def no_unowned(host: Host, _want: Want) -> Verdict:
    """Every file belongs to an account and a group that exist."""
    bad = [str(entry) for entry in entries(host, FILES) if entry.owner.isdecimal() or entry.group.isdecimal()]
    return judged(not bad, "-nouser, -nogroup: –", ", ".join(bad) or "–")


@asks(FILES, platforms=LINUX)
def no_setuid_elsewhere(host: Host, _want: Want) -> Verdict:
    """Where no package of the system puts programs, none runs with the rights of its owner or group."""
    files = [entry for entry in entries(host, FILES) if entry.rights[0] == "-"]
    bad = [str(entry) for entry in files if entry.rights[3] in "sS" or entry.rights[6] in "sS"]
    return judged(not bad, "setuid, setgid: –", ", ".join(bad) or "–")


@asks(FILES, platforms=LINUX)
def homes_protected(host: Host, _want: Want) -> Verdict:
    """Nobody but its owner writes to a home, and no others look into it."""
    homes = [entry for entry in entries(host, FILES) if _is_home(entry)]
    bad = [str(entry) for entry in homes if entry.rights[5] == "w" or entry.rights[7:] != "---"]
    return judged(not bad, "/home/*: ≤ 0750", ", ".join(bad) or f"{len(homes)} OK")


@asks(FILES, SETTINGS, platforms=LINUX)
def no_trust_files(host: Host, _want: Want) -> Verdict:
    """No file lets other hosts, or users of theirs, in without a password."""
    found = [entry.path for entry in entries(host, FILES) if entry.path.endswith(TRUST)]
    found += [path for path in texts(host, SETTINGS) if path == "/etc/hosts.equiv"]
    return judged(not found, ".rhosts, .shosts, hosts.equiv: –", ", ".join(found) or "–")


@asks(PLACES, platforms=LINUX)
def cron_protected(host: Host, _want: Want) -> Verdict:
    """Only root sees and changes what cron runs as root."""
    found = [entry for entry in entries(host, PLACES) if entry.path in CRON_PLACES]
    if not found:
        return not_applicable("cron: –")
    bad = [str(entry) for entry in found if entry.owner != "root" or entry.rights[4:] != "------"]
    return judged(not bad, "root; crontab 0600; cron.* 0700", ", ".join(bad) or f"{len(found)} OK")


@asks(PLACES, platforms=LINUX)
def cron_users_named(host: Host, _want: Want) -> Verdict:
    """Only accounts that are named may have jobs of their own: cron, and at where it is there, have a list of them."""
    found = {entry.path: entry for entry in entries(host, PLACES)}
    if not found.keys() & set(CRON_PLACES):
        return not_applicable("cron: –")
    lists = [found[path] for path in (ALLOWED_CRON, ALLOWED_AT) if path in found]
    bad = [str(entry) for entry in lists if entry.owner != "root" or entry.open_to_others]
    missing = [] if ALLOWED_CRON in found else [f"{ALLOWED_CRON}: –"]
    return judged(not bad and not missing, f"{ALLOWED_CRON}: root, ≤ 0640", ", ".join([*missing, *bad]) or "OK")


@asks(PLACES, platforms=LINUX)
def boot_protected(host: Host, _want: Want) -> Verdict:
    """Only root reads and changes how the system is started, and the password for that."""
    menus = [entry for entry in entries(host, PLACES) if entry.path in BOOT_MENUS]
    if not menus:
        return not_applicable("grub.cfg: –")
    bad = [str(entry) for entry in menus if entry.owner != "root" or entry.rights[4:] != "------"]
    return judged(not bad, "grub.cfg: root, ≤ 0700", ", ".join(bad) or f"{len(menus)} OK")


@asks(KERNEL, platforms=LINUX)
def temporary_places_tamed(host: Host, _want: Want) -> Verdict:
    """In folders where everybody writes nothing runs, and nothing has the rights of its owner or is a device."""
    options = {mount.place: mount.options for mount in running(host).mounts}
    missing = [
        f"{place}: {', '.join(sorted(lacking))}" for place in TEMPORARY if (lacking := TAMED - _of(place, options))
    ]
    return judged(not missing, f"{', '.join(TEMPORARY)}: {', '.join(sorted(TAMED))}", "; ".join(missing) or "OK")


@asks(SETTINGS, platforms=LINUX)
def umask(host: Host, _want: Want) -> Verdict:
    """The default for new files: what is set anywhere for all users leaves others nothing, and the group no writing."""
    masks = list(_masks(host))
    passed = bool(masks) and all(mask & STRICT == STRICT for mask in masks)
    return judged(passed, f"umask {STRICT:03o}", ", ".join(f"{mask:03o}" for mask in masks) or "–")


def _account_file_open(entry: Entry) -> bool:
    if entry.path.startswith(PRIVATE):
        return entry.owner != "root" or entry.group not in {"root", "shadow"} or entry.open_to_others
    return entry.path.startswith(PUBLIC) and (entry.owner != "root" or entry.writable_by_others)


def _is_home(entry: Entry) -> bool:
    return entry.rights[0] == "d" and re.fullmatch(r"/home/[^/]+", entry.path) is not None


def _of(place: str, options: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The options of the file system that is mounted there; of none where it is but a folder of another one."""
    return options.get(place, frozenset())


def _secret(path: str) -> bool:
    return bool(SECRET.fullmatch(path.rpartition("/")[2])) and not NOT_SECRET.search(path)


def _masks(host: Host) -> Iterator[int]:
    """Every mask set for all users: /etc/login.defs, pam_umask, and the start files of shells."""
    found = texts(host, SETTINGS)
    stated = [pam.options(found.get("/etc/login.defs", [])).get("UMASK")]
    rules = [rule for stack in pam.stacks(found, "session") for rule in pam.rules(stack, "pam_umask")]
    stated += [rule.options.get("umask") for rule in rules]
    shells = (
        line
        for path in found
        if path.startswith(("/etc/profile", "/etc/bash.bashrc", "/etc/bashrc"))
        for line in found[path]
    )
    stated += [match[1] for line in shells if (match := UMASK.match(line))]
    for text in filter(None, stated):
        if not re.fullmatch(r"[0-7]{1,4}", text):
            raise unreadable(f"umask {text}")
        yield int(text, 8)
