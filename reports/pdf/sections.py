"""The pages behind the first: each number's list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable

from reports.document import Tally
from reports.index import Index, base
from reports.leadership import (
    INFRASTRUCTURE,
    Ending,
    Failing,
    Planned,
    Standing,
    cause_of,
    ending,
    failing,
    planned,
    standings,
    unreached,
    without_dossier,
)
from reports.pdf.bars import Bar
from reports.pdf.page import heading
from reports.pdf.rows import Cells, Rows
from reports.pdf.style import WIDTH, para
from reports.words import Words, capital

ROOM = CondPageBreak(45 * mm)
SHARE_WIDTH = 29 * mm
FEW = 4


def districts(index: Index, words: Words) -> Iterator[Flowable]:
    """Districts and departments ranked by their lowest share."""
    yield from _opening(words, "districts")
    counts = [("rank", 11), ("unit", 0), *((name, 29) for name in INFRASTRUCTURE), ("failures", 15), ("unreached", 18)]
    right = ("failures", "unreached")
    head = [para(words(f"column.{name}"), "head_right" if name in right else "head") for name, _ in counts]
    ranked = list(enumerate(standings(index), 1))
    yield Rows(head, [_standing(index, rank, one, words) for rank, one in ranked], _widths([mm * w for _, w in counts]))


def _standing(index: Index, rank: int, one: Standing, words: Words) -> Cells:
    own = one.unit == index.city["id"]
    name = words("leadership.city_own") if own else words.name(index.sites[one.unit])
    return [
        para("–" if own else str(rank), "cell"),
        para(name, "cell_strong"),
        *(_share(share, words) for share in one.shares),
        para(words.number(one.failures), "cell_right"),
        para(words("leadership.of", part=one.unreached, whole=one.assets), "cell_right"),
    ]


def _share(share: Tally | None, words: Words) -> Flowable | list[Flowable]:
    if share is None:
        return para("–", "cell")
    figure = words("leadership.figure", percent=words.percent(share["percent"]), met=share["met"], total=share["total"])
    return [para(figure, "cell"), Bar(share, SHARE_WIDTH - 9, 3.5)]


def out_of_reach(index: Index, words: Words) -> Iterator[Flowable]:
    """Causes with what to do, then every asset that was not reached."""
    yield from _opening(words, "unreached")
    dark = unreached(index)
    if not dark:
        yield para(words("unreached.none"), "body")
        return
    counts = Counter(cause_of(index, asset) for asset in dark)
    causes = [
        [
            para(capital(words(f"cause.{c}")), "cell_strong"),
            para(words.number(n), "cell_right"),
            para(words(f"cause_do.{c}"), "cell"),
        ]
        for c, n in counts.most_common()
    ]
    yield Rows(_head(words, "cause", ">assets", "do"), causes, _widths([50 * mm, 17 * mm, 0]))
    yield para(words("unreached.list"), "subheading")
    rows = [
        [
            para(asset["id"], "cell_mono"),
            para(_place(index, asset["site"], words), "cell"),
            para(capital(words(f"asset_kind.{asset['kind']}")), "cell"),
            para(capital(words(f"cause.{cause_of(index, asset)}")), "cell"),
        ]
        for asset in dark
    ]
    yield Rows(_head(words, "asset", "site", "kind", "cause"), rows, _widths([38 * mm, 0, 26 * mm, 45 * mm]))


def _place(index: Index, site: str, words: Words) -> str:
    """The site, and the district or department it belongs to."""
    unit = index.unit(site)
    name = words.name(index.sites[site])
    return name if unit == site else f"{name}, {words.name(index.sites[unit])}"


def worst(index: Index, words: Words) -> Iterator[Flowable]:
    """Failures by check."""
    yield from _opening(words, "worst")
    found = failing(index)
    if not found:
        yield para(words("worst.none"), "body")
        return
    head = _head(words, "severity", "check", "clause", ">failures", "units")
    yield Rows(head, [_failing(index, one, words) for one in found], _widths([26 * mm, 0, 30 * mm, 17 * mm, 38 * mm]))
    if any(clause in index.unverified for one in found for clause in one.clauses):
        yield para("* " + words("clause.unverified"), "footnote")


def _failing(index: Index, one: Failing, words: Words) -> Cells:
    severity = one.card["severity"]
    names = [words.name(index.sites[unit]) for unit in one.units]
    waived = len(one.findings) - one.open
    return [
        para(capital(words(f"severity.{severity}")), "cell_strong" if severity == "critical" else "cell"),
        [para(words.of(one.card["title"]), "cell"), para(one.check, "code")],
        para(_clauses(index, one.clauses), "cell"),
        [
            para(words.number(len(one.findings)), "cell_right"),
            *([para(words("worst.waived", n=waived), "tiny_right")] if waived else []),
        ],
        para(_few(names, words), "cell"),
    ]


def _clauses(index: Index, clauses: Sequence[str]) -> str:
    shown = [f"{clause}*" if clause in index.unverified else clause for clause in clauses]
    return ", ".join([*shown[:FEW], *(["…"] if len(shown) > FEW else [])]) or "–"


def _few(names: Sequence[str], words: Words) -> str:
    more = len(names) - FEW
    return ", ".join(names) if more <= 0 else ", ".join([*names[:FEW], words("leadership.more", n=more)])


def plans_of_systems(index: Index, words: Words) -> Iterator[Flowable]:
    """Systems by how far their plan is implemented, and those without an approved dossier."""
    yield from _opening(words, "systems")
    found = planned(index)
    states = Counter(one.state for one in found)
    counts = {f"n_{state}": states[state] for state in ("fully", "partly", "not")}
    yield para(words("systems.counts", total=len(found), **counts), "lead")
    rows = [_plan(index, one, words) for one in found]
    head = _head(words, "system", "owner", ">level", "plan", ">requirements", "open")
    if rows:
        yield Rows(head, rows, _widths([0, 30 * mm, 11 * mm, 29 * mm, 16 * mm, 36 * mm]))
    missing = without_dossier(index)
    if missing:
        yield para(words("systems.without"), "subheading")
        rows = [
            [
                para(words.name(system), "cell_strong"),
                para(words.name(index.sites[system["owner"]]), "cell"),
                para(str(system["level"] or "–"), "cell_right"),
                para(words(f"dossier.{system['dossier']['state'] if system['dossier'] else 'none'}"), "cell"),
            ]
            for system in missing
        ]
        yield Rows(_head(words, "system", "owner", ">level", "dossier"), rows, _widths([0, 40 * mm, 15 * mm, 45 * mm]))


def _plan(index: Index, one: Planned, words: Words) -> Cells:
    system = one.system
    level = system["level"] or (system["dossier"]["level"] if system["dossier"] else None)
    clauses = {r["id"]: r["clauses"].get(str(level), r["id"]) for r in index.document["requirements"]}
    return [
        para(words.name(system), "cell_strong"),
        para(words.name(index.sites[system["owner"]]), "cell"),
        para(str(level), "cell_right"),
        para(words(f"plan_state.{one.state}"), "cell"),
        para(words("leadership.of", part=one.met, whole=one.total), "cell_right"),
        para(_clauses(index, [clauses[id_] for id_ in one.open]), "cell"),
    ]


def endings(index: Index, words: Words) -> Iterator[Flowable]:
    """Waivers and attestations that end within 30 days."""
    yield from _opening(words, "endings")
    found = ending(index)
    if not found:
        yield para(words("endings.none"), "body")
        return
    head = _head(words, "what", "for", "place", "officer", "end", ">days")
    yield Rows(
        head, [_ending(index, one, words) for one in found], _widths([34 * mm, 0, 26 * mm, 28 * mm, 23 * mm, 14 * mm])
    )


def _ending(index: Index, one: Ending, words: Words) -> Cells:
    return [
        [para(words(f"ending.{one.kind}"), "cell_strong"), para(one.id, "code")],
        [para(_subject(index, one, words), "cell"), para(one.subject, "code")],
        para(one.place, "cell_mono"),
        para(one.officer, "cell"),
        para(words.day(one.end), "cell"),
        para(words.number(one.days), "cell_right"),
    ]


def _subject(index: Index, one: Ending, words: Words) -> str:
    """The title of the check or requirement; of a whole topic there is none but its name."""
    titles = {id_: check["title"] for id_, check in index.document["checks"].items()}
    titles |= {requirement["id"]: requirement["title"] for requirement in index.document["requirements"]}
    title = titles.get(base(one.subject))
    return words.of(title) if title else one.subject


def _opening(words: Words, name: str) -> Iterator[Flowable]:
    """The section's heading and the sentence that says how to read it."""
    yield ROOM
    yield heading(words(f"{name}.title"), name)
    yield para(words(f"{name}.note"), "note")


def _head(words: Words, *names: str) -> Cells:
    """Column heads; a leading `>` sets one to the right."""
    return [para(words(f"column.{n.lstrip('>')}"), "head_right" if n.startswith(">") else "head") for n in names]


def _widths(widths: Sequence[float]) -> list[float]:
    """The widths with what is left over for the one that is 0."""
    left = WIDTH - sum(widths)
    return [width or left for width in widths]
