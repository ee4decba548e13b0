"""YAML is read strictly, and every place in it knows its line."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path

import pytest

from inventory import lines
from inventory.faults import BadInput


def written(tmp_path: Path, content: str | bytes) -> Path:
    file = tmp_path / "file.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def fault_lines(file: Path) -> list[tuple[int | None, str]]:
    with pytest.raises(BadInput) as caught:
        lines.read(file)
    assert {fault.file for fault in caught.value.faults} == {file}
    assert all(fault.mend for fault in caught.value.faults)
    return [(fault.line, fault.problem) for fault in caught.value.faults]


def test_plain_data_with_the_line_of_every_place(tmp_path: Path) -> None:
    text = "# first\na:\n  - x: 1\n    y: [2, 2024-01-02, yes, ~, 0.5]\n  -\n    x: 'one'\n"
    document = lines.read(written(tmp_path, text))
    assert document.data == {"a": [{"x": 1, "y": [2, date(2024, 1, 2), True, None, 0.5]}, {"x": "one"}]}
    places = [(), ("a",), ("a", 0), ("a", 0, "y", 1), ("a", 1), ("a", 1, "x"), ("a", 1, "missing"), ("a", 9)]
    assert [document.line(place) for place in places] == [2, 2, 3, 4, 6, 6, 6, 2]


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    document = lines.read(written(tmp_path, "# only a comment\n"))
    assert (document.data, document.line(("a",))) == (None, None)


def test_text_is_nfc_and_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Phường Tân Định")
    assert lines.read(written(tmp_path, f"\ufeffname: {decomposed}\n")).data == {"name": "Phường Tân Định"}


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "broken YAML"),
        ("a:\n\tb: 1\n", 2, "broken YAML"),
        ("a: 1\nb: 2\n a: 3\n", 3, "broken YAML"),
        ("a: 1\n---\nb: 1\n", 2, "another document"),
        ("a: 1\nb: *nowhere\n", 2, "an alias (*nowhere)"),
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands here twice (first on line 1)"),
        ("a: &x [1]\nb: *x\n", 2, "an alias (*x)"),
        ("a: &x\n  b: *x\n", 2, "an alias (*x)"),
        ("a: 1\n? [b]\n: 2\n", 2, "not a single word"),
        ("a: 1\nb: !!python/object:os.system {}\n", 2, "tag"),
        ("a: 1\nb: !secret x\n", 2, "cannot stand here"),
        ("a: 1\nb: 2024-13-40\n", 2, "'2024-13-40' is not a value"),
        ("a: 1\nb: \x00\n", 2, "U+0000"),
        ("tên: một\nb: tiếng\x1b[31m\n", 2, "U+001B"),
        ("a: 1\nb: Quận\n".encode("utf-16"), 1, "not UTF-8"),
        (b"a: 1\nb: 2\nc: H\xe0 N\xf4i\n", 3, "not UTF-8"),
    ],
)
def test_what_is_not_strict_yaml_is_refused_with_its_line(
    tmp_path: Path, content: str | bytes, line: int, problem: str
) -> None:
    [(found, said)] = fault_lines(written(tmp_path, content))
    assert found == line
    assert problem in said


def test_a_tab_is_named_as_the_cause(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not with tabs"):
        lines.read(written(tmp_path, "a:\n\tb: 1\n"))


def test_all_doubled_keys_are_said_at_once(tmp_path: Path) -> None:
    file = written(tmp_path, "a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert [line for line, _ in fault_lines(file)] == [2, 3]


@pytest.mark.parametrize("content", ["[" * 100_000, "a: " + "{b: " * 5_000, "- " * 100_000])
def test_a_file_nested_without_end_is_refused(tmp_path: Path, content: str) -> None:
    [(_, said)] = fault_lines(written(tmp_path, content))
    assert "nested more than 50 deep" in said


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert fault_lines(tmp_path / "none.yaml") == [(None, "cannot be read (No such file or directory)")]
    assert fault_lines(tmp_path) == [(None, "cannot be read (Is a directory)")]
