"""A requirement that takes a check and a person needs both; a statement holds no longer than its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from reports import plans, shortest
from reports.document import Document
from reports.index import Index
from reports.judging import BARE, PLAIN
from reports.shortest import Fix
from tests.reports import documents

PROBED, SYSTEM, SERVER = "ssh.password_login_off", "tthc", "dc-tthc-1"
REASON = {"vi": "Máy chỉ thấy một phần", "en": "A machine sees a part"}


def asked_both(*, passes: bool, vouched: bool, **more: Any) -> Document:
    """The practice document in which one probed requirement takes a person's word too."""
    document = documents.practice()
    [wanted] = [one for one in document["requirements"] if one["checks"] == [PROBED]]
    wanted.update(cast(Any, {"attested": REASON, **more}))
    for finding in document["findings"]:
        if finding["check"] == PROBED:
            finding["status"] = "pass" if passes or finding["asset"] != SERVER else "fail"
    if vouched:
        said = {**document["attestations"][0], "id": "both", "system": SYSTEM, "requirement": wanted["id"]}
        document["attestations"].append(cast(Any, {**said, "signed_on": "2026-08-31", "expires_on": "2027-08-31"}))
    return document


def judged(document: Document, lens: Any = PLAIN) -> plans.Judged:
    index = Index(document)
    [found] = [one for one in plans.judge(index, index.systems[SYSTEM], lens) if one.requirement["checks"] == [PROBED]]
    return found


@pytest.mark.parametrize("passes", [True, False])
@pytest.mark.parametrize("vouched", [True, False])
def test_both_are_needed(passes: bool, vouched: bool) -> None:
    found = judged(asked_both(passes=passes, vouched=vouched))
    assert found.how == "both"
    assert (found.met is True) == (passes and vouched)
    assert (found.probed, found.vouched) == (passes, vouched)
    assert judged(asked_both(passes=passes, vouched=vouched), BARE).met is False


@pytest.mark.parametrize("passes", [True, False])
@pytest.mark.parametrize("vouched", [True, False])
def test_the_path_names_each_half_that_is_missing(passes: bool, vouched: bool) -> None:
    document = asked_both(passes=passes, vouched=vouched)
    index = Index(document)
    found = {*shortest.fixes(index, index.systems[SYSTEM])}
    requirement = judged(document).requirement["id"]
    assert (Fix("attest", SYSTEM, requirement) in found) is not vouched
    assert (Fix("remedy", "79", PROBED) in found) is not passes


@pytest.mark.parametrize(
    ("deviation", "how"), [(None, "both"), ("probed", "both"), ("attested", "attested"), ("not_applicable",) * 2]
)
def test_a_plan_cannot_take_the_persons_part_away(deviation: str | None, how: str) -> None:
    assert plans.how_met([PROBED], REASON, deviation) == how


@pytest.mark.parametrize(
    ("every", "met"),
    [({}, True), ({"3": 3}, True), ({"3": 2}, False), ({"2": 1}, True)],
)
def test_a_statement_older_than_its_interval_no_longer_holds(every: Mapping[str, int], met: bool) -> None:
    """Signed 31 August, audited 21 November: within three months, not within two; level 2 is not this system's."""
    assert judged(asked_both(passes=True, vouched=True, every_months=every)).met is met


@pytest.mark.parametrize(("signed", "holds"), [("2026-02-28", True), ("2026-02-27", False)])
def test_a_month_ends_where_the_shorter_one_does(signed: str, holds: bool) -> None:
    said = cast(Any, {"signed_on": signed, "expires_on": "2027-01-01"})
    assert plans.vouches(said, 1, "2026-03-31") is holds
