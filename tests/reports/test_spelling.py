"""The Vietnamese of all words for readers, syllable by syllable against a dictionary (npm's dictionary-vi).

The dictionary has each syllable with the tone where older spelling puts it (`khoá`); ours stand where today's does
(`khóa`), everywhere. A term that the English text beside it has too (a command, a product) is no Vietnamese; the few
others are listed with their reason.
"""

from __future__ import annotations

import gc
import re
import unicodedata
import warnings
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml
from spylls.hunspell import Dictionary

from reports.words import catalogue
from tests.readers import MODULES

ROOT = Path(__file__).parent.parent.parent
TONE = "[\u0300\u0301\u0303\u0309\u0323]"
TODAY = re.compile(rf"([ou])({TONE})([aey])$", re.I)
OLDER = re.compile(rf"(?:^|[^q])(?:o[ae]|uy){TONE}$", re.I)
ACCEPTED = {
    "byte": "the unit of an MTU, as networks have it",
    **dict.fromkeys(("nđ", "cp", "tt"), "official abbreviations: nghị định, Chính phủ, thứ tự or thông tư"),
    **dict.fromkeys(("ssh", "csp", "ip", "pam", "mac", "vlan"), "protocols and techniques, as everybody writes them"),
    **dict.fromkeys(("umask", "ptrace", "sudo", "stderr", "shell"), "words of the operating system"),
    **dict.fromkeys(("yaml", "logins", "addresses"), "names of files and fields of ours"),
    **dict.fromkeys(("bit", "container", "cookie", "mili"), "loan words that the dictionary has not"),
}


@lru_cache
def dictionary() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # spylls leaves its files for the collector to close
        found = Dictionary.from_files(str(MODULES / "dictionary-vi/index"))
        gc.collect()
    return found


@lru_cache
def told() -> tuple[tuple[str, str, str], ...]:
    """(where, Vietnamese, English) of every word for readers."""
    return tuple(_told())


def _told() -> Iterator[tuple[str, str, str]]:
    """The words of the locale, then those in the YAML beside checks and inventory."""
    english = catalogue("en")
    for key, forms in catalogue("vi").items():
        yield key, " ".join(forms), " ".join(english[key])
    for room in ("checks", "inventory", "lab"):
        for path in sorted((ROOT / room).rglob("*.yaml")):
            if "blank" not in path.parts:  # patterns of a new workspace are no data yet
                yield from _beside(yaml.safe_load(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT)))


def _beside(node: Any, where: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(node, dict):
        if isinstance(node.get("vi"), str):
            yield where, node["vi"], str(node.get("en", ""))
        for key, value in node.items():
            yield from _beside(value, f"{where} {key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _beside(value, f"{where} {number}")


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", re.sub(r"\{[^}]*\}", " ", text)))


@cache
def is_known(word: str) -> bool:
    small = word.lower()
    older = unicodedata.normalize("NFC", TODAY.sub(r"\1\3\2", unicodedata.normalize("NFD", small)))
    return any(dictionary().lookup(one) for one in (word, small, older))


def misspelt(vietnamese: str, english: str) -> list[str]:
    terms = {word.lower() for word in words_of(english)} | ACCEPTED.keys()
    return [word for word in words_of(vietnamese) if word.lower() not in terms and not is_known(word)]


def test_every_syllable_is_one() -> None:
    every = told()
    assert len(every) > 1500
    assert not [(where, wrong) for where, vietnamese, english in every if (wrong := misspelt(vietnamese, english))]


def test_the_tone_stands_where_today_puts_it() -> None:
    every = {(where, word) for where, vietnamese, _ in told() for word in words_of(vietnamese)}
    assert not [one for one in every if OLDER.search(unicodedata.normalize("NFD", one[1]))]


def test_what_is_misspelt_is_found() -> None:
    assert misspelt("Rà sóat khong đựơc, nghành, khóa máy chủ", "") == ["sóat", "khong", "đựơc", "nghành"]
    assert misspelt("Chạy sysctl", "Run sysctl") == []
    assert OLDER.search(unicodedata.normalize("NFD", "khoá"))
    assert not OLDER.search(unicodedata.normalize("NFD", "quý"))


def test_every_accepted_term_is_needed() -> None:
    used = {word.lower() for _, vietnamese, _ in told() for word in words_of(vietnamese)}
    assert not [term for term in ACCEPTED if term not in used or is_known(term)]
