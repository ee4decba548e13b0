"""Form 08 in words: its lines, columns and annexes as text, the same for PDF and XLSX.

What is not known is said to be missing; what does not apply to a system is a dash.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from inventory.annual import Body, Paper
from reports.annual import BODY_FIELDS, Form, Row
from reports.words import Words

COLUMNS = (
    "number", "system", "owner", "operator", "level", "state", "decision", "regulation", "approval_expected",
    "plan", "implementation_expected", "checked",
)  # fmt: skip
AWAY = "–"


def general(form: Form, words: Words) -> Iterator[str]:
    """The seven lines of the general part."""
    for number, (name, count) in enumerate(form.counts.items(), 1):
        yield words("form08.line", number=number, text=words(f"form08_line.{name}"), value=words.number(count))
    day = form.all_approved_by
    value = AWAY if form.all_approved else words.day(day) if day else words("form08.open")
    yield words("form08.line", number=len(form.counts) + 1, text=words("form08_line.all_approved_by"), value=value)


def body_lines(body: Body, words: Words) -> Iterator[str]:
    """Each field of an office; representative with post, telephone with e-mail, as the form has them."""
    values = {name: getattr(body, name) for name in BODY_FIELDS}
    for first, second in (("mandate", None), ("representative", "post"), ("address", None), ("phone", "email")):
        parts = [values[name] or words("form08.open") for name in (first, second) if name]
        label = " ".join(words(f"form08_field.{name}") for name in (first, second) if name)
        yield words("form08.field", name=label, value=", ".join(parts))


def cells(form: Form, number: int, row: Row, words: Words) -> list[str]:
    """The twelve columns of one system."""
    declared, dossier = row.declared, row.dossier
    return [
        str(number),
        words.name(row.system),
        words.name(form.index.sites[row.owner]),
        declared.operator or words("form08.open"),
        str(row.level) if row.level else words("form08.open"),
        words(f"dossier_state.{row.state}"),
        decision(row, words) if dossier and row.approved else AWAY,
        paper(declared.regulation, words),
        AWAY if row.approved else expected(declared.approval_expected_on, words),
        words(f"plan_state.{row.plan}"),
        AWAY if row.plan == "fully" else expected(declared.implementation_expected_on, words),
        words.listed(words(f"form08_checked.{one}") for one in row.checked) or words("form08.not_checked"),
    ]


def decision(row: Row, words: Words) -> str:
    """Number, date and body of the decision that approved the level."""
    dossier = row.dossier
    number = dossier["decision"] if dossier else None
    day = dossier["approved_on"] if dossier else None
    return words(
        "form08.paper",
        number=number or words("form08.open"),
        day=words.day(day) if day else words("form08.open"),
        body=row.declared.decision_body or words("form08.open"),
    )


def paper(one: Paper | None, words: Words) -> str:
    if one is None:
        return words("form08.open")
    return words("form08.paper", number=one.number, day=words.day(one.on), body=one.body)


def expected(day: date | None, words: Words) -> str:
    return words.day(day) if day else words("form08.open")


def open_points(form: Form, words: Words) -> Iterator[list[str]]:
    """(whose, what is missing), in the order of the form; all that one subject misses stands together."""
    found: dict[str, list[str]] = {}
    for point in form.open():
        found.setdefault(point.subject, []).append(point.what)
    for subject, what in found.items():
        yield [_subject(form, subject, words), words.listed(words(f"form08_open.{one}") for one in what)]


def _subject(form: Form, id_: str, words: Words) -> str:
    index = form.index
    return words.name(index.systems[id_] if id_ in index.systems else index.sites[id_])


def further(row: Row, words: Words) -> list[str]:
    """What Art. 36.3 and 36.7 ask and the form has no column for; the kind that line 2 counts by."""
    declared = row.declared
    return [
        words.name(row.system),
        declared.type or words("form08.open"),
        answer(declared.national_security, words),
        answer(declared.follows_regulation, words),
    ]


def answer(said: bool | None, words: Words) -> str:
    return words("form08.open") if said is None else words("sheet.yes" if said else "sheet.no")


def sources(form: Form, words: Words) -> Iterator[tuple[str, str]]:
    """The runs, the ruler, the inventory and the declarations that the report rests on, by digest."""
    document = form.document
    run, ruler = document["run"], document["run"]["catalogue"]
    if "period" in document:
        for one in document["period"]["runs"]:
            yield words("sheet.run"), f"{one['id']} {one['manifest_sha256']}"
    else:
        yield words("sheet.run"), run["id"]
    yield words("method.program"), run["program"]
    yield words("method.catalogue", id=ruler["id"], version=ruler["version"]), ruler["sha256"]
    yield words("method.inventory"), run["inventory_sha256"]
    yield words("form08.declarations"), form.declared.sha256 or words("form08.no_declarations")
