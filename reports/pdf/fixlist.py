"""One unit's fix list to print and to tick off: what to do first, how, where, and what was closed."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Spacer

from reports.document import Finding
from reports.export import short
from reports.fixlist import Task
from reports.fixview import FixView
from reports.pdf.inside import WHOLE, opening, sheet, table, tallies
from reports.pdf.page import heading
from reports.pdf.rows import Cells
from reports.pdf.style import para

ROOM = CondPageBreak(48 * mm)
PLACE = (("fixlist.asset", 36.0),)


def render(view: FixView) -> bytes:
    """The PDF. The same list and language give the same bytes."""
    target = BytesIO()
    words, document = view.words, view.index.document
    name = words("fixlist.of_city", name=view.name) if view.is_city else view.name
    paper = sheet(target, document, words, words("fixlist.of", name=name))
    story = [*opening(document, words, words("fixlist.title"), name)]
    if not view.is_city:
        story += [tallies(view.tallies, {}, words), Spacer(1, 8)]
    for part in (_closed, _tasks, _unjudged, _bare):
        story += part(view)
    paper.build(story)
    return target.getvalue()


def _closed(view: FixView) -> Iterator[Flowable]:
    words = view.words
    if not view.measured_before:
        return
    if not view.fixes.closed:
        yield para(words("fixlist.none_closed", moment=view.measured_before), "note")
        return
    fixed = sum(one.fixed for one in view.fixes.closed)
    yield heading(words("fixlist.closed", n=fixed), "closed")
    yield para(words("fixlist.closed_note", moment=view.measured_before), "note")
    rows = [
        [
            _asset(view, one.asset, ""),
            [para(words.of(one.card["title"]), "cell"), para(one.check, "code")],
            para(words("fixlist.is_fixed" if one.fixed else "fixlist.is_lost"), "cell_strong" if one.fixed else "cell"),
        ]
        for one in view.fixes.closed
    ]
    yield table(words, [*PLACE, ("fixlist.what", 0), ("fixlist.now", 36)], rows)


def _tasks(view: FixView) -> Iterator[Flowable]:
    words = view.words
    yield heading(words("fixlist.to_do", n=view.fixes.failures), "to-do")
    yield para(words("fixlist.order" if view.fixes.tasks else "fixlist.nothing"), "note")
    for number, task in enumerate(view.fixes.tasks, 1):
        yield from _task(view, task, number)
    if view.has_unverified:
        yield para("* " + words("clause.unverified"), "footnote")


def _task(view: FixView, task: Task, number: int) -> Iterator[Flowable]:
    words, card = view.words, task.card
    named = {"number": number, "title": words.of(card["title"]), "severity": words(f"severity.{card['severity']}")}
    yield ROOM
    yield heading(words("fixlist.numbered", **named), f"task-{number}", "subheading", level=1)
    yield para(words.of(card["why"]), "cell", longest=WHOLE)
    if view.held(task):
        yield para(words("fixlist.holds", what=view.held(task)), "tiny")
    yield Spacer(1, 3)
    yield para(f"{words('fixlist.how')}: {words.of(card['remedy'])}", "cell_strong", longest=WHOLE)
    if task.command:
        yield para(words("fixlist.command"), "tiny")
        yield Spacer(1, 4)
        yield para(task.command, "code_small", longest=WHOLE)
    yield Spacer(1, 4)
    columns = [("fixlist.seen", 0.0), ("fixlist.expected", 30.0), ("fixlist.clause", 20.0), ("fixlist.since", 24.0)]
    evidence = [("fixlist.evidence", 25.0)]
    yield table(words, [*PLACE, *columns, *evidence], [_row(view, row) for row in task.rows])


def _row(view: FixView, row: Finding) -> Cells:
    waiver = view.waiver(row)
    return [
        _asset(view, row["asset"], view.subject(row)),
        [para(row["actual"] or "–", "cell"), *([para(waiver, "tiny")] if waiver else [])],
        para(row["expected"], "cell"),
        para(view.clauses(row) or "–", "cell"),
        para(view.since(row) or "–", "cell"),
        para(short(row["evidence"]), "code"),
    ]


def _asset(view: FixView, asset: str, subject: str) -> list[Flowable]:
    """The asset with the link or service in question, its place, and who owns what it serves."""
    words = view.words
    place, owners = view.site_of(asset), view.owners(asset) if asset in view.index.all_assets else ""
    return [
        para(f"{asset} ({subject})" if subject else asset, "cell_strong"),
        *([para(place, "tiny")] if place else []),
        *([para(words("fixlist.owned", owner=owners), "tiny")] if owners else []),
    ]


def _unjudged(view: FixView) -> Iterator[Flowable]:
    words = view.words
    if not view.fixes.unjudged:
        return
    yield ROOM
    yield heading(words("fixlist.unjudged"), "unjudged")
    yield para(words("fixlist.unjudged_note"), "note")
    rows = [
        [
            _asset(view, one.asset, ""),
            para(words(f"cause.{one.cause}"), "cell"),
            para(words(f"cause_do.{one.cause}"), "cell"),
            para(words.number(len(one.checks)), "cell_right"),
        ]
        for one in view.fixes.unjudged
    ]
    yield table(words, [*PLACE, ("fixlist.cause", 36), ("fixlist.do", 0), (">fixlist.checks", 20)], rows)


def _bare(view: FixView) -> Iterator[Flowable]:
    if not view.fixes.bare:
        return
    yield ROOM
    yield heading(view.words("fixlist.bare"), "bare")
    yield para(view.words("fixlist.bare_note"), "note")
    for site in view.fixes.bare:
        yield para(f"{view.site(site)} ({site})", "point", bullet="–")
