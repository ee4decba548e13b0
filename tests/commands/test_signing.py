"""Reports as the command line signs and verifies them, with a key in a file and with one on a token."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.program import rasoat
from tests.reports import keys
from tests.reports.kept import at, city, keep

OURS = keys.authority("Cơ quan chứng thực của thành phố")
HELD = keys.signer(OURS)
SECRET = {"KY_SO": keys.PASSPHRASE}
REPORT = "reports/20261005T020000Z/leadership-vi.pdf"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    keep(tmp_path, at(city(), "2026-10-05T02:00:00Z"))
    keys.keep(tmp_path, HELD, OURS)
    return tmp_path


def test_a_report_is_signed_and_verified(workspace: Path) -> None:
    assert rasoat("report", "--format", "pdf", at=workspace, more=SECRET).status == 0
    told = rasoat("verify", REPORT, at=workspace)
    assert (told.status, told.err) == (0, "")
    assert "signed by Nguyễn Thị Ánh Tuyết" in told.out
    assert "leadership-vi.pdf: OK" in told.out


def test_a_changed_report_ends_with_status_5(workspace: Path) -> None:
    rasoat("report", "--format", "pdf", at=workspace, more=SECRET)
    file = workspace / REPORT
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    told = rasoat("verify", REPORT, "--json", at=workspace)
    assert told.status == 5
    assert any("changed after it was signed" in line for line in json.loads(told.out)["problems"])


def test_who_signed_cannot_be_told_without_authorities(workspace: Path) -> None:
    keys.keep(workspace, HELD)
    rasoat("report", "--format", "pdf", at=workspace, more=SECRET)
    assert rasoat("verify", REPORT, at=workspace).status == 3


def test_without_the_passphrase_nothing_is_written(workspace: Path) -> None:
    told = rasoat("report", "--format", "pdf", at=workspace)
    assert told.status == 2
    assert "KY_SO" in told.message
    assert not (workspace / REPORT).exists()


def test_a_key_on_a_token_signs_without_leaving_it(workspace: Path) -> None:
    token = HELD.token(workspace / "token", "ky-so")
    how = f"pkcs11: {{module: {keys.SOFTHSM}, token: ky-so, key: ky-so}}"
    keys.keep(workspace, HELD, OURS, how=how)
    (workspace / "keys/ky-so.p12").unlink()
    told = rasoat("report", "--format", "pdf", at=workspace, more={**SECRET, **token})
    assert told.status == 0, told.err
    assert rasoat("verify", REPORT, at=workspace).status == 0
    told = rasoat("report", "--format", "pdf", at=workspace, more={"KY_SO": "sai", **token})
    assert told.status == 2
    assert "cannot be used" in told.message
    assert "sai" not in told.message
