"""What came of a play: by asset its state, its message, what was changed with the difference as text, and its facts."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

LONGEST_MESSAGE = 1000


class State(StrEnum):
    OK = "ok"
    CHANGED = "changed"
    FAILED = "failed"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Change:
    """One task that changed something, or would: `diff` is a unified diff, empty where the task has no text to show."""

    task: str
    diff: str


@dataclass(frozen=True, slots=True)
class HostOutcome:
    """What came of a play on one asset. `message` says why it failed; `notes` is what the playbook has to tell."""

    asset: str
    state: State
    message: str = ""
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlayOutcome:
    """A play that has ended, with its assets in the order asked for. With `check` nothing was changed."""

    playbook: str
    check: bool
    hosts: tuple[HostOutcome, ...]

    def of(self, asset: str) -> HostOutcome:
        return next(host for host in self.hosts if host.asset == asset)


class Recorder:
    """Takes a play's events as they come, and says in the end what came of it."""

    def __init__(self) -> None:
        self._changes: dict[str, list[Change]] = {}
        self._notes: dict[str, list[str]] = {}
        self._messages: dict[str, str] = {}
        self._facts: dict[str, dict[str, Any]] = {}
        self._stats: Mapping[str, Mapping[str, int]] | None = None
        self._printed: list[str] = []

    def __call__(self, event: Mapping[str, Any]) -> bool:
        """Take one event. Always False: no event is to be written to disk."""
        data = event.get("event_data", {})
        match event["event"]:
            case "runner_on_ok":
                self._ended(data["host"], data["task"], data["task_action"], data["res"])
            case "runner_on_failed" | "runner_on_unreachable":
                self._messages[data["host"]] = _message(data["res"])
            case "playbook_on_stats":
                self._stats = data
            case "verbose" | "error":
                self._printed.append(event.get("stdout", ""))
        return False

    def _ended(self, host: str, task: str, action: str, result: Mapping[str, Any]) -> None:
        if result.get("changed"):
            self._changes.setdefault(host, []).append(Change(task, _diffs(result)))
        elif action.endswith("debug") and isinstance(result.get("msg"), str):
            self._notes.setdefault(host, []).append(result["msg"])
        if action.endswith(("setup", "gather_facts")):
            self._facts.setdefault(host, {}).update(result.get("ansible_facts", {}))

    def outcome(self, playbook: str, check: bool, assets: Iterable[str]) -> PlayOutcome:
        """What came of the play. Raises `RuntimeError` with Ansible's words if it never began."""
        if self._stats is None:
            raise RuntimeError(f"{playbook}: Ansible could not begin:\n" + "\n".join(filter(None, self._printed)))
        return PlayOutcome(playbook, check, tuple(self._host(asset) for asset in assets))

    def _host(self, asset: str) -> HostOutcome:
        state = self._state(asset)
        message = self._messages.get(asset, "not played") if state in (State.FAILED, State.UNREACHABLE) else ""
        changes, notes = tuple(self._changes.get(asset, ())), tuple(self._notes.get(asset, ()))
        return HostOutcome(asset, state, message, notes, changes, self._facts.get(asset, {}))

    def _state(self, asset: str) -> State:
        assert self._stats is not None  # noqa: S101  # held by outcome()
        if self._stats["dark"].get(asset):
            return State.UNREACHABLE
        if self._stats["failures"].get(asset) or not self._stats["processed"].get(asset):
            return State.FAILED
        return State.CHANGED if self._changes.get(asset) else State.OK


def _message(result: Mapping[str, Any]) -> str:
    failed = [item for item in result.get("results", ()) if item.get("failed")] or [result]
    parts = (str(failed[0].get(key, "")).strip() for key in ("msg", "stderr"))
    return "\n".join(dict.fromkeys(filter(None, parts)))[:LONGEST_MESSAGE]


def _diffs(result: Mapping[str, Any]) -> str:
    """All differences in a task's result, those of its loop included; where there are none, what it was done to."""
    items = [item for item in result.get("results", ()) if item.get("changed")] or [result]
    return "".join(map(_difference, items))


def _difference(result: Mapping[str, Any]) -> str:
    diff = result.get("diff") or ()
    text = "".join(_diff(part, result) for part in (diff if isinstance(diff, Sequence) else (diff,)))
    plain = result.get("_ansible_item_label") or result.get("item") or result.get("msg") or ""
    return text if text.strip() else f"{plain}\n" * bool(plain)


def _diff(part: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    if "prepared" in part:
        return str(part["prepared"])
    places = (part.get("before_header"), result.get("dest"), result.get("path"), part.get("after_header"))
    place = str(next(filter(None, places), "")).removesuffix(" (content)")
    before, after = (_lines(part.get(side, "")) for side in ("before", "after"))
    return "".join(_ended_lines(difflib.unified_diff(before, after, place, place)))


def _lines(content: Any) -> list[str]:
    """Content as lines: text as it is, a record (mode, owner, state) one field a line."""
    if isinstance(content, Mapping):
        content = "".join(f"{key}: {json.dumps(content[key], ensure_ascii=False)}\n" for key in sorted(content))
    return str(content or "").splitlines(keepends=True)


def _ended_lines(lines: Iterable[str]) -> Iterator[str]:
    return (line if line.endswith("\n") else f"{line}\n" for line in lines)
