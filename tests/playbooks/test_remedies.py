"""Every remedy on a broken machine: the dry run only tells, the first run mends, the second changes nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks import catalogue
from checks.catalogue import BoundCheck
from checks.model import Question, Reply, Unknown
from inventory.model import Inventory
from playbooks import fix, run
from playbooks.outcome import HostOutcome, State
from runner.sessions.backend import host_from
from tests.playbooks.machine import AUDITOR, Machine, ssh

BROKEN = Path(__file__).with_name("broken.sh")
CATALOGUE = catalogue.load("tcvn-11930-2017")
NEEDS_A_PACKAGE_FIRST = "--- /etc/apt/apt.conf.d/99zz-rasoat"
MADE_BY_USERMOD = "--- /etc/passwd-"
REMEDIES = run.HERE / "remedies"
SHARED_WITH_THIS_KERNEL = "kernel.address_randomisation"  # cannot be broken for one machine alone
PARAMETERS = {
    "time_sources": [AUDITOR],
    "log_collectors": [AUDITOR],
    "automation_accounts": ["rasoat-audit", "quantri", "postgres"],
    "password_max_age_days": 90,
}


@pytest.fixture(scope="module")
def city(machine: Machine) -> Inventory:
    asset = machine.inventory.assets["may"].model_copy(update={"parameters": PARAMETERS})
    return replace(machine.inventory, assets={"may": asset})


@pytest.fixture(scope="module")
def time_server(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The city's time server, where the auditor stands; like the machine's own chronyd it may not set the clock."""
    folder = tmp_path_factory.mktemp("time")
    settings = f"local stratum 5\nallow\ncmdport 0\nbindcmdaddress /\npidfile {folder}/pid\nuser root\n"
    (folder / "conf").write_text(settings)
    with subprocess.Popen(["chronyd", "-x", "-d", "-f", folder / "conf"], stderr=subprocess.DEVNULL) as server:
        yield machine.pid
        server.terminate()


def remedied() -> dict[str, list[str]]:
    """playbook → the server checks that name it."""
    found: dict[str, list[str]] = {}
    for check in CATALOGUE.checks.values():
        if check.card.playbook is not None:
            found.setdefault(check.card.playbook, []).append(check.id)
    return found


def judged(machine: Machine, bound: BoundCheck) -> str:
    """What the check makes of the machine's own replies."""
    replies = {question: reply(machine, question) for question in bound.questions()}
    try:
        return str(bound.check.function(host_from(replies, "may"), bound.want).status)
    except Unknown as unknown:
        return f"unknown: {unknown}"


def reply(machine: Machine, question: Question) -> Reply:
    done = machine.attempt(question.command)
    return Reply(question, done.stdout, done.stderr, done.returncode, datetime.now(UTC), 0.0, "root")


def statuses(machine: Machine, city: Inventory) -> Mapping[str, str]:
    checks = [check for checks in remedied().values() for check in checks]
    bound = [bound for bound in CATALOGUE.bind(city.assets["may"], city) if bound.id in checks]
    assert len(bound) == len(checks)
    return {one.id: judged(machine, one) for one in bound}


def play(city: Inventory, playbook: str, checks: list[str], *, check: bool, **extra: Any) -> HostOutcome:
    variables = {**fix.variables("may", checks, city, CATALOGUE), **extra}
    return run.play(playbook, ["may"], city, check=check, extra={"may": variables}, login=city.logins["quantri"]).of(
        "may"
    )


def files(outcome: HostOutcome) -> set[str]:
    """The files whose difference was shown."""
    return {line for change in outcome.changes for line in change.diff.splitlines() if line.startswith("--- ")}


def test_every_playbook_that_a_check_names_exists_and_every_remedy_is_named() -> None:
    assert set(remedied()) == {path.stem for path in REMEDIES.glob("*.yml")}


