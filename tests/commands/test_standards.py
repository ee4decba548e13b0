"""An audit judged by one ruler or by several, from the same evidence; the law is told, never in the way."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands import places
from tests.commands.program import rasoat

BOTH = ("tcvn-14423-2026", "tcvn-11930-2017")


def test_a_run_is_judged_by_each_standard_named(tmp_path: Path) -> None:
    city = places.closed(tmp_path)
    told = rasoat("run", *(word for one in BOTH for word in ("--standard", one)), "--json", at=city)
    documents = json.loads(told.out)
    assert [one["run"]["catalogue"]["id"] for one in documents] == [*BOTH]
    assert documents[1]["run"]["judged_again"]["id"] == documents[0]["run"]["id"]
    assert told.status == 3
    assert len([*(city / "runs").glob("*/results.json")]) == 2
    again = rasoat("rejudge", documents[0]["run"]["id"], "--standard", BOTH[1], "--json", at=city)
    assert json.loads(again.out)["run"]["catalogue"]["id"] == BOTH[1]


def test_the_workspace_may_say_it_too(tmp_path: Path) -> None:
    city = places.closed(tmp_path)
    settings = city / "city.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + f"also_judged_by: [{BOTH[0]}]\n", encoding="utf-8")
    told = rasoat("run", at=city)
    assert told.out.count("results.json") == 2
    assert "tcvn-11930-2017 không còn là tiêu chuẩn hiện hành" in told.out


def test_an_unknown_standard_stops_before_anything_is_asked(tmp_path: Path) -> None:
    city = places.closed(tmp_path)
    told = rasoat("run", "--standard", "tcvn-11930-2018", at=city)
    assert told.status == 2
    assert "Did you mean 'tcvn-11930-2017'?" in told.message
    assert not [*(city / "runs").iterdir()]
