"""How often one address gets through a RouterOS firewall that puts into lists who knocks, and shuts out one of them.

Followed after MikroTik's own example (RouterOS documentation, "Bruteforce prevention"): `add-src-to-address-list` in
stages, and a list that is dropped, or alone not accepted. The connections come so fast that no list forgets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.reading import expected, unreadable

Rule = Mapping[str, str]
MANY = 200  # connections; who has come so far is not held off
DEEPEST = 16  # jumps within jumps
STOPS = ("drop", "reject", "tarpit")
SAYS_NOTHING = frozenset(
    {"chain", "action", "comment", "log", "log-prefix", "address-list", "address-list-timeout", "jump-target"}
    | {"reject-with", "bytes", "packets"}
)


def passed(rules: Sequence[Rule], port: int) -> int | None:
    """New TCP connections to `port` until one address is stopped; None where it never is.

    A condition that is not understood may hold where a rule accepts, and may fail where it stops or takes note. Raises
    `Unknown` for a rule that cannot be followed.
    """
    lists: set[str] = set()
    for count in range(MANY):
        if not _through(rules, "input", port, lists):
            return count
    return None


def _through(rules: Sequence[Rule], chain: str, port: int, lists: set[str]) -> bool:
    return _verdict(rules, chain, port, lists, 0) is not False


def _verdict(rules: Sequence[Rule], chain: str, port: int, lists: set[str], depth: int) -> bool | None:
    """Whether the connection is let in by a chain; None where it comes out at its end."""
    if depth > DEEPEST:
        raise unreadable("/ip firewall filter", f"{chain}: jumps in a circle")
    for rule in (rule for rule in rules if rule.get("chain") == chain):
        action, holds = rule.get("action", "accept"), _holds(rule, port, lists)
        if holds is None and action in ("jump", "return"):
            raise unreadable("/ip firewall filter", f"{chain}: {action}")
        if holds and action == "return":
            return None
        if holds and action == "jump":
            verdict = _verdict(rules, rule.get("jump-target", ""), port, lists, depth + 1)
        else:
            verdict = _done(action, holds)
        if verdict is not None:
            return verdict
        if holds and action == "add-src-to-address-list":
            lists.add(rule.get("address-list", ""))
    return None


def _done(action: str, holds: bool | None) -> bool | None:
    """What a rule makes of the connection; None where it goes on to the next one."""
    if action == "accept":
        return True if holds is not False else None
    return False if holds and action in STOPS else None


def _holds(rule: Rule, port: int, lists: set[str]) -> bool | None:
    """Whether the rule is for a new TCP connection to the port by an address in `lists`; None where none can tell."""
    known: list[bool | None] = []
    for name, value in rule.items():
        match name:
            case "protocol":
                known.append(value == "tcp")
            case "dst-port":
                known.append(_has(value, port))
            case "connection-state":
                known.append(_said(value, "new"))
            case "src-address-list":
                known.append((value.removeprefix("!") in lists) != value.startswith("!"))
            case _ if name not in SAYS_NOTHING:
                known.append(None)
    return False if False in known else None if None in known else True


def _has(ports: str, port: int) -> bool:
    with expected("dst-port"):
        spans = [one.partition("-") for one in ports.removeprefix("!").split(",")]
        inside = any(int(first) <= port <= int(last or first) for first, _, last in spans)
    return inside != ports.startswith("!")


def _said(states: str, state: str) -> bool:
    return (state in states.removeprefix("!").split(",")) != states.startswith("!")
