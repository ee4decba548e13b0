"""The law at a date in words: what is in force, what still counts, and whether a chosen ruler is that of the law."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.law import Dated, Law
from reports.words import Words


def lines(law: Law, words: Words) -> Iterator[str]:
    """What is in force on the day, then the transitions, each with its days, its source and what is not sure of it."""
    yield words("law.heading", day=words.day(law.day.isoformat()))
    for one in law.instruments:
        yield f"  {words(f'law_kind.{one.kind}')}: {_told(one, words)}"
    yield from ([words("law.transitions")] if law.transitions else [])
    for rule in law.transitions:
        yield f"  {_told(rule, words)} ({rule.source})"


def ruler(law: Law, standard: str, words: Words) -> str | None:
    """A line where `standard` is not the one in force on the day; None where it is."""
    if standard == law.ruler:
        return None
    key = "law.in_transition" if standard in law.rulers() else "law.not_in_force"
    return words(key, standard=standard, day=words.day(law.day.isoformat()), ruler=law.ruler or "–")


def as_data(law: Law) -> dict[str, Any]:
    """The same as JSON carries it."""
    return {
        "on": law.day.isoformat(),
        "ruler": law.ruler,
        "rulers": [*law.rulers()],
        "in_force": [one.model_dump(mode="json") for one in law.instruments],
        "transitions": [one.model_dump(mode="json") for one in law.transitions],
    }


def _told(one: Dated, words: Words) -> str:
    title = words.of({"vi": one.title.vi, "en": one.title.en})
    days = words("law.since", start=words.day(one.since.isoformat()))
    if one.until is not None:
        days = words("law.days", start=words.day(one.since.isoformat()), end=words.day(one.until.isoformat()))
    note = "" if one.note is None else f"; {words.of({'vi': one.note.vi, 'en': one.note.en})}"
    return f"{title}, {days} [{words(f'confidence.{one.confidence}')}{note}]"
