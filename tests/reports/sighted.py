"""Synthetic documents whose devices told of their neighbours: what they saw beyond the inventory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from checks.connectivity.neighbour import Unlisted
from reports import unlisted
from reports.document import Document, Finding
from tests.reports import documents

CAMERA = Unlisted(("10.26.0.7", "10.26.0.9"), "b8:27:eb:5a:00:17", "lan0", "camera-1")
PRINTER = Unlisted((), "00:1b:21:aa:00:4d", "dhcp", "")
SEEN: Mapping[str, tuple[Unlisted, ...]] = {"bt-edge-1": (CAMERA,), "w26905-edge-1": (CAMERA, PRINTER)}


def practice(seen: Mapping[str, tuple[Unlisted, ...]] = SEEN) -> Document:
    """The practice city; every device that was reached told of its neighbours, those in `seen` of things unlisted."""
    return sighted(documents.practice(), seen)


def sighted(document: Document, seen: Mapping[str, tuple[Unlisted, ...]]) -> Document:
    """The document with a finding of `neighbour.listed` for each of its devices."""
    card = {**document["checks"]["device.encrypted_management"], "kind": ["device"], "counts_for": []}
    document["checks"][unlisted.CHECK] = cast(Any, card)
    devices = [asset for asset in document["assets"] if asset["kind"] == "device"]
    document["findings"] += [_told(asset["id"], asset["cause"], seen.get(asset["id"], ())) for asset in devices]
    document["unlisted"] = unlisted.of(document)
    return documents.scored(document)


def _told(asset: str, cause: str | None, things: tuple[Unlisted, ...]) -> Finding:
    status = "unknown" if cause else "fail" if things else "pass"
    told = {"asset": asset, "check": unlisted.CHECK, "status": status, "cause": cause, "expected": "–"}
    actual = "" if cause else "; ".join(map(str, things)) or "–"
    return cast(Finding, {**told, "actual": actual, "requirements": [], "evidence": [], "waiver": None})
