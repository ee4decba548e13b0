"""Who gets through: rules as people write them, told by the real nft, judged by what may come to TCP 22 or go out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from checks.model import Unknown
from checks.readers import nftables, rates
from checks.readers.networks import shown
from checks.readers.passage import Limit

CASES, LIMITS, WAYS_OUT = (
    yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8"))
    for name in ("rulesets", "limits", "ways_out")
)
HEADS = {hook.upper(): f"type filter hook {hook} priority filter; policy" for hook in ("input", "output")}
PAST = {"past_source": Limit("source", 100), "past_service": Limit("service", 1000)}
real = pytest.mark.skipif(os.geteuid() != 0, reason="a namespace of its own needs root")
NO_RULESETS = (
    *("", "{", "[]", "null", '{"nftables": null}', '{"nftables": {}}', '{"nftables": []}'),
    *('{"nftables": [{"metainfo": {}}, {"chain": {"hook": "input"}}]}', "table inet t {"),
)


def told(rules: str) -> str:
    """What nft tells of these rules, in a network namespace of its own."""
    written = "\n".join(f"{line};" if any(head in line for head in HEADS) else line for line in rules.splitlines())
    for short, head in HEADS.items():
        written = written.replace(f" {short} ", f" {head} ")
    script = f"set -e; nft -f - <<'RULES'\n{written}\nRULES\nnft -j list ruleset"
    unshare = shutil.which("unshare") or "unshare"
    return subprocess.run([unshare, "-n", "sh", "-c", script], check=True, capture_output=True, text=True).stdout


@pytest.mark.city
@real
@pytest.mark.parametrize("name", CASES)
def test_who_gets_through(name: str) -> None:
    ruleset = told(CASES[name]["rules"])
    try:
        found = shown(nftables.parsed(ruleset).admitted(22))
    except Unknown as unknown:
        found = unknown.cause.value
    assert found == CASES[name]["admits"]


@pytest.mark.city
@real
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "each_minute" in case])
def test_how_often_an_address_gets_through(name: str) -> None:
    assert rates.each_minute(nftables.parsed(told(CASES[name]["rules"])), 22) == CASES[name]["each_minute"]


@pytest.mark.city
@real
@pytest.mark.parametrize("name", LIMITS)
def test_who_gets_past_a_limit(name: str) -> None:
    ruleset = nftables.parsed(told(LIMITS[name]["rules"]))
    found = {told_as: shown(ruleset.admitted(22, limit=limit)) for told_as, limit in PAST.items()}
    assert found == {told_as: LIMITS[name][told_as] for told_as in PAST}


@pytest.mark.city
@real
@pytest.mark.parametrize("name", WAYS_OUT)
def test_where_it_gets_out(name: str) -> None:
    found = {flow: shown(ends) for flow, ends in nftables.parsed(told(WAYS_OUT[name]["rules"]), "output").reached()}
    wanted = WAYS_OUT[name]["reaches"]
    assert {flow: found[flow] for flow in wanted} == wanted


@pytest.mark.parametrize("flags", ["owner", ["owner", "persist"], "dormant", ["dormant"], "t"])
def test_a_table_with_an_owner_is_awake(flags: object) -> None:
    table = {"family": "inet", "name": "t", "handle": 1, "flags": flags}
    chain = {
        "family": "inet",
        "table": "t",
        "name": "i",
        "type": "filter",
        "hook": "input",
        "prio": 0,
        "policy": "drop",
    }
    told_so = json.dumps({"nftables": [{"metainfo": {}}, {"table": table}, {"chain": chain}]})
    assert bool(nftables.parsed(told_so).incoming()) == ("owner" in flags)  # type: ignore[operator]  # a text or a list


@pytest.mark.parametrize("text", NO_RULESETS)
def test_what_is_no_ruleset_is_unreadable(text: str) -> None:
    with pytest.raises(Unknown):
        nftables.parsed(text)
