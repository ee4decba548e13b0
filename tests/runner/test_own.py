"""A city's own probes: ordinary testinfra files, run on a real sshd through our session, under the same laws."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from checks import own
from checks.model import Cause, Finding, Status
from inventory.faults import BadInput
from inventory.model import Login
from runner import evidence, kept, rejudging, walk
from runner.outcome import Outcome, State
from tests.runner import city
from tests.runner.peers import Sshd, sshd

PROBES = '''
"""Phép thử của đơn vị."""
import time

import pytest

testinfra_hosts = ["s*"]
MARK = "/tmp/chưa-chắc-có"


def test_root_is_there(host):
    """The account root exists."""
    assert host.user("root").uid == 0


def test_passwords_are_elsewhere(host):
    line = host.run("head -n 1 /etc/passwd").stdout.strip()
    assert line.startswith("nobody"), "first line"


@pytest.mark.parametrize("path,there", [("/etc/passwd", True), ("/khong-co", True)])
def test_files(host, path, there):
    assert host.file(path).exists is there


def test_skips_itself(host):
    pytest.skip("not here")


@pytest.mark.skip(reason="not today")
def test_is_skipped(host):
    assert False


def test_gives_up(host):
    pytest.fail("it is not well")


def test_crashes(host):
    raise OSError("hỏng")


def test_tells_a_secret(host):
    assert host.check_output("printf password=sieu; echo -bi-mat") == ""


def test_wants_what_is_not_there(host, tmp_path):
    assert tmp_path


def test_asks_for_more_rights(host):
    with host.sudo():
        assert host.run("id -u").stdout.strip() == "0"


def helper(host):
    raise AssertionError
'''


@dataclass(frozen=True)
class Probed:
    """One audit with own probes: findings by the test's name, and the folder of the run."""

    findings: dict[str, Finding]
    outcome: Outcome
    folder: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


def workspace(folder: Path, server: Sshd) -> Path:
    folder.mkdir(parents=True)
    (folder / "known_hosts").write_text(server.line)
    (folder / "probes").mkdir()
    return folder


def audit(home: Path, server: Sshd, id_: str = "s1", functions: tuple[object, ...] = (city.says_hello,)) -> Probed:
    place = {"address": server.host.address, "port": server.host.port}
    login = Login(id="audit", user=server.login.user, key=str(server.login.key))
    inventory = city.inventory(home, [city.asset(id_, **place)], login)
    ruler = own.added(city.catalogue(functions), home / "probes")  # type: ignore[arg-type]  # checks of the test's own
    folder = walk.audit(inventory, ruler, walk.Selection(), program="test").folder
    outcome = kept.read(folder).outcomes[id_]
    found = {finding.check.removeprefix("own.don-vi."): finding for finding in outcome.findings}
    return Probed(found, outcome, folder)


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory, server: Sshd) -> Probed:
    home = workspace(tmp_path_factory.mktemp("own") / "city", server)
    (home / "probes/don-vi.py").write_text(PROBES)
    own.trust(home / "probes", ["don-vi.py"])
    return audit(home, server)


def test_each_test_is_one_check_with_one_finding(probed: Probed) -> None:
    statuses = {name: one.status for name, one in probed.findings.items() if name != "test.says_hello"}
    passed = {name for name, status in statuses.items() if status is Status.PASS}
    failed = {name for name, status in statuses.items() if status is Status.FAIL}
    assert passed - {"asks_for_more_rights"} == {"root_is_there"}
    assert failed == {"passwords_are_elsewhere", "files", "gives_up", "tells_a_secret"}
    unknown = {name: one.cause for name, one in probed.findings.items() if one.cause is not None}
    unknown.pop("asks_for_more_rights", None)  # where the tests' user is no root
    assert unknown == {
        "skips_itself": Cause.NOT_RUN,
        "is_skipped": Cause.NOT_RUN,
        "crashes": Cause.CRASHED,
        "wants_what_is_not_there": Cause.CRASHED,
    }
    assert probed.findings["test.says_hello"].status is Status.PASS
    assert probed.outcome.state is State.PARTLY


def test_a_failed_assertion_tells_what_was_expected_and_what_was_there(probed: Probed) -> None:
    first = probed.findings["passwords_are_elsewhere"]
    assert first.expected == 'assert line.startswith("nobody"), "first line"'
    assert first.actual.startswith("first line assert False")
    assert "root:x:0:0" in first.actual
    files = probed.findings["files"]
    assert files.actual.startswith("[path='/khong-co', there=True] assert False is True")
    assert probed.findings["root_is_there"].expected == "The account root exists."


def test_what_a_test_asked_is_kept_as_evidence_and_no_secret_with_it(probed: Probed) -> None:
    assert probed.outcome.bundle is not None
    records = evidence.read(probed.folder, probed.outcome.bundle)
    for name in ("passwords_are_elsewhere", "files", "tells_a_secret"):
        assert probed.findings[name].evidence
        assert set(probed.findings[name].evidence) <= set(records)
    commands = [record.reply.question.command for record in records.values()]
    assert "head -n 1 /etc/passwd" in commands
    assert len(commands) == len(set(commands))
    everything = json.dumps([record.content for record in records.values()]) + str(probed.findings)
    assert "sieu-bi-mat" not in everything


