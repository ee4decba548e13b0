"""Does the server keep time with the city's own time source?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from testinfra.host import Host

from checks.model import Cause, Question, Unknown, Verdict, Want, asks, judged, not_applicable
from checks.protections.running import PROCESSES, age_in_days, alive, closed, dated

DEBIAN = ("debian", "ubuntu")
DAEMONS = ("chronyd", "systemd-timesyncd", "ntpd", "ntpsec")
CLOCK = Question(
    closed(
        "date +%s; if command -v chronyc >/dev/null; then chronyc -N -c -m tracking 'sources -a';"
        " else timedatectl timesync-status; fi"
    )
)
TRACKING_FIELDS = 14
SOURCE_FIELDS = 10
LOCAL_CLOCK = "#"
LONGEST_SILENCE_DAYS = 1.0  # chrony asks every 17 minutes at the least often
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "": 1.0}  # only 0 has no unit


@dataclass(frozen=True, slots=True)
class Clock:
    """How the clock stands: `offset` to its reference in seconds, and the `sources` in use."""

    synchronised: bool
    offset: float
    sources: tuple[str, ...]


@asks(PROCESSES, platforms=DEBIAN)
def daemon_running(host: Host, _want: Want) -> Verdict:
    """A time daemon lives."""
    found = alive(host, DAEMONS)
    return judged(bool(found), " | ".join(DAEMONS), ", ".join(found) or "–")


@asks(PROCESSES, CLOCK, platforms=DEBIAN)
def synchronised(host: Host, want: Want) -> Verdict:
    """The clock follows a reference, heard within a day, and is not further from it than allowed."""
    allowed = want["max_time_offset_seconds"]
    expected = f"leap: normal, |offset| ≤ {allowed} s"
    if not alive(host, DAEMONS):
        return judged(False, expected, "–")
    clock = _clock(host)
    actual = f"offset {clock.offset:+.6f} s" if clock.synchronised else "leap: not synchronised"
    return judged(clock.synchronised and abs(clock.offset) <= allowed, expected, actual)


@asks(PROCESSES, CLOCK, platforms=DEBIAN)
def source_declared(host: Host, want: Want) -> Verdict:
    """Time comes from the declared sources and from no other."""
    declared = [str(source).lower() for source in want["time_sources"]]
    if want.asset.address.lower() in declared:
        return not_applicable(f"{want.asset.address}: time_sources")
    expected = ", ".join(declared) or "time_sources: –"
    if not alive(host, DAEMONS):
        return judged(False, expected, "–")
    sources = _clock(host).sources
    strange = [source for source in sources if source.lower() not in declared]
    return judged(bool(sources) and not strange, expected, ", ".join(strange or sources) or "–")


def _clock(host: Host) -> Clock:
    now, lines = dated(host, CLOCK)
    return _chrony(now, lines) if lines and "," in lines[0] else _timesyncd(lines)


def _chrony(now: int, lines: Sequence[str]) -> Clock:
    """`chronyc -c` (chronyc(1)): of tracking, field 4 is the reference time, 5 the offset, the last the leap."""
    tracking, *sources = [line.split(",") for line in lines]
    if len(tracking) != TRACKING_FIELDS or any(len(source) != SOURCE_FIELDS for source in sources):
        raise Unknown(Cause.UNREADABLE, "chronyc: fields")
    try:
        heard, offset = float(tracking[3]), float(tracking[4])
    except ValueError as error:
        raise Unknown(Cause.UNREADABLE, f"chronyc: {error}") from error
    fresh = heard > 0 and age_in_days(now, int(heard)) <= LONGEST_SILENCE_DAYS
    names = tuple(source[2] for source in sources if source[0] != LOCAL_CLOCK)
    return Clock(fresh and tracking[-1] == "Normal", offset, names)


def _timesyncd(lines: Sequence[str]) -> Clock:
    """`timedatectl timesync-status`: `Server: ADDRESS (NAME)`, `Leap: normal`, `Offset: +1.5ms`."""
    values = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    server = re.fullmatch(r"\S+ \((\S+)\)", values.get("Server", ""))
    offset = re.fullmatch(r"([+-]?[\d.]+)(us|ms|s|)", values.get("Offset", ""))
    if server is None:
        raise Unknown(Cause.UNREADABLE, "timedatectl: Server")
    if offset is None:
        return Clock(False, 0.0, (server[1],))
    return Clock(values.get("Leap") == "normal", float(offset[1]) * UNITS[offset[2]], (server[1],))
