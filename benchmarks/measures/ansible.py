"""Ansible with pipelining, asking the same commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.rig import ACCOUNT, PEERS, Rig
from benchmarks.timing import Goal, Row, in_turns, quietly

FORKS = 10
CONFIG = """[defaults]
forks = {forks}
host_key_checking = True
stdout_callback = ansible.builtin.minimal
retry_files_enabled = False
[ssh_connection]
pipelining = True
ssh_args = -F none -o UserKnownHostsFile={known} -o IdentitiesOnly=yes -o ControlMaster=auto -o ControlPersist=60s
control_path_dir = {folder}/cp
"""


def measure(rig: Rig) -> Iterator[Row]:
    hosts = rig.servers[-rig.size.peer_hosts :]
    commands = rig.commands(rig.one)
    rig.audit(hosts)
    for module, goal in (("shell", Goal(">=", 30)), ("raw", None)):
        folder = rig.work / f"ansible-{module}"
        _write(rig, folder, module, commands)
        pairs = in_turns(partial(_run, folder), partial(rig.audit, hosts), rig.size.peer_rounds, warm=False)
        note = f"{len(hosts)} hosts on both sides, {FORKS} forks, {len(commands)} `{module}` tasks, no facts gathered"
        ratios = [them.wall / us.wall for them, us in pairs]
        yield Row(f"Ansible with pipelining, `{module}` tasks ÷ ours", ratios, goal, note=note)


def _write(rig: Rig, folder: Path, module: str, commands: list[str]) -> None:
    folder.mkdir()
    config = CONFIG.format(forks=FORKS, known=rig.city / "known_hosts", folder=folder)
    (folder / "ansible.cfg").write_text(config, encoding="utf-8")
    settings = {
        "ansible_user": ACCOUNT,
        "ansible_ssh_private_key_file": str(rig.key),
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    hosts: dict[str, Any] = {
        asset.id: {"ansible_host": asset.address, "ansible_port": asset.port, **settings}
        for asset in rig.servers[-rig.size.peer_hosts :]
    }
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    lines = ["- hosts: all", "  gather_facts: false", "  tasks:"]
    for command in commands:
        said = json.dumps(command)
        task = f"{{cmd: !unsafe {said}}}" if module == "shell" else f"!unsafe {said}"
        lines += [f"    - ansible.builtin.{module}: {task}", "      failed_when: false", "      changed_when: false"]
    (folder / "ask.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _run(folder: Path) -> None:
    argv = [str(PEERS / "bin/ansible-playbook"), "-i", str(folder / "hosts.json"), str(folder / "ask.yml")]
    quietly(argv, {"ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "HOME": str(folder)})
