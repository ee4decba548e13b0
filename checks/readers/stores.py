"""Where the copies of a server go: the places that its jobs name, and the folders that another machine keeps.

Read after restic(1), borg(1) (1.x: `[user@]host:path`, `ssh://…`), rsync(1), scp(1), duplicity(1), rclone(1), nfs(5),
mount.cifs(8).
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import PurePosixPath

from checks.model import Question, Unknown, Want
from checks.readers.kernel import HOST_NAME, Mount, Running
from checks.reading import Host, cause_of, expected, stdout

# With its exit status, in the words in which paths over Linux ask for it (checks.connectivity.linux): one question.
ADDRESSES = Question('ip -j addr; echo "rc=$?"')
NAME = r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)"
URL = re.compile(rf"(?:rest:|s3:)?(?:sftp|ssh|rsync|scp|ftps?|https?|webdavs?|imaps?)://(?:[^@/\s]*@)?{NAME}", re.I)
SFTP = re.compile(rf"sftp:(?:[\w.-]+@)?{NAME}:")
S3 = re.compile(rf"s3:{NAME}(?:/|$)")
CLOUD = re.compile(r"((?:boto3\+)?s3://|b2:(?://)?|azure:(?://)?|gs:(?://)?|swift:(?://)?)([\w.-]+)")
REMOTE = re.compile(r"(?:rclone:)([\w.+@ -]+):")
AT_HOST = re.compile(rf"[\w.-]+@{NAME}:")
OF_HOST = re.compile(rf"{NAME}::?\S")
RCLONE_REMOTE = re.compile(r"([\w][\w.+@-]*):")
SEGMENTS = re.compile(r"\|\||&&|[;|&]")
COPIERS = frozenset({"rsync", "scp"})  # what they name last is where they copy to
NAMING_HOSTS = frozenset({"rsync", "scp", "borg", "borgmatic"})  # of these alone `host:path` needs no user
# Options that take a word of their own, which is not a place.
VALUED = frozenset(
    (
        *("-e", "--rsh", "--exclude", "--exclude-from", "--include", "--include-from", "--files-from", "--filter"),
        *("--log-file", "--bwlimit", "--config", "--transfers", "--checkers", "--password-file", "--backup-dir"),
        *("--link-dest", "--timeout", "--port", "--chmod", "--chown", "--partial-dir", "--temp-dir", "--max-size"),
        *("--min-size", "--rsync-path", "--pattern", "--patterns-from", "--tag", "--host", "-i", "-o", "-F", "-f"),
    )
)
# What is set to a place; any other `name=value` is none.
SETTING = re.compile(r"^(?:Environment=)?(?:--repo(?:sitory)?|RESTIC_REPOSITORY|BORG_REPO)=")
BORG = frozenset({"borg", "borgmatic"})
PATTERN = re.compile(r"(?:sh|re|fm|pp|pf):")  # borg-patterns(1), which say what is left out
# Tools that keep what they copy to in settings of their own, and those whose places may stand in a script's variable.
CONFIGURED = frozenset({"borgmatic", "barman", "pgbackrest", "amdump", "veeamconfig"})
VARYING = COPIERS | BORG | {"restic", "rclone", "duplicity", "rdiff-backup"}
VARIABLE = re.compile(r"\$|[\w.-]+@\$")
TOLD = re.compile(r"(?:^|\s)(?:-r|--repo)[\s=]|RESTIC_REPOSITORY=")  # of restic
FROM_OUTSIDE = re.compile(r"(?:^|\s)::")  # of borg: the repository is that of BORG_REPO
PIPED = re.compile(
    r"ssh(?:\s+-[46AaCfGgKkMNnqsTtVvXxYy]+|\s+-[BbcDEeFIiJLlmOopQRSWw]\s*\S+)*\s+(?:[\w.-]+@)?" + NAME + r"(?:\s|$)"
)
BUCKETS = ("fuse.rclone", "fuse.s3fs")  # whose device names no host
LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where copies lie: on a host (by its name, or a cloud's bucket: `b2:kho`), or on a `disk` that holds nothing else.

    `unclear`: it may be this very machine, as a remote of rclone's may; that is not seen from here.
    """

    name: str
    disk: bool = False
    unclear: bool = False


