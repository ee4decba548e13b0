"""Every fault names file, line and mend; all of them come at once; order never matters."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.faults import BadInput, Fault
from inventory.load import load
from inventory.load import settings as load_settings
from tests.cities import small_city

HERE = "# here"
CITY, PLACES, ASSETS = "city.yaml", "inventory/places.yaml", "inventory/assets.yaml"
ATTESTATIONS, WAIVERS = "attestations.yaml", "waivers.yaml"


def change(workspace: Path, name: str, old: str, new: str) -> None:
    """Replace `old`, which stands there once or more, at its first place."""
    file = workspace / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(workspace: Path, adjustable: frozenset[str] | None = None) -> tuple[Fault, ...]:
    with pytest.raises(BadInput) as caught:
        load(workspace, adjustable)
    return caught.value.faults


def marked(file: Path) -> int:
    """The line that carries the mark."""
    [line] = [number for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if HERE in line]
    return line


def test_the_small_city_is_valid(tmp_path: Path) -> None:
    city = load(small_city(tmp_path), frozenset())
    counts = [len(city.sites), len(city.systems), len(city.assets), len(city.links), len(city.services)]
    assert counts == [4, 2, 4, 1, 1]
    assert city.level_of(city.assets["r-dc"]) == 3
    login = city.login_of(city.assets["s-ward"])
    assert login is not None
    assert login.user == "rasoat-audit"
    assert re.fullmatch("[0-9a-f]{64}", city.sha256)


# file, what stands there, what is written instead (the mark on the line of the fault), problem, mend
RECORDS = [
    (ASSETS, "    port: 2222", f"    prot: 2222 {HERE}", "asset 's-tthc': unknown key 'prot'", "Did you mean 'port'?"),
    (PLACES, "      decision:", f"      decison: x {HERE}\n      decision:", "key 'dossier.decison'", "'decision'?"),
    (CITY, "mode: lab", f"modes: lab {HERE}", "unknown key 'modes'", "Did you mean 'mode'?"),
    (CITY, "mode: lab", f"agency: {{place: X, nam: Y}} {HERE}", "unknown key 'agency.nam'", "Did you mean 'name'?"),
    (ASSETS, "services:", f"servces: {HERE}", "unknown key 'servces'", "Did you mean 'services'?"),
    (WAIVERS, "waivers:", f"waiver: {HERE}", "unknown key 'waiver'", "Did you mean 'waivers'?"),
    (ASSETS, "- id: dvc\n    name:", f"- name: {HERE}\n     ", "'id' is missing", "Add 'id"),
    (ASSETS, "- id: dvc", f"- id: D V C {HERE}", "'id' has characters", "small letters"),
    (ASSETS, "address: 198.51.100.20", f"address: {HERE}", "asset 's-ward': 'address' is missing", "or the host name"),
    (ASSETS, "address: 198.51.100.20", f"address: '-oProxyCommand=x' {HERE}", "'address' has characters", "no blank"),
    (ASSETS, "address: 198.51.100.20", f"address: 198.51.100.20/24 {HERE}", "'address' has characters", "no mask"),
    (ASSETS, "interface: eth0,", f"interface: eth0;reboot, {HERE}\n     ", "'child.interface'", "device prints it"),
    (ASSETS, "kind: device", f"kind: devise {HERE}", "'kind' is none of the possible words", "Did you mean 'device'?"),
    (ASSETS, "systems: [tthc]", f"systems: [] {HERE}", "'systems' is empty", "at least one"),
    (ASSETS, "systems: [tthc]", f"systems: tthc {HERE}", "'systems' is not a list", "Write a list"),
    (ASSETS, "ports: [443, 2222]", f"ports: [443, 66000] {HERE}", "'ports.1' is more than 65535", "65535"),
    (ASSETS, "max_delay_ms: 50", f"max_delay_ms: 0 {HERE}", "'max_delay_ms'", "Correct the value"),
    (ASSETS, "  - id: s-ward", f"  - s-plain {HERE}\n  - id: s-ward", "this asset is not a record", "key: value"),
    (PLACES, "      level: 3", f"      level: 9 {HERE}", "'dossier.level'", "whole number from 1 to 5"),
    *[
        (PLACES, "level: 2", f"level: {level} {HERE}", "system 'lan-26734': 'level'", "whole number from 1 to 5")
        for level in ("0", "6", "'2'", "yes", "2.5", "high")
    ],
    (CITY, "mode: lab", f"unclassified_level: 7 {HERE}", "'unclassified_level'", "whole number from 1 to 5"),
    (CITY, "mode: lab", f"classified_levels: [3, 7] {HERE}", "'classified_levels.1'", "from 1 to 5"),
    (CITY, "mode: lab", f"mode: live! {HERE}", "'mode' is none of the possible words", "Did you mean 'live'?"),
    (CITY, "format: 1", f"format: one {HERE}", "'format'", "Write 'format: 1'"),
    (PLACES, '- id: "760"', f"- id: 760 {HERE}", "site '760': 'id'", "in quotes"),
    (PLACES, "name: Phường Đa Kao", f'name: "" {HERE}', "'name' is empty", "Fill it in"),
    (PLACES, "approved_on: 2024-06-30", f"approved_on: June {HERE}", "'dossier.approved_on' is not a date", "YYYY-MM"),
    (ASSETS, "- id: s-ward", f"- id: s-tthc {HERE}", "asset 's-tthc' is listed twice", "Rename"),
    (PLACES, '- id: "26737"', f'- id: "26734" {HERE}', "site '26734' is listed twice", "Rename"),
    (WAIVERS, "    check:", f"    id: x {HERE}\n    check:", "the key 'id' stands here twice", "Keep one"),
    (WAIVERS, "- id: old-router", f"- id: old-router {HERE}\n    site: '79'", "exactly one of", "so that this holds"),
    (WAIVERS, "end: 2024-12-31", f"end: 20241231 {HERE}", "'end' is not a date", "YYYY-MM-DD"),
    (ATTESTATIONS, "expires_on: 2025-01-15", f"expires_on: never {HERE}", "'expires_on' is not a date", "YYYY-MM-DD"),
    (ASSETS, "key: keys/audit", f"key: ../audit {HERE}", "outside the workspace", "keys/NAME"),
    (ASSETS, "key: keys/audit", f"key: /etc/ssh/key {HERE}", "outside the workspace", "keys/NAME"),
    (ASSETS, "password: env:RASOAT_DEVICE_PASSWORD", f"password: hunter2 {HERE}", "does not say where", "env:NAME"),
    (ASSETS, "password: env:RASOAT_DEVICE_PASSWORD", f"password: 271828 {HERE}", "'password'", "in quotes"),
    (ASSETS, "links:", f"links: }} {HERE}", "broken YAML", "Check indentation"),
]
REFERENCES = [
    (ASSETS, 'site: "79"', f'site: "97" {HERE}', "unknown site '97'", "Choose from: 26734, 26737, 760, 79."),
    (ASSETS, "systems: [tthc]", f"systems: [thtc] {HERE}", "unknown system 'thtc'", "Did you mean 'tthc'?"),
    (ASSETS, "login: device", f"login: devices {HERE}", "unknown login 'devices'", "Did you mean 'device'?"),
    (CITY, "login: audit", f"login: audti {HERE}", "unknown login 'audti'", "Did you mean 'audit'?"),
    (
        CITY,
        "login: audit",
        f"login: audit\nfix_login: devcie {HERE}",
        "unknown login 'devcie'",
        "Did you mean 'device'?",
    ),
    (CITY, "asset: r-dc,", f"asset: r-cd, {HERE}\n     ", "unknown asset 'r-cd'", "Did you mean 'r-dc'?"),
    (CITY, "asset: r-dc,", f"asset: s-tthc, {HERE}\n     ", "asset 's-tthc' is a server", "Name a network device"),
    (PLACES, 'owner: "26734"', f'owner: "26743" {HERE}', "unknown site '26743'", "Did you mean '2673"),
    (PLACES, 'parent: "760"', f'parent: "761" {HERE}', "unknown site '761'", "Choose from: 26734"),
    (ASSETS, "asset: r-ward,", f"asset: r-wrad, {HERE}\n     ", "unknown asset 'r-wrad'", "Did you mean 'r-ward'?"),
    (ASSETS, "asset: r-dc,", f"asset: s-ward, {HERE}\n     ", "asset 's-ward' is a server", "Name a network device"),
    (ASSETS, "system: tthc", f"system: ttch {HERE}", "unknown system 'ttch'", "Did you mean 'tthc'?"),
    (ATTESTATIONS, "system: tthc", f"system: ttch {HERE}", "unknown system 'ttch'", "Did you mean 'tthc'?"),
    (WAIVERS, "asset: r-ward", f"asset: r-wards {HERE}", "unknown asset 'r-wards'", "Did you mean 'r-ward'?"),
    (WAIVERS, "asset: r-ward", f"site: '99' {HERE}", "unknown site '99'", "Choose from"),
    (WAIVERS, "asset: r-ward", f"system: lan {HERE}", "unknown system 'lan'", "Choose from"),
]
TREE = [
    (
        PLACES,
        'ward\n    parent: "760"',
        f'district\n    parent: "760" {HERE}',
        "district below a district",
        "a city as",
    ),
    (
        PLACES,
        'ward\n    parent: "760"',
        f'department\n    parent: "760" {HERE}',
        "department below a district",
        "a city",
    ),
    (PLACES, 'kind: ward\n    parent: "760"', f"kind: city {HERE}", "'26734' is a second root beside '79'", "Keep one"),
    (PLACES, "kind: city\n", f'kind: city\n    parent: "26737" {HERE}\n', "a city below another site", "Delete its"),
    (
        PLACES,
        '- id: "26737"',
        f'- {{id: x, name: X, kind: ward}} {HERE}\n  - id: "26737"',
        "'x' has no parent",
        "district",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "problem", "mend"), [*RECORDS, *REFERENCES, *TREE])
def test_a_fault_names_its_line_and_its_mend(  # the columns of the table
    tmp_path: Path, name: str, old: str, new: str, problem: str, mend: str
) -> None:
    workspace = small_city(tmp_path)
    change(workspace, name, old, new)
    found = [fault for fault in faults(workspace) if problem in fault.problem]
    assert [(fault.file, fault.line) for fault in found] == [(workspace / name, marked(workspace / name))]
    assert mend in found[0].mend
    assert "hunter2" not in str(faults(workspace))
    assert "271828" not in str(faults(workspace))


@pytest.mark.parametrize(("name", "old", "new"), [case[:3] for case in (*RECORDS, *REFERENCES)])
def test_one_thing_wrong_is_one_fault(tmp_path: Path, name: str, old: str, new: str) -> None:
    workspace = small_city(tmp_path)
    change(workspace, name, old, new)
    assert len(faults(workspace)) == 1


def test_a_missing_field_is_said_where_its_record_begins(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, ASSETS, "- id: s-ward", f"- id: s-ward {HERE}")
    change(workspace, ASSETS, "    address: 198.51.100.20\n", "")
    [fault] = faults(workspace)
    assert (fault.line, fault.problem) == (marked(workspace / ASSETS), "asset 's-ward': 'address' is missing")


def test_an_approval_needs_its_decision(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, PLACES, "    dossier:", f"    dossier: {HERE}")
    change(workspace, PLACES, "      decision: 12/QĐ-UBND\n", "")
    [fault] = faults(workspace)
    assert (fault.line, "needs 'decision'" in fault.problem) == (marked(workspace / PLACES), True)


def test_a_circle_in_the_tree_is_named_once_with_its_sites(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, PLACES, 'kind: district\n    parent: "79"', 'kind: district\n    parent: "26734"')
    change(workspace, PLACES, 'kind: ward\n    parent: "760"', f'kind: ward\n    parent: "760" {HERE}')
    [fault] = [fault for fault in faults(workspace) if "circle" in fault.problem]
    assert fault.problem.endswith("26734 → 760 → 26734")
    assert (fault.file, fault.line) == (workspace / PLACES, marked(workspace / PLACES))


def test_a_site_that_is_its_own_parent_is_a_circle(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, PLACES, 'parent: "79"', 'parent: "760"')
    assert ["760 → 760" in fault.problem for fault in faults(workspace) if "circle" in fault.problem] == [True]


def test_a_tree_without_a_root_is_refused(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    (workspace / PLACES).unlink()
    (workspace / ASSETS).unlink()
    assert "the tree has no root" in {fault.problem for fault in faults(workspace)}


def test_parameters_are_those_that_may_be_adjusted(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, CITY, "mode: lab", f"parameters:\n  time_sources: []\n  log_colectors: [] {HERE}")
    change(workspace, ASSETS, "    port: 2222", f"    parameters: {{root: yes}} {HERE}")
    assert len(load(workspace).settings.parameters) == 2
    asset, city = faults(workspace, frozenset({"time_sources", "log_collectors"}))[::-1]
    assert (asset.line, city.line) == (marked(workspace / ASSETS), marked(workspace / CITY))
    assert "Did you mean 'log_collectors'?" in city.mend
    assert "'root' is not adjustable" in asset.problem


def test_a_file_that_would_be_overlooked_is_a_fault(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    (workspace / ASSETS).rename(workspace / "inventory/assets.yml")
    [fault] = faults(workspace)
    assert (fault.file.name, fault.mend) == ("assets.yml", "Rename it: assets.yaml")


def test_a_list_that_is_none_is_a_fault(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    (workspace / WAIVERS).write_text("\nwaivers: none\n")
    (workspace / ATTESTATIONS).write_text("- attestations\n")
    assert [(fault.file.name, fault.line) for fault in faults(workspace)] == [(ATTESTATIONS, 1), (WAIVERS, 2)]


def test_all_faults_of_all_files_come_at_once_in_their_order(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, CITY, "mode: lab", "mood: lab")
    change(workspace, CITY, "login: audit", "log in: nobody")
    change(workspace, PLACES, "    level: 2", "    level: 7")
    change(workspace, ASSETS, 'site: "79"', 'site: "97"')
    change(workspace, ASSETS, "system: tthc", "system: ttch")
    change(workspace, WAIVERS, "asset: r-ward", "asset: r-wards")
    (workspace / ATTESTATIONS).write_text("attestations: [\n")
    assert [(str(fault.file.relative_to(workspace)), fault.line) for fault in faults(workspace)] == [
        (ATTESTATIONS, 2),
        (CITY, 3),
        (CITY, 4),
        (ASSETS, 11),
        (ASSETS, 46),
        (PLACES, 36),
        (WAIVERS, 4),
    ]


def test_a_broken_city_file_does_not_hide_the_others(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    (workspace / CITY).write_text("format: 1\nname: [\n")
    change(workspace, ASSETS, "key: keys/audit", "key: ../audit")
    assert [(fault.file.name, fault.line) for fault in faults(workspace)] == [(CITY, 3), ("assets.yaml", 4)]


def test_settings_are_read_alone_and_their_faults_come_with_all_others(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    change(workspace, ASSETS, "key: keys/audit", "key: ../audit")
    assert load_settings(workspace).mode == "lab"
    change(workspace, CITY, "mode: lab", "mode: lap")
    with pytest.raises(BadInput) as caught:
        load_settings(workspace)
    assert [fault.file.name for fault in caught.value.faults] == [CITY, "assets.yaml"]


def test_an_empty_city_file_is_told_what_it_lacks(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    (workspace / CITY).write_text("")
    assert [fault.mend for fault in faults(workspace)] == ["Write 'format: 1'.", "Add 'name: …' to it."]


def test_wrong_encoding_does_not_hide_other_faults_nor_invent_any(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    (workspace / PLACES).write_bytes((workspace / PLACES).read_text(encoding="utf-8").encode("utf-16"))
    change(workspace, ASSETS, "key: keys/audit", "key: ../audit")
    found = [(fault.file.name, fault.line) for fault in faults(workspace)]
    assert found == [("assets.yaml", 4), ("places.yaml", 1)]


def test_an_expired_waiver_is_kept_and_does_not_count(tmp_path: Path) -> None:
    [waiver] = load(small_city(tmp_path)).waivers
    assert waiver.valid_on(waiver.end)
    assert not waiver.valid_on(waiver.end.replace(year=2026))


def test_the_digest_changes_with_every_value_and_not_with_the_comments(tmp_path: Path) -> None:
    workspace = small_city(tmp_path)
    digests = {load(workspace).sha256}
    change(workspace, ASSETS, "logins:", "# a comment\n\nlogins:")
    assert {load(workspace).sha256} == digests
    for name, old, new in [
        (CITY, "Mẫu", "Mẫu 2"),
        (PLACES, "Quận 1", "Quận 3"),
        (PLACES, "level: 2", "level: 3"),
        (ASSETS, "user: rasoat-audit", "user: rasoat"),
        (ASSETS, "port: 2222", "port: 22"),
        (ASSETS, "max_delay_ms: 50", "max_delay_ms: 60"),
        (ASSETS, "port: 443", "port: 444"),
        (ATTESTATIONS, "2025-01-15", "2025-01-16"),
        (WAIVERS, "Trần Thị B", "Trần Thị C"),
    ]:
        change(workspace, name, old, new)
        digests.add(load(workspace).sha256)
    assert len(digests) == 10


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), files=st.integers(1, 4))
def test_the_order_of_files_and_records_never_matters(tmp_path: Path, seed: int, files: int) -> None:
    workspace = tmp_path / "city"
    if not workspace.exists():
        small_city(tmp_path)
    before = load(workspace)
    _shuffle(workspace, random.Random(seed), files)  # noqa: S311  # an order, not a secret
    after = load(workspace)
    assert after == before
    assert [*after.assets] == [*before.assets]


def _shuffle(workspace: Path, dice: random.Random, files: int) -> None:
    """Deal all records out to `files` files in any order."""
    dealt: list[dict[str, list[Any]]] = [{} for _ in range(files)]
    for file in sorted((workspace / "inventory").glob("*.yaml")):
        for key, records in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            for record in records:
                dice.choice(dealt).setdefault(key, []).append(record)
        file.unlink()
    for content in dealt:
        keys = dice.sample(sorted(content), len(content))
        shuffled = {key: dice.sample(content[key], len(content[key])) for key in keys}
        name = f"{dice.randrange(10**9)}.yaml"
        (workspace / "inventory" / name).write_text(yaml.safe_dump(shuffled, sort_keys=False), encoding="utf-8")
