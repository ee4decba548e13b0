"""docs/checks.md, made of the catalogue: every check with its words, what it reads, and which requirements ask for it.

`python -m reports.handbook` prints it; `scripts/docs` puts it in its place, and a test holds the file to it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from checks import catalogue, coverage, describe, reads
from checks.catalogue import Catalogue, Check, Standard
from reports.words import LANGUAGES, Words


class Handbook:
    """The catalogue under every standard, told in one or more languages."""

    def __init__(self, catalogues: Mapping[str, Catalogue], languages: Sequence[Words]) -> None:
        self._catalogues = catalogues
        self._words = languages

    @cached_property
    def _any(self) -> Catalogue:
        """Checks are the same under every standard."""
        return next(iter(self._catalogues.values()))

    @cached_property
    def _commands(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        return {id_: reads.commands(check, self._any) for id_, check in self._any.checks.items()}

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        """Every command once, numbered in the order of the checks."""
        asked = (command for by in self._commands.values() for commands in by.values() for command in commands)
        return {command: number for number, command in enumerate(dict.fromkeys(asked), 1)}

    def text(self) -> str:
        """The whole page."""
        parts = [*self._head(), *self._contents(), *self._coverage()]
        for id_, check in self._any.checks.items():
            parts += self._check(id_, check)
        return "\n".join([*parts, *self._questions()]) + "\n"

    def _both(self, key: str, **values: object) -> str:
        return " / ".join(dict.fromkeys(words(key, **values) for words in self._words))

    def _head(self) -> Iterator[str]:
        yield f"# {self._both('handbook.title')}"
        yield ""
        for words in self._words:
            yield from (words("handbook.intro", n=len(self._any.checks)), "")

    def _contents(self) -> Iterator[str]:
        topics: dict[str, list[str]] = {}
        for id_ in self._any.checks:
            topics.setdefault(id_.partition(".")[0], []).append(id_)
        for topic, ids in topics.items():
            yield f"- **{topic}**: " + ", ".join(f"[{id_}](#{_anchor(id_)})" for id_ in ids)
        yield ""

    def _coverage(self) -> Iterator[str]:
        yield from (f"## {self._both('handbook.coverage')}", "")
        names = ("requirements", "checks", "both", "attestation", "neither")
        yield _cells([self._both("handbook.standard"), "L", *(self._both(f"coverage.{name}") for name in names)])
        yield _cells(["---"] * (len(names) + 2))
        for ruler in self._rulers[:-1]:
            rows = coverage.of(ruler)
            for level in coverage.LEVELS:
                yield _cells([ruler.id, level, *coverage.total(rows, level, "technical")])
        yield ""
        for words in self._words:
            yield from (words("coverage.how_counted"), "")

    @cached_property
    def _rulers(self) -> Sequence[Standard]:
        return (*(one.standard for one in self._catalogues.values()), self._any.interconnection)

    def _check(self, id_: str, check: Check) -> Iterator[str]:
        card = check.card
        yield from (f"## {id_}", "")
        for words in self._words:
            yield f"**{_escaped(getattr(card.title, words.lang))}** · {words(f'severity.{card.severity}')}"
            yield ""
        for words in self._words:
            yield f"- {words('handbook.why')}: {_escaped(getattr(card.why, words.lang))}"
            yield f"- {words('handbook.remedy')}: {_escaped(getattr(card.remedy, words.lang))}"
        yield f"- {self._both('handbook.judged')}: {_escaped(describe.meaning(check))}"
        yield from self._facts(id_, check)
        yield from self._requirements(id_)
        yield ""

    def _facts(self, id_: str, check: Check) -> Iterator[str]:
        asked = self._commands[id_]
        kinds = check.card.kind if isinstance(check.card.kind, tuple) else (check.card.kind,)
        kind_words = ", ".join(self._both(f"asset_kind.{kind}") for kind in kinds)
        yield f"- {self._both('handbook.platforms')}: {kind_words}: {', '.join(asked) or '–'}"
        by_commands: dict[tuple[str, ...], list[str]] = {}
        for platform, commands in asked.items():
            by_commands.setdefault(commands, []).append(platform)
        read = "; ".join(
            f"{', '.join(platforms)}: {', '.join(f'[Q{self._numbers[c]}](#q{self._numbers[c]})' for c in commands)}"
            for commands, platforms in by_commands.items()
        )
        yield f"- {self._both('handbook.reads')}: {read or '–'}"
        if parameters := reads.parameters_of(check):
            yield f"- {self._both('handbook.parameters')}: {'; '.join(map(self._parameter, parameters))}"
        if check.card.playbook:
            yield f"- {self._both('handbook.playbook')}: `rasoat fix --check {id_}` ({check.card.playbook})"
        if check.card.references:
            yield f"- {self._both('handbook.references')}: {_escaped('; '.join(check.card.references))}"

    def _parameter(self, name: str) -> str:
        """A parameter with its values by level under each standard; long ones are left to the standard's file."""
        values = []
        for ruler in self._rulers:
            by_level = ruler.parameters[name].by_level if name in ruler.parameters else {}
            if by_level and all(isinstance(one, int | float) for one in by_level.values()):
                values.append(f"{ruler.id} " + ", ".join(f"L{level} {by_level[level]}" for level in sorted(by_level)))
        adjustable = any(ruler.parameters[name].adjustable for ruler in self._rulers if name in ruler.parameters)
        note = f" ({self._both('handbook.adjustable')})" if adjustable else ""
        return f"`{name}`{note}" + (f": {' · '.join(values)}" if values else "")

    def _requirements(self, id_: str) -> Iterator[str]:
        for ruler in self._rulers:
            for one in ruler.requirements:
                if id_ not in one.checks:
                    continue
                clauses = ", ".join(f"L{level} {ruler.clause(one, level)}" for level in one.levels)
                mark = "" if one.verified else f" ({self._both('handbook.unverified')})"
                both = "" if one.attested is None else f" + {self._both('handbook.with_attestation')}"
                yield f"- {ruler.id}: {_escaped(one.title.vi)} / {_escaped(one.title.en)}: {clauses}{mark}{both}"

    def _questions(self) -> Iterator[str]:
        yield from (f"## {self._both('handbook.questions')}", "")
        for words in self._words:
            yield from (words("handbook.questions_note"), "")
        for command, number in self._numbers.items():
            yield from (f"### Q{number}", "", "```sh", command, "```", "")


def _anchor(id_: str) -> str:
    """The anchor that a heading gets: small letters without points."""
    return id_.replace(".", "")


def _cells(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _escaped(text: str) -> str:
    """Text that no Markdown is made of."""
    return re.sub(r"([\\`*_<>\[\]|])", r"\\\1", text)


def text() -> str:
    """The page as the shipped catalogue makes it."""
    catalogues = {id_: catalogue.load(id_) for id_ in catalogue.standards()}
    return Handbook(catalogues, [Words(lang) for lang in LANGUAGES]).text()


if __name__ == "__main__":
    sys.stdout.write(text())
