"""The full audit for the security officer: every asset with every finding, its evidence named, its waivers beside it.

Assets are laid out one after the other as their pages are reached: a city of thousands fills no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Spacer, Table

from reports.document import Asset, Finding
from reports.export import short
from reports.fixlist import SEVERITIES
from reports.fixview import FixView, views
from reports.formats import Report
from reports.html import token
from reports.index import Index, base
from reports.leadership import scores_of
from reports.pdf import beyond
from reports.pdf.inside import WHOLE, opening, sheet, table, tallies
from reports.pdf.page import heading
from reports.pdf.rows import Cells
from reports.pdf.style import WIDTH, listed, para
from reports.score import TARGETS
from reports.text import verification
from reports.unlisted import seen, sentence
from reports.words import Words, capital

ROOM = CondPageBreak(34 * mm)
TITLED = 24 * mm
BETWEEN = " · "
BEYOND = "unlisted"
AT_ONCE = 8
LIST = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 8),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


class Later(Flowable):
    """Flowables that are made when their place is reached."""

    def __init__(self, make: Callable[[], Iterator[Flowable]]) -> None:
        super().__init__()
        self.make = make

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """More than there is, so that `split` is asked."""
        return width, height + 1

    def split(self, _width: float, _height: float) -> list[Flowable]:
        """What it stands for, behind something that fits anywhere."""
        return [Spacer(1, 0), *self.make()]


def render(report: Report) -> bytes:
    """The PDF. The same documents, history and language give the same bytes."""
    target = BytesIO()
    index, words = Index(report.document), report.words
    told = {one.fixes.unit: one for one in views(report)}
    name = words.name(index.sites[report.document["run"]["scope"]])
    paper = sheet(target, report.document, words, words("audit.of", name=name))
    paper.build([*_front(index, words, name), *_places(index, told), *_beyond(index, words)])
    return target.getvalue()


def _front(index: Index, words: Words, name: str) -> Iterator[Flowable]:
    document = index.document
    yield from opening(document, words, words("audit.title"), name)
    yield tallies({n: scores_of(document)[n] for n in TARGETS}, TARGETS, words)
    yield Spacer(1, 8)
    counts = {"assets": len(index.assets), "findings": len(index.findings), "sites": len(index.scope)}
    yield para(words("audit.counts", **counts), "lead")
    yield para(sentence(seen(index), words), "lead", to=BEYOND)
    yield Spacer(1, 4)
    yield para(words("audit.how", n=len(index.findings)), "note", longest=WHOLE)
    yield para(verification(document), "code_block")


def _beyond(index: Index, words: Words) -> Iterator[Flowable]:
    """What was seen and is not listed: at the end, since no score counts it."""
    listed = beyond.things(index, words)
    yield ROOM
    yield heading(words("unlisted.title"), BEYOND)
    yield para(words("unlisted.note"), "note")
    yield listed or para(sentence(seen(index), words), "lead")


def _places(index: Index, told: Mapping[str, FixView]) -> Iterator[Flowable]:
    """Each unit with its sites, each site with its assets, in the order of the tree."""
    for unit in index.units():
        view = told[unit]
        yield ROOM
        yield heading(view.site(unit), f"unit-{token(unit)}")
        for site in index.scope:
            if index.unit(site) == unit:
                yield from _site(index, view, site)


def _site(index: Index, view: FixView, site: str) -> Iterator[Flowable]:
    assets = index.at_site.get(site, ())
    yield ROOM
    title = view.words("audit.site", name=view.site(site), n=len(assets))
    yield heading(title, f"site-{token(site)}", "site", level=1)
    if not assets:
        yield para(view.words("site.bare"), "note")
    for asset in assets:
        yield Later(partial(_asset, index, view, asset))


def _asset(index: Index, view: FixView, asset: Asset) -> Iterator[Flowable]:
    found = sorted(index.found.get(asset["id"], {}).values(), key=lambda one: _rank(index, one))
    of = {status: [one for one in found if one["status"] == status] for status in ("fail", "unknown", "pass")}
    away = [one for one in found if one["status"] == "not_applicable"]
    yield ROOM
    yield heading(asset["id"], f"asset-{token(asset['id'])}", "asset", level=2)
    yield para(_facts(view, asset), "tiny", longest=WHOLE)
    if of["fail"]:
        yield _failures(index, view, of["fail"])
    for cause, rows in _by_cause(of["unknown"]).items():
        title = view.words("audit.unknown", n=len(rows), cause=view.words(f"cause.{cause}"))
        yield from _list(view, title, rows)
    for key, rows in (("pass", of["pass"]), ("not_applicable", away)):
        if rows:
            title = view.words("audit.counted", status=capital(view.words(f"status.{key}")), n=len(rows))
            yield from _list(view, title, rows)
    if not found:
        yield para(view.words("site.no_findings"), "note")


def _rank(index: Index, finding: Finding) -> tuple[int, str]:
    return SEVERITIES.index(index.document["checks"][base(finding["check"])]["severity"]), finding["check"]


def _facts(view: FixView, asset: Asset) -> str:
    """Address, kind, platform, level, state, owner: one line under the asset's name."""
    words = view.words
    state = words(f"state.{asset['state']}")
    cause = f": {words('cause.' + asset['cause'])}" if asset["cause"] else ""
    level = words("audit.level", level=asset["level"])
    owner = words("fixlist.owned", owner=view.owners(asset["id"]) or "–")
    kind = f"{words('asset_kind.' + asset['kind'])} ({asset['platform']})"
    return BETWEEN.join([asset["address"], kind, level, state + cause, ", ".join(asset["systems"]), owner])


