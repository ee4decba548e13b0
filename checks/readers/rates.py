"""How many new connections in a time the packet filter lets one address open: `limit rate`, over all or for each.

Everybody is limited if nobody gets in where every limit holds: beyond it a rule drops, or accepts no more. What limits
all addresses together limits each of them. Read after nft(8) and libnftables-json(5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

from checks.readers.networks import EVERYBODY, Networks, common
from checks.readers.nftables import Ruleset
from checks.readers.passage import Flow, Passage, Rule
from checks.reading import expected

LIMITS = frozenset({"limit", "set", "meter"})  # a limit, a set into which an address is put, a limit for each address
A_MINUTE = {"second": 60.0, "minute": 1.0, "hour": 1 / 60, "day": 1 / 1440, "week": 1 / 10_080}
WHOLE = {"ip": "0.0.0.0", "ip6": "::"}  # noqa: S104  # all addresses


def each_minute(ruleset: Ruleset, port: int, among: Networks = EVERYBODY) -> float | None:
    """New TCP connections to `port` that an address `among` these has in a minute, or at once; None for no limit."""
    rates: list[float] = []
    strict = copy(ruleset)
    with expected("nft"):
        rules = {
            (family, table, chain): [*_held(Passage(ruleset.filter, Flow("tcp", port), base), told, rates)]
            for (family, table, chain), told in ruleset.rules.items()
            for base in ({"family": family, "table": table},)
        }
        strict.filter = replace(ruleset.filter, rules=rules)
    return max(rates) if rates and not common(strict.admitted(port), among) else None


def _held(passage: Passage, rules: Sequence[Rule], rates: list[float]) -> Iterator[Rule]:
    """The rules as they are for who is beyond every limit; what the limits let through is added to `rates`."""
    for rule in rules:
        limit, ends = _limit(rule), {kind for part in rule for kind in part}
        others = [part for part in rule if not part.keys() & LIMITS]
        rate, by = _rate(rule, limit) if limit and passage.meeting(others) else (None, [])
        stopping = bool(limit and limit.get("inv"))
        if rate is None or not ends & ({"drop", "reject"} if stopping else {"accept"}):
            yield rule
            continue
        rates.append(rate)
        if stopping:
            yield [*by, *others]


def _limit(rule: Rule) -> Mapping[str, Any] | None:
    """The one limit of a rule, over everything or for each address; None where it has none, or more than one."""
    found = []
    for part in rule:
        for kind, content in part.items():
            if kind == "limit":
                found.append(content)
            elif kind in ("set", "meter"):
                said = content.get("stmt", [])
                found += [one["limit"] for one in (said if isinstance(said, list) else [said]) if "limit" in one]
    return found[0] if len(found) == 1 else None


def _rate(rule: Rule, limit: Mapping[str, Any]) -> tuple[float | None, list[Mapping[str, Any]]]:
    """Packets in a minute, or at once, and the condition under which they are counted. None where not by address."""
    conditions: list[Mapping[str, Any]] = []
    keys = [key for part in rule if part.keys() & {"set", "meter"} and (key := _counted_by(part)) is not None]
    for key in keys:
        payload = key.get("payload", {})
        if payload.get("field") != "saddr" or payload.get("protocol") not in WHOLE:
            return None, []
        anybody = {"prefix": {"addr": WHOLE[payload["protocol"]], "len": 0}}
        conditions.append({"match": {"op": "==", "left": key, "right": anybody}})
    if limit.get("rate_unit", "packets") != "packets":
        return None, []
    return max(limit["rate"] * A_MINUTE[limit["per"]], limit.get("burst", 0)), conditions


def _counted_by(part: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """By what a set or meter counts; None where it only takes note."""
    ((_, content),) = part.items()
    if not content.get("stmt"):
        return None
    key: Mapping[str, Any] = content.get("elem") or content["key"]
    return key["elem"]["val"] if "elem" in key else key
