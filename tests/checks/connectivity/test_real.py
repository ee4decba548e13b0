"""The questions and their readings on real routers: what holds is found, and what is broken is found broken."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.checks.connectivity.pair import EAST, EAST_LAN, Router, pair, until
from tests.checks.connectivity.replay import asked, demand, judge

pytestmark = [
    pytest.mark.city,
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces of their own need root"),
]
FAR = "10.99.0.1"  # nobody has it
AS_KEPT = {
    "link.up": "wan0: up, 10.9.0.1",
    "link.adjacency": "ospf Full",
    "link.route": f"{EAST}: connected wan0",
    "link.loss": "0 % (10/10)",
    "link.delay": " ms",
    "route.hub": f"{EAST_LAN}: ospf wan0 {EAST}, ping 10/10",
    "device.encrypted_management": "–",
    "device.management_sources": "10.9.9.0/24",
    "device.idle_timeout": "300 s",
    "device.no_default_account": "–",
    "device.central_syslog": "10.9.9.9",
    "device.failures_by_address": "nftables 10, MaxAuthTries 6",
    "device.supported_release": "debian-12",
}


@pytest.fixture(scope="module")
def routers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Router, Router]]:
    with pair(tmp_path_factory.mktemp("pair")) as both:
        yield both


def found(router: Router, check: str, case: Mapping[str, Any] | None = None) -> dict[str, str]:
    """What the check finds on the router as it now is."""
    want = demand(check, case or {})
    return judge(check, want, *router.ask(asked(check, want)))


@pytest.mark.parametrize("check", AS_KEPT)
def test_well_kept_routers_pass(routers: tuple[Router, Router], check: str) -> None:
    verdict = found(routers[0], check)
    assert verdict["status"] == "pass", verdict
    assert AS_KEPT[check] in verdict["actual"]


def test_the_other_end_passes_too(routers: tuple[Router, Router]) -> None:
    for check in ("link.up", "link.adjacency", "link.route", "link.loss"):
        assert found(routers[1], check, {"end": "parent"})["status"] == "pass"


def test_the_clock_follows_the_other_router(routers: tuple[Router, Router]) -> None:
    until(lambda: found(routers[0], "device.time_sync")["status"] == "pass", seconds=30)
    verdict = found(routers[0], "device.time_sync", {"parameters": {"time_sources": [FAR]}})
    assert verdict["status"] == "fail", verdict


def test_security_updates_are_compared_or_not_known(routers: tuple[Router, Router]) -> None:
    """What this machine's own lists say cannot be foreseen; that they are read to their end can."""
    verdict = found(routers[0], "device.security_updates", {"parameters": {"package_lists_max_age_days": 10_000}})
    assert verdict["status"] in {"pass", "fail"} or "no list" in verdict["actual"], verdict


@pytest.mark.parametrize(
    ("address", "port", "actual"),
    [(EAST, 8443, "refused"), (EAST, 8444, "timeout"), (FAR, 443, "unreachable"), (EAST, 22, "connected")],
)
def test_answers_of_services(routers: tuple[Router, Router], address: str, port: int, actual: str) -> None:
    west, east = routers
    east.run("command -v sshd >/dev/null && pgrep -x sshd >/dev/null || /usr/sbin/sshd")
    verdict = found(west, "service.answers", {"service": {"address": address, "port": port}})
    assert verdict["actual"].endswith(actual), verdict
    assert verdict["status"] == ("pass" if actual == "connected" else "fail")


def test_what_is_open_in_clear_text_is_found(routers: tuple[Router, Router]) -> None:
    west = routers[0]
    west.run("python3 -m http.server --bind 10.9.0.1 8080 >/dev/null 2>&1 & echo $! >/run/http.pid")
    until(lambda: "HTTP (tcp 10.9.0.1:8080)" in found(west, "device.encrypted_management")["actual"])
    west.run("kill $(cat /run/http.pid)")
    until(lambda: found(west, "device.encrypted_management")["status"] == "pass")


def test_spoilt_protection_is_found(routers: tuple[Router, Router]) -> None:
    west = routers[0]
    west.run("sed -i -e '/^AllowUsers/d' -e '/^ChannelTimeout/d' /etc/ssh/sshd_config; nft flush ruleset")
    west.run("echo admin:mat-khau-mac-dinh | chpasswd -c SHA512; kill $(pgrep -x rsyslogd)")
    assert found(west, "device.management_sources")["actual"] == "0.0.0.0/0"
    assert found(west, "device.idle_timeout")["actual"] == "∞"
    assert found(west, "device.no_default_account") == {"status": "fail", "actual": "admin"}
    until(lambda: found(west, "device.central_syslog")["actual"] == "10.9.9.9; rsyslogd: –")


def test_a_dead_wire_is_found_from_both_ends(routers: tuple[Router, Router]) -> None:
    """Last, since nothing comes back after it."""
    west, east = routers
    east.run("ip link set up0 down")
    until(lambda: found(west, "link.up")["actual"].startswith("wan0: down"))
    assert found(east, "link.up", {"end": "parent"})["actual"].startswith("up0: down")
    until(lambda: found(west, "link.adjacency")["status"] == "fail")
    for check, actual in {"link.route": f"{EAST}: –", "link.loss": "100 %", "route.hub": f"{EAST_LAN}: –"}.items():
        verdict = found(west, check)
        assert verdict["status"] == "fail"
        assert verdict["actual"].startswith(actual)
