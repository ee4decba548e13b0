"""Versions are ordered as dpkg orders them: asked of dpkg itself."""

from __future__ import annotations

import subprocess
from itertools import pairwise

import pytest

from checks.readers import versions

# Rising, except where two are equal.
RISING = (
    *("0~~", "0~~a", "0~", "0", "0.1", "0.9-1", "0.10-1", "1.0~beta1-1", "1.0~rc1-1", "1.0", "1.0-0", "1.0-0+deb12u1"),
    *(
        "1.0-1~bpo12+1",
        "1.0-1",
        "1.0-1+b1",
        "1.0-1+deb12u9",
        "1.0-1+deb12u10",
        "1.0-1a",
        "1.0-1.1",
        "1.0a-1",
        "1.0+dfsg-1",
    ),
    *("1.0.1", "1.0-2-1", "7.88.1-10+deb12u14", "1:0.1", "1:2.39.5-0+deb12u3", "2:0~"),
)


@pytest.mark.parametrize("pair", list(pairwise(RISING)), ids=" ".join)
def test_orders_as_dpkg_does(pair: tuple[str, str]) -> None:
    left, right = map(versions.key, pair)
    found = {"lt": left < right, "eq": left == right, "gt": left > right}
    for relation, holds in found.items():
        told = subprocess.run(["dpkg", "--compare-versions", pair[0], relation, pair[1]], check=False).returncode == 0
        assert holds == told, relation


def test_refuses_what_is_no_version() -> None:
    with pytest.raises(ValueError, match="x"):
        versions.key("x:1")
