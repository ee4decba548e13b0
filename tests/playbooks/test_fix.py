"""What is put right: every failure is in the plan, as a remedy or with the reason why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks import catalogue
from inventory.faults import BadInput
from inventory.model import AssetKind, Inventory
from playbooks import fix
from playbooks.fix import ByHand, Plan, Reason, Remedy
from playbooks.outcome import State
from tests.playbooks.machine import Machine, inventory

CATALOGUE = catalogue.load("tcvn-11930-2017")
WORDS = {"vi": "Tự khắc phục.", "en": "By hand."}


def card(playbook: str | None) -> dict[str, Any]:
    return {"playbook": playbook, "remedy": WORDS}


def finding(asset: str, check: str, status: str = "fail", **waiver: Any) -> dict[str, Any]:
    return {"asset": asset, "check": check, "status": status, "waiver": waiver or None}


@pytest.fixture
def city(tmp_path: Path) -> Inventory:
    router = inventory(tmp_path).assets["may"].model_copy(update={"id": "r1", "kind": AssetKind.DEVICE})
    return inventory(tmp_path, router)


@pytest.fixture
def document() -> dict[str, Any]:
    return {
        "checks": {
            "ssh.root_login_off": card("ssh-hardening"),
            "ssh.max_auth_tries": card("ssh-hardening"),
            "firewall.active": card("firewall"),
            "time.synchronised": card("time-sync"),
            "backup.recent": card(None),
            "service.answers": card(None),
            "device.time_sync": card("time-sync"),
        },
        "findings": [
            finding("may", "ssh.root_login_off"),
            finding("may", "ssh.max_auth_tries", valid=False),
            finding("may", "firewall.active"),
            finding("may", "time.synchronised", valid=True),
            finding("may", "backup.recent"),
            finding("may", "service.answers@thu-dien-tu"),
            finding("r1", "device.time_sync"),
            finding("cu", "firewall.active"),
            finding("may", "device.time_sync", status="unknown"),
            finding("r1", "backup.recent", status="pass"),
        ],
    }


def test_every_failure_is_in_the_plan(document: dict[str, Any], city: Inventory) -> None:
    assert fix.plan(document, city) == Plan(
        (
            Remedy("may", "firewall", ("firewall.active",)),
            Remedy("may", "ssh-hardening", ("ssh.max_auth_tries", "ssh.root_login_off")),
        ),
        (
            ByHand("may", "time.synchronised", Reason.WAIVED, WORDS),
            ByHand("may", "backup.recent", Reason.NO_REMEDY, WORDS),
            ByHand("may", "service.answers@thu-dien-tu", Reason.NO_REMEDY, WORDS),
            ByHand("r1", "device.time_sync", Reason.DEVICE, WORDS),
            ByHand("cu", "firewall.active", Reason.NOT_LISTED, WORDS),
        ),
    )


def test_a_waived_failure_is_put_right_when_asked_for_by_name(document: dict[str, Any], city: Inventory) -> None:
    plan = fix.plan(document, city, checks=["time.synchronised"])
    assert plan == Plan((Remedy("may", "time-sync", ("time.synchronised",)),), ())


def test_no_playbook_touches_a_system_that_it_was_not_written_for(document: dict[str, Any], tmp_path: Path) -> None:
    other = inventory(tmp_path).assets["may"].model_copy(update={"platform": "rocky"})
    plan = fix.plan(document, inventory(tmp_path, other), assets=["may"])
    assert plan.remedies == ()
    assert {by.reason for by in plan.by_hand} == {Reason.NO_REMEDY}


def test_a_plan_is_narrowed(document: dict[str, Any], city: Inventory) -> None:
    assert fix.plan(document, city, assets=["r1"]).remedies == ()
    assert {by.asset for by in fix.plan(document, city, scope="tp").by_hand} == {"may", "r1"}


def test_order_of_findings_does_not_matter(document: dict[str, Any], city: Inventory) -> None:
    backwards = {**document, "findings": document["findings"][::-1]}
    assert fix.plan(backwards, city).remedies == fix.plan(document, city).remedies


@pytest.mark.parametrize(
    "asked", [{"scope": "khong-co"}, {"assets": ["khong-co"]}, {"checks": ["khong.co"]}], ids=["site", "asset", "check"]
)
def test_what_is_not_known_is_bad_input(document: dict[str, Any], city: Inventory, asked: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"khong.co"):
        fix.plan(document, city, **asked)


def test_the_administrators_login_is_named_or_set(city: Inventory) -> None:
    with pytest.raises(BadInput, match="no login 'admin'"):
        fix.login(city)
    assert fix.login(city, "quantri").id == "quantri"
    settings = city.settings.model_copy(update={"fix_login": "quantri"})
    assert fix.login(replace(city, settings=settings)).id == "quantri"


def test_a_plan_is_shown_and_then_applied_with_the_assets_own_parameters(
    machine: Machine, document: dict[str, Any]
) -> None:
    asset = machine.inventory.assets["may"].model_copy(update={"parameters": {"ssh_max_auth_tries": 3}})
    city = replace(machine.inventory, assets={"may": asset})
    plan = fix.plan(document, city, checks=["ssh.max_auth_tries"])
    (dry,) = fix.dry_run(plan, city, CATALOGUE, machine.login)
    assert (dry.check, dry.of("may").state) == (True, State.CHANGED)
    assert "+MaxAuthTries 3\n" in dry.of("may").changes[0].diff
    assert "maxauthtries 6\n" in machine.run("sshd -T")
    (done,) = fix.apply(plan, city, CATALOGUE, machine.login)
    assert (done.check, done.of("may").state) == (False, State.CHANGED)
    assert "maxauthtries 3\n" in machine.run("sshd -T")
    assert "PermitRootLogin" not in machine.read("/etc/ssh/sshd_config.d/00-rasoat.conf")
