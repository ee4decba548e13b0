from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checks import catalogue
from inventory.faults import BadInput
from inventory.load import load
from lab import city, faults, topology
from tests.lab.traces import city_id, networks, processes, shared_state, standing_in, traces

pytestmark = [pytest.mark.city, pytest.mark.usefixtures("real")]
ROOT = Path(__file__).parent.parent.parent
SMALL = (5, 0)
Said = Callable[..., str]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """A place for a city; what stands there is taken down in the end."""
    path = tmp_path / "city"
    yield path
    city.down(path)


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Said:
    """Runs a command on a host of a city; what it prints."""

    def run(workspace: Path, host: str, *command: str) -> str:
        capfd.readouterr()
        status = city.exec_(host, command, workspace)
        printed = capfd.readouterr()
        assert status == 0, printed.err
        return printed.out

    return run


@pytest.fixture
def login(said: Said) -> Said:
    """Runs a command as the audit account over SSH, from where the auditor stands; what it prints."""

    def run(workspace: Path, host: str, *command: str) -> str:
        there = next(one for one in city.status(workspace)["hosts"] if one["name"] == host)
        options = ["-F", "none", "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={workspace / 'known_hosts'}"]
        where = ["-i", there["key_file"], "-p", str(there["port"]), f"{there['user']}@{there['address']}"]
        return said(workspace, "auditor", "ssh", *options, "-o", "StrictHostKeyChecking=yes", *where, *command)

    return run


def test_status_names_every_host(practice: Path) -> None:
    told = city.status(practice)
    assert told["workspace"] == str(practice.resolve())
    assert {host["name"] for host in told["hosts"]} == {*topology.plan().by_name}
    assert all(Path("/run/netns", host["namespace"]).exists() for host in told["hosts"])
    assert Path("/run/netns", told["auditor"]).exists()
    json.dumps(told)


def test_the_workspace_is_a_valid_one_in_which_every_check_can_be_bound(practice: Path) -> None:
    inventory = load(practice)
    assert len(inventory.assets) == 30
    assert {inventory.level_of(asset) for asset in inventory.assets.values()} == {2, 3}
    checks = catalogue.load(inventory.settings.standard)
    assert all(checks.bind(asset, inventory) for asset in inventory.assets.values())
    assert load(practice, checks.adjustable()).sha256 == inventory.sha256


def test_the_auditor_logs_into_servers_and_routers(practice: Path, login: Said) -> None:
    assert login(practice, "server-760", "id -un; hostname") == "rasoat-audit\nserver-760\n"
    assert "Full" in login(practice, "router-760", "vtysh -c 'show ip ospf neighbor'")


def test_root_rights_of_the_audit_account_are_exact(practice: Path, login: Said) -> None:
    assert "permitrootlogin no" in login(practice, "server-760", "sudo -n /usr/sbin/sshd -T")
    refused = login(practice, "server-760", "sudo -n cat /etc/shadow 2>&1; echo end")
    assert "password is required" in refused
    assert "root:" not in refused


def test_all_adjacencies_are_full_but_those_of_the_cut_off_wards(practice: Path, said: Said) -> None:
    cut = {"router-26743", "router-27496"}
    for router in topology.plan().routers:
        if router.name not in cut:
            told = json.loads(said(practice, router.name, "vtysh", "-c", "show ip ospf neighbor json"))
            states = [one["nbrState"] for found in told["neighbors"].values() for one in found]
            cables = [c for c in topology.plan().cables if router.name in (c.child.host, c.parent.host)]
            assert len(states) == sum(cable.child.host not in cut for cable in cables)
            assert all(state.startswith("Full") for state in states)


def test_services_answer_in_a_ward_and_strangers_are_kept_out(practice: Path, said: Said) -> None:
    address = topology.plan().address_of("lgsp")
    page = said(
        practice,
        "server-26824",
        "bash",
        "-c",
        f"exec 3<>/dev/tcp/{address}/8080; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
    )
    assert "200 OK" in page
    assert "no" in said(
        practice, "server-26824", "bash", "-c", f"timeout 1 bash -c '</dev/tcp/{address}/2222' || echo no"
    )


