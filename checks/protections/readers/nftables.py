"""The ruleset as `nft list ruleset` prints it (nft(8)); rules of iptables-nft and ufw appear in it as well."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HOOK = re.compile(r"type filter hook (\w+) (?:device \S+ )?priority [^;]+;(?: policy (\w+);)?")
_BLOCK = re.compile(r"(table|chain|set|map|flowtable|counter|quota|limit|secmark|synproxy|ct \w+) (.+) \{$")
_ANY_PACKET = re.compile(r"(?:counter(?: packets \d+ bytes \d+)? )?(?:log(?: \S+ \S+)* )?(accept|drop|reject)\b")


@dataclass(slots=True)
class Chain:
    """A chain that filters at a hook of the network stack. `family` is ip, ip6, inet, …; `policy` is accept or drop."""

    family: str
    table: str
    name: str
    hook: str = ""
    policy: str = "accept"
    rules: list[str] = field(default_factory=list)

    @property
    def denies(self) -> bool:
        """A packet that no rule accepts is dropped or refused, and no rule accepts every packet."""
        verdicts = [match[1] for rule in self.rules if (match := _ANY_PACKET.match(rule))]
        return (verdicts[0] if verdicts else self.policy) != "accept"

    @property
    def filters(self) -> bool:
        """It can stop a packet at all."""
        return self.policy == "drop" or bool(self.rules)

    def covers(self, family: str) -> bool:
        return self.family in {family, "inet"}


def chains(text: str) -> list[Chain]:
    """The base chains that filter. Raises `ValueError` where the text is cut or is no ruleset."""
    found: list[Chain] = []
    blocks: list[tuple[str, str]] = []
    dormant = False
    for line in _bare_lines(text):
        opening = _BLOCK.match(line)
        if opening:
            blocks.append((opening[1], opening[2]))
            dormant = dormant and opening[1] != "table"
            if opening[1] == "chain":
                family, _, table = blocks[0][1].partition(" ")
                found.append(Chain(family, table, opening[2]))
        elif not blocks:
            raise ValueError(f"no ruleset: {line}")
        elif line == "}":
            blocks.pop()
        elif blocks[-1][0] == "table":
            dormant = dormant or bool(re.match(r"flags .*dormant", line))
        elif blocks[-1][0] == "chain":
            _add(found[-1], line, dormant)
    if blocks:
        raise ValueError("the ruleset ends early")
    return [chain for chain in found if chain.hook]


def _add(chain: Chain, line: str, dormant: bool) -> None:
    hook = _HOOK.match(line)
    if hook and not dormant:
        chain.hook, chain.policy = hook[1], hook[2] or "accept"
    elif not hook and not re.match(r"type \w+ hook|comment ", line):
        chain.rules.append(line)


def _bare_lines(text: str) -> list[str]:
    """Lines without comments and quoted text; elements that go over several lines stay inside their block."""
    bare = re.sub(r'"[^"]*"', '""', text)
    bare = re.sub(r"elements = \{[^}]*\}", "", bare)
    lines = (line.partition("#")[0].strip() for line in bare.splitlines())
    return [line for line in lines if line]
