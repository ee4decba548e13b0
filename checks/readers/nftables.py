"""The packet filter, as `nft -j list ruleset` tells it: what filters, who gets in, and where the host gets out.

Rules of iptables-nft, ufw and firewalld are in it as well. Who gets through errs on one side only (see `passage`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from checks.model import Question
from checks.readers.networks import EVERYBODY, Networks, common
from checks.readers.passage import FAMILIES, HARMLESS, IP_PROTOCOL, Filter, Flow, Limit, Passage, Place, Rule, place
from checks.reading import Host, expected, stdout

RULESET = Question("/usr/sbin/nft -j list ruleset", root=True)
WARNING = re.compile(r"^# Warning: .*$", re.M)  # about tables that iptables-nft manages
SEEN = ("inet", "ip", "ip6")
AWAKE = frozenset({"owner", "persist"})  # flags of a table that say nothing of its being dormant
TRANSLATING = frozenset({"dnat", "redirect", "xt"})
UNTRACKING = frozenset({"notrack", "xt"})
CARRIERS = ("tcp", "udp", "sctp")
TOLD_ALONG = frozenset({"icmp", "icmpv6", "ipv6-icmp", "igmp"})  # carries no connection of a service
LAST_PORT = 65_535
Leaf = TypeVar("Leaf", str, int)


@dataclass(frozen=True, slots=True)
class Chain:
    """A base chain that filters what comes in. `family` is ip, ip6 or inet."""

    family: str
    table: str
    name: str
    filters: bool  # it can stop a packet at all
    denies: bool  # a packet that no rule picks out is dropped or refused

    def covers(self, version: Networks) -> bool:
        """It sees the packets of this version of IP."""
        return version <= FAMILIES[self.family]


def ruleset(host: Host, hook: str = "input") -> Ruleset:
    """The ruleset of a host, seen from `hook`. Raises `Unknown` for a cut or foreign reply."""
    return parsed(stdout(host, RULESET), hook)


def parsed(text: str, hook: str = "input") -> Ruleset:
    """The ruleset that nft printed. Raises `Unknown` for a cut or foreign text."""
    with expected("nft"):
        ((first, *_), *objects) = json.loads(WARNING.sub("", text))["nftables"]
        if first != "metainfo":
            raise ValueError(first)
        return Ruleset(objects, hook)


class Ruleset:
    """The base chains at one hook, such as that which sees what comes in; the rules by chain, the elements by set.

    A table with flags may be dormant (nft 1.0 does not spell them out), so it is not believed to keep anyone out.
    """

    def __init__(self, objects: Iterable[Mapping[str, Any]], hook: str = "input") -> None:
        self.base: list[Mapping[str, Any]] = []
        self.rules: dict[Place, list[Rule]] = {}
        self.sets: dict[Place, Any] = {}
        flagged = set()
        for kind, content in (pair for one in objects for pair in one.items()):
            if kind == "table" and not AWAKE.issuperset(_leaves(content.get("flags"), str)):
                flagged.add((content["family"], content["name"]))
            elif kind == "chain" and content.get("hook") == hook and content["family"] in SEEN:
                self.base.append(content)
            elif kind == "rule":
                self.rules.setdefault(place(content, content["chain"]), []).append(content["expr"])
            elif kind in ("set", "map"):
                self.sets[place(content, content["name"])] = content.get("elem", [])
        self.base = [chain for chain in self.base if (chain["family"], chain["table"]) not in flagged]
        told = {kind for rules in self.rules.values() for rule in rules for part in rule for kind in part}
        self.filter = Filter(self.rules, self.sets, not TRANSLATING.isdisjoint(told), not UNTRACKING.isdisjoint(told))

    def incoming(self) -> list[Chain]:
        """The chains that filter what comes in."""
        with expected("nft"):
            return [self._chain(chain) for chain in self.base if chain["type"] == "filter"]

    def admitted(self, port: int, protocol: str = "tcp", limit: Limit | None = None) -> Networks:
        """Who can open a new connection to `port` from outside, past any such `limit` where one is given.

        Raises `Unknown` where that cannot be told.
        """
        return self._passed(Flow(protocol, port, limit=limit))

    def reached(self) -> Iterator[tuple[str, Networks]]:
        """Where the host can open a new connection to: each kind of connection that the rules tell apart.

        For a ruleset seen from the hook `output`. A port stands for itself and for all up to the next one.
        """
        with expected("nft"):
            numbers = {number for rules in self.rules.values() for rule in rules for number in _leaves(rule, int)}
            numbers |= {number for elements in self.sets.values() for number in _leaves(elements, int)}
            ports = sorted({1} | {port for number in numbers for port in (number, number + 1) if 0 < port <= LAST_PORT})
            others = sorted({*self._protocols()} - {*CARRIERS} - TOLD_ALONG)
        for protocol in CARRIERS:
            yield from ((f"{protocol} {port}", self._passed(Flow(protocol, port, outward=True))) for port in ports)
        yield from ((protocol, self._passed(Flow(protocol, 0, outward=True))) for protocol in others)

    def _passed(self, flow: Flow) -> Networks:
        passed = EVERYBODY
        with expected("nft"):
            for chain in self.base:
                if chain["type"] == "filter":
                    passed = common(passed, Passage(self.filter, flow, chain).passed())
        return passed

    def _protocols(self) -> Iterator[str]:
        """The protocols that rules name."""
        for (family, table, _), rules in self.rules.items():
            for part in (part for rule in rules for part in rule):
                looked = part.get("match") or part.get("vmap")
                if looked and (looked.get("left") or looked.get("key")) in IP_PROTOCOL:
                    for word in _leaves(looked.get("right") or looked.get("data"), str):
                        named = self.sets[family, table, word[1:]] if word.startswith("@") else word
                        yield from _leaves(named, str)

    def _chain(self, base: Mapping[str, Any]) -> Chain:
        policy, where = base.get("policy", "accept"), place(base, base["name"])
        filters = policy == "drop" or bool(self.rules.get(where))
        return Chain(*where, filters=filters, denies=(self._verdict(where) or policy) != "accept")

    def _verdict(self, where: Place) -> str | None:
        """What becomes of a packet that no condition picks out; None where it comes out at the chain's end."""
        for rule in self.rules.get(where, ()):
            deciding: Mapping[str, Any] = next((part for part in rule if not part.keys() & HARMLESS), {"": None})
            ((kind, content),) = deciding.items()
            if kind in ("accept", "drop", "reject"):
                return kind
            if kind in ("jump", "goto") and (verdict := self._verdict((*where[:2], content["target"]))):
                return verdict
            if kind in ("return", "goto"):
                return None
        return None


def _leaves(told: Any, kind: type[Leaf]) -> Iterator[Leaf]:
    """Every text, or every whole number, in a piece of a ruleset."""
    if isinstance(told, kind):
        yield told
    else:
        for one in told.values() if isinstance(told, Mapping) else told if isinstance(told, list) else ():
            yield from _leaves(one, kind)
