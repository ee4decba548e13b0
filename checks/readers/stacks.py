"""What a stack of PAM demands: whether anyone is let in though some of its modules refuse (pam.conf(5), PAM(7))."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from checks.model import Cause, Unknown
from checks.readers.pam import all_rules

FOLDER = "/etc/pam.d/"
INCLUDE = re.compile(r"\s*@include\s+(\S+)")
SIMPLE: Mapping[str, Mapping[str, str]] = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
}
WELL = ("success", "new_authtok_reqd")
NEVER_REFUSES, ALWAYS_REFUSES = "pam_permit", "pam_deny"
FORGIVING = frozenset({"nullok", "nouserok", "alwaysok"})  # who has no second factor yet is let in without
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class _Step:
    """A module with what its results do, or a stack of its own (`substack`)."""

    actions: Mapping[str, str]
    module: str = ""
    forgiving: bool = False
    inner: tuple[_Step, ...] | None = None


def demands(files: Mapping[str, Sequence[str]], service: str, modules: Collection[str]) -> bool:
    """Nobody is let in by `service` whom each of these modules refuses, whatever the other modules say.

    `files` has the lines of the files in /etc/pam.d. Raises `Unknown` for one that is included and was not read, and
    for a stack that lets nobody in at all: of that one nothing is understood.
    """
    steps = tuple(_steps(files, service, 0))
    if "in" not in _outcomes(steps, frozenset()):
        raise Unknown(Cause.UNREADABLE, f"{FOLDER}{service}: nobody is let in")
    return "in" not in _outcomes(steps, frozenset(modules))


def _steps(files: Mapping[str, Sequence[str]], name: str, depth: int) -> Iterator[_Step]:
    path = name if name.startswith("/") else FOLDER + name
    if path not in files or depth > DEEPEST:
        raise Unknown(Cause.UNREADABLE, path)
    for line in "\n".join(files[path]).replace("\\\n", " ").splitlines():
        if include := INCLUDE.match(line):
            yield from _steps(files, include[1], depth + 1)
            continue
        for rule in all_rules([line]):
            if rule.kind != "auth":
                continue
            if rule.control == "include":
                yield from _steps(files, rule.module, depth + 1)
            elif rule.control == "substack":
                yield _Step({}, inner=tuple(_steps(files, rule.module, depth + 1)))
            else:
                yield _Step(_actions(rule.control), rule.module, not FORGIVING.isdisjoint(rule.options))


def _actions(control: str) -> Mapping[str, str]:
    """result → what it does, of a rule's control."""
    if control in SIMPLE:
        return SIMPLE[control]
    pairs = re.findall(r"(\w+)\s*=\s*(\w+)", control)
    if not control.startswith("[") or not pairs:
        raise Unknown(Cause.UNREADABLE, control)
    return {"default": "bad", **dict(pairs)}


def _outcomes(steps: tuple[_Step, ...], refusing: frozenset[str]) -> frozenset[str]:
    """How the stack may end, `in` or `out`: every module but those that refuse may say anything."""
    seen: set[tuple[int, str]] = set()
    ends: set[str] = set()
    queue = [(0, "undecided")]
    while queue:
        state = queue.pop()
        if state in seen:
            continue
        seen.add(state)
        number, standing = state
        if number >= len(steps):
            ends.add("in" if standing == "good" and number == len(steps) else "out")
            continue
        for action in _possible(steps[number], refusing):
            decided = _decided(action, standing)
            if decided in ("in", "out"):
                ends.add(decided)
            else:
                queue.append((number + 1 + (int(action) if action.isdecimal() else 0), decided))
    return frozenset(ends)


def _possible(step: _Step, refusing: frozenset[str]) -> frozenset[str]:
    """What the step may do to the stack."""
    if step.inner is not None:
        return frozenset({"in": "ok", "out": "bad"}[end] for end in _outcomes(step.inner, refusing))
    default = step.actions["default"]
    if step.module == NEVER_REFUSES:
        return frozenset({step.actions.get("success", default)})
    if step.module == ALWAYS_REFUSES or (step.module in refusing and not step.forgiving):
        told = (action for result, action in step.actions.items() if result not in (*WELL, "ignore"))
        return frozenset(told)
    return frozenset({step.actions.get("success", default), *step.actions.values()})


def _decided(action: str, standing: str) -> str:
    """How the stack stands after an action: undecided, good or bad; `in` or `out` where it ends there."""
    if action == "die":
        return "out"
    if action == "done" and standing != "bad":
        return "in"
    if action == "ok" and standing == "undecided":
        return "good"
    return {"bad": "bad", "reset": "undecided"}.get(action, standing)
