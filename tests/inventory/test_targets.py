"""The targets of the plan: shipped whole, declared with a source and a date, never mixed with what is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from inventory import workspace
from inventory.faults import BadInput
from inventory.load import load
from inventory.statements import Target


@pytest.fixture
def city(tmp_path: Path) -> Path:
    workspace.init(tmp_path, "hcmc-2024")
    return tmp_path


def declare(city: Path, *records: str) -> dict[str, Target]:
    text = "".join(f"  - {record}\n" for record in records)
    (city / "targets.yaml").write_text(f"targets:\n{text}", encoding="utf-8")
    return {target.id: target for target in load(city).targets}


def refused(city: Path, record: str) -> str:
    with pytest.raises(BadInput) as caught:
        declare(city, record)
    [fault] = caught.value.faults
    assert (fault.file.name, fault.line) == ("targets.yaml", 2)
    return str(fault)


def test_every_target_of_the_plan_has_its_row(city: Path) -> None:
    targets = load(city).targets
    groups = [target.group for target in targets]
    assert [groups.count(group) for group in ("theme", "government", "economy", "security")] == [5, 15, 7, 6]
    measured = {target.score: target.goal for target in targets if target.score}
    assert measured == {
        "infrastructure_reviewed": 100,
        "infrastructure_upgraded": 100,
        "infrastructure_interconnected": 100,
        "systems_classified": 100,
        "plans_implemented": 90,
    }
    assert all(target.stated_in for target in targets)


def test_both_shares_of_the_digital_economy_stand_with_their_source(city: Path) -> None:
    both = [target for target in load(city).targets if target.id.endswith(".digital-economy")]
    assert [target.goal for target in both] == [22, 25]
    assert len({target.stated_in for target in both}) == 2


def test_no_figure_is_shipped(city: Path) -> None:
    assert not [target.id for target in load(city).targets if target.figure is not None]


def test_an_owner_declares_a_figure_with_source_and_date(city: Path) -> None:
    before = load(city).sha256
    targets = declare(city, "{id: economy.e-commerce, figure: 11.5, source: Báo cáo 7, on: 2024-11-02}")
    found = targets["economy.e-commerce"]
    assert (found.figure, found.source, str(found.on), found.goal) == (11.5, "Báo cáo 7", "2024-11-02", 10)
    assert load(city).sha256 != before


def test_a_city_adds_targets_of_its_own(city: Path) -> None:
    own = "{id: own.it, group: government, title: {vi: A, en: B}, goal: 5, direction: at_most, measured_by: declared}"
    assert declare(city, own)["own.it"].direction == "at_most"


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("{id: economy.e-commerce, figure: 11.5}", "'figure', 'source' and 'on' are given together"),
        ("{id: economy.e-commerce, figure: 111, source: a, on: 2024-11-02}", "more than 100 %"),
        ("{id: economy.e-commerce, figure: .nan, source: a, on: 2024-11-02}", "finite"),
        ("{id: security.plans, figure: 95, source: a, on: 2024-11-02}", "an audit measures this target"),
        ("{id: security.plans, goal: 10}", "'goal' stays as shipped. Set only: figure, source, on."),
    ],
)
def test_what_cannot_be_declared_is_said(city: Path, record: str, said: str) -> None:
    assert said in refused(city, record)


def test_an_unknown_target_misses_all_that_a_target_has(city: Path) -> None:
    with pytest.raises(BadInput, match="'group' is missing"):
        declare(city, "{id: economy.e-comerce, figure: 1, source: a, on: 2024-11-02}")


def test_a_tree_without_a_plan_has_none_unless_one_is_named(tmp_path: Path) -> None:
    workspace.init(tmp_path, "hcmc-2025")
    assert load(tmp_path).targets == ()
    file = tmp_path / "city.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "targets: hcmc-2024\n", encoding="utf-8")
    assert len(load(tmp_path).targets) == 33
