"""What a verb answers: lines for people, JSON for machines, nothing when asked to be quiet; and where it looks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.places import closed, live
from tests.commands.program import PROGRAM, called, environment, rasoat
from tests.runner import peers

VERBS = {
    "run": 3,
    "report": 0,
    "diff latest latest": 0,
    "verify": 0,
    "fix --asset closed-1 --login audit": 0,
    "trust": 3,
    "inventory check": 0,
    "inventory show": 0,
    "checks list": 0,
    "checks show ssh.root_login_off": 0,
    "init new": 0,
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = closed(tmp_path_factory.mktemp("answers"))
    assert rasoat("run", at=folder).status == 3
    return folder


@pytest.mark.parametrize("words", VERBS)
def test_json_is_json_and_nothing_else(words: str, workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told = called(*words.split(), "--json", at=workspace, capfd=capfd)
    assert told.status == VERBS[words]
    assert json.loads(told.out)
    assert told.err == ""


@pytest.mark.parametrize("words", VERBS)
def test_quiet_says_nothing(words: str, workspace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told = called(*words.split(), "--quiet", at=workspace, capfd=capfd)
    assert (told.status, told.out, told.err) == (VERBS[words], "", "")


@pytest.mark.parametrize(("lang", "word"), [("vi", "Mức đạt"), ("en", "Floor")])
def test_people_are_answered_in_their_language(workspace: Path, lang: str, word: str) -> None:
    told = rasoat("run", "--lang", lang, at=workspace)
    assert word in told.out
    assert told.out.splitlines()[-1].endswith("results.json")


def test_letters_that_an_output_does_not_have_are_no_trouble(workspace: Path) -> None:
    told = rasoat("inventory", "show", at=workspace, more={"PYTHONIOENCODING": "latin-1"})
    assert (told.status, told.err) == (0, "")
    assert "Ph\\u01b0\\u1eddng" in told.out


def test_a_reader_who_has_seen_enough_is_no_trouble(workspace: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "checks", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=workspace,
        env=environment({}),
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == b""


def test_the_workspace_is_the_named_one_or_this_folder_or_the_practice_city_in_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, other = closed(tmp_path / "demo-city", 2), closed(tmp_path / "other", 3)

    def servers(*words: str, at: Path) -> int:
        told = called("inventory", "show", "--json", *words, at=at, capfd=capfd)
        assert told.status == 0, told
        counts: dict[str, int] = json.loads(told.out)["counts"]
        return counts["servers"]

    assert servers(at=tmp_path) == 2
    assert servers(at=other) == 3
    assert servers("--workspace", "other", at=tmp_path) == 3
    assert servers("-w", str(inner), at=other) == 2
    monkeypatch.setenv("RASOAT_WORKSPACE", str(other))
    assert servers(at=tmp_path) == 3
    assert servers("-w", "demo-city", at=tmp_path) == 2


def test_a_run_can_be_verified_by_its_folder_or_file_from_anywhere(
    workspace: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = next((workspace / "runs").iterdir())
    for path in (run, run / "results.json", run / "manifest.json"):
        told = called("verify", str(path), at=tmp_path, capfd=capfd)
        assert (told.status, told.out) == (0, f"{run.name}: OK\n")
    assert called("verify", str(workspace), at=tmp_path, capfd=capfd).status == 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Sshd]:
    with peers.sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


def test_host_keys_are_pinned_when_someone_says_so(tmp_path: Path, server: peers.Sshd) -> None:
    workspace = live(tmp_path / "city", {"one": server.host.port})
    pinned = workspace / "known_hosts"
    shown = rasoat("trust", at=workspace)
    assert "one" in shown.out
    assert " new " in shown.out
    assert "Nothing was pinned" in shown.out
    assert rasoat("trust", at=workspace, given="n\n").status == 0
    assert not pinned.exists()
    assert rasoat("trust", at=workspace, given="y\n").status == 0
    assert pinned.read_text(encoding="utf-8").split() == server.line.split()[:3]
    assert " pinned " in rasoat("trust", "one", at=workspace).out


def test_a_changed_host_key_is_pinned_only_for_a_named_asset(tmp_path: Path, server: peers.Sshd) -> None:
    workspace = live(tmp_path / "city", {"one": server.host.port})
    peers.new_key(tmp_path / "other")
    other = f"{server.host} {(tmp_path / 'other.pub').read_text(encoding='ascii')}"
    pinned = workspace / "known_hosts"
    pinned.write_text(other, encoding="utf-8")
    told = rasoat("trust", "--yes", at=workspace)
    assert " changed " in told.out
    assert "rasoat trust one" in told.out
    assert pinned.read_text(encoding="utf-8") == other
    assert rasoat("trust", "--yes", "one", at=workspace).status == 0
    assert pinned.read_text(encoding="utf-8").split() == server.line.split()[:3]
