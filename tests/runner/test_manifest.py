"""The seal: an edit, deletion, insertion, reordering, truncation or swap is found, and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from checks.model import Cause
from runner import canonical, evidence, journal, kept, manifest, walk
from runner.manifest import verify
from runner.plan import Selection
from tests.runner import city

NAMES = ("a", "b", "c")


def sealed(workspace: Path) -> Path:
    replies = {name: city.good_replies(name) for name in NAMES}
    inventory = city.inventory(workspace, [city.asset(name) for name in NAMES])
    done = walk.audit(inventory, city.catalogue(), Selection(), program="test", sessions=city.Recorded(replies))
    (done.folder / manifest.RESULTS).write_text('{"scores": {}}')
    manifest.seal(done.folder)
    return done.folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return sealed(tmp_path)


def bundles(run: Path) -> list[Path]:
    return sorted((run / evidence.FOLDER).iterdir())


def lines(run: Path) -> list[bytes]:
    return (run / journal.NAME).read_bytes().splitlines(keepends=True)


def rewrite(run: Path, *kept_lines: bytes) -> None:
    """The journal anew from `kept_lines`, with a chain that holds."""
    anew = journal.Journal(run, None)
    for line in kept_lines:
        record = json.loads(line)
        anew.append(record["kind"], record["data"])
    anew.close()


def test_a_sealed_run_has_no_problems(run: Path) -> None:
    assert verify(run) == []


TAMPERINGS: dict[str, Callable[[Path], object]] = {
    "evidence edited": lambda run: bundles(run)[0].write_bytes(bundles(run)[0].read_bytes() + b"x"),
    "evidence deleted": lambda run: bundles(run)[0].unlink(),
    "evidence inserted": lambda run: (run / evidence.FOLDER / "more.json.gz").write_bytes(b""),
    "evidence swapped": lambda run: swap(*bundles(run)[:2]),
    "journal edited": lambda run: (run / journal.NAME).write_bytes(b"".join(lines(run)).replace(b"pass", b"fail", 1)),
    "journal truncated": lambda run: (run / journal.NAME).write_bytes(b"".join(lines(run)[:-1])),
    "journal torn": lambda run: (run / journal.NAME).write_bytes(b"".join(lines(run))[:-1]),
    "journal appended": lambda run: (run / journal.NAME).write_bytes(b"".join(lines(run)) + b"x"),
    "journal rewritten without an asset": lambda run: rewrite(run, *lines(run)[:1], *lines(run)[2:]),
    "journal rewritten in another order": lambda run: rewrite(run, *lines(run)[:1], *lines(run)[:0:-1]),
    "journal deleted": lambda run: (run / journal.NAME).unlink(),
    "results edited": lambda run: (run / manifest.RESULTS).write_text('{"scores": {"x": 100}}'),
    "results deleted": lambda run: (run / manifest.RESULTS).unlink(),
    "manifest deleted": lambda run: (run / manifest.NAME).unlink(),
    "manifest emptied": lambda run: (run / manifest.NAME).write_text("{}"),
}


def swap(one: Path, two: Path) -> None:
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_tampering_is_found(tampering: str, run: Path) -> None:
    TAMPERINGS[tampering](run)
    assert verify(run)


def test_evidence_of_another_asset_is_found_though_every_digest_fits(run: Path) -> None:
    first, one, two, *rest = lines(run)
    a, b = json.loads(one), json.loads(two)
    a["data"]["bundle"], b["data"]["bundle"] = b["data"]["bundle"], a["data"]["bundle"]
    rewrite(run, first, canonical.encode(a), canonical.encode(b), *rest)
    manifest.seal(run)
    assert any("of another asset" in problem for problem in verify(run))


def test_runs_are_a_chain(run: Path) -> None:
    workspace = run.parent.parent
    later = sealed(workspace)
    assert kept.header(later)["previous"] == {"id": run.name, "manifest_sha256": manifest.digest(run)}
    assert verify(run) == verify(later) == []
    (run / manifest.RESULTS).write_text("{}")
    manifest.seal(run)  # by somebody who can make everything in the folder fit again
    assert verify(run)
    assert verify(later)
    (run / manifest.NAME).unlink()
    assert any("missing" in problem for problem in verify(later))


def test_a_run_that_is_put_in_the_place_of_another_is_found(run: Path) -> None:
    later = sealed(run.parent.parent)
    shutil.rmtree(run)
    shutil.copytree(later, run)
    assert verify(run)


def test_a_run_that_is_not_complete_is_not_sealed(tmp_path: Path) -> None:
    inventory = city.inventory(tmp_path, [city.asset("a")])
    sessions = city.Recorded({}, cause=Cause.REFUSED)
    done = walk.audit(inventory, city.catalogue(), Selection(), program="test", sessions=sessions)
    (done.folder / journal.NAME).write_bytes(b"".join(lines(done.folder)[:-1]))
    with pytest.raises(manifest.NotComplete):
        manifest.seal(done.folder)
