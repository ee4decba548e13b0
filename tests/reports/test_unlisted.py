"""Unlisted things: told by the findings, one for each hardware address at a site, with makers where they are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from checks.connectivity.neighbour import Unlisted, read
from reports import unlisted
from reports.document import Document
from reports.makers import REGISTER, makers
from reports.words import Words

PI, INTEL, LOCAL = "b8:27:eb:5a:00:17", "00:1b:21:aa:00:4d", "02:00:00:00:00:01"
CAMERA = Unlisted(("10.0.0.7", "10.0.0.9"), PI, "lan0", "camera-1")
PRINTER = Unlisted((), INTEL, "dhcp", "")


def document(*findings: tuple[str, str, str]) -> Document:
    """Sites q1 and q3 with an asset each; findings are (asset, status, actual)."""
    return cast(
        Document,
        {
            "sites": [
                {"id": id_, "name": name, "name_en": None, "kind": "district", "parent": None}
                for id_, name in (("q1", "Quận 1"), ("q3", "Quận 3"))
            ],
            "assets": [{"id": "r1", "site": "q1"}, {"id": "s1", "site": "q1"}, {"id": "r3", "site": "q3"}],
            "findings": [
                {"asset": asset, "check": "neighbour.listed", "status": status, "actual": actual}
                for asset, status, actual in findings
            ],
        },
    )


def test_what_a_finding_tells_is_read_back() -> None:
    assert list(read(f"{CAMERA}; {PRINTER}")) == [CAMERA, PRINTER]
    assert list(read("–")) == []


def test_each_thing_stands_once_at_its_site_with_all_who_saw_it() -> None:
    seen_by_server = Unlisted(("10.0.0.8",), PI, "eth0", "")
    found = unlisted.of(
        document(
            ("r3", "fail", str(CAMERA)), ("r1", "fail", f"{CAMERA}; {PRINTER}"), ("s1", "fail", str(seen_by_server))
        )
    )
    assert [(one["site"], one["hardware"]) for one in found] == [("q1", INTEL), ("q1", PI), ("q3", PI)]
    assert found[1]["addresses"] == ["10.0.0.7", "10.0.0.8", "10.0.0.9"]
    assert found[1]["seen_by"] == ["r1 lan0", "s1 eth0"]
    assert found[1]["name"] == "camera-1"


def test_what_was_not_measured_tells_of_nothing() -> None:
    assert unlisted.of(document(("r1", "unknown", "no answer; at all of it"), ("r3", "pass", "–"))) == []


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_list_names_site_maker_and_who_saw_it(tmp_path: Path, lang: Any) -> None:
    (tmp_path / "oui.csv").write_text('Registry,Assignment,Organization Name,A\nMA-L,B827EB,"Maker, Ltd",x\n')
    told = unlisted.lines(document(("r1", "fail", f"{CAMERA}; {PRINTER}")), Words(lang), tmp_path)
    assert told[0].startswith("2 ")
    assert "Quận 1 [q1]" in told
    text = "\n".join(told)
    assert f"{PI}  (Maker, Ltd)  camera-1" in text
    assert "r1 lan0" in text
    data = unlisted.as_data(document(("r1", "fail", f"{CAMERA}; {PRINTER}")), tmp_path)
    assert [one["maker"] for one in data] == [None, "Maker, Ltd"]


def test_no_register_no_maker(tmp_path: Path) -> None:
    assert makers({PI}, tmp_path) == {}


@pytest.mark.skipif(not REGISTER.is_dir(), reason="Debian's ieee-data is not here")
def test_makers_stand_in_ieees_register() -> None:
    found = makers({PI, INTEL, LOCAL, "?10.0.0.1"})
    assert found[PI].startswith("Raspberry Pi")
    assert found[INTEL].startswith("Intel")
    assert set(found) == {PI, INTEL}
