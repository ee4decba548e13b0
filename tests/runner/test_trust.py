"""Host keys: fetched without logging in, pinned by line, found again by both stacks."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from inventory.faults import BadInput
from runner.sessions import trust
from runner.sessions.base import HostPort, Limits, Unreached
from tests.runner import peers

QUICK = Limits(connect=0.5, login=1.0)


def line(host: HostPort, folder: Path, name: str) -> trust.HostKey:
    key = peers.new_key(folder / name)
    kind, base64 = key.export_public_key("openssh").decode().split()[:2]
    return trust.HostKey(host, kind, base64, key.get_fingerprint())


def test_a_key_is_fetched_without_logging_in(tmp_path: Path) -> None:
    with peers.sshd(tmp_path) as server:
        key = asyncio.run(trust.fetch(server.host, QUICK))
        shown = subprocess.run(["ssh-keygen", "-lf", tmp_path / "host.pub"], capture_output=True, text=True, check=True)
        assert key.fingerprint == shown.stdout.split()[1]
        assert key.line.split() == server.line.split()[:3]
        assert "userauth-request" not in server.log


def test_where_no_key_can_be_had() -> None:
    with peers.silent() as host, pytest.raises(Unreached):
        asyncio.run(trust.fetch(host, QUICK))


def test_hosts_are_named_as_openssh_names_them() -> None:
    assert str(HostPort("10.0.0.1", 22)) == "10.0.0.1"
    assert str(HostPort("10.0.0.1", 2222)) == "[10.0.0.1]:2222"


def test_a_pinned_key_replaces_the_old_one_and_touches_no_other_line(tmp_path: Path) -> None:
    path, one, two = tmp_path / "known_hosts", HostPort("one", 22), HostPort("two", 2222)
    path.write_text("# ours\n")
    old, other, new = (line(host, tmp_path, str(n)) for n, host in enumerate((one, two, one)))
    trust.pin(path, [old, other])
    trust.pin(path, [new])
    assert path.read_text().splitlines() == ["# ours", other.line, new.line]
    known = trust.read(path)
    assert [key.get_fingerprint() for key in known.keys(one)] == [new.fingerprint]
    assert [key.get_fingerprint() for key in known.keys(two)] == [other.fingerprint]
    assert known.keys(HostPort("two", 22)) == []


def test_hashed_pattern_and_revoked_lines_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    hashed, pattern, revoked = (line(HostPort(name, 22), tmp_path, name) for name in ("hidden", "pattern", "revoked"))
    path.write_text(f"{hashed.line}\n")
    subprocess.run(["ssh-keygen", "-H", "-f", path], check=True, capture_output=True)
    with path.open("a") as file:
        file.write(f"*.q1,10.0.* {pattern.kind} {pattern.base64}\n")
        file.write(f"@revoked * {revoked.kind} {revoked.base64}\n{revoked.line}\n")
    known = trust.read(path)
    assert [key.get_fingerprint() for key in known.keys(HostPort("hidden", 22))] == [hashed.fingerprint]
    assert [key.get_fingerprint() for key in known.keys(HostPort("10.0.7.7", 22))] == [pattern.fingerprint]
    assert known.keys(HostPort("revoked", 22)) == []


def test_a_line_that_is_no_entry_is_named(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text("# ours\n\nnonsense\n")
    with pytest.raises(BadInput, match="known_hosts:3: "):
        trust.read(path)


def test_no_file_trusts_nobody(tmp_path: Path) -> None:
    assert trust.read(tmp_path / "known_hosts").keys(HostPort("one", 22)) == []
