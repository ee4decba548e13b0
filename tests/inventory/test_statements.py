"""What people state: a document is the one that was signed, an approver is somebody else than the owner."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from inventory.faults import BadInput
from inventory.load import load
from inventory.statements import Attestation, Waiver
from tests.cities import small_city

SIGNED = b"Quyet dinh"
DAY = date(2024, 1, 1)


def city(tmp_path: Path, file: str = "documents/qd.pdf", digest: str | None = None) -> Path:
    workspace = small_city(tmp_path)
    (workspace / "documents").mkdir()
    line = f'document_sha256: "{digest or hashlib.sha256(SIGNED).hexdigest()}"'
    (workspace / "attestations.yaml").write_text(
        "attestations:\n  - id: xn\n    system: tthc\n    requirement: policy\n    officer: A\n    document: QĐ 1\n"
        f"    {line}\n    file: {file}\n    signed_on: 2024-01-01\n    expires_on: 2025-01-01\n",
        encoding="utf-8",
    )
    return workspace


def test_the_document_is_the_one_that_was_signed(tmp_path: Path) -> None:
    workspace = city(tmp_path)
    (workspace / "documents/qd.pdf").write_bytes(SIGNED)
    assert load(workspace).attestations[0].file == "documents/qd.pdf"


def test_a_document_kept_elsewhere_is_no_fault(tmp_path: Path) -> None:
    assert len(load(city(tmp_path)).attestations) == 1


def test_another_document_is_refused_with_its_line(tmp_path: Path) -> None:
    workspace = city(tmp_path)
    (workspace / "documents/qd.pdf").write_bytes(SIGNED + b".")
    with pytest.raises(BadInput, match="is not the document that was signed") as caught:
        load(workspace)
    [fault] = caught.value.faults
    assert (fault.file.name, fault.line) == ("attestations.yaml", 7)


def test_a_document_outside_the_workspace_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="lies outside the workspace"):
        load(city(tmp_path, "../../etc/passwd"))


def test_a_file_needs_its_digest() -> None:
    with pytest.raises(ValidationError, match="document_sha256"):
        Attestation(
            id="x", system="s", requirement="r", officer="A", document="B", file="f", signed_on=DAY, expires_on=date.max
        )


@pytest.mark.parametrize(
    ("owner", "approver"),
    [("An", "an"), ("Nguyễn Văn A", "Nguyễn  Văn A"), ("Nguyễn Văn A", "Nguyễn Văn A, Giám đốc")],
)
def test_nobody_approves_a_waiver_of_their_own(owner: str, approver: str) -> None:
    with pytest.raises(ValidationError, match="another person"):
        Waiver(id="x", check="ssh", site="79", reason="r", owner=owner, approver=approver, start=DAY, end=DAY)
