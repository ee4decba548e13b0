"""The path to the target: its errands are what is missing, its order adds up, it says whether it is the shortest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import covering, plans, score, shortest
from reports.document import Document
from reports.index import Index
from reports.shortest import Fix
from reports.words import Words
from tests.reports import documents

CHECKS = ["ssh.root_login_off", "audit.running", "logs.retention", "accounts.default_accounts_disabled"]
AWAY = [
    one["id"] for one in documents.requirements() if not one["checks"] or one["checks"][0].partition(".")[0] == "device"
]


def city(count: int, failing: Mapping[tuple[str, str], str], dark: Mapping[str, str] | None = None) -> Document:
    """`count` systems with an approved plan and a server each at the city."""
    document = documents.blank()
    names = [f"s{n:02}" for n in range(count)]
    document["systems"] = [documents.system(one, f"Hệ thống {one}", "79", 2, "approved", *AWAY) for one in names]
    document["assets"] = [documents.asset(f"m-{one}", "79", "server", [one], 2) for one in names]
    return documents.judge(document, failing, dark or {})


def test_what_is_missing_is_named_once_as_the_errand_that_it_is() -> None:
    index = Index(documents.practice())
    found = {system: frozenset(shortest.fixes(index, index.systems[system])) for system in index.systems}
    assert Fix("remedy", "79", "ssh.password_login_off") in found["tthc"]
    assert Fix("measure", "dc-mail-1", "auth_refused") in found["thu-dien-tu"]
    assert {fix.kind for fix in found["thu-dien-tu"]} == {"measure"}
    assert found["1022"] == frozenset()
    assert Fix("attest", "lan-760", "r-quy-che") in found["lan-760"]
    assert {fix.where for fix in found["metronet"] if fix.kind == "visit"} == {"bt-edge-1"}


def test_every_open_plan_has_errands_and_every_met_one_none() -> None:
    index = Index(documents.practice())
    for item in index.document["scores"]["plans_implemented"]["items"]:
        assert bool([*shortest.fixes(index, index.systems[item["id"]])]) is not item["met"]


def test_one_command_for_a_unit_counts_once_for_all_systems_there() -> None:
    failing = {(f"m-s{n:02}", "audit.running"): "" for n in range(4)}
    failing[("m-s00", "logs.retention")] = failing[("m-s01", "ssh.root_login_off")] = ""
    found = shortest.path(Index(city(4, failing)))
    assert (found.met, found.need, found.total, found.exact) == (0, 4, 4, True)
    assert found.work == 3
    assert [step.system for step in found.steps][:2] == ["s02", "s03"]
    assert [step.work for step in found.steps] == [1, 1, 2, 3]
    assert [step.percent for step in found.steps] == [25.0, 50.0, 75.0, 100.0]


@settings(max_examples=12, deadline=None)
@given(
    st.sets(st.tuples(st.integers(0, 9), st.sampled_from(CHECKS)), max_size=14), st.sets(st.integers(0, 9), max_size=2)
)
def test_no_choice_of_systems_reaches_the_target_with_less(failing: set[tuple[int, str]], dark: set[int]) -> None:
    document = city(10, {(f"m-s{n:02}", c): "" for n, c in failing}, {f"m-s{n:02}": "timeout" for n in dark})
    index = Index(document)
    found = shortest.path(index)
    open_ = {
        one["id"]: frozenset(shortest.fixes(index, one))
        for one in index.systems.values()
        if not plans.implemented([*plans.judge(index, one)])
    }
    wanted = max(0, found.need - found.met)
    assert found.work == min(covering.work(open_, frozenset(some)) for some in combinations(open_, wanted))
    assert len(found.steps) == wanted
    assert {step.system for step in (*found.steps, *found.beyond)} == open_.keys()
    assert score.percent(found.need, found.total) >= 90.0
    if found.steps:
        assert score.percent(found.need - 1, found.total) < 90.0


def test_doing_the_errands_of_the_steps_reaches_the_target() -> None:
    failing = {(f"m-s{n:02}", CHECKS[n % 4]): "" for n in range(10)}
    found = shortest.path(Index(city(10, failing)))
    done = {(fix.where, fix.what) for step in found.steps for fix in step.fixes}
    left = {key: text for key, text in failing.items() if ("79", key[1]) not in done}
    assert city(10, left)["scores"]["plans_implemented"]["percent"] >= 90.0


def test_beyond_fifty_systems_it_is_greedy_and_says_so() -> None:
    failing = {(f"m-s{n:02}", CHECKS[n % 4]): "" for n in range(51)}
    document = city(51, failing)
    found = shortest.path(Index(document))
    assert not found.exact
    assert found.steps[-1].percent >= 90.0
    for lang, said in (("vi", "tham lam"), ("en", "greedily")):
        assert said in "\n".join(shortest.lines(Index(document), found, Words(lang)))  # type: ignore[arg-type]  # both


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_it_is_told_in_words_with_the_command_that_puts_it_right(lang: str) -> None:
    index = Index(documents.practice())
    found = shortest.path(index)
    told = [*shortest.lines(index, found, Words(lang))]  # type: ignore[arg-type]  # both languages
    assert not [line for line in told if re.search(r"[{}]", line)]
    assert any("rasoat fix 20261121T021500Z --scope 760 --check ssh.root_login_off" in line for line in told)
    assert any("--asset dc-tthc-1 --check ssh.password_login_off" in line for line in told)
    assert len([line for line in told if line.startswith("    ")]) == sum(
        len(step.fixes) for step in (*found.steps, *found.beyond)
    )


def test_a_city_without_plans_or_with_all_of_them_met_is_told_so() -> None:
    nothing, all_ = city(0, {}), city(3, {})
    assert "hồ sơ" in "\n".join(shortest.lines(Index(nothing), shortest.path(Index(nothing)), Words("vi")))
    assert "Đã đạt" in "\n".join(shortest.lines(Index(all_), shortest.path(Index(all_)), Words("vi")))