def test_what_was_kept_can_be_judged_again(probed: Probed, server: Sshd) -> None:
    home = probed.folder.parent.parent
    place = {"address": server.host.address, "port": server.host.port}
    inventory = city.inventory(home, [city.asset("s1", **place)])
    ruler = own.added(city.catalogue((city.says_hello,)), home / "probes")
    from reports import results  # noqa: PLC0415 - only this test needs a sealed run

    login = Login(id="audit", user=server.login.user, key=str(server.login.key))
    listed = city.inventory(home, [city.asset("s1", **place)], login)
    results.write(walk.RunOutcome(probed.folder, complete=True), listed, ruler)
    again = rejudging.rejudge(inventory, ruler, probed.folder, program="test")
    found = {one.check.removeprefix("own.don-vi."): one for one in kept.read(again.folder).outcomes["s1"].findings}
    assert {name: one.status for name, one in found.items()} == {
        name: one.status for name, one in probed.findings.items()
    }


@pytest.mark.parametrize(
    "test",
    [
        "def test_a(host):\n    pass\n",
        "async def test_a(host):\n    assert host.run('false').rc == 0\n",
        "def test_a(host):\n    yield host.run('false')\n",
        "import pytest\n\n\n@pytest.mark.parametrize('n', [])\ndef test_a(host, n):\n    assert host.run('x').rc\n",
    ],
    ids=["empty", "coroutine", "generator", "no-parameters"],
)
def test_a_test_that_looks_at_nothing_finds_nothing_good(tmp_path: Path, server: Sshd, test: str) -> None:
    home = workspace(tmp_path / "city", server)
    (home / "probes/don-vi.py").write_text(test)
    own.trust(home / "probes", ["don-vi.py"])
    found = audit(home, server).findings["a"]
    assert (found.status, found.cause) == (Status.UNKNOWN, Cause.NOT_RUN)


@pytest.mark.parametrize("how", ["untrusted", "changed"])
def test_who_is_not_vouched_for_is_not_run(tmp_path: Path, server: Sshd, how: str) -> None:
    home = workspace(tmp_path / "city", server)
    trace = tmp_path / "ran"
    file = home / "probes/don-vi.py"
    file.write_text(f"open({str(trace)!r}, 'w')\n\n\ndef test_a(host):\n    host.run('touch {trace}')\n")
    if how == "changed":
        own.trust(home / "probes", ["don-vi.py"])
        file.write_text(file.read_text() + "\n")
    found = audit(home, server).findings["a"]
    assert (found.status, found.cause) == (Status.UNKNOWN, Cause.NOT_RUN)
    assert "rasoat probes trust don-vi.py" in found.actual
    assert not trace.exists()


def test_a_test_without_an_end_is_given_up(tmp_path: Path, server: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    home = workspace(tmp_path / "city", server)
    (home / "probes/don-vi.py").write_text("import time\n\n\ndef test_a(host):\n    time.sleep(3)\n")
    own.trust(home / "probes", ["don-vi.py"])
    monkeypatch.setattr("runner.own.SECONDS", 0.3)
    assert audit(home, server).findings["a"].cause is Cause.TIMEOUT


def test_a_file_is_for_the_hosts_that_it_names(tmp_path: Path, server: Sshd) -> None:
    home = workspace(tmp_path / "city", server)
    (home / "probes/don-vi.py").write_text("testinfra_hosts = ['dc-*']\n\n\ndef test_a(host):\n    assert False\n")
    own.trust(home / "probes", ["don-vi.py"])
    assert audit(home, server).findings["a"].status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.py", "def test_a(:\n", "is no Python"),
        ("A B.py", "", "its name cannot"),
        ("a.py", "\0", "is no Python"),
        ("a.py", "class TestA:\n    def test_a(self, host):\n        pass\n", "class TestA would not be run"),
    ],
)
def test_what_is_no_probe_is_named_with_its_file(tmp_path: Path, name: str, content: str, told: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BadInput, match=told):
        own.added(city.catalogue(), tmp_path)


def test_trust_is_a_list_that_sha256sum_reads(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(f"def test_{name[0]}(host):\n    pass\n")
    own.trust(tmp_path, ["a.py"])
    own.trust(tmp_path, ["b.py"])
    assert set(own.trusted(tmp_path)) == {"a.py", "b.py"}
    subprocess.run(["sha256sum", "-c", "--quiet", own.TRUSTED], cwd=tmp_path, check=True)
    with pytest.raises(BadInput, match="no such probe"):
        own.trust(tmp_path, ["../a.py"])
    (tmp_path / own.TRUSTED).write_text("a.py\n")
    with pytest.raises(BadInput, match="DIGEST"):
        own.trusted(tmp_path)


def test_probes_change_the_rulers_digest(tmp_path: Path) -> None:
    plain = city.catalogue()
    assert own.added(plain, tmp_path / "none") is plain
    (tmp_path / "a.py").write_text("def test_a(host):\n    pass\n")
    untrusted = own.added(plain, tmp_path).sha256
    own.trust(tmp_path, ["a.py"])
    assert len({plain.sha256, untrusted, own.added(plain, tmp_path).sha256}) == 3
