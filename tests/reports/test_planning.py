"""A plan requirement by requirement agrees with the score, and names what each verdict rests on."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from checks import catalogue
from inventory.faults import BadInput
from inventory.load import load
from reports import planning, todo
from reports.document import Document
from reports.index import Index
from reports.words import Language, Words
from tests.cities import small_city
from tests.reports import documents

DAY = date(2024, 7, 1)


def seen(document: Document, system: str) -> planning.PlanView:
    return planning.view(Index(document), system)


def test_it_agrees_with_the_score_for_every_system() -> None:
    document = documents.practice()
    for item in document["scores"]["plans_implemented"]["items"]:
        view = seen(document, item["id"])
        assert [row.id for row in view.rows if row.met != "met"] == item["open"]
        assert (view.state, view.counted) == (item.get("state"), True)


def test_each_requirement_names_its_evidence_or_what_is_missing() -> None:
    rows = {row.id: row for row in seen(documents.practice(), "tthc").rows}
    met = {row.met for row in rows.values()}
    assert met == {"met", "not_met"}
    for row in rows.values():
        assert (row.how == "probed") == bool(row.probes)
        assert (row.met == "not_met") == bool(row.missing) or row.how == "attested"
        assert all(probe.finding and probe.finding["evidence"] for probe in row.probes)
        assert (row.how == "not_applicable") == (row.reason is not None)
    open_ = [probe for row in rows.values() for probe in row.missing]
    assert [(probe.asset, probe.check) for probe in open_] == [("dc-tthc-1", "ssh.password_login_off")]
    assert rows["r-quy-che"].attestations[0]["officer"] == "Trần Văn Đức"


def test_what_was_not_measured_is_missing_and_never_met() -> None:
    document = documents.practice()
    document["findings"] = [one for one in document["findings"] if one["asset"] != "dc-db-1"]
    view = seen(document, "1022")
    probed = [row for row in view.rows if row.how == "probed"]
    assert {row.met for row in probed} == {"unknown"}
    assert all(probe.status == "unknown" for row in probed for probe in row.missing)


def test_a_plan_that_is_not_approved_is_shown_and_said_not_to_count() -> None:
    document = documents.practice()
    view = seen(document, "trung-tam-du-lieu")
    assert not view.counted
    assert view.rows
    for lang, said in (("vi", "chưa được tính"), ("en", "does not count")):
        assert said in "\n".join(planning.lines(Index(document), view, Words(lang)))  # type: ignore[arg-type]  # both


@pytest.mark.parametrize(("system", "said"), [("lan-769", "no level"), ("tthx", "Did you mean 'tthc'")])
def test_a_system_without_requirements_is_refused(system: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        seen(documents.practice(), system)


def test_what_is_missing_stands_first() -> None:
    document = documents.practice()
    told = [*planning.lines(Index(document), seen(document, "tthc"), Words("en"))]
    heading = told.index("What is missing, in 1 requirement:")
    requirement, finding, after = told[heading + 1 : heading + 4]
    assert "[r-" in requirement
    assert finding.strip().startswith("fail · dc-tthc-1: ")
    assert "[ssh.password_login_off]" in finding
    assert after == ""


def test_where_nothing_is_missing_it_is_said() -> None:
    document = documents.practice()
    full = next(one["id"] for one in document["scores"]["plans_implemented"]["items"] if one["state"] == "fully")
    assert "Nothing is missing." in [*planning.lines(Index(document), seen(document, full), Words("en"))]


def test_requirements_stand_in_the_order_of_the_standard() -> None:
    clauses = ["7.2.10", "7.2.2.3 e", "7.2.2.3 đ", "7.2.2.3 d", "7.2.2.3", "7.1.9"]
    found = sorted(clauses, key=planning.in_order)
    assert found == ["7.1.9", "7.2.2.3", "7.2.2.3 d", "7.2.2.3 đ", "7.2.2.3 e", "7.2.10"]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_it_is_told_in_words_and_as_data(lang: Language) -> None:
    document = documents.practice()
    document["attestations"][0]["expires_on"] = "2026-02-01"
    view = seen(document, "tthc")
    told = "\n".join(planning.lines(Index(document), view, Words(lang)))
    data = planning.as_data(view)
    assert json.loads(json.dumps(data)) == data
    for requirement in data["requirements"]:
        assert requirement["id"] in told
        assert all(finding["evidence"][0][:19] in told for finding in requirement["findings"])
    assert ("số điều khoản chưa đối chiếu" in told) is (lang == "vi")
    assert ("không có hiệu lực" in told) is (lang == "vi")


def test_hostile_names_stay_text() -> None:
    document = documents.hostile()
    assert documents.HOSTILE in "\n".join(planning.lines(Index(document), seen(document, "tthc"), Words("vi")))


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_template_holds_what_needs_a_person_and_loads_once_filled_in(tmp_path: Path, lang: Language) -> None:
    workspace = small_city(tmp_path)
    city, standard = load(workspace), catalogue.load("tcvn-11930-2017").standard
    text = todo.template(city, standard, "tthc", DAY, Words(lang))
    asked = {one["requirement"] for one in yaml.safe_load(text)["attestations"]}
    assert asked == {one.id for one in standard.at(3) if one.attested or not one.checks}
    assert all(standard.clause(one, 3) in text and getattr(one.title, lang) in text for one in standard.at(3))
    target = workspace / "attestations.yaml"
    target.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="'officer' is missing"):
        load(workspace)
    for name, value in {"officer": "A", "document": "B", "signed_on": "2024-01-01", "expires_on": "2025-01-01"}.items():
        text = text.replace(f"    {name}: #", f"    {name}: {value} #")
    target.write_text(text, encoding="utf-8")
    assert len(load(workspace).attestations) == len(asked)
    again = todo.template(load(workspace), standard, "tthc", DAY, Words(lang))
    assert yaml.safe_load(again)["attestations"] == []


def test_the_template_follows_the_plan_and_its_deviations_load(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    standard = catalogue.load("tcvn-11930-2017").standard
    text = todo.template(load(workspace), standard, "tthc", DAY, Words("vi"))
    comments = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    plan = yaml.safe_load("\n".join(comments[comments.index("systems:") :]))["systems"][0]["dossier"]["plan"]
    assert [item["requirement"] for item in plan] == [one.id for one in standard.at(3)]
    places = workspace / "inventory/places.yaml"
    chosen = next(one.id for one in standard.at(3) if one.checks)
    away = next(one.id for one in standard.at(3) if not one.checks)
    item = "        - {{requirement: {}, how: {}, reason: x}}\n"
    deviations = "      plan:\n" + item.format(chosen, "attested") + item.format(away, "not_applicable")
    approved = "      approved_on: 2024-06-30\n"
    text = places.read_text(encoding="utf-8").replace(approved, approved + deviations)
    places.write_text(text, encoding="utf-8")
    again = todo.template(load(workspace), standard, "tthc", DAY, Words("vi"))
    asked = {one["requirement"] for one in yaml.safe_load(again)["attestations"]}
    assert chosen in asked
    assert away not in asked


def test_a_system_nobody_knows_or_has_classified_has_no_template(tmp_path: Path) -> None:
    city, standard = load(small_city(tmp_path)), catalogue.load("tcvn-11930-2017").standard
    with pytest.raises(BadInput, match="unknown system 'x'"):
        todo.template(city, standard, "x", DAY, Words("vi"))
