"""Inventories in and out, plans and coverage, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from reports import results
from tests.cities import small_city
from tests.commands.program import Told, called
from tests.reports import documents


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return small_city(tmp_path)


def ask(city: Path, capfd: pytest.CaptureFixture[str], *words: str) -> Told:
    return called(*words, at=city, capfd=capfd)


def test_a_template_is_written_and_taken_in(city: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ask(city, capfd, "inventory", "template", "mau.xlsx").out == "mau.xlsx\n"
    assert ask(city, capfd, "inventory", "template", "--format", "csv", "mau").status == 0
    with (city / "mau/services.csv").open("a", encoding="utf-8") as file:
        file.write("thu,Thư điện tử,,tthc,192.0.2.5,25\n")
    told = ask(city, capfd, "inventory", "import", "--check", "mau")
    assert (told.status, told.out) == (0, "1 services\nNothing was written.\n")
    answer = json.loads(ask(city, capfd, "inventory", "import", "--json", "mau").out)
    assert answer["counts"] == {"services": 1}
    assert Path(answer["file"]).is_file()
    assert "2 services" in ask(city, capfd, "inventory", "check").out


def test_every_bad_row_is_said_and_nothing_is_written(city: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (city / "assets.csv").write_text("Mã tài sản,Mã địa điểm,Cổng\na,1,x\nb,2,y\n", encoding="utf-8")
    told = ask(city, capfd, "inventory", "import", "assets.csv")
    assert told.status == 2
    assert all(f"assets.csv: row {row}, column C 'Cổng': " in told.message for row in (2, 3))
    assert "unknown site '2'" in told.message
    assert not (city / "inventory/imported-assets.yaml").exists()


def test_a_parameter_of_the_wrong_type_is_refused_as_everywhere(city: Path, capfd: pytest.CaptureFixture[str]) -> None:
    row = 's,79,tthc,server,debian,192.0.2.9,"{""no_such"": 8}"\n'
    text = "Mã tài sản,Mã địa điểm,Hệ thống,Loại,Nền tảng,Địa chỉ,Tham số\n" + row
    (city / "assets.csv").write_text(text, encoding="utf-8")
    told = ask(city, capfd, "inventory", "import", "assets.csv")
    assert told.status == 2
    assert "column G 'Tham số'" in told.message


@pytest.mark.parametrize(
    "words",
    [
        "inventory import",
        "inventory import x.csv --netbox https://n.example --token env:T",
        "inventory import --netbox https://n.example",
        "inventory import --netbox https://n.example --token secret",
        "inventory import x.csv",
        "inventory export",
        "inventory export --ansible --format csv",
        "inventory export --format xlsx",
        "inventory export --format yaml --out x.txt",
        "plan show tthc",
        "plan show tthc none",
        "plan template nothing",
        "plan path",
    ],
)
def test_what_cannot_be_done_is_refused(words: str, city: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ask(city, capfd, *words.split()).message
    assert ask(city, capfd, *words.split()).status == 2


def test_an_inventory_goes_out_in_every_form(city: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for form, out in (("csv", "out"), ("xlsx", "out.xlsx"), ("yaml", "out.yaml"), ("ansible", "hosts.yml")):
        told = ask(city, capfd, "inventory", "export", "--format", form, "--out", out)
        assert told.status == 0
        assert all((city / name).is_file() for name in told.out.splitlines())
    printed = ask(city, capfd, "inventory", "export", "--format", "yaml").out
    assert yaml.safe_load(printed).keys() == {"sites", "systems", "assets", "links", "services"}
    assert "ansible_host" in ask(city, capfd, "inventory", "export", "--ansible").out


def test_plans_are_told_from_what_was_kept(city: Path, capfd: pytest.CaptureFixture[str]) -> None:
    document = documents.practice()
    folder = city / "runs" / document["run"]["id"]
    folder.mkdir()
    (folder / "journal.jsonl").touch()
    (folder / results.NAME).write_text(json.dumps(document), encoding="utf-8")
    run = folder.name
    assert "CHƯA ĐÁP ỨNG" in ask(city, capfd, "plan", "show", "tthc", run).out
    assert json.loads(ask(city, capfd, "plan", "show", "tthc", run, "--json").out)["state"] == "partly"
    assert "errands" in ask(city, capfd, "plan", "path", run, "--lang", "en").out
    path = json.loads(ask(city, capfd, "plan", "path", run, "--json").out)
    assert path["exact"] is True
    assert path["steps"][0]["fixes"][0].keys() == {"kind", "where", "what"}


def test_a_plan_template_is_printed_or_written(city: Path, capfd: pytest.CaptureFixture[str]) -> None:
    printed = ask(city, capfd, "plan", "template", "tthc").out
    assert ask(city, capfd, "plan", "template", "tthc", "--out", "todo.yaml").out == "todo.yaml\n"
    assert (city / "todo.yaml").read_text(encoding="utf-8") == printed
    assert yaml.safe_load(printed)["attestations"]


def test_coverage_is_told(city: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told = ask(city, capfd, "checks", "list", "--coverage").out
    assert "tcvn-11930-2017, cấp độ 3" in told
    assert "tcvn-14423-2026, cấp độ 5" in told
    rows = json.loads(ask(city, capfd, "checks", "list", "--coverage", "--json").out)
    assert {row["standard"] for row in rows} == {"tcvn-11930-2017", "tcvn-14423-2026"}
    assert rows[0].keys() == {
        "standard",
        "level",
        "kind",
        "group",
        "requirements",
        "checks",
        "both",
        "attestation",
        "neither",
    }
