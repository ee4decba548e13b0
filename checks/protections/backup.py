"""Is the server backed up by itself, and is there a recent backup?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from testinfra.host import Host

from checks.model import Cause, Question, Unknown, Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.readers.disks import DISKS, SWAP, Volume, places, volumes
from checks.readers.kernel import KERNEL, NETWORK_KINDS, Mount, running
from checks.readers.processes import PROCESSES, alive
from checks.readers.schedules import backup_tools, backups, scheduled, schedules, sound
from checks.readers.stores import ADDRESSES, Place, is_own, kept_by, named, own_names, untold
from checks.reading import FIND_MISSED_A_FOLDER, lines, unreadable

AGENTS = ("bacula-fd", "bareos-fd", "veeamservice")
# Tools that never store a copy unencrypted, and words of those that encrypt what others made.
ENCRYPTING = ("restic", "borg", "borgmatic", "duplicity")
ENCRYPTED = re.compile(r"(?<![\w-])(?:gpg|age|openssl\s+enc|--encrypt\S*|crypt:)(?![\w-])|\S+crypt:")
# Where an agent's server keeps what it fetches: on this very host, if one of these lives here.
KEEPERS = ("bacula-sd", "bareos-sd", "bacula-dir", "bareos-dir")
MINUTES_A_DAY = 1440
COPIES = 2  # beside the data themselves: the rule 3-2-1 (NIST SP 800-34, CISA)
PLACE_APART = "user@host: | nfs | /dev/… ≠ /"


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


@asks(PROCESSES, schedules, KERNEL, DISKS, ADDRESSES, platforms=LINUX)
def separate_place(host: Host, want: Want) -> Verdict:
    """A job sends its copies to another host, or every folder lies on one, or on a disk that holds nothing else.

    Another partition of a disk is no place apart, nor is this host under another name. Where an agent's server keeps
    its copies, what a remote of rclone's is, and what lies below a virtual disk, is not seen from here.
    """
    found = _copies(host, want)
    apart = [f"{folder} ({place.name})" for folder, place in found.apart().items()]
    if found.sent or (apart and len(apart) == len(found.folders)):
        return judged(True, PLACE_APART, ", ".join([*found.sent, *apart]))
    _refuse_unclear(found)
    return judged(False, PLACE_APART, ", ".join([*found.beside, *found.jobs, *found.folders]) or "–")


@asks(PROCESSES, schedules, KERNEL, DISKS, ADDRESSES, platforms=LINUX)
def three_copies(host: Host, want: Want) -> Verdict:
    """Two copies beside the data themselves, in two places apart from them and from each other, one at another site.

    Where a host stands is the inventory's to say: it lists the host, or declares a store outside in `backup_stores`.
    """
    found = _copies(host, want)
    disks = [place.name for place in found.apart().values() if place.disk]
    hosts = dict.fromkeys([*found.sent, *(place.name for place in found.apart().values() if not place.disk)])
    sites = {name: _site_of(name, want) for name in hosts}
    known = {_owner(name, want) for name, site in sites.items() if site}
    outside = [name for name, site in sites.items() if site not in (None, want.asset.site)]
    told = [f"{name} ({site or 'backup_stores: –'})" for name, site in sites.items()]
    expected = f"≥ {COPIES}, ≥ 1 ∉ {want.asset.site}"
    actual = ", ".join([*told, *dict.fromkeys(disks)]) or "–"
    if len(known) + len(set(disks)) >= COPIES and outside:
        return judged(True, expected, actual)
    _refuse_unclear(found)
    return judged(False, expected, actual)


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


@dataclass(frozen=True, slots=True)
class Copies:
    """Where the copies of a server go.

    `sent` are the hosts that `jobs` send them to, `folders` the declared ones, each with the place that it lies on,
    None where that is beside the system; `unclear` does not tell from here where it keeps them, `beside` keeps them on
    this very host.
    """

    jobs: tuple[str, ...]
    sent: tuple[str, ...]
    folders: Mapping[str, Place | None]
    unclear: tuple[str, ...]
    beside: tuple[str, ...]

    def apart(self) -> Mapping[str, Place]:
        """The folders that lie apart from the system."""
        return {folder: place for folder, place in self.folders.items() if place is not None and not place.unclear}


def _copies(host: Host, want: Want) -> Copies:
    jobs, state = backups(host, want), running(host)
    own = own_names(host, state, want)
    told = dict.fromkeys(place for lines in jobs.values() for line in lines for place in named(line))
    told |= dict.fromkeys(place for lines in jobs.values() for place in untold(lines))
    folders, found = _folders(want), volumes(host) if _folders(want) else []
    on = {folder: _place_of(folder, folders, found, state.mounts) for folder in folders}
    agents, keepers = alive(host, AGENTS), alive(host, KEEPERS)
    unclear = [place.name for place in [*told, *on.values()] if place is not None and place.unclear]
    return Copies(
        tuple(sorted(jobs)),
        tuple(place.name for place in told if not place.unclear and not is_own(place.name, own)),
        {folder: None if place is not None and is_own(place.name, own) else place for folder, place in on.items()},
        tuple(dict.fromkeys([*unclear, *([] if keepers else agents)])),
        (*(place.name for place in told if is_own(place.name, own)), *keepers),
    )


def _place_of(folder: str, folders: Sequence[str], found: Sequence[Volume], mounts: Sequence[Mount]) -> Place | None:
    """Who or what keeps `folder`: another host, or a disk that holds backup folders alone; None is the system itself.

    Where a folder is but a part of a file system, the rest of that may be anything.
    """
    holding = max((m for m in mounts if _is_below(folder, m.place) or m.place == "/"), key=lambda m: len(m.place))
    if holding.kind in NETWORK_KINDS:
        return kept_by(holding)
    disks = {one.disk for one in found if one.keeps and one.carries(holding.device)}
    used = [one for one in found if one.keeps and _is_in_use(one, mounts, folders)]
    if not disks or holding.place != folder or disks & {one.disk for one in used}:
        return None
    seen = all(one.attached for one in found if one.disk in disks | {one.disk for one in used})
    system = any("/" in places(one, mounts) for one in used)
    return Place(", ".join(sorted(disks)), disk=True, unclear=not seen or not system)


def _is_in_use(volume: Volume, mounts: Sequence[Mount], folders: Sequence[str]) -> bool:
    """It holds something of the system: a file system that is no backup folder, or a swap area."""
    return volume.mounted == SWAP or not places(volume, mounts) <= set(folders)


def _refuse_unclear(found: Copies) -> None:
    if found.unclear:
        raise Unknown(Cause.NO_TOOL, f"{', '.join(found.unclear)}: where its copies lie is not seen from here")


def _site_of(name: str, want: Want) -> str | None:
    """Where a host stands: the site that the inventory has for it, or outside, as declared; None where nobody says."""
    if (asset := want.owners.get(name)) is not None:
        return asset.site
    return "backup_stores" if name in {store.lower() for store in want["backup_stores"]} else None


def _owner(name: str, want: Want) -> str:
    """What is one place under several names: the asset that has the address."""
    return want.owners[name].id if name in want.owners else name


def _folders(want: Want) -> Sequence[str]:
    return sound("paths", want["backup_paths"])


def _is_below(line: str, folder: str) -> bool:
    return line == folder or line.startswith(f"{folder.rstrip('/')}/")
