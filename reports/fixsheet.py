"""One unit's fix list as a spreadsheet: what to put right in order, what was closed, what could not be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

from reports.export import short
from reports.fixview import FixView
from reports.words import Words, capital
from reports.workbook.book import Column, Sheet, Tone, Toned, Value, write

TONES: dict[str, Tone] = {"critical": "bad", "high": "open"}
TO_DO = (("number", 6), ("severity", 14), ("not_met", 40), ("asset", 22), ("about", 16), ("site", 24), ("seen", 40))
HOW = (("expected", 26), ("why", 46), ("clause", 16), ("how", 52), ("command_word", 60), ("owner", 28), ("since", 20))
BESIDE = (("waiver", 34), ("check", 30), ("evidence", 32))


def render(view: FixView) -> bytes:
    """The workbook. The same list and language give the same bytes."""
    target = BytesIO()
    title = view.words("fixlist.of", name=view.name)
    write(target, _sheets(view), title, view.index.document["run"]["ended"])
    return target.getvalue()


def _sheets(view: FixView) -> Iterator[Sheet]:
    words = view.words
    note = [view.words("fixlist.of", name=view.name), words("fixlist.order")]
    yield Sheet(words("fixlist.sheet_to_do"), _columns(words, (*TO_DO, *HOW, *BESIDE)), _to_do(view), note)
    if view.fixes.closed:
        columns = (("asset", 22), ("site", 24), ("what", 44), ("check", 30), ("now", 24))
        note = [words("fixlist.closed_note", moment=view.measured_before)]
        yield Sheet(words("fixlist.fixed"), _columns(words, columns), _closed(view), note)
    if view.fixes.unjudged:
        columns = (("asset", 22), ("site", 24), ("cause", 34), ("do", 60), ("checks", 12))
        yield Sheet(
            words("fixlist.unjudged"), _columns(words, columns), _unjudged(view), [words("fixlist.unjudged_note")]
        )


def _columns(words: Words, named: Sequence[tuple[str, int]]) -> list[Column]:
    mono = {"command_word", "check", "evidence", "asset"}
    whole = {"number", "checks"}
    return [
        Column(words(f"fixlist.{key}"), width, "mono" if key in mono else "whole" if key in whole else "text")
        for key, width in named
    ]


def _to_do(view: FixView) -> Iterator[Sequence[Value]]:
    words = view.words
    for number, task in enumerate(view.fixes.tasks, 1):
        card = task.card
        severity = Toned(capital(words(f"severity.{card['severity']}")), TONES.get(card["severity"]))
        told = words.of(card["title"]), words.of(card["why"]), words.of(card["remedy"])
        for row in task.rows:
            yield (
                number, severity, told[0], row["asset"], view.subject(row), view.site_of(row["asset"]), row["actual"],
                row["expected"], told[1], view.clauses(row), told[2], task.command, view.owners(row["asset"]),
                view.since(row), view.waiver(row), row["check"], short(row["evidence"]),
            )  # fmt: skip


def _closed(view: FixView) -> Iterator[Sequence[Value]]:
    for one in view.fixes.closed:
        word = view.words("fixlist.is_fixed" if one.fixed else "fixlist.is_lost")
        now = Toned(word, "good" if one.fixed else "open")
        yield one.asset, view.site_of(one.asset), view.words.of(one.card["title"]), one.check, now


def _unjudged(view: FixView) -> Iterator[Sequence[Value]]:
    for one in view.fixes.unjudged:
        cause, todo = view.words(f"cause.{one.cause}"), view.words(f"cause_do.{one.cause}")
        yield one.asset, view.site_of(one.asset), cause, todo, len(one.checks)
