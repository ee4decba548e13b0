"""A play's outcome by asset, and what it leaves behind: nothing, and never a secret."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.faults import BadInput
from inventory.model import Asset, Inventory, Login
from playbooks.outcome import State
from playbooks.run import play
from tests.playbooks.machine import PORT, Machine

CANARY = "chim-hoang-yen-1987"
PLAYBOOK = """\
- name: Sample
  hosts: all
  gather_facts: false
  tasks:
    - name: Write
      ansible.builtin.copy:
        dest: /root/sample
        content: "{{ word | default('a') }}\\n"
        mode: "0600"
    - name: Tell
      ansible.builtin.debug:
        msg: "told {{ word | default('a') }}"
"""


@pytest.fixture
def sample(tmp_path: Path) -> str:
    (tmp_path / "sample.yml").write_text(PLAYBOOK)
    return str(tmp_path / "sample")


def with_login(machine: Machine, **fields: str | None) -> tuple[Inventory, Login]:
    login = machine.login.model_copy(update=fields)
    return replace(machine.inventory, logins={login.id: login}), login


def with_assets(machine: Machine, *assets: Asset) -> Inventory:
    return replace(machine.inventory, assets={**machine.inventory.assets, **{asset.id: asset for asset in assets}})


def beside(machine: Machine, name: str, **fields: object) -> Asset:
    return machine.inventory.assets["may"].model_copy(update={"id": name, **fields})


def test_each_asset_has_its_outcome_in_the_order_asked_for(
    machine: Machine, sample: str, capfd: pytest.CaptureFixture[str]
) -> None:
    closed = beside(machine, "a-closed", port=PORT + 1)
    twin = beside(machine, "z-twin")
    inventory = with_assets(machine, closed, twin)
    order = ["z-twin", "a-closed", "may"]
    extra = {"may": {"word": "{{ lookup('pipe', 'id') }}"}}
    machine.run("echo a >/root/sample; chmod 600 /root/sample")
    outcome = play(sample, order, inventory, check=True, extra=extra, login=machine.login)
    assert [host.asset for host in outcome.hosts] == order
    assert [host.state for host in outcome.hosts] == [State.OK, State.UNREACHABLE, State.CHANGED]
    assert "refused" in outcome.of("a-closed").message
    assert [(c.task, c.diff) for c in outcome.of("may").changes] == [
        ("Write", "--- /root/sample\n+++ /root/sample\n@@ -1 +1 @@\n-a\n+{{ lookup('pipe', 'id') }}\n")
    ]
    assert outcome.of("may").notes == ("told {{ lookup('pipe', 'id') }}",)
    assert machine.read("/root/sample") == "a\n"
    assert capfd.readouterr() == ("", "")


def test_a_host_key_that_is_not_pinned_is_refused_and_not_learnt(machine: Machine, sample: str, tmp_path: Path) -> None:
    workspace = tmp_path / "other place 100%"
    (workspace / "keys").mkdir(parents=True)
    (workspace / "keys/quantri").write_bytes((machine.inventory.workspace / "keys/quantri").read_bytes())
    (workspace / "keys/quantri").chmod(0o600)
    (workspace / "known_hosts").touch()
    elsewhere = replace(machine.inventory, workspace=workspace)
    outcome = play(sample, ["may"], elsewhere, check=True, extra={}, login=machine.login)
    assert outcome.of("may").state is State.UNREACHABLE
    assert "Host key verification failed" in outcome.of("may").message
    assert (workspace / "known_hosts").read_text() == ""
    (workspace / "known_hosts").write_text((machine.inventory.workspace / "known_hosts").read_text())
    assert play(sample, ["may"], elsewhere, check=True, extra={}, login=machine.login).of("may").message == ""


def test_a_playbook_that_cannot_begin_says_why(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("- hosts: all\n  tusks: []\n")
    with pytest.raises(RuntimeError, match="tusks"):
        play(str(tmp_path / "bad"), ["may"], machine.inventory, check=True, extra={}, login=machine.login)


def test_an_address_is_never_an_option(machine: Machine, sample: str) -> None:
    inventory = with_assets(machine, beside(machine, "may", address="-oProxyCommand=id"))
    with pytest.raises(BadInput, match="is no address"):
        play(sample, ["may"], inventory, check=True, extra={}, login=machine.login)


def holds(path: Path, secret: str) -> bool:
    with suppress(OSError):  # gone again, or a socket
        return path.is_file() and secret.encode() in path.read_bytes()
    return False


@contextmanager
def watched(folder: str, secret: str) -> Iterator[list[str]]:
    """Files below `folder` in which `secret` was found while the context lasted."""
    seen: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            for top, _, names in os.walk(folder):
                seen.extend(name for name in names if holds(Path(top, name), secret))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def test_a_passphrase_is_nowhere_on_disk(
    machine: Machine, private: str, sample: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = machine.inventory.workspace / "keys"
    subprocess.run(["cp", "-p", keys / "quantri", keys / "locked"], check=True)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", CANARY, "-f", keys / "locked"], check=True)
    monkeypatch.setenv("RASOAT_CANARY", CANARY)
    inventory, login = with_login(machine, key="keys/locked", passphrase="env:RASOAT_CANARY")
    with watched(private, CANARY) as seen, watched(private, "OPENSSH PRIVATE KEY") as opened:
        outcome = play(sample, ["may"], inventory, check=True, extra={}, login=login)
    assert outcome.of("may").message == ""
    assert (seen, opened) == ([], [])
    monkeypatch.setenv("RASOAT_CANARY", "wrong")
    with pytest.raises(BadInput, match="cannot be opened with its passphrase"):
        play(sample, ["may"], inventory, check=True, extra={}, login=login)


def test_a_password_is_nowhere_on_disk_and_is_tried_once(
    machine: Machine, private: str, sample: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.run(f"echo 'quantri:{CANARY}' | chpasswd")
    monkeypatch.setenv("RASOAT_CANARY", CANARY)
    inventory, login = with_login(machine, key=None, password="env:RASOAT_CANARY")
    with watched(private, CANARY) as seen:
        outcome = play(sample, ["may"], inventory, check=True, extra={}, login=login)
    assert (outcome.of("may").message, seen) == ("", [])
    monkeypatch.setenv("RASOAT_CANARY", "wrong")
    refused = play(sample, ["may"], inventory, check=True, extra={}, login=login).of("may")
    assert refused.state is State.UNREACHABLE
    assert "wrong" not in refused.message
    assert machine.read("/var/log/sshd.log").count("Failed password for quantri") == 1


def test_a_key_that_is_not_there_is_bad_input(machine: Machine, sample: str) -> None:
    inventory, login = with_login(machine, key="keys/none")
    with pytest.raises(BadInput, match="cannot be read"):
        play(sample, ["may"], inventory, check=True, extra={}, login=login)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_play_that_is_ended_leaves_nothing(
    machine: Machine, private: str, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "slow.yml").write_text(f"- hosts: all\n  tasks:\n    - ansible.builtin.command: sleep {60 + number}\n")
    script = f"""
import sys
from pathlib import Path
from playbooks.run import play
from tests.playbooks.machine import inventory
city = inventory(Path({str(machine.inventory.workspace)!r}))
play({str(tmp_path / "slow")!r}, ["may"], city, check=False, extra={{}}, login=city.logins["quantri"])
"""
    root = Path(__file__).parent.parent.parent
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=root, env={**os.environ, "TMPDIR": private}, stderr=subprocess.PIPE) as process:
        wait_for(lambda: f"sleep {60 + number}" in machine.run("ps -A -o args="))
        process.send_signal(number)
        _, complaint = process.communicate(timeout=20)
    assert process.returncode == -number, complaint
    assert list(Path(private).iterdir()) == []
    left = subprocess.run(["pgrep", "-f", private], capture_output=True, text=True, check=False).stdout.split()
    assert left == []


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")
