"""One asset's replies as the site shows them: each with the findings that rest on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.html import verbatim
from reports.index import Index
from reports.replies import Kept, Replies
from runner import canonical
from runner.evidence import Record

LONGEST = 100_000
"""Characters of one output on a page; what is longer is read from the run's folder."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One reply. `asked` is its time in UTC; `cut` tells that an output is longer than what is shown."""

    name: str
    record: Record
    asked: str
    stdout: Markup
    stderr: Markup
    cut: bool
    used_by: Sequence[str]
    run: str
    bundle: str


@dataclass(frozen=True, slots=True)
class Told:
    """`named` are all replies that findings cite; `missing` those of them that no run's folder has."""

    named: frozenset[str]
    shown: Sequence[Shown]
    missing: Sequence[str]


def told(index: Index, asset: str, kept: Replies) -> Told:
    """The replies of one asset, in the order asked."""
    used: dict[str, list[str]] = {}
    runs: set[str] = set()
    for check, finding in sorted(index.found.get(asset, {}).items()):
        for name in finding["evidence"]:
            used.setdefault(name, []).append(check)
            runs |= {run} if (run := finding.get("run")) else set()
    named = frozenset(used)
    bundles = kept.of(asset, named, frozenset(runs))
    shown = {one.name: one for bundle in bundles for one in _shown(bundle, used)}
    return Told(named, tuple(shown.values()), tuple(sorted(named - shown.keys())))


def _shown(kept: Kept, used: Mapping[str, Sequence[str]]) -> list[Shown]:
    return [
        Shown(
            name=name,
            record=record,
            asked=canonical.moment(record.reply.started),
            stdout=verbatim(record.reply.stdout[:LONGEST]),
            stderr=verbatim(record.reply.stderr[:LONGEST]),
            cut=max(len(record.reply.stdout), len(record.reply.stderr)) > LONGEST,
            used_by=used.get(name, ()),
            run=kept.run,
            bundle=kept.bundle,
        )
        for name, record in kept.records.items()
    ]
