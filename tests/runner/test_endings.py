"""What ends an audit or a login badly, met for real: a disk, a clock, a password, a server that locks accounts."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest

from checks.model import Cause, Question
from inventory.model import Login
from runner import evidence, journal, kept, manifest, runs, walk
from runner.plan import Selection
from runner.sessions import trust
from runner.sessions.base import HostPort, Unreached
from runner.sessions.credentials import Credentials
from tests.runner import city, peers
from tests.runner.sessions import QUICK, STACKS, ask

ROOT = Path(__file__).parents[2]
HELLO = Question("echo hello")
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="needs a mount namespace")

AUDIT = """
import sys
from pathlib import Path
from runner import walk
from runner.files import CannotKeep
from runner.plan import Selection
from tests.runner import city

workspace, resume = Path(sys.argv[1]), sys.argv[2] or None
assets = [city.asset(name) for name in "abc"]
sessions = city.Recorded({asset.id: city.good_replies(asset.id) for asset in assets})
try:
    inventory = city.inventory(workspace, assets)
    walk.audit(inventory, city.catalogue(), Selection(), program="test", sessions=sessions, resume=resume)
except CannotKeep as error:
    print(error)
    sys.exit(error.exit_status)
"""


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def audited_read_only(workspace: Path, resume: str = "") -> subprocess.CompletedProcess[str]:
    """An audit in a process of its own, for which the workspace is mounted read-only."""
    mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    words: list[str | Path] = [
        "unshare",
        "-m",
        "sh",
        "-c",
        mount,
        "sh",
        workspace,
        sys.executable,
        "-c",
        AUDIT,
        workspace,
        resume,
    ]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@needs_root
def test_a_read_only_disk_ends_a_run_cleanly_before_anything_is_asked(tmp_path: Path) -> None:
    workspace = tmp_path / "city"
    workspace.mkdir()
    done = audited_read_only(workspace)
    assert (done.returncode, done.stderr) == (4, "")
    assert "Read-only file system" in done.stdout
    assert list(workspace.iterdir()) == []


@needs_root
def test_a_disk_that_became_read_only_keeps_what_a_run_has(tmp_path: Path) -> None:
    def interrupt(asset: object) -> object:
        if getattr(asset, "id", "") == "b":
            os.kill(os.getpid(), signal.SIGINT)
            return asyncio.sleep(60)
        return None

    workspace, assets = tmp_path / "city", [city.asset(name) for name in "abc"]
    sessions = city.Recorded({asset.id: city.good_replies(asset.id) for asset in assets}, before=interrupt)
    inventory = city.inventory(workspace, assets)
    broken = walk.audit(inventory, city.catalogue(), Selection(), program="test", sessions=sessions, concurrency=1)
    before = (broken.folder / journal.NAME).read_bytes()
    done = audited_read_only(workspace, broken.folder.name)
    assert (done.returncode, done.stderr) == (4, "")
    assert (broken.folder / journal.NAME).read_bytes() == before
    sessions = city.Recorded({asset.id: city.good_replies(asset.id) for asset in assets})
    again = walk.audit(
        inventory, city.catalogue(), Selection(), program="test", sessions=sessions, resume=broken.folder.name
    )
    assert again.complete
    assert sessions.opened == ["b", "c"]


@needs_root
def test_a_host_without_timeout_is_told_as_such(stack: str, tmp_path: Path) -> None:
    hide = 'mount --bind /dev/null "$(command -v timeout)"'
    then = 'eval "$SSH_ORIGINAL_COMMAND"' if stack == "shell" else "exec bash --norc --noprofile -i"
    script = tmp_path / "login"
    script.write_text(f"#!/bin/sh\n{hide}\n{then}\n")
    script.chmod(0o755)
    with peers.sshd(tmp_path / "sshd", f"ForceCommand exec unshare -m {script}") as server:
        reply = asyncio.run(ask(stack, server.host, server.login, server.known(), [HELLO]))[HELLO]
    assert (reply.cause, reply.stdout) == (Cause.NO_TOOL, "")
    assert "has no 'timeout'" in reply.detail


JUMPING = """
import sys
from pathlib import Path
from inventory.model import Login
from runner import walk
from runner.plan import Selection
from tests.runner import city

workspace, port, user = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
assets = [city.asset(f"s{n}", address="127.0.0.1", port=port) for n in range(4)]
clock = workspace / "clock"
times = iter(["-3h", "+400d", "-1d", "+0"])

def jump(*_):
    clock.write_text(next(times))

