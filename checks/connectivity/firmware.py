"""Until when makers support their firmware: what ships with the product, beneath what the city declares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from checks.model import Verdict, judged
from checks.readers import versions
from checks.readers.releases import Release
from checks.readers.updates import Updates
from checks.reading import unreadable
from inventory.fields import Record

LIST = Path(__file__).with_name("platforms") / "firmware.yaml"
DECLARED = "supported_releases"


class Source(Record):
    """Where something was read, and when; `maker` is what that place itself names as its source."""

    url: str
    read: date
    maker: str | None = None


class Row(Record):
    """What is known of a train of releases. See `platforms/firmware.yaml`."""

    source: str
    verified: bool
    end: date | None = None
    ended_by: date | None = None
    latest: str | None = None


class Known(Record):
    """The list as it ships."""

    sources: Mapping[str, Source]
    releases: Mapping[str, Row]

    def source(self, row: Row) -> Source:
        return self.sources[row.source]


@cache
def known() -> Known:
    """What ships with the product."""
    return Known.model_validate(yaml.load(LIST.read_bytes(), Loader=yaml.CSafeLoader))


def support(release: Release, declared: Mapping[str, object]) -> Verdict:
    """The release is still supported on the device's day. What the city declares goes before what ships.

    Raises `Unknown` (unreadable) where no source tells, and where one only tells that support had ended by a later day.
    """
    name, rows = str(release), known().releases
    row = None if name in declared else rows.get(name)
    where = f" ({DECLARED})" if row is None else f" ({urlsplit(known().source(row).url).hostname})"
    found = f"{release}, {release.today}"
    if row is not None and row.ended_by is not None:
        if release.today < row.ended_by:
            raise unreadable(f"{release}: ended by {row.ended_by}{where}; the device's day is {release.today}")
        return judged(False, f"{release}: < {row.ended_by}{where}", found)
    ends = {one: entry.end or entry.ended_by for one, entry in rows.items() if entry.end or entry.ended_by}
    end = release.end_of_support({**ends, **declared})
    if end is None:
        raise unreadable(f"the support of release '{release}' is not known")
    if end == date.min:
        return judged(False, f"{release.name}: ≥ {_oldest(release, {**ends, **declared})}", found)
    return judged(release.today <= end, f"{release}: ≤ {end}{where}", found)


def _oldest(release: Release, ends: Mapping[str, object]) -> str:
    """The oldest train of the platform of which anything is known."""
    trains = (name.removeprefix(f"{release.name}-") for name in ends if name.startswith(f"{release.name}-"))
    return min(trains, key=versions.key)


def updates(release: Release, installed: str) -> Updates:
    """Whether a newer release of the train was out when the list was read. Raises `Unknown` where none is listed."""
    row = known().releases.get(str(release))
    if row is None or row.latest is None:
        raise unreadable(f"the newest release of '{release}' is not known")
    newer = versions.key(installed) < versions.key(row.latest)
    offers = (f"{release.name} {installed} -> {row.latest}",) if newer else ()
    source = known().source(row)
    if release.today < source.read:
        raise unreadable(f"the list is of {source.read}; the device's day is {release.today}")
    return Updates(float((release.today - source.read).days), offers, 1, 1, source.url)
