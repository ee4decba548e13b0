"""The way of one new connection through the chains of a packet filter: to or from whom it gets through.

It errs on one side only: a condition that is not understood may hold where a rule accepts, and may fail where it
drops. So nobody is left out who could get through. Read after nft(8) and libnftables-json(5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from ipaddress import ip_address, ip_network, summarize_address_range
from typing import Any, Literal

from checks.model import Cause, Unknown
from checks.readers.networks import EVERYBODY, IPV4, IPV6, Networks, common, without

FAMILIES: Mapping[str, Networks] = {"inet": EVERYBODY, "ip": IPV4, "ip6": IPV6, "ipv4": IPV4, "ipv6": IPV6}
HARMLESS = frozenset({"counter", "log", "mangle", "notrack", "ct helper", "ct timeout", "last"})
CONDITIONS = frozenset({"match", "limit", "quota", "ct count", "set", "meter"})
REFUSED = ("drop", "reject")
PORTED = frozenset({"tcp", "udp", "sctp", "dccp", "udplite"})
PROTOCOLS = PORTED | {"icmp", "icmpv6", "igmp", "ah", "esp", "comp"}
IP_PROTOCOL = (
    {"meta": {"key": "l4proto"}},
    {"payload": {"protocol": "ip", "field": "protocol"}},
    {"payload": {"protocol": "ip6", "field": "nexthdr"}},
)
NETWORK_PROTOCOL = ({"meta": {"key": "nfproto"}}, {"meta": {"key": "protocol"}})
NOBODY: Networks = frozenset()

Rule = Sequence[Mapping[str, Any]]
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of connections at once that counts as a limit: at most `most` for each source, or for a service."""

    kind: Literal["source", "service"]
    most: int


@dataclass(frozen=True, slots=True)
class Flow:
    """A new connection to `port`: one that comes in, or goes out.

    With a `limit`, only what no such limit holds back gets through: whatever is counted by one is taken to be refused.
    """

    protocol: str
    port: int
    outward: bool = False
    limit: Limit | None = None

    @property
    def field(self) -> str:
        """Where a packet has the address of the other end."""
        return "daddr" if self.outward else "saddr"


@dataclass(frozen=True, slots=True)
class Filter:
    """What rules there are: by chain, the elements by set or map; whether addresses are translated, flows untracked."""

    rules: Mapping[Place, Sequence[Rule]]
    sets: Mapping[Place, Any]
    translated: bool = False
    untracked: bool = False


@dataclass(frozen=True, slots=True)
class _Match:
    """What conditions leave: these `others` at most, and exactly these where `sure`."""

    others: Networks
    sure: bool = True


@dataclass(frozen=True, slots=True)
class _Fate:
    """Of those who meet a rule: who is accepted, who goes on behind it, who leaves the chain."""

    accepted: Networks = NOBODY
    on: Networks = NOBODY
    out: Networks = NOBODY


NEVER = _Match(NOBODY)
ALWAYS = _Match(EVERYBODY)
PERHAPS = _Match(EVERYBODY, sure=False)


