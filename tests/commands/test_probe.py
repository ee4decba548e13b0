"""`probe` and `rejudge` as a technician calls them: what is told, what is kept, which exit status it has."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from reports.fixlist import SEVERITIES
from reports.table import ORDER
from runner import manifest
from tests.commands import places
from tests.commands.program import Told, called, rasoat
from tests.runner import peers

KEYS = ["run", "assets", "findings", "checks", "kept"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of a technician who has nothing yet."""
    made = tmp_path / "home"
    (made / ".ssh").mkdir(parents=True)
    return made


def probe(*words: str, at: Path, home: Path, **more: str) -> Told:
    """Called as somebody with `home`, and no agent but one that `more` names."""
    return rasoat("probe", *words, at=at, more={"HOME": str(home), "SSH_AUTH_SOCK": "", **more})


def answer(told: Told) -> Any:
    document = json.loads(told.out)
    assert list(document) == KEYS
    return document


def status_of(findings: Sequence[Mapping[str, Any]]) -> int:
    statuses = {finding["status"] for finding in findings}
    return 3 if "unknown" in statuses else 1 if "fail" in statuses else 0


def all_files(*folders: Path) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*")}


def target(server: peers.Sshd) -> str:
    return f"{peers.USER}@{server.host.address}:{server.host.port}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Sshd]:
    with peers.sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


def test_this_machine_now_and_nothing_is_kept(tmp_path: Path, home: Path) -> None:
    here, temporary = tmp_path / "here", tmp_path / "tmp"
    here.mkdir()
    temporary.mkdir()
    before = all_files(tmp_path)
    told = probe("localhost", "--json", at=here, home=home, TMPDIR=str(temporary))
    assert all_files(tmp_path) == before
    document = answer(told)
    (asset,) = document["assets"]
    assert (asset["address"], asset["level"], asset["platform"]) == ("localhost", 3, asset["platform"])
    assert asset["platform"] in {"debian", "ubuntu"}
    assert len(document["findings"]) > 40
    assert {finding["check"] for finding in document["findings"]} == document["checks"].keys()
    assert document["kept"] is None
    assert told.status == status_of(document["findings"])


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_table_has_failures_first_and_what_to_do_below_each(lang: str, tmp_path: Path, home: Path) -> None:
    words = ("localhost", "--check", "logs", "--check", "ssh", "--check", "time")
    document = answer(probe(*words, "--json", at=tmp_path, home=home))
    told = probe(*words, "--lang", lang, at=tmp_path, home=home)
    assert max(map(len, told.out.splitlines())) <= 120
    plain = " ".join(told.out.split())
    at = 0
    for finding in sorted(document["findings"], key=lambda one: rank(one, document["checks"])):
        if finding["status"] == "fail":
            at = plain.index(first_words(document["checks"][finding["check"]]["title"][lang]), at)
            at = plain.index(first_words(document["checks"][finding["check"]]["remedy"][lang]), at)
    assert at, "nothing fails on this machine"
    assert told.status == status_of(document["findings"])


def rank(finding: Mapping[str, Any], checks: Mapping[str, Any]) -> tuple[int, int, str]:
    severity = checks[finding["check"]]["severity"]
    return ORDER.index(finding["status"]), SEVERITIES.index(severity), finding["check"]


def first_words(text: str) -> str:
    return " ".join(text.split()[:3])


def test_level_and_standard_are_those_asked_for(tmp_path: Path, home: Path) -> None:
    words = ("localhost", "--level", "1", "--standard", "tcvn-14423-2026", "--check", "packages", "--json")
    document = answer(probe(*words, at=tmp_path, home=home))
    assert (document["assets"][0]["level"], document["run"]["catalogue"]["id"]) == (1, "tcvn-14423-2026")


