"""The benchmarks can be run, and their table says what was measured. No figure is judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.proxy import Counter
from benchmarks.timing import Goal, Row, in_turns, walls
from tests.lab.conftest import skip_without_machines

PROJECT = Path(__file__).parent.parent
QUICK = ("login", "trips", "start")  # no peer to install, nothing to wait for


def test_both_sides_are_taken_equally_often_and_take_turns() -> None:
    said: list[str] = []
    pairs = in_turns(lambda: said.append("a"), lambda: said.append("b"), 3)
    assert "".join(said) == "ab" + "ab" + "ba" + "ab"
    assert len(walls(pairs)) == 3


def test_a_round_without_warming_up_is_one_go_of_each() -> None:
    said: list[str] = []
    in_turns(lambda: said.append("a"), lambda: said.append("b"), 1, warm=False)
    assert said == ["a", "b"]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (Row("x", [2.0, 1.0, 4.0], Goal("<=", 1.5)), "| x | ≤ 1.5 | 2 (1 – 4) | **not met** |"),
        (Row("x", [40.0], Goal(">=", 30)), "| x | ≥ 30 | 40 | met |"),
        (Row("x", [0.1234], Goal("<=", 0.35, "s"), "s"), "| x | ≤ 0.35 s | 0.123 s | met |"),
        (Row("x", [5000.0]), "| x | – | 5,000 | context |"),
    ],
)
def test_a_row_is_judged_by_its_median(row: Row, line: str) -> None:
    assert table.table([Row.from_data(row.as_data())]).splitlines()[-1] == line


def test_a_goal_that_is_not_met_is_said_by_how_much() -> None:
    facts = table.Facts("machine", "load", [("ssh", "9")], "work", "today")
    page = table.page([Row("x", [3.0], Goal("<=", 1.5), note="how")], facts, {"lynis": "no network"})
    assert "- **x**: 3 where ≤ 1.5 is the goal, off by 100 %." in page
    assert "- **x**: how" in page
    assert "- lynis: `no network`" in page


def test_a_round_trip_is_a_flight_that_was_answered_and_no_talk_across_it() -> None:
    now = [0.0]
    counter = Counter(0.02, lambda: now[0])
    counter.client()
    now[0] = 0.03
    counter.server()  # was on its way before the flight arrived
    assert counter.trips == 0
    counter.client()
    now[0] = 0.05
    counter.server()
    counter.server()
    assert counter.trips == 1


@pytest.mark.city
def test_they_run_on_a_tiny_city(tmp_path: Path) -> None:
    skip_without_machines()
    out, options = tmp_path / "results.md", ["--tiny", "--only", ",".join(QUICK)]
    command = [sys.executable, "-m", "benchmarks", *options, "--work", str(tmp_path / "work"), "--out", str(out)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=170)
    assert done.returncode == 0, done.stdout + done.stderr
    written = out.read_text(encoding="utf-8")
    for measured in ("xargs", "round trips", "processor time", "--help"):
        assert measured in written
    assert "Could not be measured" not in written
