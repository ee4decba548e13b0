"""Every word a reader sees, Vietnamese or English, from `locale/*.po`; numbers, days, lists as the language has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from reports.document import VIETNAM, Service, Site, System
from reports.document import Words as Both

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LOCALES = {"vi": Locale("vi"), "en": Locale("en", "GB")}
HERE = Path(__file__).parent / "locale"


class MissingWord(KeyError):
    """A key that the catalogue of a language does not have."""


@lru_cache
def catalogue(lang: Language) -> Mapping[str, tuple[str, ...]]:
    """key → the message, or its plural forms, as the language's .po file has them."""
    with (HERE / f"{lang}.po").open("rb") as file:
        messages = read_po(file, locale=lang, abort_invalid=True)
    return {_key(message.id): _forms(message.string) for message in messages if message.id}


def _key(id_: str | Iterable[str]) -> str:
    return id_ if isinstance(id_, str) else next(iter(id_))


def _forms(string: str | Iterable[str] | None) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string or ("",))


def capital(text: str) -> str:
    """The text with its first letter in upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Words:
    """One language. `words("key", n=3)` is the message with its places filled; a plural is chosen by `n`."""

    lang: Language

    def __call__(self, key: str, **values: object) -> str:
        forms = catalogue(self.lang).get(key)
        if forms is None or not all(forms):
            raise MissingWord(f"{self.lang}: {key}")
        chosen = forms[0 if len(forms) == 1 or values.get("n") == 1 else 1]
        return chosen.format(**{name: self._shown(value) for name, value in values.items()})

    def _shown(self, value: object) -> str:
        return self.number(value) if isinstance(value, int | float) else str(value)

    def number(self, value: float) -> str:
        """`12.345,6` or `12,345.6`."""
        return str(format_decimal(Decimal(str(value)), locale=LOCALES[self.lang]))

    def percent(self, value: float) -> str:
        """`87,6 %` or `87.6%`, of a value between 0 and 100 that is already rounded."""
        number = format_decimal(Decimal(str(value)), format="#,##0.#", locale=LOCALES[self.lang])
        return self("format.percent", number=number)

    def points(self, value: float) -> str:
        """A difference in percentage points, always with its sign."""
        number = format_decimal(Decimal(str(abs(value))), format="#,##0.#", locale=LOCALES[self.lang])
        return ("+" if value > 0 else "−" if value < 0 else "±") + str(number)

    def long_day(self, day: date) -> str:
        """`21 tháng 11, 2026` or `21 November 2026`."""
        return str(format_date(day, "long", locale=LOCALES[self.lang]))

    def month(self, day: date) -> str:
        """`tháng 11` or `November`."""
        return str(format_date(day, "MMMM", locale=LOCALES[self.lang]))

    def day(self, day: date | str) -> str:
        """`21/11/2026`, of a date or its ISO form."""
        day = date.fromisoformat(day) if isinstance(day, str) else day
        return str(format_date(day, "dd/MM/yyyy", locale=LOCALES[self.lang]))

    def short_day(self, day: date) -> str:
        """`21/11`, where the year is known."""
        return str(format_date(day, "dd/MM", locale=LOCALES[self.lang]))

    def moment(self, instant: str) -> str:
        """`09:15, 21/11/2026` in Vietnam, of an instant in UTC."""
        local = datetime.fromisoformat(instant).astimezone(VIETNAM)
        return f"{local:%H:%M}, {self.day(local.date())}"

    def listed(self, parts: Iterable[str]) -> str:
        """`a, b và c` or `a, b and c`."""
        return str(format_list(list(parts), locale=LOCALES[self.lang]))

    def of(self, both: Both) -> str:
        """The text in this language."""
        return both[self.lang]

    def name(self, thing: Site | System | Service) -> str:
        """The name in this language; in Vietnamese where there is no other."""
        return (thing["name_en"] or thing["name"]) if self.lang == "en" else thing["name"]
