"""Is the server backed up by itself, and is there a recent backup?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged
from checks.parameters import Type, problem
from checks.readers.processes import PROCESSES, alive
from checks.reading import FIND_MISSED_A_FOLDER, LAST, LAST_SAYS, lines, texts, unreadable

DEBIAN = ("debian", "ubuntu")
TOOLS = (
    *(
        "restic",
        "borg",
        "borgmatic",
        "rsnapshot",
        "rdiff-backup",
        "duplicity",
        "rclone",
        "rsync",
        "barman",
        "pgbackrest",
    ),
    *("pg_dump", "pg_dumpall", "pg_basebackup", "mysqldump", "mariadb-dump", "mongodump", "amdump", "veeamconfig"),
)
AGENTS = ("bacula-fd", "bareos-fd", "veeamservice")
SCHEDULES = (
    "/etc/crontab /etc/anacrontab /etc/cron.d /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly"
    " /var/spool/cron/crontabs /etc/systemd/system"
)
TIMER = ("OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec", "OnActiveSec", "OnBootSec")
MINUTES_A_DAY = 1440


def _jobs(want: Want) -> Question:
    """Lines of cron and of systemd's units that name a backup tool, and those that make a unit a timer."""
    words = " ".join(f"-e {word}" for word in (*_tools(want), *TIMER, LAST_SAYS))
    return Question(f"/usr/bin/grep -R -a -w {words} {SCHEDULES} {LAST}", root=True)


def _recent(want: Want) -> Question:
    """Recent files below the declared folders; where there is one folder, the first of them is enough."""
    folders = _folders(want)
    if not folders:
        return Question("true")
    enough = " -quit" if len(folders) == 1 else ""
    minutes = int(want["backup_max_age_days"] * MINUTES_A_DAY)
    return Question(f"/usr/bin/find {' '.join(folders)} -type f -size +0 -mmin -{minutes} -print{enough}", root=True)


@asks(PROCESSES, _jobs, platforms=DEBIAN)
def job_present(host: Host, want: Want) -> Verdict:
    """A scheduled job names a backup tool, or a backup agent lives."""
    agents = alive(host, AGENTS)
    jobs = _scheduled(texts(host, _jobs(want)), _tools(want))
    return judged(bool(agents or jobs), "cron | systemd timer | agent", ", ".join([*agents, *jobs]) or "–")


@asks(_recent, platforms=DEBIAN)
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


def _scheduled(files: Mapping[str, Sequence[str]], tools: Sequence[str]) -> list[str]:
    """Files of cron that name a tool, and units that do so and are started by an enabled timer."""
    named = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, tools))})(?!\w)")
    naming = {p for p, lines in files.items() if any(named.search(x) and not x.lstrip().startswith("#") for x in lines)}
    timers = {PurePosixPath(path).stem for path in files if PurePosixPath(path).match("*.wants/*.timer")}
    units = {path for path in naming if path.startswith("/etc/systemd/")}
    started = {path for path in units if PurePosixPath(path).stem in timers}
    return sorted(naming - units - {LAST} | started)


def _tools(want: Want) -> Sequence[str]:
    return _sound("commands", want["backup_commands"] or TOOLS)


def _folders(want: Want) -> Sequence[str]:
    return _sound("paths", want["backup_paths"])


def _sound(type_: Type, words: Sequence[str]) -> Sequence[str]:
    """Words fit to stand in a command that root will run. Raises `Unknown` for any other."""
    if wrong := problem(type_, words):
        raise unreadable(wrong[0])
    return words


def _is_below(line: str, folder: str) -> bool:
    return line == folder or line.startswith(f"{folder.rstrip('/')}/")
