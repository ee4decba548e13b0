"""Debian package versions, ordered (deb-version(7))."""

from __future__ import annotations

import re

Part = tuple[tuple[int, ...], int]
Key = tuple[int, tuple[Part, ...], tuple[Part, ...]]

END: Part = ((0,), 0)


def key(version: str) -> Key:
    """A key that sorts versions as dpkg does. Raises `ValueError` for what is no version."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return int(epoch), _parts(upstream), _parts(revision)


def _parts(text: str) -> tuple[Part, ...]:
    """Alternating letters and numbers; the end of the text sorts behind `~` and before all else."""
    found = re.findall(r"(\D*)(\d*)", text or "0")
    return (*(((*map(_weight, letters), 0), int(digits or 0)) for letters, digits in found if letters or digits), END)


def _weight(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
