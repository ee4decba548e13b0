"""How it went: what changed since the report before, and the scores from report to report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, cast

from reports import change
from reports.document import Document, Score
from reports.index import base
from reports.leadership import moved
from reports.trend import Trend
from reports.workbook.book import Column, Sheet, Tone, Toned, Value, joined
from reports.workbook.told import ID, Columns, Told

CHANGES: Mapping[str, Tone] = {"failing": "bad", "fixed": "good", "lost": "open"}
SHARES: Mapping[str, Literal["percent", "coverage"]] = {"floor": "percent", "coverage": "coverage"}


def changes(told: Told, previous: Document) -> Sheet:
    """Every finding and asset that is not as it was in `previous`; above them what to know before comparing."""
    found = change.between(previous, told.document)
    columns: Columns = (
        ("change", 24, "text"),
        ("asset", ID, "mono"),
        ("check", 36, "mono"),
        ("title_of_check", 54, "text"),
    )
    return told.sheet("changes", columns, _changes(told, found), moved(found, told.words))


def _changes(told: Told, found: change.Change) -> Iterator[Sequence[Value]]:
    for name, tone in CHANGES.items():
        keys: Sequence[change.Key] = getattr(found, name)
        for asset, check in keys:
            yield Toned(told.words(f"sheet.{name}"), tone), asset, check, _title(told, check)
    yield from ((Toned(told.words("sheet.lost_asset"), "bad"), asset, "", "") for asset in found.unreached)
    yield from ((Toned(told.words("sheet.found_asset"), "good"), asset, "", "") for asset in found.reached)


def _title(told: Told, check: str) -> str:
    card = told.document["checks"].get(base(check))
    return told.words.of(card["title"]) if card else ""


def trend(told: Told, points: Trend) -> Sheet:
    """Each point a row; where ruler or inventory changed, it is said that the row does not compare with the last."""
    names = [*cast(Mapping[str, Score], told.document["scores"])]
    heads = [Column(told.words("sheet.point"), 18), Column(told.words("sheet.day"), 13, "day")]
    heads += [Column(told.share(name, part), 16, "percent") for name in names for part in SHARES]
    heads.append(Column(told.words("sheet.compare"), 44))
    return Sheet(told.words("sheet_name.trend"), heads, _points(told, points, names))


def _points(told: Told, points: Trend, names: Sequence[str]) -> Iterator[Sequence[Value]]:
    for point in points.points:
        scores = cast(Mapping[str, Score], point.scores)
        changed = [key for key in ("ruler", "inventory") if getattr(point, f"{key}_changed")]
        yield (
            point.label,
            point.on.isoformat(),
            *(scores[name][field] for name in names for field in SHARES.values()),
            joined(told.words(f"leadership.{key}_changed") for key in changed),
        )
