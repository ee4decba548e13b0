"""The release of the system that a host runs (os-release(5)), and until when it is supported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from checks.model import Question
from checks.readers import versions
from checks.reading import Host, closed, complete, expected

# Their minor releases end with the next one, whose packages are updates like any others.
BY_MAJOR_VERSION = ("rhel", "rocky", "almalinux")
RELEASE = Question(closed("cat /etc/os-release && date -u +today=%F"))


@dataclass(frozen=True, slots=True)
class Release:
    """`name` and `version` as in `supported_releases` (`debian`, `12`), and the host's date of `today`."""

    name: str
    version: str
    today: date

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"

    def end_of_support(self, ends: Mapping[str, object]) -> date | None:
        """The last day of support; for one older than all that are known, a day long past. None where unknown."""
        known = {str(release): date.fromisoformat(str(end)) for release, end in ends.items()}
        others = [release.removeprefix(f"{self.name}-") for release in known if release.startswith(f"{self.name}-")]
        older = bool(others) and all(versions.key(self.version) < versions.key(other) for other in others)
        return known.get(str(self), date.min if older else None)


def release(host: Host) -> Release:
    """The release. Raises `Unknown` where it has no name, number or day (Debian's testing has no number)."""
    values = {name: value.strip("\"'") for name, _, value in (line.partition("=") for line in complete(host, RELEASE))}
    with expected("os-release"):
        version = values["VERSION_ID"]
        if values["ID"] in BY_MAJOR_VERSION:
            version = version.partition(".")[0]
        found = Release(values["ID"], version, date.fromisoformat(values["today"]))
        versions.key(found.version)
    return found
