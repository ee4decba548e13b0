"""Documents in which every place that a machine or a file can fill says the same text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from reports.document import Document
from tests.reports import documents

ANYTHING = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30)
"""Text with what no text should hold: control characters, lone surrogates, marks that turn its direction."""

NASTY = (
    documents.HOSTILE,
    "\x00\x07\x1b[2J\x7f\x85",
    "\ud800 \udfff \ufffe \U0010ffff",
    "\u202eabc\u2066\u200b\ufeff",
    "]]> --> <!-- <![CDATA[ &lt; &#0; &amp;",
    "{0} {{x}} [a](javascript:alert(1)) ![b](//x) `c` **d** ${jndi:ldap://x} {{ insert: param, x }}",
    "first\nsecond\r\n\tthird\u2028fourth",
    '\\ \\n \\" " \' % %s',
    "e\u0302\u0323 (NFD)",
)


HERE = "here"
WRITTEN = settings(max_examples=40, deadline=None)  # each example writes and reads a file


def document(text: str) -> Document:
    """The document of `_with_place`, its places filled with the text."""
    filled: Document = _filled(_with_place(), text)
    return filled


def _filled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, text) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, text) for one in value]
    return text if value == HERE else value


@lru_cache
def _with_place() -> Document:
    """One server at a ward and a device that could not be reached, one failure of the server waived."""
    made = documents.blank("live")
    made["sites"] += [
        documents.site("760", HERE, "district", "79", HERE),
        documents.site("26740", HERE, "ward", "760", HERE),
    ]
    made["systems"] = [documents.system("s", HERE, "760", 2, "approved")]
    made["assets"] = [
        documents.asset("one", "26740", "server", ["s"], 2),
        documents.asset("two", "760", "device", ["s"]),
    ]
    documents.judge(made, {("one", "audit.running"): HERE, ("one", "logs.retention"): HERE}, {"two": "timeout"})
    for finding in made["findings"]:
        finding["expected"] = finding["actual"] = HERE
        if finding["check"] == "logs.retention":
            finding["waiver"] = {**documents.mark(valid=True), "reason": HERE, "owner": HERE, "approver": HERE}
        if finding["check"] == "time.synchronised":
            finding["status"] = "not_applicable"
    for card in made["checks"].values():
        card["title"] = card["why"] = card["remedy"] = {"vi": HERE, "en": HERE}
    made["assets"][0]["address"] = HERE
    return documents.scored(made)
