"""What a server does by itself at set times: cron (crontab(5)) and the timers of systemd (systemd.timer(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from checks.model import Question, Want
from checks.parameters import Type, problem
from checks.reading import LAST, LAST_SAYS, Host, texts, unreadable

BACKUP = (
    *("restic", "borg", "borgmatic", "rsnapshot", "rdiff-backup", "duplicity", "rclone", "rsync", "barman"),
    *("pgbackrest", "pg_dump", "pg_dumpall", "pg_basebackup", "mysqldump", "mariadb-dump", "mongodump", "amdump"),
    "veeamconfig",
)
INTEGRITY = ("aide", "aide.wrapper", "dailyaidecheck", "aidecheck", "tripwire", "samhain")
SIGNATURES = ("freshclam", "clamav-freshclam")
REPOSITORIES = ("RESTIC_REPOSITORY", "BORG_REPO")  # variables that name where copies go
TIMER = ("OnCalendar", "OnUnitActiveSec", "OnUnitInactiveSec", "OnActiveSec", "OnBootSec")
PLACES = (
    "/etc/crontab /etc/anacrontab /etc/cron.d /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly"
    " /var/spool/cron /etc/systemd/system"
)


def schedules(want: Want) -> Question:
    """Lines of cron and of systemd's units that name a tool of interest or a repository, or make a unit a timer."""
    words = " ".join(
        f"-e {word}" for word in (*backup_tools(want), *INTEGRITY, *SIGNATURES, *REPOSITORIES, *TIMER, LAST_SAYS)
    )
    return Question(f"/usr/bin/grep -R -a -w {words} {PLACES} {LAST}", root=True)


def scheduled(host: Host, want: Want, tools: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The files that start one of `tools` at set times, each with its lines that name it.

    A unit counts where an enabled timer starts it. A timer of a package stands for its own unit, which lies elsewhere.
    """
    files = texts(host, schedules(want))
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, tools))})(?![\w-])")
    naming = {path: found for path, lines in files.items() if path != LAST and (found := _naming(lines, named))}
    timers = {PurePosixPath(path).stem: path for path in files if PurePosixPath(path).match("*.wants/*.timer")}
    jobs = {path: lines for path, lines in naming.items() if not _is_unit(path) or PurePosixPath(path).stem in timers}
    return {**jobs, **{path: files[path] for stem, path in timers.items() if stem in tools}}


def backups(host: Host, want: Want) -> Mapping[str, Sequence[str]]:
    """The files that start a backup at set times, each with its lines, and a unit's drop-ins', that say where to."""
    files = texts(host, schedules(want))
    jobs = scheduled(host, want, backup_tools(want))
    places = re.compile(rf"\b(?:{'|'.join(REPOSITORIES)})=")
    told = {
        path: [*files[path], *(line for one in files if one.startswith(f"{path}.d/") for line in files[one])]
        for path in jobs
    }
    return {path: [*lines, *_naming(told[path], places)] for path, lines in jobs.items()}


def backup_tools(want: Want) -> Sequence[str]:
    """The city's own backup commands, or the known ones."""
    return sound("commands", want["backup_commands"] or BACKUP)


def sound(type_: Type, words: Sequence[str]) -> Sequence[str]:
    """Words fit to stand in a command that root will run. Raises `Unknown` for any other."""
    if wrong := problem(type_, words):
        raise unreadable(wrong[0])
    return words


def _naming(lines: Sequence[str], named: re.Pattern[str]) -> list[str]:
    return [line for line in lines if named.search(line) and not line.lstrip().startswith("#")]


def _is_unit(path: str) -> bool:
    return path.startswith("/etc/systemd/")
