"""Every verb tells what it does and what it takes, at once, and refuses what it does not know."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import audit
from tests.commands.program import ROOT, rasoat

HEAVY = (
    "ansible",
    "babel",
    "jinja2",
    "yaml",
    "ansible_runner",
    "asyncssh",
    "netmiko",
    "paramiko",
    "reportlab",
    "rich",
    "testinfra",
)
EVERY = """
import contextlib, io, json, sys
import typer, audit

for words in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        typer.main.get_command(audit.app).main([*words, "--help"], standalone_mode=False)
    assert said.getvalue().startswith("Usage:"), words
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def verbs(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every verb with its words, groups left out."""
    below = getattr(command, "commands", None)
    if below is None:
        yield words, command
    for name, one in (below or {}).items():
        yield from verbs(one, (*words, name))


VERBS = dict(verbs(typer.main.get_command(audit.app)))


def test_the_verbs_of_the_contract_are_there() -> None:
    wanted = "demo init trust run report fix diff verify prepare release collect"
    assert {(name,) for name in wanted.split()} <= VERBS.keys()
    assert {("lab", name) for name in ("up", "down", "status", "exec", "score")} <= VERBS.keys()
    assert {("inventory", "check"), ("inventory", "show"), ("checks", "list"), ("checks", "show")} <= VERBS.keys()


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_a_verb_tells_what_it_does_and_what_each_option_means(words: tuple[str, ...]) -> None:
    command = VERBS[words]
    assert command.help
    assert command.help.rstrip().endswith(".")
    silent = [one.name for one in command.params if not getattr(one, "help", "") and one.name != "help"]
    assert silent == []
    assert {"--workspace", "--json", "--lang", "--quiet"} <= {opt for one in command.params for opt in one.opts}


def test_help_loads_nothing_heavy() -> None:
    asked = json.dumps([[], ["lab"], ["inventory"], ["checks"], *VERBS])
    done = subprocess.run(
        [sys.executable, "-c", EVERY, asked], capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "commands" in loaded
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nonsense", "No such command 'nonsense'"),
        ("lab nonsense", "No such command 'nonsense'"),
        ("run --nonsense", "No such option: --nonsense"),
        ("run --level 9", "'--level'"),
        ("run --concurrency none", "'--concurrency'"),
        ("run --lang fr", "'--lang'"),
        ("init", "Missing argument 'DIR'"),
        ("diff one", "Missing argument 'B'"),
        ("lab exec", "Missing argument"),
        ("prepare --asset one", "--public-key"),
    ],
)
def test_what_is_not_understood_is_refused(words: str, said: str, tmp_path: Path) -> None:
    told = rasoat(*words.split(), at=tmp_path)
    assert told.status == 2
    assert said in told.message


def test_the_version_is_told(tmp_path: Path) -> None:
    told = rasoat("--version", at=tmp_path)
    assert (told.status, told.out) == (0, "rasoat 0.1.0\n")
