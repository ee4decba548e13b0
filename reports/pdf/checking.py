"""A PDF held against the workspace: its signatures, the record that it carries, its run, and every page drawn again."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inventory.faults import BadInput
from inventory.signing import Signing
from inventory.workspace import Workspace
from reports import month, results
from reports.document import Document
from reports.narrowing import has, narrowed
from reports.pdf import leadership, printed, record, signing
from reports.pdf.record import Record
from reports.sealed import Changed
from reports.subject import Subject
from reports.words import Words
from runner import canonical, manifest

SubjectOf = Callable[[str], Subject]
TOLD = 3  # differences of one page that are told one by one
AT_ONCE = 8  # words of a difference that are told


@dataclass
class Checked:
    """What was found. `problems` are wrong; `open` could not be judged; `facts` are to be known beside.

    `signed`: the file as it is was signed by somebody, whoever that is.
    """

    of: str = ""
    problems: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    signed: bool = False


def check(content: bytes, workspace: Path, settings: Signing | None, subject_of: SubjectOf) -> Checked:
    """Everything that can be said of a PDF; `subject_of` gives what a report on a run or month, by its id, would be of.

    Raises `BadInput` where an authority's file cannot be read.
    """
    found = Checked()
    _signatures(content, workspace, settings, found)
    try:
        carried = printed.attachment(content, record.NAME)
        words = printed.pages(content)
    except printed.NotReadable as error:
        found.problems.append(f"the file cannot be read as a PDF ({error})")
        return found
    kept = record.decoded(carried) if carried is not None else None
    if kept is None:
        found.problems.append("the file carries no record of this program's: its numbers cannot be traced to a run")
        return found
    found.of = kept["of"]
    _against_run(content, words, kept, workspace, subject_of, found)
    return found


def _signatures(content: bytes, workspace: Path, settings: Signing | None, found: Checked) -> None:
    authorities = [workspace / one for one in settings.authorities] if settings else []
    signatures = signing.examine(content, authorities)
    if not signatures:
        found.facts.append("not signed")
    found.signed = any(one.whole for one in signatures)
    for one in signatures:
        when = f"{one.at:%Y-%m-%d %H:%M:%S %z}" if one.at else "an unknown time"
        who = f"{one.signer}, {when} ({'time stamp' if one.stamped else 'as the signer says'})"
        if not one.whole:
            found.problems.append(f"signature of {who}: the file was changed after it was signed")
        elif one.trusted:
            found.facts.append(f"signed by {who}")
        elif authorities:
            found.problems.append(f"signature of {who}: none of the city's authorities vouches for it")
        else:
            found.open.append(
                f"signature of {who}: name 'authorities' under 'signing' in city.yaml to tell whose it is"
            )


def _against_run(
    content: bytes, words: list[list[str]], kept: Record, workspace: Path, subject_of: SubjectOf, found: Checked
) -> None:
    try:
        told = subject_of(kept["of"])
        found.problems += _run_problems(told.document, workspace)
        if told.document["run"]["scope"] != kept["scope"]:
            told = _narrowed(told, kept["scope"])
    except (BadInput, Changed) as error:
        found.problems.append(str(error))
        return
    if record.runs_of(told.document) != kept["runs"]:
        found.open.append(f"{kept['of']} has had other runs since the report was made: make it anew")
        return
    found.problems += _record_problems(kept, told.document)
    if told.trend is None and kept["points"]:
        found.open.append("the history cannot be used now: the pages cannot be drawn again")
        return
    _pages(content, words, kept, told, found)


def _narrowed(told: Subject, scope: str) -> Subject:
    previous = narrowed(told.previous, scope) if told.previous and has(told.previous, scope) else None
    return Subject(narrowed(told.document, scope), previous, told.trend and told.trend.narrowed(scope))


def _run_problems(document: Document, workspace: Path) -> list[str]:
    if "period" in document:
        return month.problems(document, workspace)
    folder = Workspace(workspace).runs / document["run"]["id"]
    return [*manifest.verify(folder), *results.problems(folder)]


def _record_problems(kept: Record, document: Document) -> Iterator[str]:
    """The record must be of this very document, number by number."""
    if kept["document_sha256"] != canonical.sha256(canonical.encode(document)):
        yield f"{kept['of']}: its results are not those that the report was made from"
    true = record.figures(document)
    for name, figures in true.items():
        said = kept["figures"].get(name, {})
        for key, value in figures.items():
            if said.get(key) != value:
                yield f"record: {name}.{key} is {said.get(key)}, the run gives {value}"


def _pages(content: bytes, words: list[list[str]], kept: Record, told: Subject, found: Checked) -> None:
    """Drawn again from the run, the report must come out the same: byte by byte, but for signatures behind it."""
    language = Words(kept["lang"])
    again = leadership.render(told.document, told.previous, language, told.trend)
    differences = [*_differences(words, printed.pages(again))]
    if content == again or (content.startswith(again) and found.signed and not differences):
        return
    if kept["drawn_by"] == record.drawn_by():
        found.problems += differences or ["pages: not drawn as the run gives them, though their words are the same"]
        return
    found.problems += _printed_problems(words, told.document, language)
    found.open.append("drawn by another version of the program: other pages than the first cannot be compared by it")


def _differences(said: Sequence[Sequence[str]], true: Sequence[Sequence[str]]) -> Iterator[str]:
    if len(said) != len(true):
        yield f"pages: there are {len(said)}, the run gives {len(true)}"
    for number, (here, there) in enumerate(zip(said, true, strict=False), 1):
        if here == there:
            continue
        parts = difflib.SequenceMatcher(None, here, there, autojunk=False).get_opcodes()
        changed = [part for part in parts if part[0] != "equal"]
        for _, a, b, c, d in changed[:TOLD]:
            yield f"page {number}: says '{_some(here[a:b])}', the run gives '{_some(there[c:d])}'"
        if len(changed) > TOLD:
            yield f"page {number}: and {len(changed) - TOLD} more differences"


def _some(words: Sequence[str]) -> str:
    return " ".join([*words[:AT_ONCE], *(["…"] if len(words) > AT_ONCE else [])])


def _printed_problems(words: Sequence[Sequence[str]], document: Document, language: Words) -> Iterator[str]:
    """Each score's row on the first page: met of total, floor, coverage, one behind the other."""
    page = " ".join(words[0]) if words else ""
    for name, figures in record.figures(document).items():
        whole = language("leadership.of", part=int(figures["met"]), whole=int(figures["total"]))
        row = [whole, *map(language.percent, (figures["percent"], figures["coverage"]))]
        if " ".join(" ".join(row).split()) not in page:
            yield f"page 1: does not say {' '.join(row)} of {name}, as the run gives"
