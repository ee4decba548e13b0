"""What other people's auditors said, read from what they printed: one verdict for each of their tests.

True passes, False fails, None could not be told (not run, an error, not applicable). Raises `KeyError` for a test that
the judge does not know: a question that nobody answers is a mistake in the list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Verdict = bool | None
RULE = "xccdf_org.ssgproject.content_rule_"
_OSCAP = {"pass": True, "fail": False}
_SSH = {"kex": "kex", "host_keys": "key", "ciphers": "enc", "macs": "mac"}


def oscap(said: str) -> dict[str, Verdict]:
    """rule → verdict, of `oscap xccdf eval`: three lines a rule, the last its result."""
    found = re.findall(rf"^Rule\s+{RULE}(\S+)\nResult\s+(\w+)", said, re.M)
    return {rule: _OSCAP.get(result) for rule, result in found}


def lynis(report: str, tests: Sequence[str]) -> dict[str, Verdict]:
    """test → verdict, of Lynis's report: it names what it ran, and warns or suggests where it is not content.

    A test is `TEST-1234`, or `TEST-1234:WORD` for what it says of WORD alone.
    """
    ran = set(re.findall(r"[A-Z]+-\d{4}", "".join(re.findall(r"^tests_executed=(.*)$", report, re.M))))
    remarks = re.findall(r"^(?:warning|suggestion|details)\[\]=([A-Z]+-\d{4})\|(.*)$", report, re.M)
    return {one: _lynis(one, ran, remarks) for one in tests}


def _lynis(one: str, ran: set[str], remarks: Sequence[tuple[str, str]]) -> Verdict:
    test, _, word = one.partition(":")
    if test not in ran:
        return None
    return not any(name == test and word in text for name, text in remarks)


def ssh_audit(said: Mapping[str, Any]) -> dict[str, Verdict]:
    """`kex`, `host_keys`, `ciphers`, `macs`: none of the algorithms offered has a note of failure."""
    return {
        ours: all("fail" not in one["notes"] for one in said[theirs]) if said[theirs] else None
        for ours, theirs in _SSH.items()
    }
