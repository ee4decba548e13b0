"""Recorded cases of the server checks: what a host replied, and what must be found there.

`recorded/TOPIC/NAME.yaml` holds the cases of check `TOPIC.NAME`, each under a name that says what it shows:

    root may log in with a password:
      level: 3                           # 3 if left out
      parameters: {inactive_days: 30}    # over those of TCVN 11930:2017 at that level
      asset: {ports: [22, 443]}          # fields over those of a plain server
      listed: [{id: kho, site: noi-khac, address: 192.0.2.9}]   # other assets of the inventory, over a plain server
      platforms: red_hat                 # `debian` if left out, `red_hat`, `linux` (both), or a list of platforms
      replies:
        sshd -T:                         # the command, or any part of it that only one asked command has
          file: sshd-T.txt               # below recorded/replies/; or `stdout: text`; or just the text, no mapping
          change: [[permitrootlogin no, permitrootlogin yes]]
          exit_status: 0
          stderr: ""
      expect: {status: fail, actual: permitrootlogin yes}   # or {status: unknown, cause: unreadable}

A top-level key that starts with a dot holds no case (a place for YAML anchors); `.platforms` is told once for all cases
of the file. A case for several platforms is one case on each of them; on those of Red Hat's family its files are taken
from recorded/replies/red_hat/ where they are there too. Those were made after the documentation of the programs and
examples of their output, not on such a system.
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
from checks.protections.questions import DEBIAN, LINUX, RED_HAT
from inventory.model import Asset
from runner.sessions.backend import host_from

RECORDED = Path(__file__).parent / "recorded"
RECORDED_ON = datetime(2026, 11, 21, tzinfo=UTC)
SERVER = {
    "id": "server",
    "site": "site",
    "systems": ["system"],
    "kind": "server",
    "address": "192.0.2.1",
}
FAMILIES = {"debian": DEBIAN, "red_hat": RED_HAT, "linux": LINUX}
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
        return f"{self.check}: {self.name} [{self.want.asset.platform}]"

    def found(self) -> dict[str, str]:
        """Status, and cause or what was found, as the check judges these replies."""
        try:
            verdict = function_of(self.check)(host_from(self._replies(), self.want.asset.address), self.want)
        except Unknown as unknown:
            return {"status": Status.UNKNOWN.value, "cause": unknown.cause.value, "actual": unknown.detail}
        return {"status": verdict.status.value, "actual": verdict.actual}

    def replies_told(self) -> tuple[tuple[str, Recording], ...]:
        """Every command with what was recorded of it."""
        return tuple((question.command, told) for question, told in self.replies.items())

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
        everywhere = content.get(".platforms", "debian")
        for name, case in content.items():
            if not name.startswith("."):
                told = case.get("platforms", everywhere)
                for platform in FAMILIES.get(told, told) if isinstance(told, str) else told:
                    yield _case(f"{path.parent.name}.{path.stem}", name, case, platform)


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


def _case(check: str, name: str, case: Mapping[str, Any], platform: str) -> Case:
    unknown = case.keys() - {"level", "parameters", "asset", "listed", "platforms", "replies", "expect"}
    assert not unknown, f"{check}: {name}: unknown keys {unknown}"
    level = case.get("level", 3)
    values = {name: p.by_level[level] for name, p in STANDARD.parameters.items() if level in p.by_level}
    asset = Asset.model_validate({**SERVER, "platform": platform, **case.get("asset", {})})
    listed = [Asset.model_validate({**SERVER, "platform": platform, **other}) for other in case.get("listed", ())]
    owners = {name: one for one in listed for name in (one.address, *one.addresses, *one.names)}
    want = Want(asset, level, {**values, **case.get("parameters", {})}, owners=owners)
    return Case(check, name, want, _replies(check, name, want, case["replies"]), case["expect"])


def _replies(check: str, name: str, want: Want, recorded: Mapping[str, Any]) -> Mapping[Question, Recording]:
    """The recordings by declared question: none may be missing, none may be left over."""
    asked = questions_of(check, want)
    replies = {}
    for key, value in recorded.items():
        meant = [q for q in asked if q.command == key] or [q for q in asked if key in q.command]
        assert len(meant) == 1, f"{check}: {name}: '{key}' fits {len(meant)} of the asked commands"
        replies[meant[0]] = _recording(value, want.asset.platform)
    missing = [question.command for question in asked if question not in replies]
    assert not missing, f"{check}: {name}: no reply recorded for {missing}"
    return replies


def _recording(value: str | Mapping[str, Any], platform: str) -> Recording:
    if isinstance(value, str):
        return Recording(value)
    text = _told(value["file"], platform) if "file" in value else value["stdout"]
    for old, new in value.get("change", ()):
        assert old in text, f"nothing to change: '{old}'"
        text = text.replace(old, new)
    return Recording(text, value.get("stderr", ""), value.get("exit_status", 0))


def _told(name: str, platform: str) -> str:
    own = RECORDED / "replies" / "red_hat" / name
    shared = RECORDED / "replies" / name
    return (own if platform in RED_HAT and own.exists() else shared).read_text(encoding="utf-8")
