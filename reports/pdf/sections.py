"""The pages behind the first: where it stands, what is out of reach, what fails, whose plan is open, what ends soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from reports.document import Tally
from reports.index import Index, base
from reports.leadership import (
    Ending,
    Failing,
    cause_of,
    ending,
    failing,
    planned,
    since,
    unreached,
    without_dossier,
)
from reports.pdf.bars import Bar
from reports.pdf.rows import Cells, Rows
from reports.pdf.style import para
from reports.pdf.tables import Numbers, clauses, few, opening, table
from reports.standings import INFRASTRUCTURE, Standing, blocks, standings
from reports.trend import Trend
from reports.words import Words, capital

SHARE = 25
WORST = 12  # checks that fail and are told in the report itself


def districts(index: Index, words: Words, numbers: Numbers) -> Iterator[Flowable]:
    """Districts and departments ranked by their lowest share."""
    yield from opening(words, "districts", numbers)
    shares = [(name, SHARE) for name in INFRASTRUCTURE]
    columns = [("rank", 12), ("unit", 0), *shares, ("worst_ward", 26), (">failures", 16), (">unreached", 14)]
    mapped = frozenset(block.unit for block in blocks(index))
    rows = [_standing(index, rank, one, mapped, words) for rank, one in enumerate(standings(index), 1)]
    yield table(words, columns, rows)


def _standing(index: Index, rank: int, one: Standing, mapped: frozenset[str | None], words: Words) -> Cells:
    own = one.unit == index.city["id"]
    name = words("leadership.city_own") if own else words.name(index.sites[one.unit])
    return [
        para("–" if own else str(rank), "cell"),
        para(name, "cell_strong", to=f"map-{one.unit}" if one.unit in mapped else None),
        *(_share(share, words) for share in one.shares),
        para(_worst(index, one, words), "cell"),
        para(words.number(one.failures), "cell_right"),
        para(words("leadership.of", part=one.unreached, whole=one.assets), "cell_right"),
    ]


def _worst(index: Index, one: Standing, words: Words) -> str:
    """The ward that stands worst, unless all stand as well as can be."""
    worst = one.worst
    if worst is None or worst.class_ == "all":
        return "–"
    figure = words.percent(worst.percent) if worst.known else words("map_class.unmeasured")
    return words("map.unit", name=words.name(index.sites[worst.site]), figure=figure)


def _share(share: Tally | None, words: Words) -> Flowable | list[Flowable]:
    if share is None:
        return para("–", "cell")
    figure = words("leadership.figure", percent=words.percent(share["percent"]), met=share["met"], total=share["total"])
    return [para(figure, "cell_small"), Bar(share, SHARE * mm - 9, 3.5)]


def out_of_reach(index: Index, trend: Trend | None, words: Words, numbers: Numbers) -> Iterator[Flowable]:
    """Why assets were not reached, since when the longest, and what to do about it."""
    counts = Counter(cause_of(index, asset) for asset in unreached(index))
    yield from opening(words, "unreached", numbers, to="annex-unreached" if counts else None)
    if not counts:
        yield para(words("unreached.none"), "lead")
        return
    rows = [
        [
            para(capital(words(f"cause.{cause}")), "cell_strong"),
            para(words.number(count), "cell_right"),
            para(_longest(index, trend, cause, words), "cell"),
            para(words(f"cause_do.{cause}"), "cell"),
        ]
        for cause, count in counts.most_common()
    ]
    yield table(words, [("cause", 44), (">assets", 16), ("since", 24), ("do", 0)], rows)


def _longest(index: Index, trend: Trend | None, cause: str, words: Words) -> str:
    days = [day for asset in unreached(index) if cause_of(index, asset) == cause and (day := since(asset, trend))]
    return words.day(min(days)) if days else "–"


def worst(index: Index, words: Words, numbers: Numbers) -> Iterator[Flowable]:
    """The worst failures by check; where there are many, an annex has them all."""
    yield from opening(words, "worst", numbers)
    found = failing(index)
    if not found:
        yield para(words("worst.none"), "lead")
        return
    yield failures(index, found[:WORST], words)
    if len(found) > WORST:
        yield para(words("worst.more", n=len(found) - WORST), "footnote", to="annex-worst")
    if any(clause in index.unverified for one in found for clause in one.clauses):
        yield para("* " + words("clause.unverified"), "footnote")


def failures(index: Index, found: Sequence[Failing], words: Words) -> Rows:
    """A row for each check that fails."""
    columns = [("severity", 26), ("check", 0), ("clause", 30), (">failures", 17), ("units", 38)]
    return table(words, columns, [_failing(index, one, words) for one in found])


def _failing(index: Index, one: Failing, words: Words) -> Cells:
    severity = one.card["severity"]
    names = [words.name(index.sites[unit]) for unit in one.units]
    waived = len(one.findings) - one.open
    return [
        para(capital(words(f"severity.{severity}")), "cell_strong" if severity == "critical" else "cell"),
        [para(words.of(one.card["title"]), "cell"), para(one.check, "code")],
        para(clauses(index, one.clauses), "cell"),
        [
            para(words.number(len(one.findings)), "cell_right"),
            *([para(words("worst.waived", n=waived), "tiny_right")] if waived else []),
        ],
        para(few(names, words), "cell"),
    ]


def plans_of_systems(index: Index, words: Words, numbers: Numbers) -> Iterator[Flowable]:
    """How many systems have implemented their plan fully, partly or not, and how many have no approved dossier."""
    yield from opening(words, "systems", numbers, to="annex-plans" if planned(index) else None)
    names: dict[str, list[str]] = {state: [] for state in ("fully", "partly", "not")}
    for one in planned(index):
        names[one.state].append(words.name(one.system))
    rows = [_state(words(f"plan_state.{state}"), found, words) for state, found in names.items()]
    missing = [words.name(system) for system in without_dossier(index)]
    rows.append(_state(words("systems.without"), missing, words))
    yield table(words, [("plan", 62), (">systems", 18), ("which", 0)], rows)


def _state(name: str, systems: Sequence[str], words: Words) -> Cells:
    shown = para(few(systems, words) or "–", "cell")
    return [para(name, "cell_strong"), para(words.number(len(systems)), "cell_right"), shown]


def endings(index: Index, words: Words, numbers: Numbers) -> Iterator[Flowable]:
    """Waivers and attestations that end within 30 days."""
    yield from opening(words, "endings", numbers)
    found = ending(index)
    if not found:
        yield para(words("endings.none"), "lead")
        return
    columns = [("what", 34), ("for", 0), ("place", 26), ("officer", 28), ("end", 23), (">days", 14)]
    yield table(words, columns, [_ending(index, one, words) for one in found])


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
