"""Recorded cases of the server checks: what a host replied, and what must be found there.

`recorded/TOPIC/NAME.yaml` holds the cases of check `TOPIC.NAME`, each under a name that says what it shows:

    root may log in with a password:
      level: 3                           # 3 if left out
      parameters: {inactive_days: 30}    # over those of TCVN 11930:2017 at that level
      asset: {ports: [22, 443]}          # fields over those of a plain Debian server
      replies:
        sshd -T:                         # the command, or any part of it that only one asked command has
          file: sshd-T.txt               # below recorded/replies/; or `stdout: text`; or just the text, no mapping
          change: [[permitrootlogin no, permitrootlogin yes]]
          exit_status: 0
          stderr: ""
      expect: {status: fail, actual: permitrootlogin yes}   # or {status: unknown, cause: unreadable}

A top-level key that starts with a dot holds no case (a place for YAML anchors).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from checks.catalogue import HERE, Standard
from checks.model import Ask, Function, Question, Reply, Status, Unknown, Want
from inventory.model import Asset
from runner.sessions.backend import host_from

RECORDED = Path(__file__).parent / "recorded"
RECORDED_ON = datetime(2026, 11, 21, tzinfo=UTC)
SERVER = {
    "id": "server",
    "site": "site",
    "systems": ["system"],
    "kind": "server",
    "platform": "debian",
    "address": "192.0.2.1",
}
STANDARD = Standard.model_validate(
    yaml.safe_load((HERE / "standards" / "tcvn-11930-2017.yaml").read_text(encoding="utf-8"))
)


@dataclass(frozen=True)
class Recording:
    """One recorded reply."""

    stdout: str
    stderr: str = ""
    exit_status: int = 0


@dataclass(frozen=True)
class Case:
    """One recorded host before one check. `expect` has the keys `status`, `cause` and `actual` (a part of it)."""

    check: str
    name: str
    want: Want
    replies: Mapping[Question, Recording]
    expect: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.check}: {self.name}"

    def found(self) -> dict[str, str]:
        """Status, and cause or what was found, as the check judges these replies."""
        try:
            verdict = function_of(self.check)(host_from(self._replies(), self.want.asset.address), self.want)
        except Unknown as unknown:
            return {"status": Status.UNKNOWN.value, "cause": unknown.cause.value, "actual": unknown.detail}
        return {"status": verdict.status.value, "actual": verdict.actual}

    def _replies(self) -> Mapping[Question, Reply]:
        return {
            question: Reply(question, told.stdout, told.stderr, told.exit_status, RECORDED_ON, 0.0, "rasoat-audit")
            for question, told in self.replies.items()
        }

    def under(self, want: Want) -> Case:
        """The same host, held to another level. Replies to questions that depend on the level go with the question."""
        pairs = zip(questions_of(self.check, self.want), questions_of(self.check, want), strict=True)
        return replace(self, want=want, replies={new: self.replies[old] for old, new in pairs})

    def with_reply(self, question: Question, recording: Recording) -> Case:
        """The same host, had it replied differently to `question`."""
        return replace(self, replies={**self.replies, question: recording})


def cases() -> Iterator[Case]:
    """Every recorded case of every check."""
    for path in sorted(RECORDED.glob("*/*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, case in content.items():
            if not name.startswith("."):
                yield _case(f"{path.parent.name}.{path.stem}", name, case)


def function_of(check: str) -> Function:
    """The function of check `TOPIC.NAME`."""
    topic, name = check.split(".")
    function: Function = getattr(importlib.import_module(f"checks.protections.{topic}"), name)
    return function


def questions_of(check: str, want: Want) -> list[Question]:
    """What check `TOPIC.NAME` asks of this asset."""
    asks: tuple[Ask, ...] = function_of(check).asks  # type: ignore[attr-defined]  # set by `asks`
    asked = [ask if isinstance(ask, Question) else ask(want) for ask in asks]
    return [question for one in asked for question in ((one,) if isinstance(one, Question) else one)]


def _case(check: str, name: str, case: Mapping[str, Any]) -> Case:
    unknown = case.keys() - {"level", "parameters", "asset", "replies", "expect"}
    assert not unknown, f"{check}: {name}: unknown keys {unknown}"
    level = case.get("level", 3)
    values = {name: p.by_level[level] for name, p in STANDARD.parameters.items() if level in p.by_level}
    asset = Asset.model_validate({**SERVER, **case.get("asset", {})})
    want = Want(asset, level, {**values, **case.get("parameters", {})})
    return Case(check, name, want, _replies(check, name, want, case["replies"]), case["expect"])


def _replies(check: str, name: str, want: Want, recorded: Mapping[str, Any]) -> Mapping[Question, Recording]:
    """The recordings by declared question: none may be missing, none may be left over."""
    asked = questions_of(check, want)
    replies = {}
    for key, value in recorded.items():
        meant = [q for q in asked if q.command == key] or [q for q in asked if key in q.command]
        assert len(meant) == 1, f"{check}: {name}: '{key}' fits {len(meant)} of the asked commands"
        replies[meant[0]] = _recording(value)
    missing = [question.command for question in asked if question not in replies]
    assert not missing, f"{check}: {name}: no reply recorded for {missing}"
    return replies


def _recording(value: str | Mapping[str, Any]) -> Recording:
    if isinstance(value, str):
        return Recording(value)
    text = (RECORDED / "replies" / value["file"]).read_text(encoding="utf-8") if "file" in value else value["stdout"]
    for old, new in value.get("change", ()):
        assert old in text, f"nothing to change: '{old}'"
        text = text.replace(old, new)
    return Recording(text, value.get("stderr", ""), value.get("exit_status", 0))
