"""The packet filter, as `nft -j list ruleset` tells it: what filters, and who gets through to a TCP port of the host.

Rules of iptables-nft and ufw are in it as well. Who gets through errs on one side only: a condition that is not
understood may hold where the rule accepts, and may fail where it drops. So nobody is left out who could get in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network, summarize_address_range
from typing import Any

from checks.model import Cause, Question, Unknown
from checks.readers.networks import EVERYBODY, IPV4, IPV6, Networks, common, without
from checks.reading import Host, expected, stdout

RULESET = Question("/usr/sbin/nft -j list ruleset", root=True)
WARNING = re.compile(r"^# Warning: .*$", re.M)  # about tables that iptables-nft manages
FAMILIES: Mapping[str, Networks] = {"inet": EVERYBODY, "ip": IPV4, "ip6": IPV6}
HARMLESS = frozenset({"counter", "log", "mangle", "notrack"})
IP_PROTOCOL = ({"meta": {"key": "l4proto"}}, {"payload": {"protocol": "ip", "field": "protocol"}})
NO_TCP = frozenset({"udp", "icmp", "icmpv6", "sctp", "dccp", "udplite", "ah", "esp", "comp", "igmp"})

Rule = list[Mapping[str, Any]]


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


@dataclass(frozen=True, slots=True)
class _Match:
    """What a rule's conditions leave: `sources` at most, and exactly these where `sure`."""

    sources: Networks
    sure: bool = True


NEVER = _Match(frozenset())
ALWAYS = _Match(EVERYBODY)
PERHAPS = _Match(EVERYBODY, sure=False)


class Ruleset:
    """The base chains at one hook, such as that which sees what comes in; the rules by chain, the elements by set.

    A table with flags may be dormant (nft 1.0 does not spell them out), so it is not believed to keep anyone out.
    """

    def __init__(self, objects: Iterable[Mapping[str, Any]], hook: str = "input") -> None:
        self.base: list[Mapping[str, Any]] = []
        self.rules: dict[tuple[str, str, str], list[Rule]] = {}
        self.sets: dict[tuple[str, str, str], Any] = {}
        flagged = set()
        for kind, content in (pair for one in objects for pair in one.items()):
            if kind == "table" and content.get("flags"):
                flagged.add((content["family"], content["name"]))
            elif kind == "chain" and content.get("hook") == hook and content["family"] in FAMILIES:
                self.base.append(content)
            elif kind == "rule":
                self.rules.setdefault(_key(content, content["chain"]), []).append(content["expr"])
            elif kind == "set":
                self.sets[_key(content, content["name"])] = content.get("elem", [])
        self.base = [chain for chain in self.base if (chain["family"], chain["table"]) not in flagged]

    def incoming(self) -> list[Chain]:
        """The chains that filter what comes in."""
        with expected("nft"):
            return [self._chain(chain) for chain in self.base if chain["type"] == "filter"]

    def admitted(self, port: int) -> Networks:
        """Who can open a new TCP connection to `port` from outside. Raises `Unknown` where that cannot be told."""
        admitted = EVERYBODY
        with expected("nft"):
            for chain in self.base:
                family = FAMILIES[chain["family"]]
                accepted, undecided = _Walk(self, port, chain).through(chain["name"], family)
                passed = accepted | undecided if chain.get("policy", "accept") == "accept" else accepted
                admitted = common(admitted, passed | without(EVERYBODY, family))
        return admitted

    def _chain(self, base: Mapping[str, Any]) -> Chain:
        policy, place = base.get("policy", "accept"), _key(base, base["name"])
        filters = policy == "drop" or bool(self.rules.get(place))
        return Chain(*place, filters=filters, denies=(self._verdict(place) or policy) != "accept")

    def _verdict(self, place: tuple[str, str, str]) -> str | None:
        """What becomes of a packet that no condition picks out; None where it comes out at the chain's end."""
        for rule in self.rules.get(place, ()):
            deciding: Mapping[str, Any] = next((part for part in rule if not part.keys() & HARMLESS), {"": None})
            ((kind, content),) = deciding.items()
            if kind in ("accept", "drop", "reject"):
                return kind
            if kind in ("jump", "goto") and (verdict := self._verdict((*place[:2], content["target"]))):
                return verdict
            if kind in ("return", "goto"):
                return None
        return None


