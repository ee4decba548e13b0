"""Law 7: replies cut short, and what may come of them. `judge` takes a reply and gives the status and what was found.

A cut behind a line, or inside of one, takes away what could have spoken against a pass: nothing passes then. Two cuts
take nothing that is read, and must leave the verdict exactly as it was: one inside of the last line, and one behind the
line from which on, as the recording itself says (`unread`), its reader reads nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Judged = tuple[str, str]
BYTES = 24  # sampled in each reply, besides every line


def passes(judge: Callable[[str], Judged], text: str, unread: str = "") -> Iterator[str]:
    """What is wrong: each cut of `text` that passes and must not, as it ends and with what was found."""
    whole = judge(text)
    read = _read(text, unread)
    for end in _ends(text):
        found = judge(text[:end])
        if found[0] == "pass" and (end < read or found != whole):
            yield f"…{text[max(0, end - 40) : end]!r}: {found[1]}"


def _read(text: str, unread: str) -> int:
    """Up to where `text` must be whole: its last line with words, or the first of those that are not read."""
    if unread:
        assert unread in text, f"'{unread}' is nowhere"
        return text.rfind("\n", 0, text.index(unread)) + 1
    return text.rstrip().rfind("\n") + 1


def _ends(text: str) -> list[int]:
    lines = text.splitlines(keepends=True)
    behind_lines = {len("".join(lines[:kept])) for kept in range(len(lines))}
    return sorted(behind_lines | {*range(0, len(text), max(1, len(text) // BYTES))})
