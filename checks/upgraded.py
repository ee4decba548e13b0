"""What `upgraded` means, of servers and devices alike: a supported system on which no security update is missing."""

from __future__ import annotations

from checks.model import Verdict, Want, judged
from checks.readers.releases import Release
from checks.readers.updates import Updates
from checks.reading import unreadable

SHOWN = 10


def is_supported(release: Release, want: Want) -> Verdict:
    """The release still receives security updates on the day of the asking."""
    end = release.end_of_support(want["supported_releases"])
    if end is None:
        raise unreadable(f"the support of release '{release}' is not known")
    return judged(release.today <= end, f"{release}: ≤ {end}", f"{release}, {release.today}")


def is_up_to_date(updates: Updates, want: Want) -> Verdict:
    """No installed package is older than the one that its security suite offers. Old lists prove nothing."""
    if updates.offers:
        more = f" (+{len(updates.offers) - SHOWN})" if len(updates.offers) > SHOWN else ""
        return judged(False, "0", f"{len(updates.offers)}: {', '.join(updates.offers[:SHOWN])}{more}")
    if updates.age_days is None or not updates.compared:
        raise unreadable(updates.where, "no list of a security suite")
    if updates.age_days > want["package_lists_max_age_days"]:
        raise unreadable(updates.where, f"{updates.age_days:.1f} d old")
    return judged(True, "0", f"0 / {updates.installed}")
