"""The law at a date: which law, decree and standard are in force, and what still counts in a transition.

Facts and how surely each is known stand in `law.yaml`. Nothing here judges a machine: a city chooses its ruler, and
this tells whether the law has the same one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from checks.catalogue import Confidence
from inventory.fields import Identifier, Record, Text, Words

FACTS = Path(__file__).with_name("law.yaml")


class Dated(Record):
    """Something that holds from its first day to its last; None: with no end that is known."""

    id: Identifier
    title: Words
    since: date
    until: date | None = None
    ruler: Identifier | None = None
    confidence: Confidence
    note: Words | None = None

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


class Instrument(Dated):
    """A law, decree, circular or standard; `ruler` is the id of a standard that is shipped as data."""

    kind: Literal["law", "decree", "circular", "standard"]


class Transition(Dated):
    """What still counts under the old rules, judged by the old `ruler`, and which article says so."""

    source: Text


class Facts(Record):
    instruments: tuple[Instrument, ...]
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class Law:
    """The law on one day. `ruler` is the shipped standard in force, None where none is."""

    day: date
    instruments: tuple[Instrument, ...]
    transitions: tuple[Transition, ...]

    @property
    def ruler(self) -> str | None:
        return next((one.ruler for one in self.instruments if one.ruler), None)

    def rulers(self) -> Iterator[str]:
        """Every shipped standard that something may be judged by on this day, that in force first."""
        yield from dict.fromkeys(one.ruler for one in (*self.instruments, *self.transitions) if one.ruler)


@lru_cache
def facts() -> Facts:
    return Facts.model_validate(yaml.load(FACTS.read_bytes(), Loader=yaml.CSafeLoader))


def on(day: date) -> Law:
    """The law on `day`."""
    known = facts()
    return Law(
        day,
        tuple(one for one in known.instruments if one.holds_on(day)),
        tuple(one for one in known.transitions if one.holds_on(day)),
    )
