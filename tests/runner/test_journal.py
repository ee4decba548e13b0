"""The journal: what was written is there, what was changed is found, what broke off is dropped."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner import canonical, journal
from runner.files import CannotKeep
from runner.journal import NAME, Broken, Journal

SIZE = 5


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write(tmp_path)
    return tmp_path


def write(run: Path) -> None:
    kept = Journal(run, None)
    kept.append("run", {"id": "r"})
    for number in range(SIZE - 2):
        kept.append("asset", {"asset": f"a{number}", "text": "đã rà soát \ud800 \n"})
    kept.append("end", {})
    kept.close()


def lines(run: Path) -> list[bytes]:
    return (run / NAME).read_bytes().splitlines(keepends=True)


def test_records_are_read_as_they_were_written(run: Path) -> None:
    entries = list(journal.read(run))
    assert [(entry.n, entry.kind) for entry in entries] == list(enumerate(["run", *["asset"] * (SIZE - 2), "end"]))
    assert entries[1].data == {"asset": "a0", "text": "đã rà soát \ud800 \n"}
    assert entries[-1].end == (run / NAME).stat().st_size


@given(cut=st.integers(0, 10_000))
def test_cut_anywhere_it_holds_the_records_that_are_whole(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    run = tmp_path_factory.mktemp("run")
    write(run)
    content = (run / NAME).read_bytes()
    whole, cut = list(journal.read(run)), cut % (len(content) + 1)
    (run / NAME).write_bytes(content[:cut])
    kept = [entry for entry in whole if entry.end <= cut]
    if not kept:
        with pytest.raises(Broken, match="empty"):
            list(journal.read(run))
        return
    assert list(journal.read(run)) == kept
    again = Journal.resumed(run)
    again.append("asset", {"asset": "after"})
    again.close()
    assert [entry.data for entry in journal.read(run)][len(kept) :] == [{"asset": "after"}]


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_flipped_bit_is_found(at: int, bit: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    run = tmp_path_factory.mktemp("run")
    write(run)
    content = bytearray((run / NAME).read_bytes())
    at %= len(content) - 1  # without its newline the last line is torn, and dropped
    content[at] ^= 1 << bit
    (run / NAME).write_bytes(content)
    with pytest.raises(Broken):
        list(journal.read(run))


def test_another_spelling_of_the_same_is_found(run: Path) -> None:
    content = (run / NAME).read_bytes()
    (run / NAME).write_bytes(content.replace(b"ud800", b"uD800"))
    with pytest.raises(Broken, match="was changed"):
        list(journal.read(run))


def test_deleted_doubled_and_reordered_records_are_found(run: Path) -> None:
    one, two, three, four, five = lines(run)
    for changed in ([one, three, four, five], [one, two, two, three], [one, three, two], [two, one], [one, one]):
        (run / NAME).write_bytes(b"".join(changed))
        with pytest.raises(Broken):
            list(journal.read(run))


def test_a_record_that_was_rewritten_breaks_the_one_after_it(run: Path) -> None:
    first, second, *rest = lines(run)
    record = json.loads(second)
    del record["sha256"]
    record["data"] = {"asset": "forged"}
    forged = canonical.encode(record | {"sha256": canonical.sha256(canonical.encode(record))}) + b"\n"
    (run / NAME).write_bytes(b"".join([first, forged, *rest]))
    with pytest.raises(Broken, match=f"{NAME}:3: does not follow"):
        list(journal.read(run))


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_journal_as_it_was(run: Path) -> None:
    before = (run / NAME).read_bytes()
    kept = Journal.resumed(run)
    with disk_full_at(len(before) + 40), pytest.raises(CannotKeep) as caught:
        kept.append("asset", {"asset": "too much"})
    assert caught.value.path == run / NAME
    assert (run / NAME).read_bytes() == before
    kept.append("asset", {"asset": "room again"})
    kept.close()
    assert list(journal.read(run))[-1].data == {"asset": "room again"}
