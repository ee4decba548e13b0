"""Evidence: named by what it holds, readable with everyday tools, equal for equal replies."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Cause, Question, Reply
from runner import evidence
from runner.evidence import NoEvidence, Record, bundle
from runner.files import CannotKeep
from tests.runner import city

REPLIES = city.good_replies("a")
texts = st.text(st.characters(codec=None), max_size=40)
replies = st.builds(
    Reply,
    question=st.builds(Question, command=texts, root=st.booleans(), seconds=st.floats(0.1, 100)),
    stdout=texts,
    stderr=texts,
    exit_status=st.none() | st.integers(0, 255),
    started=st.just(city.WHEN),
    seconds=st.floats(0, 100),
    login=texts,
    cause=st.none() | st.sampled_from(Cause),
    detail=texts,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / evidence.FOLDER).mkdir()
    return tmp_path


def test_a_bundle_is_checked_and_read_with_everyday_tools(run: Path) -> None:
    records = [Record("a", reply) for reply in REPLIES]
    made = bundle(records)
    made.keep(run)
    (path,) = (run / evidence.FOLDER).iterdir()
    assert made.name == f"sha256:{path.name.removesuffix('.json.gz')}"
    assert hashlib.sha256(path.read_bytes()).hexdigest() in path.name
    first = json.loads(gzip.decompress(path.read_bytes()))[2]
    assert (first["command"], first["sent"], first["login"]) == ("cat secret", "sudo -n -- cat secret", "audit")
    assert (first["started"], first["exit_status"], first["asset"]) == ("2026-11-21T21:45:00.000Z", 0, "a")


@given(st.lists(replies, max_size=3))
def test_what_is_kept_is_read_back_as_it_was(kept: list[Reply]) -> None:
    records = [Record("a", reply) for reply in kept]
    content = json.loads(gzip.decompress(bundle(records).content))
    assert evidence._records(content) == records


def test_equal_replies_make_equal_bundles() -> None:
    one, two = (bundle([Record("a", reply) for reply in REPLIES]) for _ in range(2))
    assert one.content == two.content


def test_the_same_reply_of_another_asset_is_other_evidence() -> None:
    assert Record("a", REPLIES[0]).name != Record("b", REPLIES[0]).name


def test_evidence_that_is_not_what_its_name_says_is_refused(run: Path) -> None:
    made = bundle([Record("a", REPLIES[0])])
    with pytest.raises(NoEvidence):
        evidence.read(run, made.name)
    made.keep(run)
    path = evidence.path_of(run, made.name)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(NoEvidence, match="not what the name says"):
        evidence.read(run, made.name)


def test_a_name_that_leads_elsewhere_finds_nothing(run: Path) -> None:
    with pytest.raises(NoEvidence):
        evidence.read(run, "sha256:../../../etc/passwd")


def test_evidence_that_cannot_be_kept_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CannotKeep, match="No such file"):
        bundle([Record("a", REPLIES[0])]).keep(tmp_path / "gone")
