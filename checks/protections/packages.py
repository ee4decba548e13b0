"""Is the system still supported, and does it have the security updates that exist?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from testinfra.host import Host

from checks.model import Cause, Question, Unknown, Verdict, Want, asks, judged
from checks.protections.readers import versions
from checks.protections.running import age_in_days, closed, complete, numbered

DEBIAN = ("debian", "ubuntu")
RELEASE = Question(closed("cat /etc/os-release && date -u +today=%F"))
# apt always knows its architecture: that line shows that it answered.
PERIODIC = Question(
    closed(
        "apt-config dump APT | grep -E '^APT::(Architecture|Periodic::)' && { command -v unattended-upgrade || true; }"
    )
)
LISTS = "/var/lib/apt/lists"
# Installed packages beside the packages of the security suites in apt's own lists, joined on the host: 22 ms, where
# `apt-get -s upgrade` takes up to 2.5 s. Only versions that differ are printed; which is newer is judged here.
JOIN = (
    '$1=="have"{if($2!~/^.[cn]/){have[$3]=$4;n++};next}'
    '$1=="failed"{print;next}'
    "/^Package: /{p=$2}"
    '/^Version: /{m++;if(p in have&&have[p]!=$2)print "offer",p,have[p],$2}'
    'END{print "compared",n+0,m+0}'
)
UPDATES = Question(
    closed(
        f"date +'now %s' && find {LISTS} -maxdepth 1 -type f -printf 'list %Ts %s %f\\n' &&"
        " { dpkg-query -W -f 'have ${db:Status-Abbrev} ${Package} ${Version}\\n';"
        f" set -- {LISTS}/*security*_Packages*;"
        ' if [ -e "$1" ]; then /usr/lib/apt/apt-helper cat-file "$@" || echo "failed $1"; fi; }'
        f" | grep -aE '^(have|failed|Package:|Version:) ' | awk {shlex.quote(JOIN)}"
    )
)
SHOWN = 10
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Updates:
    """What apt's lists offer. `age_days` is that of the youngest list of a security suite, None where there is none."""

    age_days: float | None
    offers: tuple[str, ...]
    installed: int
    compared: int


@asks(RELEASE, platforms=DEBIAN)
def supported_release(host: Host, want: Want) -> Verdict:
    """The release still receives security updates on the day of the asking."""
    values = {name: value.strip("\"'") for name, _, value in (line.partition("=") for line in complete(host, RELEASE))}
    name, version = values.get("ID", ""), values.get("VERSION_ID", "")
    ends = {str(release): date.fromisoformat(str(end)) for release, end in want["supported_releases"].items()}
    end = ends.get(f"{name}-{version}") or _older_than_all(name, version, ends)
    today = values.get("today", "")
    if end is None or not ISO_DAY.fullmatch(today):
        raise Unknown(Cause.UNREADABLE, f"the support of release '{name}-{version}' on '{today}' is not known")
    return judged(date.fromisoformat(today) <= end, f"{name}-{version}: ≤ {end}", f"{name}-{version}, {today}")


@asks(UPDATES, platforms=DEBIAN)
def security_updates(host: Host, want: Want) -> Verdict:
    """No installed package is older than the one its security suite offers. Old lists prove nothing."""
    updates = _updates(host)
    if updates.offers:
        more = f" (+{len(updates.offers) - SHOWN})" if len(updates.offers) > SHOWN else ""
        return judged(False, "0", f"{len(updates.offers)}: {', '.join(updates.offers[:SHOWN])}{more}")
    if updates.age_days is None or not updates.compared:
        raise Unknown(Cause.UNREADABLE, f"{LISTS}: no list of a security suite")
    if updates.age_days > want["package_lists_max_age_days"]:
        raise Unknown(Cause.UNREADABLE, f"{LISTS}: {updates.age_days:.1f} d old")
    return judged(True, "0", f"0 / {updates.installed}")


@asks(UPDATES, platforms=DEBIAN)
def lists_fresh(host: Host, want: Want) -> Verdict:
    """The list of the security suite was fetched within the allowed number of days."""
    allowed = want["package_lists_max_age_days"]
    age = _updates(host).age_days
    return judged(age is not None and age <= allowed, f"≤ {allowed} d", "–" if age is None else f"{age:.1f} d")


@asks(PERIODIC, platforms=DEBIAN)
def automatic_updates(host: Host, _want: Want) -> Verdict:
    """Lists are fetched and security updates installed by themselves, and the program for it is there."""
    lines = complete(host, PERIODIC)
    values = {name: value for line in lines for name, value in re.findall(r'^APT::Periodic::(\S+) "(.*)";$', line)}
    if not any(line.startswith("APT::Architecture ") for line in lines):
        raise Unknown(Cause.UNREADABLE, "apt-config dump")
    tool = any(line.endswith("/unattended-upgrade") for line in lines)
    on = ("Update-Package-Lists", "Unattended-Upgrade")
    active = all(_switched_on(values.get(name, "0")) for name in on) and _switched_on(values.get("Enable", "1"))
    found = [*(f'{name} "{values.get(name, "")}"' for name in ("Enable", *on) if name in values or name in on)]
    actual = ", ".join([*found, f"unattended-upgrade: {'OK' if tool else '–'}"])
    return judged(active and tool, ", ".join(f'{name} "1"' for name in on), actual)


def _older_than_all(name: str, version: str, ends: Mapping[str, date]) -> date | None:
    """The day before anything known, for a release older than every known one of its distribution."""
    known = [release.removeprefix(f"{name}-") for release in ends if release.startswith(f"{name}-")]
    older = bool(known and version) and all(versions.key(version) < versions.key(other) for other in known)
    return date.min if older else None


def _switched_on(value: str) -> bool:
    """apt.systemd.daily takes 0 and an empty value for never, anything else for an interval."""
    return value not in {"", "0"}


def _updates(host: Host) -> Updates:
    by_kind: dict[str, list[str]] = {"now": [], "list": [], "offer": [], "compared": []}
    for line in complete(host, UPDATES):
        kind, _, rest = line.partition(" ")
        if kind not in by_kind:
            raise Unknown(Cause.UNREADABLE, line)
        by_kind[kind].append(rest)
    try:
        now, ((installed, compared),) = int(by_kind["now"][0]), [map(int, by_kind["compared"][0].split())]
        offers = tuple(sorted({offer for line in by_kind["offer"] if (offer := _newer(line))}))
    except (ValueError, IndexError) as error:
        raise Unknown(Cause.UNREADABLE, f"apt's lists: {error}") from error
    if not installed:
        raise Unknown(Cause.UNREADABLE, "dpkg-query: no package")
    return Updates(_youngest(now, by_kind["list"]), offers, installed, compared)


def _youngest(now: int, lists: Iterable[str]) -> float | None:
    ages = [age_in_days(now, t) for (t, size), name in numbered(lists, 2) if "security" in name and size]
    return min(ages, default=None)


def _newer(offer: str) -> str | None:
    """`name installed -> offered`, where the offered version is the newer one."""
    name, installed, offered = offer.split()
    return f"{name} {installed} -> {offered}" if versions.key(offered) > versions.key(installed) else None
