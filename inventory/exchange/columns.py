"""The sheets and columns of the spreadsheet form of an inventory, as `columns.yaml` lists them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import yaml

from inventory.fields import Record, Text

HERE = Path(__file__).parent
Form = Literal["text", "whole", "decimal", "day", "yes_no", "choice", "words", "wholes", "json"]


class Both(Record):
    """The same in Vietnamese and English."""

    vi: Text
    en: Text

    def of(self, lang: str) -> str:
        return self.en if lang == "en" else self.vi


class Column(Record):
    """One column. `choices` are the words of a closed list, each with its Vietnamese; `platforms` says that the
    platforms that can be asked are offered.
    """

    field: Text
    title: Both
    says: Both
    example: str | int | float
    form: Form = "text"
    also: tuple[Text, ...] = ()
    choices: Mapping[str, str] = {}
    platforms: bool = False

    def names(self) -> frozenset[str]:
        """All headings that mean this column, made plain."""
        return frozenset(map(plain, (self.field, self.title.vi, self.title.en, *self.also)))


class Sheet(Record):
    """One kind of record as a sheet."""

    title: Both
    about: Both
    columns: tuple[Column, ...]

    def column(self, heading: str) -> Column | None:
        """The column that a heading means; None where it means none."""
        return self._named.get(plain(heading))

    @cached_property
    def _named(self) -> Mapping[str, Column]:
        return {name: column for column in self.columns for name in column.names()}

    def at(self, field: str) -> Column | None:
        """The column of a record's field, or of the one that `field` lies in."""
        return next((c for c in self.columns if field == c.field or field.startswith(f"{c.field}.")), None)


@lru_cache
def sheets() -> Mapping[str, Sheet]:
    """kind of record → its sheet, in the order in which they are written."""
    rows = yaml.load((HERE / "columns.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return {kind: Sheet.model_validate(row) for kind, row in rows.items()}


def kind_of(name: str) -> str | None:
    """The kind of record that a sheet's or a file's name means, in either language; None where it means none."""
    wanted = plain(name)
    return next(
        (kind for kind, s in sheets().items() if wanted in (plain(kind), plain(s.title.vi), plain(s.title.en))), None
    )


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """The text without case, accents and signs, so that headings are understood however they are typed."""
    letters = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", bare).strip()
