"""Is the server backed up by itself, and is there a recent backup?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from testinfra.host import Host

from checks.model import Cause, Question, Unknown, Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.readers.kernel import KERNEL, NETWORK_KINDS, Mount, running
from checks.readers.processes import PROCESSES, alive
from checks.readers.schedules import backup_tools, scheduled, schedules, sound
from checks.reading import FIND_MISSED_A_FOLDER, lines, unreadable

AGENTS = ("bacula-fd", "bareos-fd", "veeamservice")
# Tools that never store a copy unencrypted, and words of those that encrypt what others made.
ENCRYPTING = ("restic", "borg", "borgmatic", "duplicity")
ENCRYPTED = re.compile(r"(?<![\w-])(?:gpg|age|openssl\s+enc|--encrypt\S*|crypt:)(?![\w-])|\S+crypt:")
# A place on another host: user@host:path, host::module, or the address of a store.
ELSEWHERE = re.compile(
    r"(?:sftp|rest|s3|b2|azure|gs|swift|rclone|ssh|rsync|scp|https?):\S|[\w.-]+@[\w.-]+:|[\w.-]+::\w"
)
FLEETING_KINDS = ("tmpfs", "ramfs", "overlay")
MINUTES_A_DAY = 1440


def _recent(want: Want) -> Question:
    """Recent files below the declared folders; where there is one folder, the first of them is enough."""
    folders = _folders(want)
    if not folders:
        return Question("true")
    enough = " -quit" if len(folders) == 1 else ""
    minutes = int(want["backup_max_age_days"] * MINUTES_A_DAY)
    return Question(f"/usr/bin/find {' '.join(folders)} -type f -size +0 -mmin -{minutes} -print{enough}", root=True)


@asks(PROCESSES, schedules, platforms=LINUX)
def job_present(host: Host, want: Want) -> Verdict:
    """A scheduled job names a backup tool, or a backup agent lives."""
    agents = alive(host, AGENTS)
    jobs = scheduled(host, want, backup_tools(want))
    return judged(bool(agents or jobs), "cron | systemd timer | agent", ", ".join([*agents, *sorted(jobs)]) or "–")


@asks(_recent, platforms=LINUX)
def recent(host: Host, want: Want) -> Verdict:
    """Below every declared folder lies a file that is not older than allowed. Nobody can see an undeclared backup."""
    folders, allowed = _folders(want), want["backup_max_age_days"]
    if not folders:
        return judged(False, f"≤ {allowed} d", "backup_paths: –")
    found = lines(host, _recent(want), accept=FIND_MISSED_A_FOLDER)
    if strange := [path for path in found if not any(_is_below(path, folder) for folder in folders)]:
        raise unreadable("find", strange[0])
    newest = {folder: next((path for path in found if _is_below(path, folder)), None) for folder in folders}
    actual = ", ".join(path or f"{folder}: –" for folder, path in newest.items())
    return judged(None not in newest.values(), f"≤ {allowed} d", actual)


@asks(PROCESSES, schedules, KERNEL, platforms=LINUX)
def separate_place(host: Host, want: Want) -> Verdict:
    """A job sends its copies to another host, an agent to its server, or the folders lie on disks of their own."""
    agents = alive(host, AGENTS)
    jobs = scheduled(host, want, backup_tools(want))
    sending = sorted(path for path, lines in jobs.items() if any(ELSEWHERE.search(line) for line in lines))
    folders, mounts = _folders(want), running(host).mounts
    apart = [folder for folder in folders if _apart(folder, mounts)]
    found = [*agents, *sending] or (apart if len(apart) == len(folders) else [])
    return judged(bool(found), "user@host: | nfs | /dev/… ≠ /", ", ".join(found) or ", ".join([*jobs, *folders]) or "–")


@asks(PROCESSES, schedules, platforms=LINUX)
def encrypted(host: Host, want: Want) -> Verdict:
    """Every job uses a tool that always encrypts, or encrypts what it makes. Agents are asked in their own console."""
    jobs = scheduled(host, want, backup_tools(want))
    if not jobs and (agents := alive(host, AGENTS)):
        raise Unknown(Cause.NO_TOOL, f"the settings of {', '.join(agents)} are not read")
    always = re.compile(rf"(?<![\w-])(?:{'|'.join(ENCRYPTING)})(?![\w-])")
    plain = [path for path, lines in jobs.items() if not all(always.search(x) or ENCRYPTED.search(x) for x in lines)]
    actual = f"{', '.join(plain)}: –" if plain else ", ".join(sorted(jobs)) or "–"
    return judged(bool(jobs) and not plain, f"{' | '.join(ENCRYPTING)} | gpg | age", actual)


def _apart(folder: str, mounts: Sequence[Mount]) -> bool:
    """The file system that holds it comes over the network, or from another disk than that of the system."""
    holding = max((m for m in mounts if _is_below(folder, m.place) or m.place == "/"), key=lambda m: len(m.place))
    system = {mount.device for mount in mounts if mount.place == "/"}
    return holding.kind in NETWORK_KINDS or (holding.kind not in FLEETING_KINDS and holding.device not in system)


def _folders(want: Want) -> Sequence[str]:
    return sound("paths", want["backup_paths"])


def _is_below(line: str, folder: str) -> bool:
    return line == folder or line.startswith(f"{folder.rstrip('/')}/")