def test_logs_arrive_at_the_collector_and_clocks_follow(practice: Path, said: Said) -> None:
    said(practice, "dc-lgsp", "logger", "-p", "auth.info", "a message for the collector")
    there = f"/var/log/central/{topology.plan().address_of('lgsp')}/messages.log"
    assert "a message for the collector" in said(
        practice,
        "dc-log",
        "sh",
        "-c",
        f"for i in 1 2 3 4 5 6; do grep 'for the coll' {there} && break; sleep 0.5; done",
    )
    assert "Normal" in said(practice, "router-27499", "chronyc", "-c", "tracking")


def test_servers_and_routers_know_the_people_of_the_central_directory(practice: Path, said: Said) -> None:
    for host in ("dc-lgsp", "dc-mail", "server-760", "router-760"):
        assert (
            said(practice, host, "id", "phamthudung") == "uid=10001(phamthudung) gid=10000(canbo) groups=10000(canbo)\n"
        )


def test_the_auditor_logs_in_while_the_directory_is_away(practice: Path, login: Said, said: Said) -> None:
    cut = "add table inet away; add chain inet away in { type filter hook input priority -10; }"
    said(practice, "dc-mail", "nft", f"{cut}; add rule inet away in tcp dport {topology.LDAPS_PORT} drop")
    try:
        began = time.monotonic()
        assert login(practice, "dc-lgsp", "sudo -n /usr/sbin/sshd -T; id -un").endswith("rasoat-audit\n")
        assert login(practice, "router-760", "id -un") == "rasoat-audit\n"
        assert time.monotonic() - began < 5
    finally:
        said(practice, "dc-mail", "nft", "delete table inet away")


def test_a_strange_machine_at_a_locked_port_reaches_nobody(practice: Path, said: Said) -> None:
    """What is plugged in where a server was has another hardware address, and the router's port knows but one."""
    own, ping = topology.plan().by_name["server-760"].hardware, "ping -c 1 -W 1 10.79.1.1 >/dev/null; echo $?"
    assert said(practice, "server-760", "sh", "-c", ping) == "0\n"
    said(practice, "server-760", "ip", "link", "set", "eth0", "address", "02:00:00:00:00:99")
    try:
        assert said(practice, "server-760", "sh", "-c", ping) == "1\n"
    finally:
        said(practice, "server-760", "ip", "link", "set", "eth0", "address", own)
    assert said(practice, "server-760", "sh", "-c", ping) == "0\n"


def test_routers_tell_the_collector_of_their_flows(practice: Path, said: Said) -> None:
    told = said(practice, "router-27499", "softflowctl", "statistics")
    assert re.search(r"Flows exported: [1-9]\d* .* \(0 failures\)", told), told
    assert ":2055" in said(practice, "dc-log", "ss", "-Huln")


def test_apt_sees_the_practice_packages_alone(practice: Path, said: Said) -> None:
    assert said(practice, "dc-lgsp", "apt-get", "-s", "upgrade").count("\nInst ") == 0
    assert "Inst openssl" in said(practice, "dc-mail", "apt-get", "-s", "upgrade")


def test_nothing_of_the_machine_underneath_shows(practice: Path, said: Said) -> None:
    assert said(practice, "dc-lgsp", "ls", "/opt", "/usr/local/bin", "/root", "/home").split() == [
        *("/home:", "quantri", "rasoat-audit", "/opt:", "/root:", "/usr/local/bin:")
    ]
    assert said(practice, "dc-lgsp", "sh", "-c", f"test -e {ROOT} && echo seen; true") == ""


