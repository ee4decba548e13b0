"""What is known of firmware: every row has its source, and nothing unknown is ever supported."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.connectivity import firmware
from checks.model import Cause, Status, Unknown
from checks.readers.releases import Release
from tests.checks.connectivity.vendors import PLATFORMS

KNOWN = firmware.known()
DAYS = st.dates(date(2000, 1, 1), date(2040, 1, 1))


def release(name: str, today: date) -> Release:
    platform, _, train = name.partition("-")
    return Release(platform, train, today)


def test_every_row_has_a_source_that_is_used_and_a_platform_that_is_known() -> None:
    assert {row.source for row in KNOWN.releases.values()} == KNOWN.sources.keys()
    assert {name.partition("-")[0] for name in KNOWN.releases} <= {*PLATFORMS}
    assert all(source.url.startswith("https://") for source in KNOWN.sources.values())


def test_what_somebody_else_says_of_a_maker_is_not_verified() -> None:
    for name, row in KNOWN.releases.items():
        assert row.verified == (KNOWN.source(row).maker is None), name


@pytest.mark.parametrize("name", [name for name, row in KNOWN.releases.items() if row.end])
def test_the_last_day_is_the_last(name: str) -> None:
    end = KNOWN.releases[name].end
    assert end is not None
    assert firmware.support(release(name, end), {}).status is Status.PASS
    assert firmware.support(release(name, end + timedelta(1)), {}).status is Status.FAIL


@pytest.mark.parametrize("name", [name for name, row in KNOWN.releases.items() if row.ended_by])
def test_of_days_before_it_was_seen_to_have_ended_nothing_is_known(name: str) -> None:
    by = KNOWN.releases[name].ended_by
    assert by is not None
    assert firmware.support(release(name, by), {}).status is Status.FAIL
    with pytest.raises(Unknown) as unknown:
        firmware.support(release(name, by - timedelta(1)), {})
    assert unknown.value.cause is Cause.UNREADABLE


@given(st.sampled_from(PLATFORMS), st.from_regex(r"[1-9]\d?\.\d{1,2}", fullmatch=True), DAYS)
def test_what_no_row_tells_never_passes(platform: str, train: str, today: date) -> None:
    row = KNOWN.releases.get(f"{platform}-{train}")
    try:
        verdict = firmware.support(Release(platform, train, today), {})
    except Unknown:
        return
    assert verdict.status is Status.FAIL or (row is not None and row.end is not None and today <= row.end)


@given(st.sampled_from(sorted(KNOWN.releases)), DAYS, st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_what_the_city_declares_goes_before_what_ships(name: str, today: date, end: date) -> None:
    verdict = firmware.support(release(name, today), {name: end.isoformat()})
    assert verdict.status is (Status.PASS if today <= end else Status.FAIL)
