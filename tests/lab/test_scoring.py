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


ASSETS = [
    {"id": "r-1", "site": "1", "kind": "device", "level": 2},
    {"id": "r-0", "site": "0", "kind": "device", "level": 3},
    {"id": "s-1", "site": "0", "kind": "server", "level": 3},
    {"id": "s-2", "site": "0", "kind": "server", "level": 2},
]
CHECKS = {
    "link.up": {"kind": ["device"], "levels": [1, 2, 3, 4, 5]},
    "route.hub": {"kind": ["device"], "levels": [1, 2, 3, 4, 5]},
    "ssh.root_login_off": {"kind": ["server"], "levels": [3, 4, 5]},
}


def document(findings: list[dict[str, Any]]) -> dict[str, Any]:
    return {"assets": ASSETS, "checks": CHECKS, "findings": findings}


NOTHING_OF_IT = finding("s-2", "packages.up_to_date", "pass")
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


def test_what_the_standard_does_not_ask_of_that_asset_is_neither() -> None:
    elsewhere = OPEN.model_copy(update={"where": "s-2"})
    report = compare(document([*FOUND[:3], finding("s-1", "ssh.root_login_off", "pass"), NOTHING_OF_IT]), (elsewhere,))
    assert report.not_asked == ("open",)
    assert not report.missed


def test_a_finding_that_the_standard_asks_for_and_that_is_not_there_is_missed() -> None:
    there = [*FOUND[:3], finding("s-2", "ssh.root_login_off", "pass"), finding("s-1", "ssh.other", "pass")]
    report = compare(document(there), (OPEN,))
    assert [(one.asset, one.actual) for one in report.missed] == [("s-1", "no such finding")]
    assert report.not_asked == ()