done = walk.audit(
    city.inventory(workspace, assets, Login(id="audit", user=user, key="key")),
    city.catalogue([city.says_hello]),
    Selection(),
    program="test",
    concurrency=1,
    on_event=jump,
)
print(done.folder.name, done.complete)
"""


def test_a_clock_that_jumps_changes_no_duration_and_breaks_no_journal(server: peers.Sshd, tmp_path: Path) -> None:
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    assert library is not None, "tests/packages.txt lists faketime"
    (tmp_path / "known_hosts").write_text(server.line)
    shutil.copy(server.folder / "user", tmp_path / "key")
    (tmp_path / "clock").write_text("+0")
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(tmp_path / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    words = [sys.executable, "-c", JUMPING, str(tmp_path), str(server.host.port), peers.USER]
    begun = time.monotonic()
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert time.monotonic() - begun < 30
    assert done.returncode == 0, done.stderr
    name, complete = done.stdout.split()
    run = runs.find(tmp_path, name)
    found = kept.read(run)
    moments = [outcome.ended for outcome in found.outcomes.values()]
    assert complete == "True"
    assert moments != sorted(moments)
    assert {outcome.state for outcome in found.outcomes.values()} == {"reviewed"}
    for outcome in found.outcomes.values():
        assert outcome.bundle is not None
        for record in evidence.read(run, outcome.bundle).values():
            assert 0 <= record.reply.seconds < 5
    (run / manifest.RESULTS).write_text("{}")
    manifest.seal(run)
    assert manifest.verify(run) == []


@dataclass
class Bank(asyncssh.SSHServer):
    """A server that counts failures as PAM does: by account, over all connections and ways, and locks at two."""

    password: str = peers.PASSWORD
    expired: bool = False
    failures: dict[str, int] = field(default_factory=dict)
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connections.append(conn)

    def begin_auth(self, _username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def kbdint_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        if self.expired and password == self.password:
            raise asyncssh.PasswordChangeRequired("Your password has expired.")
        return self._judged(username, password)

    def get_kbdint_challenge(
        self, username: str, _lang: str, _submethods: str
    ) -> tuple[str, str, str, list[tuple[str, bool]]]:
        self._asked = username
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        return self._judged(username, responses[0])

    def _judged(self, username: str, password: str) -> bool:
        good = password == self.password and not self.locked(username)
        self.failures[username] = self.failures.get(username, 0) + (not good)
        return good

    def locked(self, username: str) -> bool:
        return self.failures.get(username, 0) >= 2


@asynccontextmanager
async def bank(made: Bank, known_hosts: Path) -> AsyncIterator[HostPort]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        peers.LOOPBACK,
        0,
        server_factory=lambda: made,
        server_host_keys=[key],
        process_factory=peers.real_shell,
        encoding=None,
        line_editor=False,
    )
    host = HostPort(peers.LOOPBACK, server.get_port())
    trust.pin(known_hosts, [await trust.fetch(host, QUICK)])
    try:
        yield host
    finally:
        server.close()
        for connection in made.connections:
            connection.abort()
            await connection.wait_closed()
        await server.wait_closed()


def test_a_password_that_has_expired_is_a_refused_login_and_is_not_changed(stack: str, tmp_path: Path) -> None:
    async def meet() -> tuple[Unreached, Bank]:
        made = Bank(expired=True)
        async with bank(made, tmp_path / "known_hosts") as host:
            login, known = Credentials("audit", password=peers.PASSWORD), trust.read(tmp_path / "known_hosts")
            with pytest.raises(Unreached) as caught:
                await ask(stack, host, login, known, [HELLO])
            return caught.value, made

    unreached, made = asyncio.run(meet())
    assert unreached.cause is Cause.AUTH_REFUSED
    assert made.password == peers.PASSWORD
    assert made.failures.get("audit", 0) == 0


@pytest.mark.parametrize("stack", ["shell"])
def test_a_login_that_must_change_its_password_gives_no_prompt_and_says_why(stack: str, tmp_path: Path) -> None:
    words = "Password change required but no TTY available."
    with peers.sshd(tmp_path, f"ForceCommand echo '{words}' >&2; exit 1") as server:
        reply = asyncio.run(ask(stack, server.host, server.login, server.known(), [HELLO]))[HELLO]
    assert reply.cause is Cause.NO_PROMPT
    assert words in reply.detail


@pytest.mark.parametrize("kind", ["server", "device"])
def test_a_server_that_locks_after_two_failures_is_never_locked(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RASOAT_TEST_PASSWORD", "wrong-guess")
    login = Login(id="audit", user="audit", password="env:RASOAT_TEST_PASSWORD")

    async def meet() -> tuple[list[Cause | None], Bank]:
        made = Bank()
        async with bank(made, tmp_path / "known_hosts") as host:
            assets = [
                city.asset(f"a{n}", kind=kind, platform="frr", address=host.address, port=host.port) for n in range(12)
            ]
            inventory = city.inventory(tmp_path, assets, login)

            def audited(resume: str | None) -> walk.RunOutcome:
                def stop(*_: object) -> None:
                    if resume is None:
                        raise KeyboardInterrupt

                return walk.audit(
                    inventory,
                    city.catalogue([city.says_hello]),
                    Selection(),
                    program="test",
                    limits=QUICK,
                    concurrency=1,
                    devices=1,
                    resume=resume,
                    on_event=stop,
                )

            with pytest.raises(KeyboardInterrupt):
                await asyncio.to_thread(audited, None)
            assert len(kept.read(runs.find(tmp_path)).outcomes) < len(assets)
            done = await asyncio.to_thread(audited, "latest")
            return [one.cause for one in kept.read(done.folder).outcomes.values()], made

    causes, made = asyncio.run(meet())
    assert causes == [Cause.AUTH_REFUSED] * 12
    assert made.failures == {"audit": 1}
    assert not made.locked("audit")
