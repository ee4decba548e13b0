"""The sheet of the template that explains the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import yaml

from inventory.exchange.columns import Both, plain, sheets
from inventory.fields import Record, Text


class Guide(Record):
    """Its words in both languages."""

    title: Both
    lines: Mapping[str, tuple[Text, ...]]
    headings: Mapping[str, tuple[Text, ...]]


@lru_cache
def guide() -> Guide:
    """As `guide.yaml` has it."""
    return Guide.model_validate(yaml.safe_load((Path(__file__).parent / "guide.yaml").read_bytes()))


def is_guide(name: str) -> bool:
    """Whether a sheet of this name explains and holds no records."""
    return plain(name) in (plain(guide().title.vi), plain(guide().title.en))


def rows(lang: str) -> Iterator[tuple[str, ...]]:
    """The explanations, then a row for every column of every sheet."""
    yield from ((line,) for line in guide().lines[lang])
    yield ()
    yield guide().headings[lang]
    for sheet in sheets().values():
        yield sheet.title.of(lang), "", sheet.about.of(lang), ""
        yield from (("", c.title.of(lang), c.says.of(lang), str(c.example)) for c in sheet.columns)
