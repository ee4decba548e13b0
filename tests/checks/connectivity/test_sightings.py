"""What was seen, and who is behind it; tables of makers as their releases differ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.connectivity import neighbour
from checks.connectivity.facts import Neighbour, Reading
from checks.connectivity.seen import cisco_ios, huawei_vrp, juniper_junos, mikrotik_routeros
from checks.connectivity.sightings import introduced, things
from checks.connectivity.state import juniper_junos as state
from checks.connectivity.view import Device
from checks.model import Cause, Question, Reply, Unknown
from checks.readers.neighbours import Sighting, hardware
from tests.checks.connectivity import vendors

HARDWARE = "00:1b:21:aa:00:4d"


def device(*told: tuple[Question, str], cause: Cause | None = None) -> Device:
    now = datetime.now(UTC)
    return Device(Reply(question, text, "", None, now, 0.0, "audit", cause) for question, text in told)


def seen_by(platform: str, reading: Reading[tuple[Neighbour, ...]], changed: Mapping[str, str]) -> list[Neighbour]:
    """Whom the recorded device of a maker saw, had it replied differently to some commands."""
    asked = reading.ask()
    assert isinstance(asked, tuple)
    told = ((q, changed[q.command] if q.command in changed else vendors.answer(platform, q.command)) for q in asked)
    return [*reading.read(device(*told))]


@pytest.mark.parametrize("text", ["001b.21aa.004d", "001b-21aa-004D", "00:1B:21:AA:00:4D", "00-1b-21-aa-00-4d"])
def test_a_hardware_address_is_one_however_it_is_written(text: str) -> None:
    assert hardware(text) == HARDWARE


@pytest.mark.parametrize("text", ["", "Incomplete", "001b.21aa", "001b.21aa.004d.00", "switch-1"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="not a hardware address"):
        hardware(text)


def test_a_thing_is_one_however_many_tables_tell_of_it() -> None:
    told = (
        Sighting(HARDWARE, "lan1", ip_address("10.9.1.77"), ""),
        Sighting(HARDWARE, "", ip_address("10.9.1.78"), "camera"),
        *introduced("", "lan1", [ip_address("10.9.1.99"), ip_address("10.9.1.78")], "camera.lan"),
    )
    (one,) = things(told)
    assert (one.hardware, one.interface, one.name) == (HARDWARE, "lan1", "camera")
    assert {str(address) for address in one.addresses} == {"10.9.1.77", "10.9.1.78", "10.9.1.99"}


def test_who_tells_no_hardware_address_is_still_a_thing() -> None:
    told = introduced("", "wan0", [ip_address("10.9.1.3"), ip_address("10.9.1.4")], "sw-1")
    leases = (Sighting("", "", ip_address(f"10.9.1.{n}"), "") for n in (50, 51))
    assert [one.hardware for one in things((*told, *leases))] == ["?10.9.1.3", "?10.9.1.50", "?10.9.1.51"]


@pytest.mark.parametrize(
    ("own", "address"),
    [
        ("01:00:5e:00:00:05", "224.0.0.5"),
        ("01:00:5e:00:00:05", "10.9.1.5"),
        ("ff:ff:ff:ff:ff:ff", "10.9.1.255"),
        ("00:00:00:00:00:00", "10.9.1.6"),
        (HARDWARE, "224.0.0.1"),
        (HARDWARE, "255.255.255.255"),
        (HARDWARE, "0.0.0.0"),  # noqa: S104  # an address that is none
    ],
)
def test_groups_and_nobody_are_no_neighbours(own: str, address: str) -> None:
    assert not things([Sighting(own, "lan1", ip_address(address), "")])


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\r\n"), min_size=1)), st.integers(1, 9))
def test_a_table_that_lacks_a_line_is_never_whole(lines: list[str], lost: int) -> None:
    """Nor one that has a line too many, whatever stands in it."""
    table = cisco_ios.ARP
    text = "".join(f"{line}\n" for line in lines)
    for counted, whole in ((len(lines), True), (len(lines) + lost, False), (len(lines) - lost, False)):
        told = device((table.table, text), (table.count, f"Number of lines which match regexp = {counted}\n"))
        if whole:
            assert table.text(told) == text
        else:
            with pytest.raises(Unknown) as unknown:
                table.text(told)
            assert unknown.value.cause is Cause.UNREADABLE


def test_a_table_that_the_image_lacks_is_empty_only_where_it_is_not_configured() -> None:
    told = device(*((q, "") for q in cisco_ios.LLDP.questions), cause=Cause.NO_TOOL)
    assert cisco_ios.LLDP.text_if(False, told) == ""
    with pytest.raises(Unknown) as unknown:
        cisco_ios.LLDP.text_if(True, told)
    assert unknown.value.cause is Cause.NO_TOOL


def test_junos_says_in_words_that_a_daemon_does_not_run() -> None:
    """Which is no list where the configuration has one."""
    reading = juniper_junos.neighbours
    off = "error: the lldp subsystem is not running\n"
    config = vendors.answer("juniper_junos", "show configuration | display set")
    without = "".join(line for line in config.splitlines(keepends=True) if " lldp " not in line)
    changed = {juniper_junos.LLDP.command: off}
    fewer = {
        state.CONFIG.command: without,
        state.COUNT.command: f"Count: {len(without.splitlines())} lines\n",
    }
    found = seen_by("juniper_junos", reading, changed | fewer)
    assert {one.name for one in found} == {""}
    with pytest.raises(Unknown):
        seen_by("juniper_junos", reading, changed)


def test_vrp_says_in_words_that_lldp_is_off() -> None:
    reading = huawei_vrp.neighbours
    off = "Info: Global LLDP is not enabled.\n"
    told = {huawei_vrp.LLDP.command: off, huawei_vrp.BRIEF.command: off}
    assert {one.name for one in seen_by("huawei_vrp", reading, told)} == {""}
    with pytest.raises(Unknown):
        seen_by("huawei_vrp", reading, {huawei_vrp.LLDP.command: off})


def test_what_a_client_calls_itself_is_no_other_field() -> None:
    """RouterOS prints a host's name behind the fields of its own, in quotes or without."""
    line = (
        f" 0 D address=10.9.1.50 status=bound active-address=10.9.1.50 active-mac-address={HARDWARE} host-name={{}}\n"
    )
    for name in ('"x\\" active-address=10.9.1.1 y=\\""', "x active-address=10.9.1.1"):
        told = device(
            (mikrotik_routeros.ARP, "end\n"),
            (mikrotik_routeros.INTRODUCED, "end\n"),
            (mikrotik_routeros.LEASES, f"{line.format(name)}end\n"),
        )
        (one,) = mikrotik_routeros.neighbours.read(told)
        assert {str(address) for address in one.addresses} == {"10.9.1.50"}


@pytest.mark.parametrize("platform", vendors.PLATFORMS)
def test_what_a_maker_s_device_saw_is_told_as_the_reports_read_it(platform: str) -> None:
    for case in vendors.cases():
        if (case.platform, case.check, case.status) == (platform, "neighbour.listed", "fail"):
            _, actual = vendors.judged(case.check, case.want, case.replies())
            told = [*neighbour.read(actual)]
            assert "; ".join(map(str, told)) == actual
            assert all(one.addresses and one.hardware and one.interface for one in told)
