"""Security updates that apt's lists offer and the host has not installed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from checks.model import Question
from checks.readers import versions
from checks.reading import Host, age_in_days, closed, complete, expected, numbered, unreadable

LISTS = "/var/lib/apt/lists"
# Installed packages beside the packages of the security suites in apt's own lists, joined on the host: 80 ms, where
# `apt-get -s upgrade` takes up to 2.5 s. Only versions that differ are printed; which is newer is judged here.
JOIN = (
    "/^have /{if($2!~/^.[cn]/){h[$3]=$4;n++};next}/^failed/{print}/^Package: /{p=$2}"
    '/^Version: /{m++;if(p in h&&h[p]!=$2)print "offer",p,h[p],$2}END{print "compared",n+0,m+0}'
)
UPDATES = Question(
    closed(
        f"cd {LISTS} && date +'now %s' && find . -maxdepth 1 -type f -printf 'list %Ts %s %f\\n' &&"
        " { dpkg-query -W -f 'have ${db:Status-Abbrev} ${Package} ${Version}\\n'; set -- *security*_Packages*;"
        ' [ ! -e "$1" ] || /usr/lib/apt/apt-helper cat-file "$@" || echo failed; }'
        f" | awk {shlex.quote(JOIN)}"
    )
)


# Red Hat's family: what dnf's own cache offers (`-C`: nothing is fetched), and how old the advisories in it are.
ADVISORIES = Question(
    closed(
        "date +'now %s' && find /var/cache/dnf -maxdepth 3 -type f -name '*-updateinfo.xml*' -size +0"
        " -printf 'list %Ts %s %f\\n' && rpm -qa --qf 'installed\\n' | sort | uniq -c &&"
        " dnf -q -C --noplugins updateinfo list --security"
    ),
    seconds=60.0,
)
ADVISORY = re.compile(r"(\S+)\s+(?:\w+/Sec\.|Sec\.)\s+(\S+)$")
COUNT = re.compile(r"\s*(\d+) installed$")


@dataclass(frozen=True, slots=True)
class Updates:
    """What lists of updates offer. `age_days` is that of the youngest list of a security suite, None if there is none.

    `where` the lists were found, for the evidence.
    """

    age_days: float | None
    offers: tuple[str, ...]
    installed: int
    compared: int
    where: str = LISTS


def updates(host: Host) -> Updates:
    """What is offered. Raises `Unknown` where a list could not be read, or dpkg names no package."""
    by_kind: dict[str, list[str]] = {"now": [], "list": [], "offer": [], "compared": []}
    for line in complete(host, UPDATES):
        kind, _, rest = line.partition(" ")
        if kind not in by_kind:
            raise unreadable("apt's lists", line)
        by_kind[kind].append(rest)
    with expected("apt's lists"):
        now, ((installed, compared),) = int(by_kind["now"][0]), [map(int, by_kind["compared"][0].split())]
        offers = tuple(sorted({offer for line in by_kind["offer"] if (offer := _newer(line))}))
    if not installed:
        raise unreadable("dpkg-query: no package")
    return Updates(_youngest(now, by_kind["list"]), offers, installed, compared)


def advisories(host: Host) -> Updates:
    """What the security advisories in dnf's cache offer. Raises `Unknown` where rpm names no package."""
    now, told = 0, complete(host, ADVISORIES)
    lists: list[str] = []
    offers: set[str] = set()
    installed = 0
    for line in told:
        kind, _, rest = line.partition(" ")
        if kind == "now" and rest.isdecimal():
            now = int(rest)
        elif kind == "list":
            lists.append(rest)
        elif count := COUNT.match(line):
            installed = int(count[1])
        elif offer := ADVISORY.match(line):
            offers.add(f"{offer[2]} ({offer[1]})")
        else:
            raise unreadable("dnf updateinfo", line)
    if not installed:
        raise unreadable("rpm: no package")
    ages = [age_in_days(now, t) for (t, size), _ in numbered(lists, 2) if size]
    return Updates(min(ages, default=None), tuple(sorted(offers)), installed, len(ages))


def _youngest(now: int, lists: Iterable[str]) -> float | None:
    ages = [age_in_days(now, t) for (t, size), name in numbered(lists, 2) if "security" in name and size]
    return min(ages, default=None)


def _newer(offer: str) -> str | None:
    """`name installed -> offered`, where the offered version is the newer one."""
    name, installed, offered = offer.split()
    return f"{name} {installed} -> {offered}" if versions.key(offered) > versions.key(installed) else None
