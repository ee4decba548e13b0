"""Recorded cases of the device checks: what a router replied, and what must be found there.

`recorded/TOPIC.NAME.yaml` holds the cases of check `TOPIC.NAME`, each under a name that says what it shows:

    the uplink is down:
      asset: {platform: frr}             # fields over those of ROUTER
      platforms: [debian, ubuntu]        # one case on each of them
      parameters: {session_idle_seconds: 300}
      link: {max_delay_ms: 5}            # fields over those of LINK
      end: parent                        # the end that is asked; child if left out
      links: [{id: second}]              # further links of the asset
      hub: null                          # where given, in place of HUB
      service: {port: 8443}              # fields over those of SERVICE
      listed: [10.9.0.1]                 # addresses of the inventory; none if left out
      zones: [{id: lan, kind: internal}] # where given, the plan in place of ZONES
      services: []                       # where given, what is used from here in place of SERVICE; fields over its own
      replies:
        show interface json:             # any part of the command that only one asked command has; =all of it
          file: interfaces.txt           # below recorded/replies/, or `text: …`, or the text alone
          change: [['"operationalStatus":"up"', '"operationalStatus":"down"']]
          exit_status: 0
      expect: {status: fail, actual: "wan0: down"}   # or {status: unknown, cause: unreadable}

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

from checks.connectivity.view import Device
from checks.model import Function, Question, Reply, Status, Unknown, Want
from inventory.model import Asset, Link, LinkEnd, LinkView, Service
from inventory.zones import Standing, Zone, ZonePlan

RECORDED = Path(__file__).parent / "recorded"
ROUTER = {
    "id": "west",
    "site": "760",
    "systems": ["metronet"],
    "kind": "device",
    "platform": "frr",
    "address": "10.9.0.1",
}
LINK = {
    "id": "west-east",
    "child": {"asset": "west", "interface": "wan0", "address": "10.9.0.1"},
    "parent": {"asset": "east", "interface": "up0", "address": "10.9.0.2"},
}
HUB = {"asset": "hub", "interface": "lo", "address": "10.9.2.1"}
SERVICE = {"id": "tthc", "name": "Thủ tục hành chính", "system": "tthc", "address": "10.9.0.2", "port": 443}
ZONES = [
    {"id": "bien", "name": "Vùng biên", "kind": "edge", "networks": ["10.9.0.0/30"]},
    {"id": "dmz", "name": "Vùng DMZ", "kind": "dmz", "networks": ["10.9.3.0/24"]},
    {"id": "khong-day", "name": "Mạng không dây", "kind": "wireless", "absent": "Không dùng"},
    {"id": "may-chu", "name": "Máy chủ nội bộ", "kind": "server", "networks": ["10.9.2.0/24"]},
    {"id": "noi-bo", "name": "Mạng nội bộ", "kind": "internal", "networks": ["10.9.1.0/24"]},
    {"id": "quan-tri", "name": "Vùng quản trị", "kind": "management", "networks": ["10.9.9.0/24"]},
]
MACHINES = (
    Standing("west", False, "10.9.0.1", 22),
    Standing("web", True, "10.9.3.20", 22),
    Standing("db", True, "10.9.2.20", 2222),
    Standing("archive", True, "10.9.2.21", 2222),
)
PARAMETERS = {
    "zones_required": ["internal", "edge", "server", "wireless", "management"],
    "jump_hosts": ["10.9.9.5"],
    "management_sources": ["10.9.9.0/24"],
    "session_idle_seconds": 300,
    "default_accounts": ["admin", "user", "guest"],
    "log_collectors": ["10.9.9.9"],
    "flow_collectors": ["10.9.9.9"],
    "time_sources": ["10.9.0.2"],
    "max_time_offset_seconds": 1.0,
    "supported_releases": {"debian-12": "2028-06-30"},
    "package_lists_max_age_days": 7,
    "user_networks": ["10.9.8.0/24"],
    "lockout_attempts": 5,
    "address_attempts_per_minute": 60,
    "device_administrators": ["quantri"],
    "device_operators": ["admin", "giamsat", "tacacs"],
}


@dataclass(frozen=True)
class Case:
    """One recorded device before one check. What it replied is told as a terminal shows it: both streams in one."""

    check: str
    name: str
    want: Want
    replies: Mapping[Question, str]
    statuses: Mapping[Question, int]
    expect: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.check}: {self.name}"

    def found(self) -> dict[str, str]:
        """Status, and cause or what was found, as the check judges these replies."""
        return judge(self.check, self.want, self.replies, self.statuses)

    def with_reply(self, question: Question, text: str) -> Case:
        """The same device, had it replied differently to `question`."""
        return replace(self, replies={**self.replies, question: text})


def judge(check: str, want: Want, replies: Mapping[Question, str], statuses: Mapping[Question, int]) -> dict[str, str]:
    now = datetime.now(UTC)
    device = Device(Reply(q, text, "", statuses[q], now, 0.0, "rasoat-audit") for q, text in replies.items())
    try:
        verdict = function_of(check)(device, want)
    except Unknown as unknown:
        return {"status": Status.UNKNOWN.value, "cause": unknown.cause.value, "actual": unknown.detail}
    return {"status": verdict.status.value, "actual": verdict.actual}


def cases() -> Iterator[Case]:
    """Every recorded case of every check."""
    for path in sorted(RECORDED.glob("*.*.yaml")):
        for name, case in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if not name.startswith("."):
                for platform in case.get("platforms", (None,)):
                    yield _case(path.stem, name, case, platform)


def function_of(check: str) -> Function:
    """The function of check `TOPIC.NAME`."""
    topic, name = check.split(".")
    function: Function = getattr(importlib.import_module(f"checks.connectivity.{topic}"), name)
    return function


def demand(check: str, case: Mapping[str, Any]) -> Want:
    """What is demanded of the device of a case, bound to a link or service where the check is."""
    link = Link.model_validate({**LINK, **case.get("link", {})})
    end = link.child if case.get("end", "child") == "child" else link.parent
    asset = Asset.model_validate({**ROUTER, "id": end.asset, **case.get("asset", {})})
    subjects: dict[str, LinkView | Service] = {
        "link": next(link.seen_from(end.asset)),
        "service": Service.model_validate({**SERVICE, **case.get("service", {})}),
    }
    hub = case.get("hub", HUB)
    parameters = {**PARAMETERS, **case.get("parameters", {})}
    subject = subjects.get(check.split(".", maxsplit=1)[0])
    links = (next(link.seen_from(end.asset)), *_others(case, end.asset))
    listed = frozenset(case.get("listed", ()))
    hub_end = LinkEnd.model_validate(hub) if hub else None
    plan = ZonePlan(tuple(Zone.model_validate(zone) for zone in case.get("zones", ZONES)), MACHINES)
    services = tuple(Service.model_validate({**SERVICE, **fields}) for fields in case.get("services", ({},)))
    return Want(asset, 3, parameters, subject, hub_end, listed, links, plan=plan, services=services)


def _others(case: Mapping[str, Any], asset: str) -> Iterator[LinkView]:
    """The views of further links that the asset has."""
    for fields in case.get("links", ()):
        yield from Link.model_validate({**LINK, **fields}).seen_from(asset)


def asked(check: str, want: Want) -> list[Question]:
    """The questions that the check declares for this demand."""
    asks = function_of(check).asks  # type: ignore[attr-defined]  # set by `asks`
    return [question for ask in asks for question in ask(want)]


def _case(check: str, name: str, case: Mapping[str, Any], platform: str | None = None) -> Case:
    if platform is not None:
        case, name = {**case, "asset": {**case.get("asset", {}), "platform": platform}}, f"{name}, {platform}"
    known = {
        "asset",
        "platforms",
        "parameters",
        "link",
        "links",
        "end",
        "hub",
        "service",
        "listed",
        "zones",
        "services",
        "replies",
        "expect",
    }
    unknown = case.keys() - known
    assert not unknown, f"{check}: {name}: unknown keys {unknown}"
    want = demand(check, case)
    questions = asked(check, want)
    replies, statuses = {}, {}
    for key, value in case["replies"].items():
        meant = [question for question in questions if question.command in {key[1:]} or key in question.command]
        assert len(set(meant)) == 1, f"{check}: {name}: '{key}' fits {len(meant)} of the asked commands"
        replies[meant[0]] = _text(value)
        statuses[meant[0]] = 0 if isinstance(value, str) else value.get("exit_status", 0)
    missing = [question.command for question in questions if question not in replies]
    assert not missing, f"{check}: {name}: no reply recorded for {missing}"
    return Case(check, name, want, replies, statuses, case["expect"])


def _text(value: str | Mapping[str, Any]) -> str:
    if isinstance(value, str):
        return value
    text: str = (RECORDED / "replies" / value["file"]).read_text(encoding="utf-8") if "file" in value else value["text"]
    for old, new in value.get("change", ()):
        assert old in text, f"nothing to change: '{old}'"
        text = text.replace(old, new)
    return text
