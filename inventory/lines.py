"""YAML files as plain data that still know their lines, so that every fault names `file:line`.

Read strictly: UTF-8 only, one document, no duplicate keys, no tags, no aliases (one value would stand in two places,
and nested ones can grow without end). Text is brought to NFC, so that equal words are equal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from inventory.faults import BadInput, Fault

Place = Sequence[str | int]

_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST = 50
_TAG = "tag:yaml.org,2002:"
_construct = SafeConstructor()
_SCALARS: dict[str, Callable[[ScalarNode], Any]] = {
    f"{_TAG}str": lambda node: node.value,
    f"{_TAG}null": lambda _: None,
    f"{_TAG}bool": _construct.construct_yaml_bool,
    f"{_TAG}int": _construct.construct_yaml_int,
    f"{_TAG}float": _construct.construct_yaml_float,
    f"{_TAG}timestamp": _construct.construct_yaml_timestamp,
}


@dataclass(frozen=True, slots=True)
class Document:
    """A file's plain data; an empty file holds None.

    Where its lines are is read again from the text when a fault asks: what knows them needs ten times the room.
    """

    file: Path
    data: Any
    _text: str

    def line(self, place: Place) -> int | None:
        """The line of the deepest node on the way to `place`; None in an empty file.

        `place` is a pydantic location: steps that the file does not have are passed over.
        """
        node = _nodes(self.file, self._text)
        line = None if node is None else _line(node)
        for step in place:
            if isinstance(node, MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == str(step)), None)
                if pair is not None:
                    node, line = pair[1], _line(pair[0])
            elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = _line(node)
        return line

    def fault(self, place: Place, problem: str, mend: str) -> Fault:
        return Fault(self.file, self.line(place), problem, mend)


def read(file: Path) -> Document:
    """The document in `file`. Raises `BadInput` with every fault that YAML itself can show."""
    text = _text(file)
    root = _compose(file, text)
    faults: list[Fault] = []
    data = None if root is None else _plain(root, file, faults)
    if faults:
        raise BadInput(faults)
    return Document(file, data, text)


@lru_cache(maxsize=2)
def _nodes(file: Path, text: str) -> Node | None:
    return _compose(file, text)


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise BadInput([Fault(file, None, problem, "Check that it exists and who may read it.")]) from error
    try:
        text = unicodedata.normalize("NFC", content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput([Fault(file, line, "is not UTF-8 text", "Save the file with the encoding UTF-8.")]) from error
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        problem = f"holds the control character U+{ord(found[0]):04X}"
        raise BadInput([Fault(file, line, problem, "Delete that character; save the file as plain UTF-8 text.")])
    return text


def _compose(file: Path, text: str) -> Node | None:
    try:
        _refuse_shapes(file, text)
        root: Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadInput([_broken(file, text, None if mark is None else mark.line, str(error.problem))]) from error
    except yaml.YAMLError as error:
        raise BadInput([_broken(file, text, None, str(error).partition("\n")[0])]) from error
    return root


def _refuse_shapes(file: Path, text: str) -> None:
    """Refuse aliases, and nesting that no inventory needs: libyaml's composer recurses in C and would crash on it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            problem, mend = f"lists and records are nested more than {_DEEPEST} deep", "Check the brackets."
        elif isinstance(event, yaml.AliasEvent):
            problem, mend = (
                f"an alias (*{event.anchor})",
                "Write the value out; text that begins with * goes in quotes.",
            )
        else:
            continue
        raise BadInput([Fault(file, _line(event), problem, mend)])


def _broken(file: Path, text: str, index: int | None, why: str) -> Fault:
    """The fault on the line of this index, with the mend that fits what is usual there."""
    mend = "Check indentation, colons and quotes there and on the line above."
    if index is not None and "\t" in "".join(text.split("\n")[index : index + 1]):
        mend = "Indent with spaces, not with tabs."
    elif "another document" in why:
        mend = "Keep one document in a file: delete the line '---' between them."
    return Fault(file, None if index is None else index + 1, f"broken YAML: {why}", mend)


def _plain(node: Node, file: Path, faults: list[Fault]) -> Any:
    if isinstance(node, MappingNode) and node.tag == f"{_TAG}map":
        return _mapping(node, file, faults)
    if isinstance(node, SequenceNode) and node.tag == f"{_TAG}seq":
        return [_plain(item, file, faults) for item in node.value]
    if isinstance(node, ScalarNode):
        return _scalar(node, file, faults)
    faults.append(Fault(file, _line(node), f"the tag '{node.tag}' is not known here", "Delete the tag."))
    return None


def _mapping(node: MappingNode, file: Path, faults: list[Fault]) -> dict[Any, Any]:
    data: dict[Any, Any] = {}
    first: dict[str, Node] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            faults.append(Fault(file, _line(key), "a key is not a single word", "Write 'key: value'."))
            continue
        if key.value in first:
            problem = f"the key '{key.value}' stands here twice (first on line {_line(first[key.value])})"
            faults.append(Fault(file, _line(key), problem, "Keep one of the two."))
            continue
        first[key.value] = key
        data[key.value] = _plain(value, file, faults)
    return data


def _scalar(node: ScalarNode, file: Path, faults: list[Fault]) -> Any:
    construct = _SCALARS.get(node.tag)
    if construct is None:
        problem, mend = f"'{node.value}' cannot stand here", "Put it in quotes if it is text; delete any tag."
    else:
        try:
            return construct(node)
        except (ValueError, OverflowError, KeyError) as error:
            problem, mend = f"'{node.value}' is not a value ({error})", "Correct it, or put it in quotes if it is text."
    faults.append(Fault(file, _line(node), problem, mend))
    return None


def _line(at: Node | yaml.Event) -> int | None:
    return None if at.start_mark is None else int(at.start_mark.line) + 1
