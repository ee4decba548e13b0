"""What each host of a real practice city answered to an audit, as data: `lab/recordings/`, written by `lab.recorder`.

A city is a folder: `city.json`, and for each host a file with how it could not be reached, if it could not, and what it
answered. Answers that several hosts gave stand once, in `shared.json`, by a name made from their content.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent.parent / "recordings"
PROJECT = Path(__file__).parent.parent.parent
PLANTED, HEALTHY = "planted", "healthy"
CITY = "city.json"
SHARED = "shared.json"
LOOPBACK = "127.0.0.1"
PID_FILE = "lab.pid"

Unreached = Literal["timeout", "auth_refused", "host_key_changed"]


class NotStarted(Exception):
    """The simulated hosts did not come up; the message holds what their process said."""

    exit_status = 3


@dataclass(frozen=True, slots=True)
class Said:
    """What one command printed on its two streams, and its exit status."""

    out: str
    err: str
    status: int


@dataclass(frozen=True, slots=True)
class Recording:
    """One host: its answers by the command line as it was sent, or why it was not reached."""

    host: str
    unreached: Unreached | None
    answers: Mapping[str, Said]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A whole city: its name here, its size, the faults that were planted in it, its hosts."""

    name: str
    servers: int
    wards: int
    faults: tuple[str, ...]
    hosts: tuple[Recording, ...]


def load(city: str, folder: Path = FOLDER) -> Recorded:
    """The recorded city `city`."""
    shared = _read(folder / SHARED)
    told = _read(folder / city / CITY)
    hosts = (_host(name, _read(folder / city / f"{name}.json"), shared) for name in told["hosts"])
    return Recorded(city, told["servers"], told["wards"], tuple(told["faults"]), tuple(hosts))


def answer(sent: str, said: Said) -> dict[str, Any]:
    """An answer as it is written: text as lists of lines, for those who review it."""
    return {"sent": sent, "status": said.status, "out": _lines(said.out), "err": _lines(said.err)}


def _lines(text: str) -> Sequence[str]:
    return text.split("\n") if text else []


def _host(name: str, told: Mapping[str, Any], shared: Mapping[str, Any]) -> Recording:
    return Recording(name, told["unreached"], dict(_answers([*(shared[key] for key in told["shared"]), *told["own"]])))


def _answers(told: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Said]]:
    for one in told:
        yield one["sent"], Said("\n".join(one["out"]), "\n".join(one["err"]), one["status"])


def _read(file: Path) -> Any:
    return json.loads(file.read_bytes())
