"""Recorded devices of makers that the practice city lacks: `recorded/PLATFORM.yaml`, files in `PLATFORM/`.

`replies` are what the device says where all is well; every check must pass on them. `checks` has for each a `fail` and
an `unknown`: what changes in the replies, and what is then found; `also` are more of them, each with its `status`, and
with fields over those of the `link`.
`unsupported` are the checks that the platform cannot answer, `unread` from which line of a reply on nothing is read
(see `cuts`). A device tells no exit status; what it says is told as a terminal shows it, and what its driver takes for
a refusal is no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import yaml

from checks.connectivity.view import Device
from checks.model import Cause, Question, Reply, Status, Unknown, Want
from inventory.model import Asset, Link, LinkEnd, LinkView, Service
from inventory.zones import Zone, ZonePlan
from runner.sessions.drivers import DRIVERS
from runner.sessions.prompt import FIRST_LINES
from tests.checks.connectivity import replay
from tests.checks.connectivity.replay import RECORDED

PLATFORMS = ("cisco_ios", "cisco_xe", "fortinet", "huawei_vrp", "juniper_junos", "mikrotik_routeros")
PARAMETERS = {
    "default_accounts": ["admin", "cisco"],
    "zones_required": ["internal", "management", "wan"],
    "jump_hosts": ["10.76.0.10"],
}
PLAN = ZonePlan(
    tuple(
        Zone.model_validate({"id": id_, "name": id_, "kind": kind, "networks": networks})
        for id_, kind, networks in (
            ("noi-bo", "internal", ["10.79.0.0/16"]),
            ("quan-tri", "management", ["10.76.0.0/24", "10.77.0.0/16"]),
            ("wan", "wan", ["10.78.0.0/16"]),
        )
    )
)
Change = Mapping[str, list[list[str]]]


@dataclass(frozen=True)
class Case:
    """One check on one recorded device, and what must come of it."""

    platform: str
    check: str
    status: str
    change: Change
    actual: str
    link: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.platform} {self.check} {self.status}"

    @property
    def want(self) -> Want:
        return want(self.platform, self.check, self.link)

    def replies(self) -> dict[Question, str]:
        """What the device says to each question of the check."""
        asked = replay.asked(self.check, self.want)
        changed = {
            question: _changed(answer(self.platform, question.command), question, self.change) for question in asked
        }
        for part, pairs in self.change.items():
            for old, new in pairs:
                assert any(part in q.command and new in text for q, text in changed.items()), (
                    f"{self}: '{old}' is nowhere"
                )
        return changed


def judged(check: str, demanded: Want, replies: Mapping[Question, str]) -> tuple[str, str]:
    """Status, and what was found or why not."""
    now = datetime.now(UTC)
    rejects = DRIVERS[demanded.asset.platform].rejects  # type: ignore[attr-defined]  # every maker's driver has it
    device = Device(
        Reply(
            question, text, "", None, now, 0.0, "audit", Cause.NO_TOOL if rejects.search(text[:FIRST_LINES]) else None
        )
        for question, text in replies.items()
    )
    try:
        verdict = replay.function_of(check)(device, demanded)
    except Unknown as unknown:
        return Status.UNKNOWN.value, f"{unknown.cause.value}: {unknown.detail}"
    return verdict.status.value, verdict.actual


def cases() -> Iterator[Case]:
    """Every recorded case of every platform."""
    for platform in PLATFORMS:
        for check, told in recorded(platform)["checks"].items():
            yield Case(platform, check, told.get("whole", "pass"), {}, told.get("actual", ""))
            broken = [{"status": status, **told[status]} for status in ("fail", "unknown") if status in told]
            for one in (*broken, *told.get("also", ())):
                actual, link = str(one.get("actual", "")), one.get("link", {})
                yield Case(platform, check, one["status"], one["change"], actual, link)


@cache
def recorded(platform: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load((RECORDED / f"{platform}.yaml").read_text(encoding="utf-8"))
    return content


@cache
def answer(platform: str, command: str) -> str:
    """What the device says to a command: that of the longest recorded beginning."""
    told = recorded(platform)["replies"]
    fitting = [begun for begun in told if command.startswith(begun)]
    assert fitting, f"{platform}: no reply recorded for '{command}'"
    value = told[max(fitting, key=len)]
    return value if isinstance(value, str) else (RECORDED / platform / value["file"]).read_text(encoding="utf-8")


def want(platform: str, check: str, link: Mapping[str, Any] | None = None) -> Want:
    """What is demanded of the recorded device."""
    told = recorded(platform)
    ends = {**told["link"], **(link or {})}
    asset = Asset.model_validate(
        {
            **replay.ROUTER,
            "id": "edge",
            "platform": platform,
            "address": told["address"],
            "ports": told.get("ports", []),
        }
    )
    view = _uplink("core", ends)
    others = tuple(_uplink(f"core-{number}", one) for number, one in enumerate(told.get("links", ()), 2))
    subjects: dict[str, LinkView | Service] = {"link": view, "service": Service.model_validate(replay.SERVICE)}
    listed = frozenset(told.get("listed", ()))
    hub = LinkEnd(asset="core", interface="lo", address=ends["hub"])
    parameters = {**replay.PARAMETERS, **PARAMETERS, **told.get("parameters", {})}
    subject = subjects.get(check.partition(".")[0])
    return Want(asset, 4, parameters, subject, hub, listed, (view, *others), plan=PLAN)


def _uplink(parent: str, ends: Mapping[str, Any]) -> LinkView:
    """A link of the device to one above it, as its own end sees it."""
    child = {"asset": "edge", "interface": ends["interface"], "address": ends["address"]}
    far = {"asset": parent, "interface": "x", "address": ends["far"]}
    more = {"capacity_mbps": ends["capacity_mbps"]} if "capacity_mbps" in ends else {}
    link = Link.model_validate({"id": f"up-{parent}", "child": child, "parent": far, **more})
    return next(link.seen_from("edge"))


def _changed(text: str, question: Question, change: Change) -> str:
    for part, pairs in change.items():
        for old, new in pairs if part in question.command else ():
            text = text.replace(old, new)
    return text
