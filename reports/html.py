"""The fix lists as pages of their own: one self-contained HTML file for each district or department, and an index.

Nothing is fetched and nothing runs: style is inline, there is no script. Jinja2 escapes what machines and files say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import export
from reports.document import Document, Finding, Score, Tally
from reports.fixlist import FixList, Task, fix_lists
from reports.index import Index
from reports.text import mode_notice, printable
from reports.words import Words

TEMPLATES = Path(__file__).parent / "templates"
SHOWN = ("infrastructure_reviewed", "infrastructure_upgraded", "infrastructure_interconnected", "plans_implemented")


def _shown(value: object) -> object:
    """Text without characters that could turn its direction or hide it."""
    return printable(value) if isinstance(value, str) else value


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True)
class Page:
    """What the templates see: one unit's list, and how to say things."""

    index: Index
    words: Words
    fixes: FixList

    @property
    def name(self) -> str:
        return self.site(self.fixes.unit)

    @property
    def file(self) -> str:
        return file_name(self.fixes.unit)

    @property
    def tallies(self) -> Mapping[str, Tally]:
        """The unit's share of each score that it has a part in; the city's own unit has the whole city's."""
        scores = cast(Mapping[str, Score], self.index.document["scores"])
        return {n: scores[n]["by_site"][self.fixes.unit] for n in SHOWN if self.fixes.unit in scores[n]["by_site"]}

    @property
    def is_city(self) -> bool:
        return self.fixes.unit == self.index.city["id"]

    @property
    def unjudged_assets(self) -> int:
        return len({one.asset for one in self.fixes.unjudged})

    def site(self, id_: str) -> str:
        return self.words.name(self.index.sites[id_])

    def site_of(self, asset: str) -> str:
        return self.site(self.index.assets[asset]["site"])

    def subject(self, finding: Finding) -> str:
        """The link or service that the finding is about, if it is about one."""
        return finding["check"].partition("@")[2]

    def held(self, task: Task) -> str:
        """What the task holds back, as a list in words; empty if it is no headline."""
        counts = (("asset", task.held.assets), ("site", task.held.sites), ("system", task.held.systems))
        return self.words.listed(self.words(f"fixlist.held_{kind}", n=count) for kind, count in counts if count)

    def clauses(self, finding: Finding) -> str:
        """The clauses that ask for it; those not yet read in the standard itself carry an asterisk."""
        return ", ".join(f"{c}*" if c in self.index.unverified else c for c in finding["requirements"])

    @property
    def has_unverified(self) -> bool:
        rows = (row for task in self.fixes.tasks for row in task.rows)
        return any(clause in self.index.unverified for row in rows for clause in row["requirements"])


def pages(document: Document, words: Words) -> dict[str, str]:
    """File name → page, for every unit in the run's scope, and `index.html`."""
    index = Index(document)
    listed = [Page(index, words, fixes) for fixes in fix_lists(index)]
    common = {"document": document, "words": words, "run": document["run"], "notice": mode_notice(document, words)}
    written = {page.file: _templates().get_template("fixlist.html.j2").render(page=page, **common) for page in listed}
    return {"index.html": _templates().get_template("index.html.j2").render(pages=listed, **common), **written}


def file_name(unit: str) -> str:
    """A file name for the unit, whatever its id is made of: no two share one, and none is that of the index."""
    return export.file_name(unit, "html")
