"""How often an address gets through a RouterOS firewall: MikroTik's own example, and how it is spoilt."""

from __future__ import annotations

import pytest

from checks.connectivity.knocking import passed
from checks.model import Unknown

# As MikroTik's documentation has it, "Bruteforce prevention", and what ends its chain.
NEW = "chain=input connection-state=new dst-port=22 protocol=tcp"
EXAMPLE = f"""
action=add-src-to-address-list address-list=black {NEW} src-address-list=c3
action=add-src-to-address-list address-list=c3 {NEW} src-address-list=c2
action=add-src-to-address-list address-list=c2 {NEW} src-address-list=c1
action=add-src-to-address-list address-list=c1 {NEW}
action=accept chain=input dst-port=22 protocol=tcp src-address-list=!black
action=drop chain=input
"""
# The older way: the list is dropped first of all, the stages stand in a chain of their own.
IN_A_CHAIN = """
action=accept chain=input connection-state=established,related
action=drop chain=input protocol=tcp dst-port=20-25 src-address-list=black
action=jump chain=input protocol=tcp dst-port=22 connection-state=new jump-target=knocks
action=accept chain=input protocol=tcp dst-port=22
action=add-src-to-address-list address-list=black chain=knocks src-address-list=c1
action=add-src-to-address-list address-list=c1 chain=knocks
action=return chain=knocks
action=drop chain=knocks
"""


def rules(text: str) -> list[dict[str, str]]:
    return [dict(word.split("=", 1) for word in line.split()) for line in text.strip().splitlines()]


def test_an_address_is_stopped_after_its_last_stage() -> None:
    assert passed(rules(EXAMPLE), 22) == 3
    assert passed(rules(IN_A_CHAIN), 22) == 2


@pytest.mark.parametrize(
    ("example", "old", "new"),
    [
        (EXAMPLE, "src-address-list=!black", "src-address=10.0.0.0/8"),
        (EXAMPLE, "action=drop chain=input", "action=log chain=input"),
        (EXAMPLE, "address-list=c1 chain=input", "address-list=c1 in-interface=wan chain=input"),
        (EXAMPLE, "connection-state=new", "connection-state=!new"),
        (EXAMPLE, "dst-port=22 protocol=tcp src-address-list=c2", "dst-port=!22 protocol=tcp src-address-list=c2"),
        (IN_A_CHAIN, "src-address-list=black", "src-address-list=grey"),
        (IN_A_CHAIN, "dst-port=20-25 src", "limit=1,5 dst-port=20-25 src"),
        ("action=accept chain=forward", "", ""),
    ],
)
def test_what_lets_an_address_in_for_ever_is_found(example: str, old: str, new: str) -> None:
    spoilt = example.replace(old, new)
    assert old in example
    assert passed(rules(spoilt), 22) is None


def test_another_service_is_not_protected_by_it() -> None:
    assert passed(rules(EXAMPLE.replace("action=drop chain=input", "action=accept chain=input")), 8291) is None
    assert passed(rules(EXAMPLE), 8291) == 0


@pytest.mark.parametrize(
    "text",
    [
        "action=jump chain=input jump-target=input",
        "action=jump chain=input src-address=10.0.0.0/8 jump-target=a",
        "action=accept chain=input dst-port=ssh",
    ],
)
def test_what_cannot_be_followed_is_unreadable(text: str) -> None:
    with pytest.raises(Unknown):
        passed(rules(text), 22)
