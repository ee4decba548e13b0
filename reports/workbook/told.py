"""What every sheet of the audit workbook needs: the document looked up and in words, statuses with their colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reports.document import Document
from reports.formats import Report
from reports.index import Index
from reports.words import Words, capital
from reports.workbook.book import Column, Kind, Sheet, Tone, Toned, Value

TONES: Mapping[str, Tone | None] = {"pass": "good", "fail": "bad", "unknown": "open", "not_applicable": None}
Columns = Sequence[tuple[str, int, Kind]]
WIDE, NAME, ID = 60, 30, 22


@dataclass(frozen=True)
class Told:
    """One report."""

    report: Report

    @property
    def document(self) -> Document:
        return self.report.document

    @cached_property
    def index(self) -> Index:
        return Index(self.report.document)

    @property
    def words(self) -> Words:
        return self.report.words

    def sheet(self, name: str, columns: Columns, rows: Iterable[Sequence[Value]], notes: Sequence[str] = ()) -> Sheet:
        """A sheet by the name of its words."""
        heads = [Column(capital(self.words(f"sheet.{column}")), width, kind) for column, width, kind in columns]
        return Sheet(self.words(f"sheet_name.{name}"), heads, rows, notes, cut=self.words("sheet.cut"))

    def site(self, id_: str) -> str:
        return self.words.name(self.index.sites[id_])

    def unit(self, site: str) -> str:
        return self.site(self.index.unit(site))

    def member(self, family: str, word: str) -> str:
        """A member of a closed list of words, as a cell begins."""
        return capital(self.words(f"{family}.{word}"))

    def status(self, word: str) -> Toned:
        return Toned(self.member("status", word), TONES[word])

    def share(self, score: str, part: str) -> str:
        """The heading of a score's floor or coverage."""
        return f"{self.words(f'score.{score}')}: {self.words(f'sheet.{part}')}"
