"""The last page: how every number is made and checked, then signature and recipients."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from reports.document import Agency, Document
from reports.index import Index
from reports.leadership import ages, called, scores_of
from reports.pdf import fonts
from reports.pdf.page import Room
from reports.pdf.panel import NO_PADDING
from reports.pdf.rows import Rows
from reports.pdf.style import WIDTH, para
from reports.pdf.tables import Numbers, opening
from reports.words import Words, capital

SIGNING_ROOM = 24 * mm
RULES = (
    "infrastructure_reviewed",
    "infrastructure_upgraded",
    "infrastructure_interconnected",
    "systems_classified",
    "plans_implemented",
)


def method(index: Index, words: Words, numbers: Numbers) -> Iterator[Flowable]:
    """Each score with and without waivers and attestations, its rule, the ruler, the digests, the command to verify."""
    document = index.document
    yield from opening(words, "method", numbers)
    yield Rows(*_with_and_without(document, words))
    yield para(words("method.rules"), "subheading")
    for name in RULES:
        yield para(words("method.rule", name=words(f"score.{name}"), rule=words(f"rule.{name}")), "point", bullet="–")
    unread = sum(not requirement["verified"] for requirement in document["requirements"])
    if unread:
        yield para(words("method.unverified", n=unread, total=len(document["requirements"])), "point", bullet="–")
    yield from _days(index, words)


def _days(index: Index, words: Words) -> Iterator[Flowable]:
    """On which days the results of a month were measured, and of how many assets."""
    if "period" not in index.document:
        return
    yield para(words("method.ages"), "subheading")
    parts = [
        words("method.age", day=words.day(day), count=count) if day else words("method.no_age", count=count)
        for day, count in ages(index)
    ]
    yield para(words("method.listed", parts=" · ".join(parts)), "lead")


def ending(document: Document, kept: str, mark: Room, words: Words) -> Flowable:
    """Digests, the command to verify, and the end of the form: kept together, so that no signature stands alone.

    `kept` is the digest of the record that the PDF carries; `mark` the room between the signer's post and name.
    """
    command = para(f"rasoat verify leadership-{words.lang}.pdf", "code_block")
    digests = [para(words("method.digests"), "subheading"), _digests(document, kept, words), Spacer(1, 4)]
    stand_in = [] if fonts.form_typeface() else [para(words("method.typeface"), "footnote")]
    how = [*digests, para(words("method.verify"), "lead"), command, *stand_in]
    return KeepTogether([*how, *signature(document, words, words("closing.end"), mark)])


def _with_and_without(document: Document, words: Words) -> tuple[list[Flowable], list[list[Flowable]], list[float]]:
    columns = ("score", "met", "floor", "with_waivers", "without_attestations", "coverage", "target")
    head = [para(words(f"column.{name}"), "head" if name == "score" else "head_right") for name in columns]
    rows = [
        [
            para(words(f"score.{name}"), "cell_strong"),
            para(words("leadership.of", part=score["met"], whole=score["total"]), "cell_right"),
            *(
                para(words.percent(value), "cell_right")
                for value in (
                    score["percent"],
                    score["percent_with_waivers"],
                    score["percent_without_attestations"],
                    score["coverage"],
                    score["target"],
                )
            ),
        ]
        for name, score in ((name, scores_of(document)[name]) for name in RULES)
    ]
    widths = [width * mm for width in (25, 16, 21, 23, 19, 17)]
    return head, rows, [WIDTH - sum(widths), *widths]


def _sources(document: Document) -> str:
    """A run by its id; a month by the digest of each run's manifest."""
    if "period" not in document:
        return document["run"]["id"]
    return " ".join(f"{one['id']} {one['manifest_sha256'][:16]}…" for one in document["period"]["runs"])


def _digests(document: Document, kept: str, words: Words) -> Table:
    run = document["run"]
    ruler = run["catalogue"]
    rows = (
        (capital(called(run["id"], words)), _sources(document)),
        (words("method.program"), run["program"]),
        (words("method.catalogue", id=ruler["id"], version=ruler["version"]), ruler["sha256"]),
        (words("method.inventory"), run["inventory_sha256"]),
        (words("method.record"), kept),
    )
    cells = [[para(name, "cell"), para(value, "cell_mono")] for name, value in rows]
    look = [*NO_PADDING, ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Table(cells, colWidths=[52 * mm, WIDTH - 52 * mm], style=look)


def signature(document: Document, words: Words, end: str, mark: Room | None = None) -> list[Flowable]:
    """The end as the form has it: the last sentence, recipients on the left, who signs on the right.

    `mark` is the room between post and name.
    """
    agency = document["city"]["agency"]
    left = [
        para(words("closing.recipients"), "copies"),
        *(para(words("leadership.item", text=one), "copy") for one in _recipients(agency, words)),
    ]
    right = [
        *(para(line.upper(), "signer") for line in agency["signer_post"].splitlines()),
        mark or Room(SIGNING_ROOM),
        para(agency["signer_name"] or "", "signer"),
    ]
    table = Table(
        [[left, right]], colWidths=[WIDTH / 2, WIDTH / 2], style=[*NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "TOP")]
    )
    return [Spacer(1, 8), para(end, "body"), Spacer(1, 8), table]


def _recipients(agency: Agency, words: Words) -> list[str]:
    """As the form ends its lines: `…;`, the last one, which keeps the copy of the office, with a full stop."""
    archive = words("closing.archive")
    listed = [one.rstrip(" ;.") for one in agency["recipients"]]
    kept = [one for one in listed if one.startswith(archive)] or [archive]
    return [*(f"{one};" for one in listed if one not in kept), *(f"{one}." for one in kept[:1])]
