"""The annual report as an office would send it: a letter in the form of NĐ 30/2020, the table of Form 08, annexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, KeepTogether, NextPageTemplate, PageBreak, PageTemplate, Spacer, Table

from inventory.annual import Body
from reports import form08
from reports.annual import Form, Row
from reports.pdf import closing, fonts
from reports.pdf.front import LEFT_HEAD, heads, symbol
from reports.pdf.page import NUMBER_SIZE, NewNumbers, Sheet, heading
from reports.pdf.panel import NO_PADDING
from reports.pdf.rows import Cells, Rows
from reports.pdf.style import BOTTOM, INK, LEFT, RIGHT, TOP, WIDTH, para
from reports.pdf.tables import few
from reports.text import mode_notice
from reports.words import Words

WIDE_WIDTH, WIDE_HEIGHT = landscape(A4)
TABLE_WIDTH = WIDE_WIDTH - LEFT - RIGHT
# no., system, owner, operator, level, state, decision, regulation, expected, plan, expected, checked; 0 takes the rest
TWELVE = (10, 0, 21, 20, 13, 20, 27, 23, 20, 23, 26, 18)


def render(form: Form, words: Words) -> bytes:
    """The PDF; the same document and declarations give the same bytes."""
    target = BytesIO()
    document = form.document
    agency = document["city"]["agency"]
    title = words("form08.subject", year=str(form.year))
    sheet = Sheet(target, title=title, author=agency["name"], lang=words.lang, foot=words("form08.unverified"))
    sheet.addPageTemplates([_wide(sheet)])
    end = closing.signature(document, words, words("form08.end"))
    story = [
        *_letter(form, words),
        *_general(form, words),
        *_bodies(form, words),
        NextPageTemplate("wide"),
        PageBreak(),
        *_table(form, words, sum(one.wrap(TABLE_WIDTH, WIDE_HEIGHT)[1] for one in end)),
        KeepTogether(end),
        NextPageTemplate("page"),
        *_annexes(form, words),
    ]
    sheet.build(story)
    return target.getvalue()


def _wide(sheet: Sheet) -> PageTemplate:
    """A landscape page, which the table of twelve columns needs."""
    no_padding = dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0)
    frame = Frame(LEFT, BOTTOM, TABLE_WIDTH, WIDE_HEIGHT - TOP - BOTTOM, id="wide", **no_padding)

    def furnish(canvas: Canvas, _: Any) -> None:
        canvas.saveState()
        canvas.setFont(fonts.FORM, NUMBER_SIZE)
        canvas.setFillColor(INK)
        number = canvas.getPageNumber() - sheet.first + 1
        canvas.drawCentredString(WIDE_WIDTH / 2, WIDE_HEIGHT - TOP / 2 - NUMBER_SIZE / 3, str(number))
        canvas.restoreState()

    return PageTemplate(id="wide", frames=[frame], pagesize=(WIDE_WIDTH, WIDE_HEIGHT), onPageEnd=furnish)


def _letter(form: Form, words: Words) -> Iterator[Flowable]:
    document = form.document
    agency = document["city"]["agency"]
    letters = agency.get("symbol") or symbol(agency["name"])
    yield from heads(document, words, words("form08.number", symbol=letters))
    about = para(words("form08.about", year=str(form.year)), "number")
    yield Table([[about, ""]], colWidths=[LEFT_HEAD, WIDTH - LEFT_HEAD], style=NO_PADDING)
    yield Spacer(1, 10)
    notice = mode_notice(document, words)
    if notice:
        yield para(notice, "notice")
    yield para(words("leadership.addressee", to=agency.get("addressee") or words("form08.ministry")), "addressee")
    yield para(words("form08.opening", start=words.day(form.year.first), end=words.day(form.year.last)), "body")
    if form.is_early:
        yield para(words("form08.early", moment=words.moment(document["run"]["ended"])), "body")


def _general(form: Form, words: Words) -> Iterator[Flowable]:
    yield para(words("form08.general"), "form_heading")
    for line in form08.general(form, words):
        yield para(line, "body")


def _bodies(form: Form, words: Words) -> Iterator[Flowable]:
    """The owner and the specialised unit, five fields each, for each owner."""
    yield para(words("form08.bodies"), "form_heading")
    silent = [words.name(form.index.sites[site]) for site in form.owners if site not in form.declared.offices]
    for site in form.owners:
        if site not in form.declared.offices:
            continue
        office = form.office(site)
        name = words.name(form.index.sites[site])
        yield _body(words("form08.owner"), name, office, words)
        if office.specialised is None:
            yield para(words("form08.field", name=words("form08.specialised"), value=words("form08.open")), "body")
        else:
            yield _body(words("form08.specialised"), office.specialised.name, office.specialised, words)
    if silent:
        yield para(words("form08.silent", n=len(silent), names=few(silent, words)), "body")


def _body(title: str, name: str, body: Body, words: Words) -> Flowable:
    fields = [para(words("form08.field", name=title, value=name), "body")]
    fields += [para(line, "body") for line in form08.body_lines(body, words)]
    return KeepTogether(fields)


def _table(form: Form, words: Words, ending: float) -> Iterator[Flowable]:
    """The twelve columns, with room for the `ending` (points) behind the last rows."""
    yield heading(words("form08.table"), "form08-table", "annex_title")
    heads_ = [[para(words(f"form08_column.{n}"), "head")] for n in form08.COLUMNS]
    numbers = [[para(words("form08.column_number", number=n), "small")] for n in range(1, len(heads_) + 1)]
    head: Cells = [[*top, *below] for top, below in zip(heads_, numbers, strict=True)]
    rows: list[Cells] = [
        [para(cell, "cell_small") for cell in form08.cells(form, number, row, words)]
        for number, row in enumerate(form.rows, 1)
    ]
    taken = sum(TWELVE) * mm
    widths = [width * mm or TABLE_WIDTH - taken for width in TWELVE]
    yield Rows(head, rows, widths, ending=ending) if rows else para(words("form08.no_systems"), "body")


def _annexes(form: Form, words: Words) -> Iterator[Flowable]:
    """What is open; what Art. 36 asks and the form has no column for; what it all rests on."""
    makers: tuple[tuple[str, Callable[[Form, Words], Iterator[Flowable]]], ...] = (
        ("open", _open),
        ("further", _further),
        ("criteria", _criteria),
        ("sources", _sources),
    )
    for numeral, (name, make) in zip(("I", "II", "III", "IV"), makers, strict=True):
        yield PageBreak()
        yield NewNumbers()
        yield para(words("annex.number", numeral=numeral), "annex")
        yield heading(words(f"form08_annex.{name}"), f"form08-{name}", "annex_title")
        yield from make(form, words)


def _rows(words: Words, columns: Sequence[tuple[str, float]], rows: Sequence[Sequence[str]]) -> Flowable:
    if not rows:
        return para(words("form08.no_systems"), "body")
    head: Cells = [para(words(f"form08_head.{name}"), "head") for name, _ in columns]
    taken = sum(width for _, width in columns) * mm
    body: list[Cells] = [[para(cell, "cell") for cell in row] for row in rows]
    return Rows(head, body, [width * mm or WIDTH - taken for _, width in columns])


def _open(form: Form, words: Words) -> Iterator[Flowable]:
    points = [*form08.open_points(form, words)]
    yield para(words("form08.open_note") if points else words("form08.nothing_open"), "note")
    if points:
        yield _rows(words, [("subject", 70), ("missing", 0)], points)


def _further(form: Form, words: Words) -> Iterator[Flowable]:
    yield para(words("form08.further_note"), "note")
    rows = [form08.further(row, words) for row in form.rows]
    yield _rows(words, [("system", 0), ("type", 45), ("national_security", 32), ("follows_regulation", 32)], rows)


def _criteria(form: Form, words: Words) -> Iterator[Flowable]:
    yield para(words("form08.criteria_note"), "note")
    columns = [("system", 0), ("met", 18), ("not_met", 18), ("unknown", 20), ("open_clauses", 55)]
    yield _rows(words, columns, [_criterion(form, row, words) for row in form.rows if row.approved])


def _criterion(form: Form, row: Row, words: Words) -> list[str]:
    missed = [one for one in form.criteria(row) if one.met is not True]
    level = str(row.level or "")
    clauses = [one.requirement["clauses"].get(level, one.requirement["id"]) for one in missed]
    marked = form.index.marked(clauses)
    not_met = len(missed) - row.unknown
    counts = [words.number(n) for n in (row.met, not_met, row.unknown)]
    return [words.name(row.system), *counts, ", ".join(marked) or "–"]


def _sources(form: Form, words: Words) -> Iterator[Flowable]:
    yield para(words("form08.unverified"), "note")
    yield para(words("method.verify"), "lead")
    cells = [[para(name, "cell"), para(value, "cell_mono")] for name, value in form08.sources(form, words)]
    look = [*NO_PADDING, ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    run = "RUN" if "period" in form.document else form.document["run"]["id"]
    yield para(f"rasoat verify {run}", "code_block")
    yield Table(cells, colWidths=[52 * mm, WIDTH - 52 * mm], style=look)
