"""The replies behind the findings, read back from the folders of the runs that kept them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from reports.document import Document
from runner import evidence, kept
from runner.evidence import NoEvidence, Record
from runner.journal import Broken


def folders(runs: Path, document: Document) -> tuple[Path, ...]:
    """Below `runs`, those of the runs that the document is made from: its own, or all of its month."""
    sources = document["period"]["runs"] if "period" in document else [document["run"]]
    return tuple(runs / one["id"] for one in sources)


@dataclass(frozen=True)
class Kept:
    """One asset's replies in one run. `bundle` is the file that keeps them, below the run's folder."""

    run: str
    bundle: str
    records: Mapping[str, Record]


@dataclass(frozen=True)
class Replies:
    """Looks in `folders` in their order; what cannot be read or is not what its name says is not there."""

    folders: Sequence[Path]

    def of(self, asset: str, named: frozenset[str], runs: frozenset[str] = frozenset()) -> tuple[Kept, ...]:
        """The bundles of `asset` in which a reply of these names (`sha256:…`) stands, each with all its replies.

        `runs` are the ids of those to look in; all, if none is named.
        """
        found = []
        for folder, name in self._bundles.get(asset, ()):
            if runs and folder.name not in runs:
                continue
            try:
                records = evidence.read(folder, name)
            except NoEvidence:
                continue
            if named & records.keys():
                found.append(Kept(folder.name, f"{evidence.FOLDER}/{evidence.path_of(folder, name).name}", records))
        return tuple(found)

    @cached_property
    def _bundles(self) -> Mapping[str, Sequence[tuple[Path, str]]]:
        found: dict[str, list[tuple[Path, str]]] = {}
        for folder in self.folders:
            for asset, bundle in _named(folder).items():
                found.setdefault(asset, []).append((folder, bundle))
        return found


def _named(folder: Path) -> Mapping[str, str]:
    """asset → its bundle, as the journal has it; nothing of a journal that was changed."""
    try:
        outcomes = kept.read(folder).outcomes.values()
    except Broken:
        return {}
    return {outcome.asset: outcome.bundle for outcome in outcomes if outcome.bundle is not None}
