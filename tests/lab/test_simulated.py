"""The simulated city: audited as the real one is, over real SSH, with the same outcome; nothing runs, nothing stays."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from checks import catalogue
from checks.model import Unknown
from inventory.faults import BadInput
from inventory.load import load
from lab import city, faults, namespaces, recorder, score
from lab.simulated import process, recordings
from lab.simulated.recordings import Said
from lab.simulated.shell import NOT_RECORDED, Shell
from lab.workspace import AUDIT_ACCOUNT
from reports import results
from runner import rejudging, walk
from runner.sessions import wire
from runner.sessions.base import as_sent
from tests.lab.traces import processes

ROOT = Path(__file__).parent.parent.parent
MARK = "0123456789abcdef" * 2
STALE = "the questions have changed since the recordings were made: scripts/record"
ANSWERS = {"hostname": Said("dc-log\n", "", 0), "sudo -n -- /usr/bin/id x": Said("", "id: 'x': no such user\n", 1)}


def alive(pid: int) -> bool:
    """It runs: one that has ended, and that nobody has asked about yet, has no command line any more."""
    file = Path("/proc", str(pid), "cmdline")
    return file.exists() and bool(file.read_bytes())


def pid_of(workspace: Path) -> int:
    return int((workspace / "lab.pid").read_text(encoding="ascii"))


def await_(reached: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def audited(workspace: Path) -> tuple[Mapping[str, Any], ...]:
    """The results of one whole audit, in which all is asked that any standard asks: by its own, then by the others."""
    inventory = load(workspace)
    checks, known = catalogue.load(inventory.settings.standard), [*map(catalogue.load, catalogue.standards())]
    outcome = walk.audit(inventory, checks, walk.Selection(), program="test", others=known)
    found = [results.write(outcome, inventory, checks)]
    for other in known:
        if other.standard.id != checks.standard.id:
            again = rejudging.rejudge(inventory, other, outcome.folder, program="test")
            found.append(results.write(again, inventory, other))
    return tuple(found)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """A place for a city; what stands there is taken down in the end."""
    path = tmp_path / "city"
    yield path
    city.down(path)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The workspace of a simulated city with its faults, audited once."""
    path = tmp_path_factory.mktemp("simulated") / "city"
    city.up(path, simulated=True)
    audited(path)
    yield path
    city.down(path)


