"""The house is as docs/architecture.md draws it: who imports whom, who knows which library, how large a room is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("inventory", "checks", "runner", "playbooks", "reports", "lab", "commands", "audit")
DRAWING = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def modules() -> dict[str, Path]:
    paths = [ROOT / "audit.py", *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]
    return {name_of(path): path for path in paths if path.exists()}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = modules()


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def table(heading: str) -> dict[str, list[str]]:
    rows = re.search(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", DRAWING, re.M)
    assert rows is not None
    cells = ([cell.strip() for cell in row.strip("|").split("|")] for row in rows[1].splitlines())
    return {left: [word.strip() for word in right.split(",") if word.strip()] for left, right in cells}


def drawn_rooms() -> dict[str, set[str]]:
    return {room: set(below) for room, below in table("room").items()}


def test_rooms_import_exactly_what_the_drawing_says() -> None:
    found: dict[str, set[str]] = {room: set() for room in ROOMS}
    for name, path in MODULES.items():
        room = name.partition(".")[0]
        found[room] |= {other for imported in imports(path) if (other := imported.partition(".")[0]) in ROOMS} - {room}
    assert found == drawn_rooms()


@pytest.mark.parametrize("libraries", table("library"))
def test_a_library_is_known_only_where_the_drawing_says(libraries: str) -> None:
    homes = tuple(re.sub(r" \(.*\)", "", home) for home in table("library")[libraries])
    for library in libraries.split(", "):
        users = {name for name, path in MODULES.items() if library in {i.partition(".")[0] for i in imports(path)}}
        strangers = {user for user in users if not any(user == home or user.startswith(f"{home}.") for home in homes)}
        assert not strangers, f"{library} is known to {strangers}"
        assert users, f"nobody uses {library}"


def test_no_module_imports_itself_through_others() -> None:
    graph = {name: {i for i in imports(path) if i in MODULES and i != name} for name, path in MODULES.items()}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join((*trail, name))
        if name not in done:
            for below in graph[name]:
                walk(below, (*trail, name))
            done.add(name)

    for name in graph:
        walk(name, ())


def test_every_file_can_be_held_in_the_head() -> None:
    long = {name: lines for name, path in MODULES.items() if (lines := path.read_text().count("\n")) > LONGEST_FILE}
    assert not long


def test_every_function_can_be_read_at_once() -> None:
    long = {
        f"{name}.{node.name}": size
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert not long
