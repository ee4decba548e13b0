"""The two READMEs show the same commands, and the program knows every verb and option of them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from audit import app

ROOT = Path(__file__).parent.parent
FILES = ("README.md", "README.vi.md")
OWN_NAMES = {"thanh-pho": "my-city", "phep_thu.py": "my_probes.py"}


def shown(file: str) -> list[list[str]]:
    """The words behind `rasoat` of each command in a block of the file."""
    text = (ROOT / file).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [[re.sub("thanh-pho", "my-city", OWN_NAMES.get(word, word)) for word in line] for line in lines]


def test_both_show_the_same_commands() -> None:
    english, vietnamese = map(shown, FILES)
    assert english == vietnamese
    assert len(english) > 10


@pytest.mark.parametrize("words", [line[1:] for line in shown(FILES[0]) if line[0] == "rasoat"], ids=" ".join)
def test_the_program_knows_what_is_shown(words: list[str]) -> None:
    """Parsed as the program would, and not called."""
    command, context = typer.main.get_command(app), None
    rest = words
    while hasattr(command, "get_command"):
        context = command.make_context(rest[0], [], parent=context, resilient_parsing=True)
        command, rest = command.get_command(context, rest[0]), rest[1:]
        assert command is not None
    made = command.make_context(words[0], rest, parent=context)
    assert made.params
