"""What the formats of other systems have in common: every finding as a line, names that stay, text that stays text.

Times are those of the run and names follow from it, so that the same document always gives the same bytes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid5

from reports.document import Asset, Check, Document, Finding, WaiverMark
from reports.document import Words as Both
from reports.index import Index, base
from reports.replies import Replies
from reports.words import Words, capital

PROGRAM = "rasoat"
SPACE = UUID("fec2c737-34da-51a1-9efa-e5f27b076207")  # version 5 of the URL urn:rasoat
NOT_MEASURED = "asset.measured"
KEPT = ("\n", "\t")


@dataclass(frozen=True, slots=True)
class Line:
    """One finding with what it is about: its asset, and the check as the document words it.

    `commands` are those whose replies it rests on, where the runs that keep them are at hand.
    """

    asset: Asset
    card: Check
    finding: Finding
    commands: tuple[str, ...] = ()

    @property
    def check(self) -> str:
        """The check with the link or service behind its `@`."""
        return self.finding["check"]

    @property
    def status(self) -> str:
        return self.finding["status"]


def lines(index: Index, words: Words, runs: Sequence[Path] = ()) -> Iterator[Line]:
    """Every finding in scope by asset and check; an asset that was asked for and has none is one unknown line.

    `runs` are the folders of the runs in which the commands are looked up.
    """
    replies = Replies(runs)
    bare = {asset["id"] for asset in unmeasured(index)}
    named = cards(index, words)
    for id_, asset in index.assets.items():
        findings = [_nothing(asset)] if id_ in bare else index.found.get(id_, {}).values()
        asked = _asked(replies, id_, findings) if runs else {}
        for finding in sorted(findings, key=lambda one: one["check"]):
            commands = dict.fromkeys(asked[name] for name in finding["evidence"] if name in asked)
            yield Line(asset, named[base(finding["check"])], finding, tuple(commands))


def _asked(replies: Replies, asset: str, findings: Iterable[Finding]) -> Mapping[str, str]:
    """`sha256:…` → the command that this reply answers."""
    named = frozenset(name for finding in findings for name in finding["evidence"])
    kept = replies.of(asset, named) if named else ()
    return {name: record.reply.question.command for one in kept for name, record in one.records.items()}


def unmeasured(index: Index) -> Iterator[Asset]:
    """The assets that the run was asked to look at, and of which it has no finding at all (law 1)."""
    chosen = index.document["run"]["selection"]
    if chosen["checks"]:
        return
    for asset in index.assets.values():
        named = not chosen["assets"] or asset["id"] in chosen["assets"]
        serves = not chosen["systems"] or bool({*chosen["systems"]} & {*asset["systems"]})
        if named and serves and chosen["level"] in (None, asset["level"]) and not index.found.get(asset["id"]):
            yield asset


def cards(index: Index, words: Words) -> Mapping[str, Check]:
    """Every check that a line may be about, by its id."""
    more = {NOT_MEASURED: _measured(words)} if any(True for _ in unmeasured(index)) else {}
    return {**dict(sorted(index.document["checks"].items())), **more}


def _measured(words: Words) -> Check:
    title, why, remedy = (_both(words, f"measured.{part}") for part in ("title", "why", "remedy"))
    return {
        "kind": ["server", "device", "endpoint"],
        "each": None,
        "levels": [1, 2, 3, 4, 5],
        "severity": "high",
        "title": title,
        "why": why,
        "remedy": remedy,
        "playbook": None,
        "counts_for": None,
    }


def _both(words: Words, key: str) -> Both:
    return {"vi": replace(words, lang="vi")(key), "en": replace(words, lang="en")(key)}


def _nothing(asset: Asset) -> Finding:
    return {
        "asset": asset["id"],
        "check": NOT_MEASURED,
        "requirements": [],
        "status": "unknown",
        "cause": asset["cause"] or "not_run",
        "expected": "",
        "actual": "",
        "evidence": [],
        "waiver": None,
    }


def told(line: Line, words: Words) -> Iterator[str]:
    """The finding in sentences: what was demanded, what was seen or why nothing was, the clauses, the waiver."""
    finding = line.finding
    if finding["expected"]:
        yield words("finding.expected", text=finding["expected"])
    if finding["cause"]:
        yield words("finding.cause", cause=words(f"cause.{finding['cause']}"), do=words(f"cause_do.{finding['cause']}"))
    if finding["actual"]:
        yield words("finding.seen", text=finding["actual"])
    if finding["requirements"]:
        yield words("finding.clauses", n=len(finding["requirements"]), clauses=words.listed(finding["requirements"]))
    if finding["waiver"]:
        yield waiver(finding["waiver"], words)


def waiver(mark: WaiverMark, words: Words) -> str:
    """The waiver beside a finding in one sentence; it never changes the finding (law 5)."""
    named = {"id": mark["id"], "reason": mark["reason"], "owner": mark["owner"], "approver": mark["approver"]}
    key = "finding.waived" if mark["valid"] else "finding.waiver_ended"
    return words(key, **named, start=words.day(mark["start"]), end=words.day(mark["end"]))


def heading(line: Line, words: Words) -> str:
    """Title and status in one line."""
    return f"{words.of(line.card['title'])}: {capital(words(f'status.{line.status}'))}"


def place(index: Index, asset: Asset) -> str:
    """Where the asset stands, from the city down: `79/760/26740`."""
    way: list[str] = []
    here: str | None = asset["site"]
    while here is not None:
        way.append(here)
        here = index.sites[here]["parent"]
    return "/".join(reversed(way))


def identity(document: Document, *parts: str) -> str:
    """A UUID (version 5, RFC 9562) that belongs to something of this run, and to nothing else."""
    return str(uuid5(SPACE, json.dumps([document["run"]["id"], document["run"]["scope"], *map(plain, parts)])))


def lasting(*parts: str) -> str:
    """A UUID (version 5) that something keeps from run to run."""
    return str(uuid5(SPACE, json.dumps([*map(plain, parts)])))


def plain(text: str) -> str:
    """The text in NFC, whole lines kept; what steers a terminal, hides, turns or is no character is spelt `\\u202e`."""
    text = unicodedata.normalize("NFC", text)
    if text.isprintable():
        return text
    return "".join(f"\\u{ord(c):04x}" if _steers(c) else c for c in text)


def _steers(character: str) -> bool:
    category = unicodedata.category(character)
    return character not in KEPT and (category[0] == "C" or category in {"Zl", "Zp"})


def file_name(id_: str, ending: str) -> str:
    """A file name for what has the id, whatever it is made of: no two share one, and none is that of an index."""
    name = re.sub(r"[^a-z0-9.-]|^\.|^index$", lambda m: "_".join(f"{ord(c):x}" for c in m[0]).join("__"), id_)
    return f"{name}.{ending}"


def encoded(record: object) -> str:
    """JSON on one line, every text in it made `plain`."""
    return json.dumps(_plain(record), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(record: object) -> object:
    if isinstance(record, str):
        return plain(record)
    if isinstance(record, Mapping):
        return {plain(str(name)): _plain(value) for name, value in record.items()}
    return [_plain(one) for one in record] if isinstance(record, list | tuple) else record


def streamed(record: Mapping[str, object], lists: Mapping[str, Iterable[object]]) -> Iterator[str]:
    """The JSON of `record` with long lists as its last members, piece by piece: a city's findings fill no memory."""
    yield encoded(record)[:-1]
    for name, items in lists.items():
        yield f',"{name}":['
        comma = "\n"
        for item in items:
            yield comma + encoded(item)
            comma = ",\n"
        yield "]"
    yield "}"


def short(digests: Sequence[str]) -> str:
    """The first twelve digits of each digest: enough to find the reply by."""
    return ", ".join(digest.removeprefix("sha256:")[:12] for digest in digests) or "–"