@pytest.mark.parametrize(
    "words",
    [
        ("a b",),
        ("host:ssh",),
        ("localhost", "--check", "no.such"),
        ("localhost", "--standard", "no-such"),
        ("root@127.0.0.1:1", "--key", "no-such-key"),
        ("root@127.0.0.1:1", "--password", "hunter2"),
        ("localhost", "--keep", "city"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_run(
    words: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "city").mkdir()
    (tmp_path / "city/city.yaml").touch()
    before = all_files(tmp_path)
    told = called("probe", *words, at=tmp_path, capfd=capfd)
    assert told.status == 2
    assert "hunter2" not in told.message
    assert all_files(tmp_path) == before


def test_a_machine_that_is_not_there_is_told_once(tmp_path: Path, home: Path) -> None:
    peers.new_key(home / ".ssh/id_ed25519")
    told = probe(f"127.0.0.1:{peers.free_port()}", "--lang", "en", at=tmp_path, home=home)
    assert told.status == 3
    assert told.out.count("Connect call failed") == 1
    assert len(told.out.splitlines()) < 10


def test_a_key_that_is_not_known_is_not_trusted_and_the_way_to_trust_it_is_told(
    server: peers.Sshd, tmp_path: Path, home: Path
) -> None:
    (home / ".ssh/id_ed25519").write_bytes((server.folder / "user").read_bytes())
    before = all_files(home), server.log.count("Accepted publickey")
    told = probe(target(server), "--lang", "en", at=tmp_path, home=home)
    assert told.status == 3
    assert f"ssh -p {server.host.port} -l {peers.USER} {server.host.address} true" in told.out
    assert (all_files(home), server.log.count("Accepted publickey")) == before


def test_with_the_own_key_and_the_own_known_hosts(server: peers.Sshd, tmp_path: Path, home: Path) -> None:
    (home / ".ssh/known_hosts").write_text(server.line)
    (home / ".ssh/id_ed25519").write_bytes((server.folder / "user").read_bytes())
    document = answer(probe(target(server), "--check", "time", "--json", at=tmp_path, home=home))
    assert document["assets"][0]["platform"] in {"debian", "ubuntu"}
    assert "auth_refused" not in {finding["cause"] for finding in document["findings"]}


def test_with_the_one_key_of_the_agent(server: peers.Sshd, tmp_path: Path, home: Path) -> None:
    (home / ".ssh/known_hosts").write_text(server.line)
    place = home / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", place], stdout=subprocess.DEVNULL) as agent:
        try:
            peers.await_true(lambda: _added(place, server.folder / "user"))
            told = probe(target(server), "--check", "time", "--json", at=tmp_path, home=home, SSH_AUTH_SOCK=str(place))
        finally:
            agent.terminate()
    assert answer(told)["assets"][0]["state"] != "unreached"


def _added(place: Path, key: Path) -> bool:
    environment = {**os.environ, "SSH_AUTH_SOCK": str(place)}
    return subprocess.run(["ssh-add", "-q", key], env=environment, capture_output=True, check=False).returncode == 0


def test_a_changed_key_is_told_before_anybody_logs_in(server: peers.Sshd, tmp_path: Path, home: Path) -> None:
    peers.new_key(tmp_path / "other")
    (home / ".ssh/known_hosts").write_text(f"{server.host} {(tmp_path / 'other.pub').read_text()}")
    before = server.log.count("userauth-request")
    told = probe(target(server), "--key", str(server.folder / "user"), "--json", at=tmp_path, home=home)
    assert {finding["cause"] for finding in answer(told)["findings"]} == {"host_key_changed"}
    assert (told.status, server.log.count("userauth-request")) == (3, before)


def test_in_a_workspace_its_known_hosts_its_standard_and_what_it_declares(
    server: peers.Sshd, tmp_path: Path, home: Path
) -> None:
    workspace = places.live(tmp_path / "city", {"s": server.host.port})
    city = workspace / "city.yaml"
    city.write_text(f"{city.read_text()}standard: tcvn-14423-2026\nparameters: {{log_collectors: [192.0.2.77]}}\n")
    words = (target(server), "--key", str(server.folder / "user"), "--check", "logs.central")
    (home / ".ssh/known_hosts").write_text(server.line)
    told = probe(*words, "--lang", "en", at=workspace, home=home)
    assert f"UserKnownHostsFile={workspace}/known_hosts" in told.out
    (workspace / "known_hosts").write_text(server.line)
    document = answer(probe(*words, "--json", "--workspace", str(workspace), at=tmp_path, home=home))
    assert document["run"]["catalogue"]["id"] == "tcvn-14423-2026"
    assert "192.0.2.77" in document["findings"][0]["expected"]


def test_a_practice_city_that_only_lies_here_is_not_meant(server: peers.Sshd, tmp_path: Path, home: Path) -> None:
    city = places.live(tmp_path / "demo-city", {"s": 1}) / "city.yaml"
    city.write_text(city.read_text().replace("mode: live", "mode: lab"))
    (home / ".ssh/known_hosts").write_text(server.line)
    words = ("--check", "time.daemon_running", "--json")
    for machine in ("localhost", target(server)):
        document = answer(probe(machine, "--key", str(server.folder / "user"), *words, at=tmp_path, home=home))
        assert (document["run"]["mode"], document["assets"][0]["state"]) != ("lab", "unreached")
        assert document["run"]["mode"] == "live"


def test_what_is_kept_can_be_verified(tmp_path: Path, home: Path) -> None:
    words = ("localhost", "--check", "time", "--json", "--keep", "kept")
    document = answer(probe(*words, at=tmp_path, home=home))
    folder = tmp_path / document["kept"]
    assert json.loads((folder / "results.json").read_bytes())["findings"] == document["findings"]
    assert rasoat("verify", str(folder), at=tmp_path).status == 0
    (folder / "results.json").write_text("{}")
    assert rasoat("verify", str(folder), at=tmp_path).status == 5


def test_a_run_is_judged_again_without_a_network(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    workspace = places.closed(tmp_path / "city")
    assert rasoat("run", at=workspace).status == 3
    told = called("rejudge", "--json", at=workspace, capfd=capfd)
    document = json.loads(told.out)
    first, again = sorted(path.name for path in (workspace / "runs").iterdir())
    assert (told.status, document["run"]["id"], document["run"]["judged_again"]["id"]) == (3, again, first)
    assert {finding["cause"] for finding in document["findings"]} == {"refused"}
    for run in (first, again):
        assert manifest.verify(workspace / "runs" / run) == []
    told = called("rejudge", first, "--lang", "en", at=workspace, capfd=capfd)
    assert f"Judged again from the evidence that run {first} kept" in told.out


def test_what_cannot_be_judged_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    workspace = places.closed(tmp_path / "city")
    assert called("rejudge", at=workspace, capfd=capfd).status == 2
    assert rasoat("run", at=workspace).status == 3
    (run,) = (workspace / "runs").iterdir()
    (run / "results.json").write_text("{}")
    told = called("rejudge", run.name, at=workspace, capfd=capfd)
    assert told.status == 5
    assert "results.json: was changed" in told.message
    assert [path.name for path in (workspace / "runs").iterdir()] == [run.name]
