"""What stands beyond the list: things seen on the networks that the inventory does not have, counted and named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.platypus import Flowable, Spacer

from reports.document import Unlisted
from reports.index import Index
from reports.pdf.rows import Cells, Rows
from reports.pdf.style import para
from reports.pdf.tables import Numbers, few, opening, place, table
from reports.unlisted import Sight, by_unit, seen, sentence
from reports.words import Words

ANNEX = "annex-unlisted"


def unlisted_things(index: Index, words: Words, numbers: Numbers) -> Iterator[Flowable]:
    """The count, at how many sites anyone could look, and each district's or department's part."""
    sight = seen(index)
    yield from opening(words, "unlisted", numbers)
    yield para(sentence(sight, words), "lead")
    if sight.things:
        columns = [("unit", 0), (">unlisted", 26), (">sites_looked", 34), ("sites", 70)]
        yield Spacer(1, 5)
        yield table(words, columns, [_unit(index, sight, *one, words) for one in by_unit(index, sight).items()])
        yield para(words("unlisted.annex"), "footnote", to=ANNEX)


def _unit(index: Index, sight: Sight, unit: str, things: Sequence[Unlisted], words: Words) -> Cells:
    own = [site for site in index.scope if index.unit(site) == unit]
    looked = sum(site in sight.looked for site in own)
    names = [words.name(index.sites[site]) for site in dict.fromkeys(one["site"] for one in things)]
    return [
        para(words.name(index.sites[unit]), "cell_strong"),
        para(words.number(len(things)), "cell_right"),
        para(words("leadership.of", part=looked, whole=len(own)), "cell_right"),
        para(few(names, words), "cell"),
    ]


def things(index: Index, words: Words) -> Rows | None:
    """Every one of them, where it was seen and by whom; None where there is none."""
    rows = [_thing(index, one, words) for one in seen(index).things]
    columns = [("site", 38), ("addresses", 27), ("hardware", 33), ("called", 0), ("seen_by", 36)]
    return table(words, columns, rows) if rows else None


def _thing(index: Index, one: Unlisted, words: Words) -> Cells:
    return [
        para(place(index, one["site"], words), "cell"),
        para(", ".join(one["addresses"]) or "–", "cell_mono"),
        para(one["hardware"], "cell_mono"),
        para(one["name"] or "–", "cell"),
        para(", ".join(one["seen_by"]), "cell_mono"),
    ]