def test_a_machine_cannot_set_the_shared_clock_or_kernel(practice: Path, login: Said, said: Said) -> None:
    asked = login(practice, "server-760", "grep CapBnd /proc/self/status")
    assert not int(asked.split()[1], 16) & (1 << 25 | 1 << 16 | 1 << 22)  # sys_time, sys_module, sys_boot
    refused = said(practice, "dc-lgsp", "sh", "-c", "sysctl -w kernel.randomize_va_space=1 2>&1 || true")
    assert "permission denied" in refused or "Read-only" in refused


def test_exec_passes_input_output_status_and_the_callers_folder_through(practice: Path) -> None:
    code = "import sys; from pathlib import Path; from lab.city import exec_;"
    code += "sys.exit(exec_('auditor', ['sh', '-c', 'cat; pwd; exit 7'], Path(sys.argv[1])))"
    argv = [sys.executable, "-c", code, str(practice)]
    result = subprocess.run(argv, input="in\n", capture_output=True, text=True, check=False, cwd=ROOT, timeout=30)
    assert (result.returncode, result.stdout) == (7, f"in\n{ROOT}\n")
    assert city.exec_("dc-lgsp", ["sh", "-c", "kill -TERM $$"], practice) == 128 + signal.SIGTERM


def test_exec_refuses_what_is_not_there(practice: Path) -> None:
    with pytest.raises(BadInput, match="no host"):
        city.exec_("nowhere", ["true"], practice)
    with pytest.raises(BadInput, match="not running"):
        city.exec_("server-27496", ["true"], practice)


def test_two_cities_stand_side_by_side_and_one_goes(practice: Path, workspace: Path, login: Said) -> None:
    before = shared_state()
    status = city.up(workspace, *SMALL)
    assert status.seconds < 25
    assert {fault.id for fault in city.faults_of(workspace)} == {f.id for f in faults.fitting(topology.plan(*SMALL))}
    assert login(workspace, "dc-lgsp", "hostname") == "dc-lgsp\n"
    assert shared_state() == before
    with pytest.raises(BadInput, match="several"):
        city.status()
    own = networks(workspace)
    assert standing_in(own)
    city.down(workspace)
    assert traces(workspace) == []
    assert standing_in(own) == []
    assert shared_state() == before
    assert login(practice, "dc-lgsp", "hostname") == "dc-lgsp\n"


@pytest.mark.parametrize("stage", ["hosts/dc-core/boot.log", "hosts/dc-tthc/boot.log"])
def test_down_after_a_kill_midway_leaves_nothing_and_up_works_again(workspace: Path, stage: str) -> None:
    code = "import sys; from pathlib import Path; from lab.city import up; up(Path(sys.argv[1]), 5, 0)"
    with subprocess.Popen([sys.executable, "-c", code, str(workspace)], cwd=ROOT) as process:
        reached = Path("/run/rasoat", city_id(workspace), stage)
        while not reached.exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    own = networks(workspace)
    assert processes(city_id(workspace)), "killed too early to prove anything"
    city.down(workspace)
    assert traces(workspace) == []
    assert standing_in(own) == []
    if stage.startswith("hosts/dc-core"):
        city.up(workspace, *SMALL, faults=False)
        assert city.faults_of(workspace) == ()


def test_the_workspace_of_a_real_city_is_refused(workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "city.yaml").write_text("format: 1\nname: Thật\nmode: live\n", encoding="utf-8")
    with pytest.raises(BadInput, match="real city"):
        city.up(workspace, *SMALL)
    assert [path.name for path in workspace.iterdir()] == ["city.yaml"]
    assert traces(workspace) == []


def test_a_second_command_on_the_same_city_is_refused(workspace: Path) -> None:
    marker = Path("/run/rasoat", f"{city_id(workspace)}.lock")
    marker.parent.mkdir(exist_ok=True)
    holder = subprocess.Popen(["flock", str(marker), "sleep", "20"], start_new_session=True)
    try:
        while not marker.exists():
            time.sleep(0.01)
        time.sleep(0.1)
        with pytest.raises(BadInput, match="another command"):
            city.up(workspace, *SMALL)
    finally:
        os.killpg(holder.pid, signal.SIGKILL)
        holder.wait()
