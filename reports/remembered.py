"""A history in a terminal's plain lines: months, lines of runs, one asset, what fails and since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from reports.document import Score, Scores
from reports.history.views import Failing, Line, Ran, Shares, Spell
from reports.text import Row, aligned, printable
from reports.trend import Point
from reports.words import Words

NAMES = tuple(Scores.__annotations__)
SHOWN = 12  # the latest of a line; all of them with --json


@dataclass(frozen=True)
class Remembered:
    """What the verb answers; what was not asked for is empty."""

    months: Sequence[Point]
    lines: Sequence[Line]
    asset: Sequence[Spell]
    failing: Sequence[Failing]


def told(found: Remembered, words: Words, *, check: str | None = None) -> list[str]:
    """All lines. Of a line of runs the latest are shown, and how many there are before."""
    parts = [
        *([[words("history.months"), *aligned([*_months(found.months, words)])]] if found.months else []),
        *([[words("history.asset"), *aligned([*_spells(found.asset, words)])]] if found.asset else []),
        *(_line(line, words, check) for line in found.lines),
        _failing(found.failing, words),
    ]
    return [printable(text) for part in parts for text in (*part, "")][:-1]


def _heads(words: Words, *names: str) -> Row:
    return tuple(words(f"history.{name}") for name in names)


def _scores(words: Words) -> Row:
    return tuple(words(f"history.{name}") for name in NAMES)


def _months(months: Sequence[Point], words: Words) -> Iterator[Row]:
    yield (*_heads(words, "month"), *_scores(words), words("history.note"))
    for point in months:
        scores = cast(dict[str, Score], point.scores)
        shares = (words.percent(scores[name]["percent"]) for name in NAMES)
        yield (point.label, *shares, _note(words, ruler=point.ruler_changed, inventory=point.inventory_changed))


def _note(words: Words, *, ruler: bool, inventory: bool) -> str:
    """What does not compare with the row above."""
    changed = {"ruler": ruler, "inventory": inventory}
    return words.listed(words(f"history.{name}_changed") for name, is_so in changed.items() if is_so)


def _line(line: Line, words: Words, check: str | None) -> list[str]:
    shown = line.runs[-SHOWN:]
    before = len(line.runs) - len(shown)
    rows = [_of_check(one, check, words) for one in shown] if check else [_of_run(one, words) for one in shown]
    heads = _heads(words, "run", "day", "fail", "unknown", "pass", "note") if check else _run_heads(words)
    more = [words("history.before", n=before)] if before else []
    return [_title(line, words), *more, *aligned([heads, *rows])]


def _run_heads(words: Words) -> Row:
    return (*_heads(words, "run", "day"), *_scores(words), *_heads(words, "new", "reopened", "fixed", "dark", "note"))


def _title(line: Line, words: Words) -> str:
    """What the runs of the line looked at: only these compare with one another."""
    chosen = [
        f"{name} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in line.selection.items()
        if value
    ]
    what = words("history.only", what=words.listed(chosen)) if chosen else words("history.everything")
    again = f" · {words('history.judged_again')}" if line.judged_again else ""
    return words("history.line", scope=line.scope, what=what, mode=words(f"mode_name.{line.mode}")) + again


def _of_run(one: Ran, words: Words) -> Row:
    counts = (one.failing, one.reopened, one.fixed, one.unreached)
    note = _note(words, ruler=one.ruler_changed, inventory=one.inventory_changed)
    shares = (_share(one.scores, name, words) for name in NAMES)
    return (
        one.id,
        words.day(one.day),
        *shares,
        *("–" if count is None else words.number(count) for count in counts),
        note,
    )


def _share(scores: Shares, name: str, words: Words) -> str:
    return words.percent(scores[name]["percent"]) if name in scores else "–"


def _of_check(one: Ran, check: str | None, words: Words) -> Row:
    counts = one.checks.get(check or "", {})
    numbers = (words.number(counts.get(status, 0)) for status in ("fail", "unknown", "pass"))
    note = _note(words, ruler=one.ruler_changed, inventory=one.inventory_changed)
    return (one.id, words.day(one.day), *numbers, note)


def _spells(spells: Sequence[Spell], words: Words) -> Iterator[Row]:
    yield _heads(words, "since", "until", "state", "cause", "last_seen", "standard")
    for one in spells:
        yield (
            words.day(one.day),
            words.day(one.until) if one.until else words("history.today"),
            words(f"state.{one.state}"),
            words(f"cause.{one.cause}") if one.cause else "",
            words.day(one.last_seen) if one.last_seen else words("history.never"),
            one.standard,
        )


def _failing(found: Sequence[Failing], words: Words) -> list[str]:
    """What fails, the longest first."""
    if not found:
        return [words("history.none_failing")]
    heads = _heads(words, "since", "asset_id", "check", "times", "now")
    rows = [
        (
            words.day(date.fromisoformat(one.day)),
            one.asset,
            one.check,
            words.number(one.times),
            words(f"status.{one.status}"),
        )
        for one in found
    ]
    return [words("history.failing", n=len(found)), *aligned([heads, *rows])]
