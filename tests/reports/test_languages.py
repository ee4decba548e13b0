"""No word for readers stands in the code, and each key that the code names has its words, whatever is exercised."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.words import LANGUAGES, Language, catalogue

ROOT = Path(__file__).parent.parent.parent
CODE = sorted(path for room in ("reports", "commands") for path in (ROOT / room).rglob("*.py"))
TEMPLATES = sorted((ROOT / "reports/templates").rglob("*.j2"))
VIETNAMESE = re.compile(r"[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.I)
NO_WORDS = {
    "Rà Soát",  # the program's own name, in every language
    "THÀNH PHỐ",  # looked for in the name of an agency, which is data
    "VÀ",  # likewise
    *("Phường ", "Xã ", "Thị trấn ", "Đặc khu ", "ĐK."),  # likewise, in the names of wards
    *("aăâeêioôơuưy", "đ"),  # letters
}
BY_THEMSELVES = {
    "words.py",  # where it is done for all
    "month.py",  # the ids of months
    "stamp.py",  # the mark of a signature, whose time has one form in every language
    "checking.py",  # what verify says, in ISO as all verbs do
}
SPOKEN = re.compile(r"""\bwords\(\s*(["'])([a-z0-9_.]+)\1\s*[,)]""")
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)
MARKS = re.compile(r"<(style|script|code)\b.*?</\1>|<!--.*?-->|<[^>]*>|SHA-256", re.S)


def keys(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """Every first argument of something called `words`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and _name(node.func) == "words":
            yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0]


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _pattern(key: ast.expr) -> str | None:
    """What the key can be: itself, or its fixed parts with anything between."""
    if isinstance(key, ast.Constant):
        return re.escape(str(key.value))
    if isinstance(key, ast.JoinedStr):
        return "".join(re.escape(str(one.value)) if isinstance(one, ast.Constant) else ".+" for one in key.values)
    return None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_key_that_the_code_names_has_its_words(lang: Language) -> None:
    known = catalogue(lang)
    named = [(where, pattern) for path in CODE for where, key in keys(path) if (pattern := _pattern(key))]
    assert len(named) > 300
    assert not [(where, pattern) for where, pattern in named if not any(re.fullmatch(pattern, key) for key in known)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_key_that_a_template_names_has_its_words(lang: Language) -> None:
    named = {match[2] for path in TEMPLATES for match in SPOKEN.finditer(path.read_text(encoding="utf-8"))}
    assert named
    assert not named - catalogue(lang).keys()


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The texts in the code that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


def test_no_vietnamese_stands_in_the_code() -> None:
    found = [
        (str(path.relative_to(ROOT)), line, text)
        for path in CODE
        for line, text in texts(path)
        if VIETNAMESE.search(text) and text not in NO_WORDS
    ]
    assert not found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_word_stands_in_a_template(path: Path) -> None:
    left = MARKS.sub(" ", JINJA.sub(" ", path.read_text(encoding="utf-8")))
    assert not re.findall(r"[^\W\d_]{2,}", left)


def test_numbers_and_days_are_written_by_the_language_alone() -> None:
    """Nothing else writes a day or groups figures by itself."""
    found = []
    for path in (ROOT / "reports").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            spec = ast.unparse(node.format_spec) if isinstance(node, ast.FormattedValue) and node.format_spec else ""
            by_itself = re.search(r"%[A-Za-z]|,", spec) or _called(node) == "strftime"
            if by_itself and path.name not in BY_THEMSELVES:
                found.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    assert not found


def _called(node: ast.AST) -> str:
    return _name(node.func) if isinstance(node, ast.Call) else ""
