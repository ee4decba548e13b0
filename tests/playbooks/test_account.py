"""The audit account: made, used, and taken away again."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from checks import catalogue, privileges
from inventory.faults import BadInput
from inventory.model import AssetKind, Inventory, Login
from playbooks import account
from playbooks.collect import collect
from playbooks.outcome import PlayOutcome, State
from tests.playbooks.machine import AUDITOR, Machine, ssh

CATALOGUE = catalogue.load("tcvn-11930-2017")


@pytest.fixture(scope="module")
def city(machine: Machine) -> Inventory:
    keys = machine.inventory.workspace / "keys"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / "audit"], check=True)
    audit = Login(id="audit", user=account.USER, key="keys/audit", sudo=True)
    return replace(machine.inventory, logins={**machine.inventory.logins, "audit": audit})


def prepare(city: Inventory, *, check: bool) -> PlayOutcome:
    key = city.workspace / "keys/audit.pub"
    way_in = city.logins["quantri"]
    return account.prepare(["may"], city, way_in=way_in, public_key=key, sources=[f"{AUDITOR}/32"], check=check)


def audit(city: Inventory, command: str) -> subprocess.CompletedProcess[str]:
    words = [*ssh(city.workspace, account.USER, "keys/audit"), command]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_prepare_is_dry_then_done_then_idle(machine: Machine, city: Inventory) -> None:
    before = machine.snapshot()
    dry = prepare(city, check=True).of("may")
    assert (dry.state, dry.message) == (State.CHANGED, "")
    assert machine.snapshot() == before
    done = prepare(city, check=False).of("may")
    assert (done.state, done.message) == (State.CHANGED, "")
    assert [change.task for change in done.changes] == [change.task for change in dry.changes]
    again = prepare(city, check=False).of("may")
    assert (again.state, again.changes) == (State.OK, ())


def test_the_account_may_ask_the_questions_and_nothing_else(machine: Machine, city: Inventory) -> None:
    rules = privileges.of_asset(city.assets["may"], city)
    assert machine.read(f"/etc/sudoers.d/{account.USER}").count("NOPASSWD") == len(rules) > 0
    assert audit(city, "sudo -n /usr/sbin/sshd -T").stdout.startswith("port 2222")
    for more in ("sudo -n /usr/sbin/sshd -T -ddd", "sudo -n /usr/sbin/sshd", "sudo -n id", "sudo -n /bin/sh"):
        assert audit(city, more).returncode == 1
    assert audit(city, f"echo more >>/var/lib/{account.USER}/.ssh/authorized_keys").returncode != 0
    states = machine.run(f"passwd -S {account.USER}").split()
    assert states[1] == "L"
    assert f'from="{AUDITOR}/32"' in machine.read(f"/var/lib/{account.USER}/.ssh/authorized_keys")


def test_facts_are_read_without_root_and_kept(machine: Machine, city: Inventory) -> None:
    router = city.assets["may"].model_copy(update={"id": "bo-dinh-tuyen", "kind": AssetKind.DEVICE})
    with_router = replace(city, assets={**city.assets, "bo-dinh-tuyen": router})
    before = machine.snapshot()
    outcome = collect(["bo-dinh-tuyen", "may"], with_router, way_in=city.logins["audit"])
    assert [(host.asset, host.state) for host in outcome.hosts] == [("may", State.OK)]
    assert machine.snapshot() == before
    kept = json.loads((city.workspace / "facts/may.json").read_text(encoding="utf-8"))
    assert (kept["asset"], kept["login"]) == ("may", account.USER)
    assert kept["facts"]["ansible_distribution"] == "Debian"
    assert kept["facts"]["ansible_eth0"]["ipv4"]["address"] == "192.0.2.2"
    assert "ansible_env" not in kept["facts"]


def test_release_takes_everything_away(machine: Machine, city: Inventory) -> None:
    for state in (State.CHANGED, State.OK):
        outcome = account.release(["may"], city, way_in=city.logins["quantri"], check=False).of("may")
        assert (outcome.state, outcome.message) == (state, "")
    assert machine.attempt(f"id {account.USER}").returncode != 0
    assert machine.run("grep -rl rasoat /etc --exclude='*-' || true") == ""
    assert machine.attempt(f"ls /var/lib/{account.USER}").returncode != 0
    assert audit(city, "true").returncode != 0


def test_what_is_no_public_key_is_bad_input(city: Inventory, tmp_path: Path) -> None:
    for content in (
        "",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n",
        'command="id" ssh-ed25519 AAAA\n',
        "ssh-rsa A\nssh-rsa B\n",
    ):
        (tmp_path / "key").write_text(content)
        with pytest.raises(BadInput, match="no single OpenSSH public key"):
            account.prepare(["may"], city, way_in=city.logins["audit"], public_key=tmp_path / "key", check=True)
    with pytest.raises(BadInput, match="cannot be read"):
        account.prepare(["may"], city, way_in=city.logins["audit"], public_key=tmp_path / "none", check=True)