def _failures(index: Index, view: FixView, rows: Sequence[Finding]) -> Flowable:
    columns = [("fixlist.not_met", 0.0), ("fixlist.seen", 37.0), ("fixlist.expected", 25.0), ("fixlist.clause", 18.0)]
    more = [("fixlist.since", 20.0), ("fixlist.evidence", 24.0)]
    return table(view.words, [*columns, *more], [_failure(index, view, row) for row in rows])


def _failure(index: Index, view: FixView, row: Finding) -> Cells:
    card, waiver = index.document["checks"][base(row["check"])], view.waiver(row)
    return [
        [
            para(view.words.of(card["title"]), "cell_strong"),
            para(f"{row['check']}, {view.words('severity.' + card['severity'])}", "code"),
        ],
        [para(row["actual"] or "–", "cell"), *([para(waiver, "tiny")] if waiver else [])],
        para(row["expected"] or "–", "cell"),
        para(view.clauses(row) or "–", "cell"),
        para(view.since(row) or "–", "cell"),
        para(short(row["evidence"]), "code"),
    ]


def _by_cause(rows: Sequence[Finding]) -> Mapping[str, Sequence[Finding]]:
    found: dict[str, list[Finding]] = {}
    for row in rows:
        found.setdefault(row["cause"] or "not_run", []).append(row)
    return found


def _list(view: FixView, title: str, rows: Sequence[Finding]) -> Iterator[Flowable]:
    """The checks in two columns, each with its evidence; a row of the table is a few lines, so that it breaks well."""
    yield Spacer(1, 4)
    yield CondPageBreak(TITLED)
    yield para(title, "cell_strong")
    half = -(-len(rows) // 2)
    columns = [[_named(view, row) for row in part] for part in (rows[:half], rows[half:])]
    cells = [
        [listed(column[start : start + AT_ONCE], "code_list") for column in columns]
        for start in range(0, half, AT_ONCE)
    ]
    yield Table(cells, colWidths=[WIDTH / 2] * 2, style=LIST, hAlign="LEFT")


def _named(view: FixView, row: Finding) -> tuple[str, str]:
    """The check; its evidence, and the waiver beside it."""
    waiver = f"({view.waiver(row)})" if row["waiver"] else ""
    evidence = short(row["evidence"]) if row["evidence"] else ""
    return row["check"], " ".join(part for part in (evidence, waiver) if part)
