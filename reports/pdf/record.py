"""What a PDF carries beside its pages: its figures for machines, and what it was made from, to make it again."""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from collections.abc import Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

from reports.document import Document, Score
from reports.pdf import fonts
from reports.trend import Trend
from runner import canonical

NAME = "rasoat-record.json"
SCHEMA: Literal["rasoat/record/1"] = "rasoat/record/1"
REPORT: Literal["leadership"] = "leadership"
FIGURES = (
    "met", "total", "percent", "coverage", "target", "percent_with_waivers", "percent_without_attestations",
)  # fmt: skip
REPORTS = Path(__file__).parent.parent


class Record(TypedDict):
    """`of` is the run or month, `document_sha256` the digest of its document; `drawn_by` is that of what drew it."""

    schema: Literal["rasoat/record/1"]
    report: Literal["leadership"]
    lang: Literal["vi", "en"]
    of: str
    runs: list[str]
    mode: str
    scope: str
    document_sha256: str
    earlier: str | None
    points: list[str]
    drawn_by: str
    figures: dict[str, dict[str, float]]


def make(document: Document, earlier: Document | None, trend: Trend | None, lang: Literal["vi", "en"]) -> Record:
    """The record of a report on `document`."""
    return {
        "schema": SCHEMA,
        "report": REPORT,
        "lang": lang,
        "of": document["run"]["id"],
        "runs": runs_of(document),
        "mode": document["run"]["mode"],
        "scope": document["run"]["scope"],
        "document_sha256": canonical.sha256(canonical.encode(document)),
        "earlier": earlier["run"]["id"] if earlier else None,
        "points": [point.label for point in trend.points] if trend else [],
        "drawn_by": drawn_by(),
        "figures": figures(document),
    }


def runs_of(document: Document) -> list[str]:
    """The run that a document is of, or the runs of its month."""
    return [one["id"] for one in document["period"]["runs"]] if "period" in document else [document["run"]["id"]]


def figures(document: Document) -> dict[str, dict[str, float]]:
    """Of each score the numbers that are printed."""
    scores = cast(Mapping[str, Score], document["scores"])
    return {name: {key: score[key] for key in FIGURES} for name, score in scores.items()}  # type: ignore[literal-required]  # keys of a score


def encoded(record: Record) -> bytes:
    return canonical.encode(record) + b"\n"


def decoded(content: bytes) -> Record | None:
    """The record in an attachment; None where it is none that this program understands."""
    try:
        found = json.loads(content)
    except ValueError:
        return None
    whole = isinstance(found, dict) and found.keys() == Record.__annotations__.keys() and found["schema"] == SCHEMA
    return cast(Record, found) if whole else None


@lru_cache
def drawn_by() -> str:
    """SHA-256 over all that decides how a report is drawn: code and words, typefaces, the libraries beneath."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in ("*.py", "*.po") for path in REPORTS.rglob(pattern)):
        digest.update(path.relative_to(REPORTS).as_posix().encode() + b"\0" + path.read_bytes())
    for name in (*fonts.FACES, *fonts.SUFFIXES):
        digest.update(fonts.file_of(name).read_bytes())
    beneath: list[Any] = [
        *map(metadata.version, ("reportlab", "babel")),
        sys.version_info[:2],
        zlib.ZLIB_RUNTIME_VERSION,
    ]
    digest.update(repr(beneath).encode())
    return digest.hexdigest()
