"""A document in a terminal's plain lines: the scores, what could not be judged and why, what it all comes to."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import cast

from reports import unlisted
from reports.change import Change
from reports.document import Document, Score
from reports.index import Index
from reports.leadership import called, moved
from reports.words import Words, capital

Row = tuple[str, ...]


def summary(document: Document, words: Words) -> list[str]:
    """All lines of the summary, without colour and without control characters."""
    lines = [heading(document, words), ""]
    notice = mode_notice(document, words)
    if notice:
        lines += [notice, ""]
    lines += [*aligned(score_rows(document, words)), "", *_counts(document, words)]
    if "unlisted" in document:
        lines.append(words("text.unlisted", told=unlisted.sentence(unlisted.seen(Index(document)), words)))
    causes = cause_rows(document, words)
    return [printable(line) for line in [*lines, *(["", *aligned(causes)] if causes else [])]]


def heading(document: Document, words: Words) -> str:
    """What the document is of: its run or month, and its scope."""
    run = capital(called(document["run"]["id"], words))
    return words("text.heading", run=run, scope=words.name(Index(document).sites[document["run"]["scope"]]))


def measured(document: Document, words: Words) -> str:
    """Its run or month, and up to when it was measured."""
    run = document["run"]
    return words("html.run", run=capital(called(run["id"], words)), moment=words.moment(run["ended"]))


def changes(change: Change, words: Words) -> list[str]:
    """What changed between two runs: the lines of the report, the scores, and every finding and asset by name."""
    told = [words("change.unlike")] if change.scope else aligned(_delta_rows(change, words))
    lines = [*moved(change, words), "", *told]
    anew = [key for key in change.failing if key not in change.reopened]
    named = {"failing": anew, "reopened": change.reopened, "fixed": change.fixed, "lost": change.lost}
    for name, keys in named.items():
        lines += (
            ["", words(f"change.{name}", n=len(keys)), *(f"  {asset}  {check}" for asset, check in keys)]
            if keys
            else []
        )
    for name in ("unreached", "reached"):
        assets: Sequence[str] = getattr(change, name)
        lines += ["", words(f"change.{name}", n=len(assets)), *(f"  {asset}" for asset in assets)] if assets else []
    return [printable(line) for line in lines]


def _delta_rows(change: Change, words: Words) -> list[Row]:
    head = tuple(words(f"text.{name}") for name in ("score", "before", "after", "points"))
    return [
        head,
        *(
            (words(f"score.{name}"), words.percent(d.percent[0]), words.percent(d.percent[1]), words.points(d.points))
            for name, d in change.scores.items()
        ),
    ]


def score_rows(document: Document, words: Words) -> list[Row]:
    """The scores as a table, its head first: name, floor, met of total, coverage, target, with waivers."""
    head = tuple(words(f"text.{name}") for name in ("score", "floor", "met", "coverage", "target", "waived"))
    return [
        head,
        *(_score_row(name, score, words) for name, score in cast(dict[str, Score], document["scores"]).items()),
    ]


def _score_row(name: str, score: Score, words: Words) -> Row:
    return (
        words(f"score.{name}"),
        words.percent(score["percent"]),
        words("text.of", met=score["met"], total=score["total"]),
        words.percent(score["coverage"]),
        words.percent(score["target"]),
        words.percent(score["percent_with_waivers"]),
    )


def cause_rows(document: Document, words: Words) -> list[Row]:
    """Why things could not be judged, most frequent first: cause, findings, assets, what to do. Empty if all was."""
    findings = [f for f in Index(document).findings if f["status"] == "unknown"]
    if not findings:
        return []
    counts = Counter(finding["cause"] or "" for finding in findings)
    assets = Counter(cause for cause, _ in {(finding["cause"] or "", finding["asset"]) for finding in findings})
    head = tuple(words(f"text.{name}") for name in ("cause", "findings", "assets", "do"))
    rows = sorted(counts, key=lambda cause: (-counts[cause], cause))
    return [
        head,
        *(
            (words(f"cause.{c}"), words.number(counts[c]), words.number(assets[c]), words(f"cause_do.{c}"))
            for c in rows
        ),
    ]


def verification(document: Document) -> str:
    """The command that computes the document's numbers again; a month's is of the file that is written beside it."""
    name = document["run"]["id"]
    return f"rasoat verify reports/{name}/results.json" if "period" in document else f"rasoat verify {name}"


def mode_notice(document: Document, words: Words) -> str | None:
    """What must be said where the city was not the real one, or was not asked anew."""
    run = document["run"]
    told = [] if run["mode"] == "live" else [words(f"mode.{run['mode']}")]
    if "judged_again" in run:
        told.append(words("text.judged_again", run=run["judged_again"]["id"]))
    return " ".join(told) or None


def aligned(rows: Sequence[Row]) -> list[str]:
    """Rows as lines, their columns padded to one width; the last column is left ragged."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def printable(text: str) -> str:
    """The text with nothing in it that could steer a terminal."""
    composed = unicodedata.normalize("NFC", text)
    if composed.isprintable():  # as nearly all text is: no look at each character
        return composed
    return "".join(c if unicodedata.category(c)[0] != "C" else f"\\u{ord(c):04x}" for c in composed)


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in unicodedata.normalize("NFC", text))


def _counts(document: Document, words: Words) -> list[str]:
    statuses = Counter(finding["status"] for finding in Index(document).findings)
    parts = [f"{words(f'status.{status}')} {words.number(count)}" for status, count in sorted(statuses.items())]
    return [words("text.findings_line", n=sum(statuses.values()), parts=" · ".join(parts))]