@pytest.mark.timeout(500)  # some 270 tasks, one after the other
def test_remedies_turn_failures_to_passes(machine: Machine, city: Inventory, time_server: int, tmp_path: Path) -> None:
    machine.run(BROKEN.read_text())
    assert time_server
    before = statuses(machine, city)
    assert [check for check, status in before.items() if status == "pass"] == [SHARED_WITH_THIS_KERNEL]

    books = sorted(remedied(), key=lambda book: (book in fix.LAST, book))
    everything = tmp_path / "everything.yml"
    everything.write_text("".join(f"- ansible.builtin.import_playbook: {REMEDIES / book}.yml\n" for book in books))
    checks = sorted(before)

    snapshot = machine.snapshot()
    dry = play(city, str(everything.with_suffix("")), checks, check=True)
    assert (dry.state, dry.message) == (State.CHANGED, "")
    assert "+PermitRootLogin no" in "".join(change.diff for change in dry.changes)
    assert machine.snapshot() == snapshot

    done = play(city, str(everything.with_suffix("")), checks, check=False)
    assert (done.state, done.message) == (State.CHANGED, "")
    after = statuses(machine, city)
    assert {check: status for check, status in after.items() if status != "pass"} == {}
    assert files(dry) <= files(done)
    assert files(done) - files(dry) <= {NEEDS_A_PACKAGE_FIRST, MADE_BY_USERMOD}

    again = play(city, str(everything.with_suffix("")), checks, check=False)
    assert (again.state, again.changes) == (State.OK, ())


def test_a_broken_configuration_of_sshd_is_left_alone(machine: Machine, city: Inventory) -> None:
    machine.write("/etc/ssh/sshd_config.d/50-broken.conf", "Bogus yes\n")
    pid = machine.read("/run/sshd.pid")
    outcome = play(city, "remedies/ssh-hardening", ["ssh.max_auth_tries"], check=False)
    machine.run("rm /etc/ssh/sshd_config.d/50-broken.conf")
    assert outcome.state is State.FAILED
    assert "50-broken.conf" in outcome.message
    assert outcome.changes == ()
    assert machine.read("/run/sshd.pid") == pid
    assert subprocess.run([*ssh(city.workspace), "true"], check=False).returncode == 0


def test_a_setting_that_locks_us_out_is_taken_back(machine: Machine, city: Inventory) -> None:
    old = machine.attempt("cat /etc/ssh/sshd_config.d/00-rasoat.conf").stdout
    elsewhere = {"rasoat_management_sources": ["198.51.100.0/24"]}
    outcome = play(city, "remedies/ssh-hardening", ["ssh.admin_sources_limited"], check=False, **elsewhere)
    assert outcome.state is State.FAILED
    assert "No new login was possible" in outcome.message
    assert machine.attempt("cat /etc/ssh/sshd_config.d/00-rasoat.conf").stdout == old
    assert subprocess.run([*ssh(city.workspace), "true"], check=False).returncode == 0


def test_password_login_is_not_switched_off_under_a_login_with_a_password(
    machine: Machine, city: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.run(
        "printf 'PasswordAuthentication yes\\n' >/etc/ssh/sshd_config.d/00-a.conf; kill -HUP $(cat /run/sshd.pid)"
    )
    machine.run("echo 'quantri:Canary-1-in-memory' | chpasswd -c SHA512")  # past PAM's rules
    monkeypatch.setenv("RASOAT_CANARY", "Canary-1-in-memory")
    login = city.logins["quantri"].model_copy(update={"key": None, "password": "env:RASOAT_CANARY"})
    with_password = replace(city, logins={"quantri": login})
    outcome = play(with_password, "remedies/ssh-hardening", ["ssh.password_login_off"], check=False)
    machine.run("rm /etc/ssh/sshd_config.d/00-a.conf; kill -HUP $(cat /run/sshd.pid)")
    assert outcome.state is State.FAILED
    assert outcome.message.startswith("ssh.password_login_off: the login in use would be refused afterwards")


def test_what_the_city_has_not_declared_is_not_guessed(city: Inventory) -> None:
    undeclared: dict[str, list[str]] = {"rasoat_time_sources": [], "rasoat_log_collectors": []}
    for playbook, check in (("time-sync", "time.source_declared"), ("log-forwarding", "logs.central")):
        outcome = play(city, f"remedies/{playbook}", [check], check=False, **undeclared)
        assert outcome.state is State.FAILED
        assert "in city.yaml" in outcome.message
