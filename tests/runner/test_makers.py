"""From a maker's device to its findings: a real SSH server that answers as recorded, a real session, real checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from checks.catalogue import BoundCheck
from checks.model import Cause, Finding, Question, Reply, Status
from inventory.model import AssetKind
from runner import judge
from runner.evidence import Record
from runner.masking import Mask
from runner.sessions.base import Limits
from tests.checks.connectivity import vendors
from tests.checks.connectivity.test_ruler import FAMILY
from tests.runner import devices
from tests.runner.devices import MODELS, Device

LIMITS = Limits(connect=2.0, login=10.0, host=60.0, output=1 << 18)


def bound(platform: str) -> list[BoundCheck]:
    """Every device check on the recorded device of this platform."""
    fitting = (check for check in FAMILY.values() if check.card.fits(AssetKind.DEVICE))
    return [BoundCheck(check, vendors.want(platform, check.id), ()) for check in fitting]


def asked(platform: str, questions: tuple[Question, ...], folder: Path) -> tuple[Mapping[Question, Reply], Device]:
    """What a device of this platform, which answers as recorded, replies to a session; and the device."""
    base = MODELS[platform]
    setup = {line: said for line, said in base.says.items() if line in base.harmless}
    said = {q.command: vendors.answer(platform, q.command).replace("\n", "\r\n") for q in questions}
    return devices.asked(replace(base, says={**setup, **said}), questions, folder, LIMITS)


@pytest.mark.parametrize("platform", vendors.PLATFORMS)
def test_a_session_with_a_recorded_device_ends_in_findings(platform: str, tmp_path: Path) -> None:
    checks = bound(platform)
    questions = judge.questions(checks)
    replies, there = asked(platform, questions, tmp_path)
    mask = Mask(device=True)
    records = {question: Record("edge", mask.reply(reply)) for question, reply in replies.items()}
    found: dict[str, Finding] = {finding.check: finding for finding in judge.judge(checks, records)}
    unsupported = vendors.recorded(platform)["unsupported"]
    for check in checks:
        finding = found[check.id]
        if check.check.id in unsupported:
            assert (finding.status, finding.cause) == (Status.UNKNOWN, Cause.UNSUPPORTED_PLATFORM)
        else:
            wanted = vendors.recorded(platform)["checks"][check.check.id].get("whole", "pass")
            assert finding.status.value == wanted, (finding.check, finding.actual)
    assert devices.typed_beyond(there, [question.command for question in questions]) == set()
