"""Values of parameters: each standard's are of their types, and a city's are held to them before anything is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from checks import catalogue
from checks.catalogue import Catalogue
from checks.parameters import Parameter, Type, problem
from inventory import load
from inventory.faults import BadInput
from inventory.workspace import init

GOOD: dict[Type, list[Any]] = {
    "integer": [1, 90],
    "number": [1, 0.5],
    "networks": [[], ["10.10.0.0/24", "2001:db8::/32", "10.10.0.5"]],
    "addresses": [[], ["10.10.0.5", "2001:db8::5", "log.tphcm.example"]],
    "names": [[], ["quantri", "%admins", "#0", "svc.backup@tphcm"]],
    "commands": [[], ["restic", "pg_dump", "/opt/sao-luu/chay.sh"]],
    "paths": [[], ["/srv/backup", "/var/lib/backup"]],
    "pages": [[], ["/", "/dang-nhap", "/a/b.html"]],
    "dates": [{}, {"debian-12": "2028-06-30"}],
}
BAD: dict[Type, list[Any]] = {
    "integer": [0, -1, 1.5, True, "90", None, [90]],
    "number": [0, -0.5, float("nan"), float("inf"), True, "1", None],
    "networks": ["10.10.0.0/24", ["10.10.0.0/33"], ["quan-tri"], [10], {"10.10.0.0/24": 1}],
    "addresses": ["10.10.0.5", [""], ["a b"], ["-f"], ["10.0.0.1; reboot"], [5]],
    "names": ["quantri", [""], ["a b"], ["-rf"], ["a\n"], [1]],
    "commands": [["-delete"], ["a b"], ["a;b"], ["*"], ["$(reboot)"], [""], ["/"], "restic"],
    "paths": [["srv/backup"], ["-delete"], ["/srv/sao lưu"], ["/srv/*"], ["/"], "/srv"],
    "pages": ["/", ["dang-nhap"], ["/a b"], ["/?q=1"], ["/\r\nX: 1"], ["/\n"], [5]],
    "dates": [["debian-12"], {"debian-12": "soon"}, {12: "2028-06-30"}, "2028-06-30"],
}


@pytest.mark.parametrize(("type_", "value"), [(type_, value) for type_ in GOOD for value in GOOD[type_]])
def test_takes_what_is_of_its_type(type_: Type, value: Any) -> None:
    assert problem(type_, value) is None


@pytest.mark.parametrize(("type_", "value"), [(type_, value) for type_ in BAD for value in BAD[type_]])
def test_refuses_what_is_not(type_: Type, value: Any) -> None:
    assert problem(type_, value) is not None


def test_a_standard_with_a_bad_value_cannot_be_loaded() -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        Parameter.model_validate({"by_level": {1: "ten"}, "type": "integer"})


@pytest.fixture(params=catalogue.standards())
def ruler(request: pytest.FixtureRequest) -> Catalogue:
    return catalogue.load(request.param)


def test_whatever_a_city_may_set_has_a_type(ruler: Catalogue) -> None:
    assert not [name for name in ruler.adjustable() if ruler.parameters[name].type is None]
    assert {"antimalware_processes", "backup_commands", "default_accounts"} <= ruler.adjustable()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    init(folder, "own")
    return folder


def city_sets(workspace: Path, **parameters: Any) -> None:
    file = workspace / "city.yaml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump({**settings, "parameters": parameters}), encoding="utf-8")


def asset_sets(workspace: Path, **parameters: Any) -> None:
    root = load.load(workspace).city.id
    asset = {"id": "mc-01", "site": root, "systems": ["s"], "kind": "server", "platform": "debian"}
    records = {
        "systems": [{"id": "s", "name": "Hệ thống", "owner": root}],
        "assets": [{**asset, "address": "192.0.2.1", "parameters": parameters}],
    }
    (workspace / "inventory" / "mine.yaml").write_text(yaml.safe_dump(records), encoding="utf-8")


def refusal(workspace: Path) -> BadInput | None:
    found = catalogue.load("tcvn-11930-2017")
    try:
        catalogue.refuse_bad_parameters(load.load(workspace, found.adjustable()), found)
    except BadInput as refused:
        return refused
    return None


def test_good_values_are_taken(workspace: Path) -> None:
    city_sets(workspace, management_sources=["10.10.0.0/24"], inactive_days=30)
    asset_sets(workspace, backup_paths=["/srv/backup"])
    assert refusal(workspace) is None


def test_a_bad_value_is_refused_with_its_place_and_mend(workspace: Path) -> None:
    city_sets(workspace, inactive_days="thirty", management_sources=["10.10.0.0/33"])
    asset_sets(workspace, backup_paths=["-delete"])
    refused = refusal(workspace)
    assert refused is not None
    assert all(fault.line and fault.mend for fault in refused.faults)
    assert {(fault.file.name, fault.problem) for fault in refused.faults} == {
        ("city.yaml", "parameter 'inactive_days': 'thirty' is not a whole number"),
        ("city.yaml", "parameter 'management_sources': '10.10.0.0/33' is not a network"),
        ("mine.yaml", "asset 'mc-01': parameter 'backup_paths': '-delete' is not a folder"),
    }


def test_what_one_ruler_lets_a_city_set_changes_no_other(workspace: Path) -> None:
    """2017 gives no term for accounts out of use, 2026 gives 45 days: a city's own counts in the first alone."""
    old, new = (catalogue.load(name) for name in ("tcvn-11930-2017", "tcvn-14423-2026"))
    city_sets(workspace, inactive_days=90)
    asset_sets(workspace)
    inventory = load.load(workspace, old.adjustable())
    asked = {ruler.standard.id: ruler.bind(inventory.assets["mc-01"], inventory)[0].want for ruler in (old, new)}
    assert {id_: want["inactive_days"] for id_, want in asked.items()} == {"tcvn-11930-2017": 90, "tcvn-14423-2026": 45}