def results_of(workspace: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(min((workspace / "runs").glob("*/results.json")).read_bytes())
    return found


def test_an_audit_finds_every_planted_fault_and_invents_none(planted: Path) -> None:
    runs = [json.loads(path.read_bytes()) for path in (planted / "runs").glob("*/results.json")]
    assert {run["run"]["catalogue"]["id"] for run in runs} == {*catalogue.standards()}
    reports = [score.compare(run, city.faults_of(planted)) for run in runs]
    assert [score.lines(report) for report in reports if not report.perfect] == []
    assert {id_ for report in reports for id_ in report.found} == {fault.id for fault in faults.known()}


def test_a_city_without_faults_passes_everything(workspace: Path) -> None:
    assert city.up(workspace, faults=False, simulated=True).faults == ()
    findings = [finding for found in audited(workspace) for finding in found["findings"]]
    assert {finding["status"] for finding in findings} == {"pass", "not_applicable"}


def test_it_says_that_it_is_simulated(planted: Path) -> None:
    assert results_of(planted)["run"]["mode"] == "simulated"
    assert load(planted).settings.mode == "simulated"
    status = city.status(planted)
    assert (status["mode"], status["auditor"]) == ("simulated", None)
    assert {host["address"] for host in status["hosts"]} == {"127.0.0.1"}
    host = next(host for host in status["hosts"] if host["name"] == "dc-log")
    options = ["-F", "none", "-o", f"UserKnownHostsFile={planted / 'known_hosts'}", "-i", host["key_file"]]
    ssh = ["ssh", *options, "-p", str(host["port"]), f"{AUDIT_ACCOUNT}@127.0.0.1", "cat /etc/shadow"]
    said = subprocess.run(ssh, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (127, "")
    assert "simulated machine" in said.stderr


def test_links_services_and_parameters_keep_the_addresses_that_replies_speak_of(planted: Path) -> None:
    inventory = load(planted)
    told = [end.address for link in inventory.links.values() for end in (link.child, link.parent)]
    told += [service.address for service in inventory.services.values()]
    assert not [address for address in told if not address.startswith("10.")]


@pytest.mark.parametrize("name", [recordings.PLANTED, recordings.HEALTHY])
def test_every_question_of_a_reached_host_is_recorded(planted: Path, name: str) -> None:
    """Of either standard, so that a simulated city can be judged by both."""
    inventory = load(planted)
    rulers = [*map(catalogue.load, catalogue.standards())]
    for host in recordings.load(name).hosts:
        assets = [inventory.assets[host.host]] if host.unreached is None else []
        for bound in (one for ruler in rulers for asset in assets for one in ruler.bind(asset, inventory)):
            try:
                asked = {as_sent(question, AUDIT_ACCOUNT) for question in bound.questions()}
            except Unknown:
                continue
            assert asked <= host.answers.keys(), f"{host.host} {bound.id}: {STALE}"


def test_the_recorded_faults_are_the_ones_that_are_known() -> None:
    assert recordings.load(recordings.PLANTED).faults == tuple(fault.id for fault in faults.known()), STALE
    assert recordings.load(recordings.HEALTHY).faults == ()


def test_recording_an_audit_gives_back_what_was_answered_and_the_same_bytes_each_time(
    planted: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(planted, copy)
    with pytest.raises(BadInput, match="real practice city"):
        recorder.record([copy], tmp_path / "refused")
    assert not (tmp_path / "refused").exists()
    runs = {path: json.loads(path.read_bytes()) for path in (copy / "runs").glob("*/results.json")}
    file, document = next((path, told) for path, told in runs.items() if "judged_again" not in told["run"])
    document["run"]["mode"] = "lab"
    file.write_text(json.dumps(document), encoding="utf-8")
    for folder in ("one", "two"):
        recorder.record([copy], tmp_path / folder)
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.json")]
    assert [(tmp_path / "one" / file).read_bytes() for file in files] == [
        (tmp_path / "two" / file).read_bytes() for file in files
    ]
    shipped = {host.host: host for host in recordings.load(recordings.PLANTED).hosts}
    again = {host.host: host for host in recordings.load(recordings.PLANTED, tmp_path / "one").hosts}
    assert again == shipped


def test_recordings_are_small_and_hold_nothing_of_the_machine_underneath() -> None:
    files = list(recordings.FOLDER.rglob("*.json"))
    assert sum(file.stat().st_size for file in files) < 2_000_000
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert set(re.findall(r"Linux version [^\"\\]*", text)) == {recorder.NO_KERNEL}
    assert not re.search(r"PRIVATE KEY|\$y\$|ssh-ed25519 AAAA", text)


def test_no_check_looks_at_this_machines_clock() -> None:
    """A recording carries its own date, so what is found in it stays the same for ever."""
    clock = re.compile(r"\.(now|today|utcnow)\(|time\.time\(")
    assert not [file for file in (ROOT / "checks").rglob("*.py") if clock.search(file.read_text(encoding="utf-8"))]


def test_down_ends_it_and_leaves_no_process(workspace: Path) -> None:
    city.up(workspace, simulated=True)
    pid = pid_of(workspace)
    assert alive(pid)
    city.down(workspace)
    assert not alive(pid)
    assert not (workspace / "lab.pid").exists()
    with pytest.raises(BadInput, match="no practice city is up"):
        city.status(workspace)
    assert city.faults_of(workspace)


def test_up_again_takes_the_earlier_one_down(workspace: Path) -> None:
    city.up(workspace, simulated=True)
    earlier = pid_of(workspace)
    city.up(workspace, faults=False, simulated=True)
    assert not alive(earlier)
    assert alive(pid_of(workspace))


def test_down_after_a_kill_midway_leaves_nothing(workspace: Path) -> None:
    code = "import sys; from pathlib import Path; from lab.city import up; up(Path(sys.argv[1]), simulated=True)"
    with subprocess.Popen([sys.executable, "-c", code, str(workspace)], cwd=ROOT) as tool:
        await_((workspace / "lab.pid").exists)
        tool.kill()
    city.down(workspace)
    await_(lambda: processes(str(workspace)) == [])  # one that was too young to be found ends when nobody listens to it


def test_it_ends_by_itself_when_its_workspace_is_deleted(workspace: Path) -> None:
    city.up(workspace, simulated=True)
    pid = pid_of(workspace)
    shutil.rmtree(workspace)
    await_(lambda: not alive(pid))


def test_a_number_in_the_file_is_not_enough_to_be_ended(workspace: Path) -> None:
    workspace.mkdir()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (workspace / "lab.pid").write_text(f"{stranger.pid}\n", encoding="ascii")
        city.down(workspace)
        assert stranger.poll() is None
        stranger.kill()


def test_it_takes_the_place_of_a_real_one_that_cannot_be_had_and_says_why(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namespaces, "PROGRAMS", ("no-such-program",))
    status = city.up(workspace)
    assert status.simulated
    assert status.simulated == namespaces.unavailable()
    assert load(workspace).settings.mode == "simulated"


def test_another_size_is_refused_before_anything_is_taken_down(planted: Path) -> None:
    with pytest.raises(BadInput, match="15 servers and 6 wards"):
        city.up(planted, servers=5, simulated=True)
    assert process.is_up(planted)


def test_the_workspace_of_a_real_city_is_refused(workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "city.yaml").write_text("{format: 1, name: X, mode: live}\n", encoding="utf-8")
    with pytest.raises(BadInput, match="real city"):
        city.up(workspace, simulated=True)
    assert not (workspace / "lab.pid").exists()


def test_its_machines_run_no_commands(planted: Path) -> None:
    with pytest.raises(BadInput, match="simulated"):
        city.exec_("dc-log", ["true"], planted)


@pytest.mark.parametrize("merged", [False, True])
def test_a_shell_answers_an_auditor_as_the_real_one_does(merged: bool) -> None:
    shell = Shell(ANSWERS, terminal=merged)
    typed = [wire.terminal_shell(MARK)] if merged else []
    typed += [wire.preamble(MARK, merged=merged)]
    typed += [wire.line(number, 5, command) for number, command in enumerate([*ANSWERS, "rm -rf /"], 1)]
    said = [shell.take(line) for line in typed]
    if merged:
        prompted = said.pop(0).out
        assert prompted.count(MARK) == 1
        assert prompted.endswith(MARK)
    streams = [wire.Stream(MARK, 1 << 20) for _ in range(2)]
    out, err = (
        [frame for text in texts for frame in stream.feed(text.encode())]
        for stream, texts in zip(streams, ([one.out for one in said], [one.err for one in said]), strict=True)
    )
    expected = [Said("", "", 0), *ANSWERS.values(), NOT_RECORDED]
    assert [(frame.number, frame.status) for frame in out] == [(n, one.status) for n, one in enumerate(expected)]
    if merged:
        assert [frame.data.decode() for frame in out] == [one.out + one.err for one in expected]
        assert not err
    else:
        assert [frame.data.decode() for frame in out] == [one.out for one in expected]
        assert [frame.data.decode() for frame in err] == [one.err for one in expected]


def test_a_shell_runs_nothing_that_it_is_told(tmp_path: Path) -> None:
    shell = Shell(ANSWERS, terminal=False)
    shell.take(wire.preamble(MARK))
    for line in (f"touch {tmp_path}/made\n", wire.line(1, 5, f"touch {tmp_path}/made"), f"`touch {tmp_path}/made`\n"):
        assert NOT_RECORDED.err in shell.take(line).err
    assert not list(tmp_path.iterdir())


def test_a_quoted_command_may_go_on_in_the_next_line() -> None:
    shell = Shell({"echo a\necho b": Said("a\nb\n", "", 0)}, terminal=False)
    shell.take(wire.preamble(MARK))
    lines = wire.line(1, 5, "echo a\necho b").splitlines(keepends=True)
    assert [shell.take(line).out for line in lines] == ["", f"a\nb\n{MARK} 1 0\n"]


def test_a_terminal_echoes_and_prompts() -> None:
    shell = Shell(ANSWERS, terminal=True)
    assert shell.take("hostname\n").out == "hostname\r\ndc-log\r\n$ "


def test_the_platforms_are_real_tls_servers_behind_the_core(planted: Path) -> None:
    """Their addresses are the practice city's own, and what was planted in them is found."""
    found = results_of(planted)
    platforms = {asset["id"]: asset["state"] for asset in found["assets"] if asset["kind"] == "endpoint"}
    names = ("tthc", "1022", "ban-do-so", "dti", "quan-tri-thuc-thi")
    assert platforms == dict.fromkeys((f"web-{name}" for name in names), "reviewed")
    failed = {(f["asset"], f["check"]) for f in found["findings"] if f["asset"] in platforms and f["status"] == "fail"}
    assert failed == {
        ("web-ban-do-so", "endpoint.certificate_in_time"),
        ("web-dti", "endpoint.tls_versions"),
        ("web-1022", "endpoint.https_only"),
        ("web-quan-tri-thuc-thi", "endpoint.strict_transport"),
    }
