from __future__ import annotations

from typing import Any

from lab.faults import Fault
from lab.score import compare, lines

DARK = Fault.model_validate(
    {
        "id": "dark",
        "title": {"vi": "Mất điện", "en": "Dark"},
        "where": "79",
        "kind": "dark",
        "expects": [
            {"site": "1", "check": "*", "status": "unknown", "cause": "timeout"},
            {"asset": "r-0", "check": "link.*@l-1", "status": "fail"},
        ],
    }
)
OPEN = Fault.model_validate(
    {
        "id": "open",
        "title": {"vi": "Mở", "en": "Open"},
        "where": "s-1",
        "expects": [{"check": "ssh.root_login_off", "status": "fail"}],
    }
)


def finding(asset: str, check: str, status: str, cause: str | None = None) -> dict[str, Any]:
    return {"asset": asset, "check": check, "status": status, "cause": cause, "actual": "seen"}


ASSETS = [{"id": "r-1", "site": "1"}, {"id": "r-0", "site": "0"}, {"id": "s-1", "site": "0"}]


def document(findings: list[dict[str, Any]]) -> dict[str, Any]:
    return {"assets": ASSETS, "findings": findings}


FOUND = [
    finding("r-1", "route.hub", "unknown", "timeout"),
    finding("r-0", "link.up@l-1", "fail"),
    finding("r-0", "link.up@l-2", "pass"),
    finding("s-1", "ssh.root_login_off", "fail"),
]


def test_a_perfect_audit() -> None:
    report = compare(document(FOUND), (DARK, OPEN))
    assert report.perfect
    assert report.found == ("dark", "open")
    assert report.not_asked == ()


def test_a_fault_that_passes_is_missed() -> None:
    report = compare(document([*FOUND[:3], finding("s-1", "ssh.root_login_off", "pass")]), (DARK, OPEN))
    assert report.found == ("dark",)
    assert any("open" in line and "pass seen" in line for line in lines(report))
    assert [(one.fault, one.actual) for one in report.missed] == [("open", "pass seen")]


def test_another_cause_is_a_miss_and_a_false_alarm() -> None:
    report = compare(document([finding("r-1", "route.hub", "unknown", "refused"), *FOUND[1:]]), (DARK, OPEN))
    assert [one.fault for one in report.missed] == ["dark"]
    assert [one.asset for one in report.false_alarms] == ["r-1"]


def test_what_was_not_planted_is_a_false_alarm() -> None:
    report = compare(document([*FOUND, finding("r-0", "link.up@l-2", "fail")]), (DARK, OPEN))
    assert [(one.asset, one.check) for one in report.false_alarms] == [("r-0", "link.up@l-2")]
    assert not compare(document(FOUND), (DARK,)).perfect


def test_what_the_audit_was_not_asked_is_neither() -> None:
    report = compare(document(FOUND[3:]), (DARK, OPEN))
    assert report.not_asked == ("dark",)
    assert report.perfect
