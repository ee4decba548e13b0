"""A file that is no history any more costs but the time to build it anew; a place that cannot be had is said."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inventory.history import HistoryPlace
from reports import history
from reports.history.asking import Since, since
from tests.reports.history import server
from tests.reports.history.lines import run
from tests.reports.history.server import Server
from tests.reports.kept import keep
from tests.runner.peers import free_port

WEB = ("q1-web-1", "ssh.root_login_off")
LAST = run(3, {WEB: "fail"})
HERE = HistoryPlace()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The history of three runs, with all of it in the one file."""
    for document in (run(1, {}), run(2, {WEB: "fail"}), LAST):
        keep(tmp_path, document)
    with history.opened(tmp_path, HERE) as held:
        assert held.notices == ()
    assert not (tmp_path / "history.db-wal").exists()
    return tmp_path / "history.db"


def asked(workspace: Path, place: HistoryPlace = HERE) -> tuple[tuple[str, ...], Since]:
    with history.opened(workspace, place) as held:
        return held.notices, held.ask(since(LAST["run"]))


def noise(length: int) -> bytes:
    """The same bytes each time, in no order."""
    return b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(length // 32 + 1))[:length]


def _noise(file: Path) -> None:
    file.write_bytes(noise(40_000))


def _hole(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:20_000] = noise(20_000 - 4096)
    file.write_bytes(content)


def _one_letter(file: Path) -> None:
    content = file.read_bytes()
    at = content.rindex(b"q1-web-1ssh.root_login_off")
    file.write_bytes(content[:at] + b"X" + content[at + 1 :])


def _half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _a_page(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 4096)


def _a_few_bytes(file: Path) -> None:
    os.truncate(file, 10)


def _words(file: Path) -> None:
    file.write_text("không phải là lịch sử\n" * 300, encoding="utf-8")


@pytest.mark.parametrize("harm", [_noise, _hole, _one_letter, _half, _a_page, _a_few_bytes, _words])
def test_a_damaged_file_is_put_aside_and_built_anew(file: Path, harm: Callable[[Path], None]) -> None:
    _, before = asked(file.parent)
    assert before[0]
    harm(file)
    harmed = file.read_bytes()
    notices, after = asked(file.parent)
    assert after == before
    assert len(notices) == 1
    assert notices[0].startswith("The history could not be read as it was (")
    assert "The old file is history.db.damaged." in notices[0]
    assert (file.parent / "history.db.damaged").read_bytes() == harmed
    assert asked(file.parent) == ((), before)


@pytest.mark.parametrize("harm", [Path.unlink, lambda file: os.truncate(file, 0)], ids=["missing", "empty"])
def test_a_missing_file_is_built_without_a_word(file: Path, harm: Callable[[Path], None]) -> None:
    _, before = asked(file.parent)
    harm(file)
    assert asked(file.parent) == ((), before)


def test_what_a_killed_writer_left_does_not_reach_the_new_file(file: Path) -> None:
    _, before = asked(file.parent)
    for left in ("-wal", "-shm"):
        file.with_name(file.name + left).write_bytes(noise(8192))
    _noise(file)
    notices, after = asked(file.parent)
    assert (len(notices), after) == (1, before)


def test_nobody_else_may_read_it(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    keep(tmp_path, LAST)
    (tmp_path / "history.db").mkdir()
    with pytest.raises(history.Unavailable, match=r"history\.db: Is a directory"):
        asked(tmp_path)


def test_a_lock_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    keep(tmp_path, LAST)
    (tmp_path / ".history.lock").mkdir()
    with pytest.raises(history.Unavailable, match=r"\.history\.lock: Is a directory"):
        asked(tmp_path)


def test_a_server_that_does_not_answer_is_said(tmp_path: Path) -> None:
    keep(tmp_path, LAST)
    place = HistoryPlace(url=f"postgresql://rasoat@127.0.0.1:{free_port()}/none")
    with pytest.raises(history.Unavailable, match="onnection refused"):
        asked(tmp_path, place)


def test_a_secret_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path, LAST)
    monkeypatch.delenv(server.SECRET, raising=False)
    place = HistoryPlace(url="postgresql://rasoat@127.0.0.1/none", password=f"env:{server.SECRET}")
    with pytest.raises(history.Unavailable, match=server.SECRET):
        asked(tmp_path, place)


@pytest.mark.parametrize(
    ("password", "database", "said"), [("sai", "postgres", "password"), (server.PASSWORD, "none", "does not exist")]
)
def test_a_server_that_refuses_is_said_without_the_password(
    tmp_path: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch, password: str, database: str, said: str
) -> None:
    keep(tmp_path, LAST)
    monkeypatch.setenv(server.SECRET, password)
    with pytest.raises(history.Unavailable, match=said) as refused:
        asked(tmp_path, postgres.place(database))
    assert server.PASSWORD not in str(refused.value)