@dataclass(frozen=True, slots=True)
class Passage:
    """The way of `flow` through one base chain of `filter`, and the chains of the same table."""

    filter: Filter
    flow: Flow
    base: Mapping[str, Any]

    def passed(self) -> Networks:
        """The other ends to or from which it gets through. Raises `Unknown` where that cannot be told."""
        seen = FAMILIES[self.base["family"]]
        accepted, undecided = self._through(self.base["name"], seen)
        by_policy = undecided if self.base.get("policy", "accept") == "accept" else NOBODY
        return accepted | by_policy | without(EVERYBODY, seen)

    def meeting(self, rule: Rule) -> Networks:
        """The other ends whose packets may meet the conditions of `rule`."""
        return self._conditions(rule).others

    def _through(self, chain: str, others: Networks) -> tuple[Networks, Networks]:
        """Of `others`: who is accepted in `chain`, and who comes out of it."""
        accepted, out = NOBODY, NOBODY
        for rule in self.filter.rules.get(place(self.base, chain), ()):
            match = self._conditions(rule)
            fate = self._statements(rule, common(others, match.others))
            accepted |= fate.accepted
            out |= fate.out
            if match.sure:
                others = without(others, match.others) | fate.on
        return accepted, out | others

    def _conditions(self, rule: Rule) -> _Match:
        met = ALWAYS
        for part in rule:
            if part.keys() & CONDITIONS:
                met = _both(met, self._condition(part, rule))
        return met

    def _condition(self, part: Mapping[str, Any], rule: Rule) -> _Match:
        if "match" in part:
            return self._match(part["match"])
        seen, beyond = self._keyed(part), self._counted(part, rule)
        if beyond and any(one.keys() & set(REFUSED) for one in rule):
            return _Match(seen)
        return NEVER if beyond is False and any("accept" in one for one in rule) else _Match(seen, sure=False)

    def _counted(self, part: Mapping[str, Any], rule: Rule) -> bool | None:
        """Whether a part holds beyond the limit that the flow is asked for, or within; None for any other part."""
        limit, kept = self.flow.limit, part.get("set") or part.get("meter")
        counts = [one["ct count"] for one in (_listed(kept.get("stmt")) if kept else [part]) if "ct count" in one]
        if limit is None or not counts or counts[0]["val"] > limit.most:
            return None
        fields = {key.get("field") for key in (_key_of(kept) if kept else _matched(rule))}
        of_source, of_service = kept is not None and "saddr" in fields, "dport" in fields
        fits = of_source if limit.kind == "source" else of_service and not (kept and of_source)
        return bool(counts[0].get("inv")) if fits else None

    def _keyed(self, part: Mapping[str, Any]) -> Networks:
        """Whose packets have the fields that a set takes in."""
        protocols = {key.get("protocol", "") for key in _key_of(part.get("set") or part.get("meter") or {})}
        if protocols & PROTOCOLS - {self.flow.protocol}:
            return NOBODY
        return reduce(common, (FAMILIES.get(one, EVERYBODY) for one in protocols), EVERYBODY)

    def _statements(self, rule: Rule, hit: Networks) -> _Fate:
        """What becomes of those who are `hit` by the rule."""
        for part in rule:
            ((kind, content),) = part.items()
            if kind == "vmap":
                return self._by_map(content, hit)
            if kind not in HARMLESS | CONDITIONS:
                return self._verdict(kind, content, hit)
        return _Fate(on=hit)

    def _verdict(self, kind: str, content: Any, hit: Networks) -> _Fate:
        if not hit or kind in REFUSED:
            return _Fate()
        if kind == "accept":
            return _Fate(accepted=hit)
        if kind == "return":
            return _Fate(out=hit)
        if kind == "continue":
            return _Fate(on=hit)
        if kind not in ("jump", "goto"):
            raise Unknown(Cause.UNREADABLE, f"nft: a rule with '{kind}' decides about port {self.flow.port}")
        accepted, back = self._through(content["target"], hit)
        return _Fate(accepted, on=back) if kind == "jump" else _Fate(accepted, out=back)

    def _by_map(self, content: Mapping[str, Any], hit: Networks) -> _Fate:
        """A verdict map: one verdict for each element; who fits none goes on."""
        fate = _Fate()
        for value, verdict in sorted(self._elements(content["data"]), key=lambda pair: bool(pair[0] == "*")):
            rest = value == "*"
            match = self._holding(content["key"], [] if rest else [_plain(value)], negated=rest)
            ((kind, inside),) = verdict.items()
            one = self._verdict(kind, inside, common(hit, match.others))
            fate = _Fate(fate.accepted | one.accepted, fate.on | one.on, fate.out | one.out)
            if match.sure:
                hit = without(hit, match.others)
        return _Fate(fate.accepted, fate.on | hit, fate.out)

    def _match(self, match: Mapping[str, Any]) -> _Match:
        if match["op"] not in ("==", "in", "!="):
            return PERHAPS
        return self._holding(match["left"], self._elements(match["right"]), negated=match["op"] == "!=")

    def _holding(self, left: Any, values: Sequence[Any], *, negated: bool) -> _Match:
        if "concat" in left:
            return PERHAPS if negated else self._together(left["concat"], values)
        payload = left.get("payload", {})
        seen, transport = FAMILIES.get(payload.get("protocol"), EVERYBODY), payload.get("protocol")
        if transport in PROTOCOLS and transport != self.flow.protocol:
            return NEVER
        if seen != EVERYBODY and payload["field"] == self.flow.field:
            named = frozenset(network for one in values for network in _networks(one))
            return _Match(without(seen, named) if negated else named)
        if left in NETWORK_PROTOCOL and all(one in FAMILIES for one in values):
            named = NOBODY.union(*(FAMILIES[one] for one in values))
            return _Match(without(EVERYBODY, named) if negated else named)
        holds = self._holds(left, values)
        return _both(_Match(seen), PERHAPS if holds is None else ALWAYS if holds != negated else NEVER)

    def _together(self, parts: Sequence[Any], values: Sequence[Any]) -> _Match:
        """Several fields at once: those who fit one of the elements in each."""
        met = [
            reduce(
                _both,
                (self._holding(part, [one], negated=False) for part, one in zip(parts, value["concat"], strict=True)),
            )
            for value in values
        ]
        return _Match(NOBODY.union(*(one.others for one in met)), all(one.sure for one in met))

    def _holds(self, left: Mapping[str, Any], values: Sequence[Any]) -> bool | None:
        """Whether the condition holds for a new connection of this flow; None where it may."""
        match left:
            case {"ct": {"key": key}}:
                return self._tracked(key, values)
            case {"meta": {"key": key}} if key in (("oif", "oifname") if self.flow.outward else ("iif", "iifname")):
                return False if {*values} == {"lo"} else None
            case {"fib": {"result": "type", "flags": ["daddr"]}}:
                return ("local" in values) if not self.flow.outward else False if [*values] == ["local"] else None
            case {"payload": {"protocol": protocol, "field": "dport"}} if protocol in PORTED | {"th"}:
                return self.flow.protocol in PORTED and any(_is_port(one, self.flow.port) for one in values)
        if left not in IP_PROTOCOL or any(isinstance(one, int) for one in values):
            return None
        return self.flow.protocol in values

    def _tracked(self, key: str, values: Sequence[Any]) -> bool | None:
        """Whether a connection that begins is tracked so."""
        untracked = "untracked" in values and self.filter.untracked
        known: Mapping[str, bool | None] = {
            "state": True if "new" in values else None if untracked else False,
            "direction": "original" in values,
            "status": None if self.filter.translated or [*values] != ["dnat"] else False,
        }
        return known.get(key)

    def _elements(self, right: Any) -> Sequence[Any]:
        """The single values of a set or map, named or not, of a list, or of one value."""
        if isinstance(right, str) and right.startswith("@"):
            right = self.filter.sets[place(self.base, right[1:])]
        if isinstance(right, dict) and "set" in right:
            right = right["set"]
        values = right if isinstance(right, list) else [right]
        return [_plain(one) for one in values]


def place(content: Mapping[str, Any], name: str) -> Place:
    """A chain's or set's place. A chain names its own table; so do its rules and sets."""
    return content["family"], content["table"], name


def _both(one: _Match, other: _Match) -> _Match:
    return _Match(common(one.others, other.others), one.sure and other.sure)


def _matched(rule: Rule) -> Iterator[Mapping[str, Any]]:
    """The fields that the rule's own conditions look at."""
    for part in rule:
        if "match" in part and part["match"]["op"] in ("==", "in"):
            yield from _fields(part["match"]["left"])


def _fields(key: Any) -> list[Mapping[str, Any]]:
    """The fields of a packet that a key is made of."""
    parts = key.get("concat", [key]) if isinstance(key, dict) else []
    return [part.get("payload", {}) for part in parts if isinstance(part, dict)]


def _key_of(kept: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The fields that a set or meter takes in."""
    return _fields(_plain(kept.get("elem") or kept.get("key")))


def _plain(element: Any) -> Any:
    """The element itself, without the time that it has left."""
    return element["elem"]["val"] if isinstance(element, dict) and "elem" in element else element


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


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