def named(line: str) -> Iterator[Place]:
    """The places that a line of a job copies to."""
    for number, segment in enumerate(SEGMENTS.split(line)):
        piped = PIPED.match(segment.strip()) if number else None
        if piped is not None:
            yield Place(_bare(piped[1]))
            continue
        words = _words(segment)
        tools = {PurePosixPath(word).name for word in words}
        chosen = words[-1:] if tools & COPIERS else words
        yield from (place for word in chosen if (place := _place(word, tools)) is not None)


def untold(lines: Sequence[str]) -> Iterator[Place]:
    """The tools of a job whose lines do not say where they copy to: that stands in settings elsewhere."""
    tools = {PurePosixPath(word).name for line in lines for word in line.split()}
    yield from (Place(tool, unclear=True) for tool in sorted(tools & CONFIGURED))
    if "restic" in tools and not any(TOLD.search(line) for line in lines):
        yield Place("restic", unclear=True)
    if any(FROM_OUTSIDE.search(line) for line in lines) and not any("BORG_REPO=" in line for line in lines):
        yield Place("borg", unclear=True)


def kept_by(mount: Mount) -> Place:
    """Who keeps a file system that is mounted over a network."""
    if mount.device.startswith("//"):
        return Place(_bare(mount.device.removeprefix("//").partition("/")[0]))
    match = re.match(rf"(?:[\w.-]+@)?{NAME}[:,]", mount.device)
    if match is None or mount.kind in BUCKETS:
        return Place(f"{mount.kind} {mount.device}", unclear=True)
    return Place(_bare(match[1]))


def own_names(host: Host, running: Running, want: Want) -> frozenset[str]:
    """Every name and address under which the server reaches itself."""
    listed, _, status = stdout(host, ADDRESSES).rstrip().rpartition("rc=")
    with expected(ADDRESSES.command):
        if int(status):
            raise Unknown(cause_of(int(status), listed), listed.strip())
        links = json.loads(listed)
        addresses = {str(ip_address(one["local"])) for link in links for one in link["addr_info"] if "local" in one}
    called = running.values.get(HOST_NAME, "")
    told = {want.asset.address, *want.asset.addresses, *want.asset.names, called, called.partition(".")[0]}
    return LOOPBACK_NAMES | addresses | {_bare(name) for name in told if name}


def is_own(name: str, own: frozenset[str]) -> bool:
    """The host called `name` is the server itself."""
    try:
        return ip_address(name).is_loopback or name in own
    except ValueError:
        return name in own


def _words(segment: str) -> list[str]:
    try:
        words = shlex.split(segment, comments=False)
    except ValueError:
        words = segment.split()
    found, skip = [], False
    for word in words:
        if not skip and not re.match(r"\d*[<>]", word):
            found += [word] if SETTING.match(word) or not word.startswith("-") else []
        skip = word in VALUED or bool(re.fullmatch(r"\d*[<>]+", word))
    return found


def _place(word: str, tools: set[str]) -> Place | None:
    """What `word` names, be it alone or the value of an option or a variable; None where that is on this host."""
    text = SETTING.sub("", word)
    if tools & BORG:
        text = "" if PATTERN.match(text) else text.partition("::")[0]
    if tools & VARYING and VARIABLE.match(text):
        return Place(text, unclear=True)
    if match := CLOUD.match(text):
        return Place(f"{match[1].rstrip('/:')}:{match[2]}")
    if match := REMOTE.match(text) or (RCLONE_REMOTE.match(text) if "rclone" in tools else None):
        return Place(f"rclone {match[1]}", unclear=True)
    found = URL.match(text) or SFTP.match(text) or S3.match(text) or AT_HOST.match(text)
    found = found or (_of_host(text) if tools & NAMING_HOSTS else None)
    return Place(_bare(found[1])) if found else None


def _of_host(text: str) -> re.Match[str] | None:
    """`host:path`, or `host::module`; neither a time nor a pair of numbers."""
    match = OF_HOST.match(text)
    return None if match is None or re.match(r"[\d:]+$", text) else match


def _bare(name: str) -> str:
    """A name as it is compared: without brackets, in small letters; an address in its shortest form."""
    text = name.strip("[]").lower().rstrip(".")
    try:
        return str(ip_address(text))
    except ValueError:
        return text
