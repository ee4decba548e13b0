"""How the clock of a host stands to its time source: chrony's word (chronyc(1)), else that of systemd-timesyncd."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from checks.model import Question
from checks.reading import SECONDS_A_DAY, Host, closed, dated, expected, unreadable

DAEMONS = ("chronyd", "systemd-timesyncd", "ntpd", "ntpsec")
CLOCK = Question(
    closed(
        "date +%s; if command -v chronyc >/dev/null; then chronyc -N -c -m tracking 'sources -a';"
        " else timedatectl timesync-status; fi"
    )
)
TRACKING_FIELDS, SOURCE_FIELDS = 14, 10
LOCAL_CLOCK = "#"
IN_USE = "*"
LEAPS = ("Normal", "Insert second", "Delete second")  # a coming leap second does not make a clock wrong
LONGEST_SILENCE = SECONDS_A_DAY  # chrony asks every 17 minutes at the least often
BETWEEN_THE_COMMANDS = 5  # seconds that may pass between `date` and `chronyc`
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "": 1.0}  # only 0 has no unit


@dataclass(frozen=True, slots=True)
class Clock:
    """`offset` to the reference in seconds, the `sources` known, and the one `followed`."""

    synchronised: bool
    offset: float
    sources: tuple[str, ...]
    followed: str | None


def clock(host: Host) -> Clock:
    """How the clock stands. Raises `Unknown` where no daemon says it."""
    now, told = dated(host, CLOCK)
    return _chrony(now, told) if told and "," in told[0] else _timesyncd(told)


def _chrony(now: int, told: Sequence[str]) -> Clock:
    """`chronyc -c`: of tracking, field 4 is the reference time, 5 the offset, the last the leap status."""
    tracking, *sources = [line.split(",") for line in told]
    if len(tracking) != TRACKING_FIELDS or any(len(source) != SOURCE_FIELDS for source in sources):
        raise unreadable("chronyc: fields")
    with expected("chronyc"):
        heard, offset = float(tracking[3]), float(tracking[4])
    fresh = -BETWEEN_THE_COMMANDS <= now - heard <= LONGEST_SILENCE
    known = [(source[1], source[2]) for source in sources if source[0] != LOCAL_CLOCK]
    followed = next((name for state, name in known if state == IN_USE), None)
    return Clock(fresh and tracking[-1] in LEAPS, offset, tuple(name for _, name in known), followed)


def _timesyncd(told: Sequence[str]) -> Clock:
    """`timedatectl timesync-status`: `Server: ADDRESS (NAME)`, `Leap: normal`, `Offset: +1.5ms`."""
    values = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in told)}
    server = re.fullmatch(r"\S+ \((\S+)\)", values.get("Server", ""))
    offset = re.fullmatch(r"([+-]?[\d.]+)(us|ms|s|)", values.get("Offset", ""))
    if server is None:
        raise unreadable("timedatectl: Server")
    if offset is None:
        return Clock(False, 0.0, (server[1],), None)
    synchronised = values.get("Leap") == "normal"
    return Clock(synchronised, float(offset[1]) * UNITS[offset[2]], (server[1],), server[1] if synchronised else None)