@dataclass(frozen=True, slots=True)
class _Walk:
    """The way of one new connection to `port` through the chains of one table."""

    ruleset: Ruleset
    port: int
    table: Mapping[str, Any]

    def through(self, chain: str, sources: Networks) -> tuple[Networks, Networks]:
        """Of `sources`: who is accepted in `chain`, and who comes out at its end."""
        accepted: Networks = frozenset()
        for rule in self.ruleset.rules.get(_key(self.table, chain), ()):
            match = self._conditions(rule)
            taken, left = self._statement(rule, common(sources, match.sources))
            accepted |= taken
            if match.sure:
                sources = without(sources, match.sources) | left
        return accepted, sources

    def _conditions(self, rule: Rule) -> _Match:
        met = ALWAYS
        for part in rule:
            one = self._match(part["match"]) if "match" in part else PERHAPS if "limit" in part else ALWAYS
            met = _Match(common(met.sources, one.sources), met.sure and one.sure)
        return met

    def _statement(self, rule: Rule, hit: Networks) -> tuple[Networks, Networks]:
        """Of those who are `hit` by the rule: who is accepted by it, and who goes on behind it."""
        for part in rule:
            ((kind, content),) = part.items()
            if kind == "accept":
                return hit, frozenset()
            if kind in ("drop", "reject"):
                return frozenset(), frozenset()
            if kind == "jump":
                return self.through(content["target"], hit)
            if kind not in HARMLESS | {"match", "limit"} and hit:
                raise Unknown(Cause.UNREADABLE, f"nft: a rule with '{kind}' decides about port {self.port}")
        return frozenset(), hit

    def _match(self, match: Mapping[str, Any]) -> _Match:
        left, negated = match["left"], match["op"] == "!="
        if match["op"] not in ("==", "in", "!="):
            return PERHAPS
        if "payload" in left and left["payload"].get("field") == "saddr":
            return self._sources(left["payload"]["protocol"], match["right"], negated)
        holds = self._holds(left, match["right"])
        return PERHAPS if holds is None else ALWAYS if holds != negated else NEVER

    def _sources(self, protocol: str, right: Any, negated: bool) -> _Match:
        family = FAMILIES.get(protocol)
        if family is None:
            return PERHAPS
        named = frozenset(network for one in self._values(right) for network in _networks(one))
        return _Match(without(family, named) if negated else named)

    def _holds(self, left: Mapping[str, Any], right: Any) -> bool | None:
        """Whether the condition holds for a new TCP connection to the port from outside; None where it may."""
        match left:
            case {"ct": {"key": "state"}}:
                return "new" in self._values(right)
            case {"meta": {"key": "iif" | "iifname"}}:
                return False if right == "lo" else None
            case {"payload": {"protocol": "tcp" | "th", "field": "dport"}}:
                return any(_is_port(one, self.port) for one in self._values(right))
            case {"payload": {"protocol": protocol}} if protocol in NO_TCP:
                return False
        return "tcp" in self._values(right) if left in IP_PROTOCOL else None

    def _values(self, right: Any) -> list[Any]:
        """The single values of a set, named or not, of a list, or of one value."""
        if isinstance(right, str) and right.startswith("@"):
            right = self.ruleset.sets[_key(self.table, right[1:])]
        if isinstance(right, dict) and "set" in right:
            right = right["set"]
        values = right if isinstance(right, list) else [right]
        return [one["elem"]["val"] if isinstance(one, dict) and "elem" in one else one for one in values]


def _key(content: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    """A chain's or set's place. A chain names its own table; so do its rules and sets."""
    return content["family"], content["table"], name


def _networks(value: Any) -> Iterator[Any]:
    match value:
        case {"prefix": {"addr": address, "len": length}}:
            yield ip_network(f"{address}/{length}")
        case {"range": [first, last]}:
            yield from summarize_address_range(ip_address(first), ip_address(last))
        case str():
            yield ip_network(value)
        case _:
            raise Unknown(Cause.UNREADABLE, f"nft: not an address: {value}")


def _is_port(value: Any, port: int) -> bool:
    match value:
        case {"range": [int(first), int(last)]}:
            return first <= port <= last
        case int():
            return value == port
    raise Unknown(Cause.UNREADABLE, f"nft: not a port: {value}")
