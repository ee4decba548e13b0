"""Who gets through: rules as people write them, told by the real nft, judged by what may come to TCP 22."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from checks.model import Unknown
from checks.readers import nftables
from checks.readers.networks import shown

CASES = yaml.safe_load((Path(__file__).parent / "rulesets.yaml").read_text(encoding="utf-8"))
INPUT = "type filter hook input priority filter; policy"
NO_RULESETS = (
    *("", "{", "[]", "null", '{"nftables": null}', '{"nftables": {}}', '{"nftables": []}'),
    *('{"nftables": [{"metainfo": {}}, {"chain": {"hook": "input"}}]}', "table inet t {"),
)


def told(rules: str) -> str:
    """What nft tells of these rules, in a network namespace of its own."""
    written = "\n".join(f"{line};" if "INPUT" in line else line for line in rules.splitlines()).replace("INPUT", INPUT)
    script = f"set -e; nft -f - <<'RULES'\n{written}\nRULES\nnft -j list ruleset"
    unshare = shutil.which("unshare") or "unshare"
    return subprocess.run([unshare, "-n", "sh", "-c", script], check=True, capture_output=True, text=True).stdout


@pytest.mark.city
@pytest.mark.skipif(os.geteuid() != 0, reason="a namespace of its own needs root")
@pytest.mark.parametrize("name", CASES)
def test_who_gets_through(name: str) -> None:
    ruleset = told(CASES[name]["rules"])
    try:
        found = shown(nftables.parsed(ruleset).admitted(22))
    except Unknown as unknown:
        found = unknown.cause.value
    assert found == CASES[name]["admits"]


@pytest.mark.parametrize("text", NO_RULESETS)
def test_what_is_no_ruleset_is_unreadable(text: str) -> None:
    with pytest.raises(Unknown):
        nftables.parsed(text)
