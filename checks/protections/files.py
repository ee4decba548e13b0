"""Rights of the files that everything else rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from testinfra.host import Host

from checks.model import Verdict, Want, asks, judged
from checks.protections.questions import ACCOUNT_FILES, FILES, SETTINGS
from checks.readers import pam
from checks.readers.files import Entry, entries
from checks.reading import texts, unreadable

DEBIAN = ("debian", "ubuntu")
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


@asks(ACCOUNT_FILES, platforms=DEBIAN)
def account_files_protected(host: Host, _want: Want) -> Verdict:
    found = {entry.path: entry for entry in entries(host, ACCOUNT_FILES)}
    missing = [path for path in (*PUBLIC, *PRIVATE) if path not in found]
    if missing:
        raise unreadable(", ".join(missing))
    bad = [str(entry) for entry in found.values() if _account_file_open(entry)]
    return judged(not bad, "root; passwd, group ≤ 0644; shadow, gshadow ≤ 0640", ", ".join(bad) or "OK")


@asks(FILES, platforms=DEBIAN)
def no_world_writable(host: Host, _want: Want) -> Verdict:
    bad = [str(entry) for entry in entries(host, FILES) if entry.rights[8] == "w"]
    return judged(not bad, "o-w | sticky", ", ".join(bad) or "–")


@asks(FILES, platforms=DEBIAN)
def secret_files_protected(host: Host, _want: Want) -> Verdict:
    """Files whose names tell of private keys, passwords or copies of the shadow files."""
    secrets = [entry for entry in entries(host, FILES) if _secret(entry.path)]
    if not any(entry.path.startswith("/etc/") for entry in secrets):
        raise unreadable("find: neither /etc/shadow nor host keys")
    bad = [str(entry) for entry in secrets if entry.open_to_others]
    return judged(not bad, "g-w, o-rw", ", ".join(bad) or f"{len(secrets)} OK")


@asks(SETTINGS, platforms=DEBIAN)
def umask(host: Host, _want: Want) -> Verdict:
    """The default for new files: what is set anywhere for all users leaves others nothing, and the group no writing."""
    masks = list(_masks(host))
    passed = bool(masks) and all(mask & STRICT == STRICT for mask in masks)
    return judged(passed, f"umask {STRICT:03o}", ", ".join(f"{mask:03o}" for mask in masks) or "–")


def _account_file_open(entry: Entry) -> bool:
    if entry.path.startswith(PRIVATE):
        return entry.owner != "root" or entry.group not in {"root", "shadow"} or entry.open_to_others
    return entry.path.startswith(PUBLIC) and (entry.owner != "root" or entry.writable_by_others)


def _secret(path: str) -> bool:
    return bool(SECRET.fullmatch(path.rpartition("/")[2])) and not NOT_SECRET.search(path)


def _masks(host: Host) -> Iterator[int]:
    """Every mask set for all users: /etc/login.defs, pam_umask, and the start files of shells."""
    found = texts(host, SETTINGS)
    stated = [pam.options(found.get("/etc/login.defs", [])).get("UMASK")]
    rules = pam.rules(found.get("/etc/pam.d/common-session", []), "pam_umask")
    stated += [rule.options.get("umask") for rule in rules]
    shells = (line for path in found if path.startswith(("/etc/profile", "/etc/bash.bashrc")) for line in found[path])
    stated += [match[1] for line in shells if (match := UMASK.match(line))]
    for text in filter(None, stated):
        if not re.fullmatch(r"[0-7]{1,4}", text):
            raise unreadable(f"umask {text}")
        yield int(text, 8)
