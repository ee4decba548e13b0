"""A check for a reader: everything that `checks.describe` knows of it, its own words in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.words import LANGUAGES, Words


def lines(shown: Mapping[str, Any], words: Words) -> Iterator[str]:
    """The description as text; labels are in the language of `words`."""
    severity = words(f"severity.{shown['severity']}")
    yield f"{shown['id']} · {severity}"
    for lang in LANGUAGES:
        yield f"  {shown['title'][lang]}"
    for name in ("why", "remedy"):
        yield from (f"  {words(f'handbook.{name}')} ({lang}): {shown[name][lang]}" for lang in LANGUAGES)
    yield f"  {words('handbook.judged')}: {shown['meaning'] or '–'}"
    yield f"  {words('handbook.platforms')}: {', '.join(shown['platforms']) or '–'}"
    yield from _reads(shown["reads"], words)
    yield from (_parameter(one, words) for one in shown["parameters"])
    yield from (_requirement(one, words) for one in shown["requirements"])
    if shown["playbook"]:
        yield f"  {words('handbook.playbook')}: rasoat fix --check {shown['id']} ({shown['playbook']})"
    yield from (f"  {words('handbook.references')}: {one}" for one in shown["references"])


def _reads(reads: Mapping[str, Sequence[str]], words: Words) -> Iterator[str]:
    """The commands, once for all platforms that are sent the same."""
    platforms: dict[tuple[str, ...], list[str]] = {}
    for platform, commands in reads.items():
        platforms.setdefault(tuple(commands), []).append(platform)
    for commands, named in platforms.items():
        yield f"  {words('handbook.reads')} ({', '.join(named)}):"
        yield from (f"    $ {command}" for command in commands)


def _parameter(one: Mapping[str, Any], words: Words) -> str:
    adjustable = f" ({words('handbook.adjustable')})" if one["adjustable"] else ""
    values = ", ".join(f"L{level} {_short(value)}" for level, value in one["by_level"].items())
    return f"  {words('handbook.parameters')}: {one['name']}{adjustable} · {one['standard']}: {values}"


def _short(value: Any) -> str:
    """A value of a parameter; a list by how much it holds."""
    if isinstance(value, list | tuple | dict):
        return f"[{len(value)}]" if value else "–"
    return str(value)


def _requirement(one: Mapping[str, Any], words: Words) -> str:
    clauses = ", ".join(f"L{level} {clause}" for level, clause in one["clauses"].items())
    mark = "" if one["verified"] else f" ({words('handbook.unverified')})"
    both = f" + {words('handbook.with_attestation')}" if one["with_attestation"] else ""
    return f"  {one['standard']} {clauses}{mark}: {words.of(one['title'])} [{one['id']}]{both}"
