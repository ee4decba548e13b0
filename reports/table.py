"""One machine's findings as a table for a terminal: failures first, and what to do about each."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from reports.document import Document, Finding
from reports.fixlist import SEVERITIES
from reports.index import base
from reports.text import aligned, cause_rows, printable
from reports.words import Words

ORDER = ("fail", "unknown", "pass", "not_applicable")
GAP = 2
NARROWEST = 60


def lines(document: Document, words: Words, width: int, trust: str) -> list[str]:
    """All lines of the table, `width` wide; nothing in them could steer a terminal.

    `trust` is the command that shows the machine's host key and pins it: told where that key is not trusted yet.
    """
    (asset,) = document["assets"]
    findings = sorted(document["findings"], key=lambda finding: _rank(finding, document))
    width = max(width, NARROWEST)
    mute = asset["state"] == "unreached"
    told = [*(_below([_seen(findings[0], words)], 0, width) if mute else _rows(findings, document, words, width))]
    causes = cause_rows(document, words)
    new = any(finding["cause"] == "host_key_unknown" for finding in findings)
    todo = [*(aligned(causes) if causes else ()), *([words("table.trust", command=trust)] if new else ())]
    parts = [[_heading(document, words)], told, todo, [_counts(findings, words)]]
    return [printable(line) for part in parts if part for line in (*part, "")][:-1]


def _rank(finding: Finding, document: Document) -> tuple[int, int, str]:
    severity = document["checks"][base(finding["check"])]["severity"]
    return ORDER.index(finding["status"]), SEVERITIES.index(severity), finding["check"]


def _heading(document: Document, words: Words) -> str:
    asset, run = document["assets"][0], document["run"]
    platform = "" if asset["state"] == "unreached" else f" ({asset['platform']})"
    standard = f"{run['catalogue']['id']} {run['catalogue']['version']}"
    return words("table.heading", machine=asset["address"] + platform, level=asset["level"], standard=standard)


def _rows(findings: Sequence[Finding], document: Document, words: Words, width: int) -> Iterator[str]:
    statuses = {status: words(f"status.{status}") for status in ORDER}
    first = max(map(len, statuses.values()))
    second = (width - first - 2 * GAP) // 2
    third = width - first - second - 2 * GAP
    for finding in findings:
        check = document["checks"][base(finding["check"])]
        title, seen = words.of(check["title"]), _seen(finding, words)
        yield from _side_by_side((statuses[finding["status"]], title, seen), (first, second, third))
        if finding["status"] == "fail":
            todo = (f"{words('fixlist.expected')}: {finding['expected']}", words.of(check["remedy"]))
            yield from _below(todo, first + GAP, width)


def _seen(finding: Finding, words: Words) -> str:
    """What was seen; where it could not be judged, why not."""
    if finding["cause"] is None:
        return finding["actual"]
    return ": ".join(text for text in (words(f"cause.{finding['cause']}"), finding["actual"]) if text)


def _side_by_side(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    columns = [textwrap.wrap(printable(cell), width) for cell, width in zip(cells, widths, strict=True)]
    for row in zip_longest(*columns, fillvalue=""):
        yield (" " * GAP).join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _below(texts: Iterable[str], indent: int, width: int) -> Iterator[str]:
    for text in texts:
        yield from textwrap.wrap(printable(text), width, initial_indent=" " * indent, subsequent_indent=" " * indent)


def _counts(findings: Sequence[Finding], words: Words) -> str:
    counted: Counter[str] = Counter(finding["status"] for finding in findings)
    parts = [f"{words(f'status.{status}')} {words.number(counted[status])}" for status in ORDER if counted[status]]
    return words("text.findings_line", n=len(findings), parts=" · ".join(parts))
