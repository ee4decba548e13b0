"""Form 08 as a workbook: the letter's lines, the table of twelve columns, open points, each criterion, sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from inventory.annual import Body
from reports import form08
from reports.annual import BODY_FIELDS, Form, Row
from reports.text import mode_notice
from reports.words import Words, capital
from reports.workbook import book
from reports.workbook.book import Column, Kind, Sheet, Tone, Toned, Value

WIDTHS = (6, 40, 28, 28, 9, 18, 34, 34, 14, 22, 14, 26)
DAYS = ("approval_expected", "implementation_expected")
MET: Mapping[bool | None, tuple[str, Tone]] = {
    True: ("met", "good"),
    False: ("not_met", "bad"),
    None: ("unknown", "open"),
}


def write(file: BinaryIO, form: Form, words: Words) -> None:
    """All sheets; dated by the end of the document's run."""
    sheets = (_general, _table, _open, _further, _criteria, _sources)
    title = words("form08.subject", year=str(form.year))
    book.write(file, (sheet(form, words) for sheet in sheets), title, form.document["run"]["ended"])


def _sheet(
    name: str, columns: Sequence[tuple[str, int, Kind]], rows: Iterator[Sequence[Value]], words: Words, *notes: str
) -> Sheet:
    heads = [Column(words(f"form08_head.{column}"), width, kind) for column, width, kind in columns]
    return Sheet(words(f"form08_sheet.{name}"), heads, rows, [note for note in notes if note], cut=words("sheet.cut"))


def _general(form: Form, words: Words) -> Sheet:
    early = words("form08.early", moment=words.moment(form.document["run"]["ended"])) if form.is_early else ""
    notes = (
        words("form08.about", year=str(form.year)),
        words("form08.opening", start=words.day(form.year.first), end=words.day(form.year.last)),
        mode_notice(form.document, words) or "",
        early,
        words("form08.unverified"),
    )
    return _sheet("general", [("what", 70, "text"), ("value", 60, "text")], _lines(form, words), words, *notes)


def _lines(form: Form, words: Words) -> Iterator[Sequence[Value]]:
    for name, count in form.counts.items():
        yield words(f"form08_line.{name}"), count
    day = form.all_approved_by
    value = form08.AWAY if form.all_approved else words.day(day) if day else _missing(words)
    yield words("form08_line.all_approved_by"), value
    for site in form.owners:
        office = form.office(site)
        yield Toned(words("form08.owner"), "part"), Toned(words.name(form.index.sites[site]), "part")
        yield from _body(office, words)
        yield words("form08.specialised"), office.specialised.name if office.specialised else _missing(words)
        if office.specialised:
            yield from _body(office.specialised, words)


def _body(body: Body, words: Words) -> Iterator[Sequence[Value]]:
    for name in BODY_FIELDS:
        yield capital(words(f"form08_open.office.{name}")), getattr(body, name) or _missing(words)


def _missing(words: Words) -> Toned:
    """What nobody has told yet."""
    return Toned(words("form08.open"), "open")


def _table(form: Form, words: Words) -> Sheet:
    heads = [
        Column(words(f"form08_column.{name}"), width, _kind(name))
        for name, width in zip(form08.COLUMNS, WIDTHS, strict=True)
    ]
    rows = (_row(form, number, row, words) for number, row in enumerate(form.rows, 1))
    return Sheet(words("form08_sheet.table"), heads, rows, [words("form08.table")], cut=words("sheet.cut"))


def _kind(column: str) -> Kind:
    return "whole" if column in {"number", "level"} else "text"


def _row(form: Form, number: int, row: Row, words: Words) -> Sequence[Value]:
    texts: list[Value] = [*form08.cells(form, number, row, words)]
    texts[form08.COLUMNS.index("number")] = number
    if row.level:
        texts[form08.COLUMNS.index("level")] = row.level
    missing = words("form08.open")
    return [Toned(one, "open") if isinstance(one, str) and missing in one else one for one in texts]


def _open(form: Form, words: Words) -> Sheet:
    rows = (tuple(point) for point in form08.open_points(form, words))
    return _sheet("open", [("subject", 50, "text"), ("missing", 100, "text")], rows, words, words("form08.open_note"))


def _further(form: Form, words: Words) -> Sheet:
    columns: list[tuple[str, int, Kind]] = [
        ("system", 44, "text"),
        ("type", 44, "text"),
        ("national_security", 26, "text"),
        ("follows_regulation", 26, "text"),
    ]
    rows = (tuple(form08.further(row, words)) for row in form.rows)
    return _sheet("further", columns, rows, words, words("form08.further_note"))


def _criteria(form: Form, words: Words) -> Sheet:
    columns: list[tuple[str, int, Kind]] = [
        ("system", 44, "text"),
        ("clause", 14, "text"),
        ("criterion", 80, "text"),
        ("how", 20, "text"),
        ("result", 22, "text"),
    ]
    return _sheet("criteria", columns, _criterion(form, words), words, words("form08.criteria_note"))


def _criterion(form: Form, words: Words) -> Iterator[Sequence[Value]]:
    """Every requirement of every approved plan, judged."""
    for row in form.rows:
        for one in form.criteria(row):
            name, tone = MET[one.met]
            clause = one.requirement["clauses"].get(str(row.level), one.requirement["id"])
            yield (
                words.name(row.system),
                clause + ("" if one.requirement["verified"] else "*"),
                words.of(one.requirement["title"]),
                capital(words(f"plan_how.{one.how}")),
                Toned(capital(words(f"plan_met.{name}").lower()), tone),
            )


def _sources(form: Form, words: Words) -> Sheet:
    columns: list[tuple[str, int, Kind]] = [("what", 50, "text"), ("value", 90, "mono")]
    return _sheet("sources", columns, iter(form08.sources(form, words)), words, words("method.verify"))
