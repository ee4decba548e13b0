"""What a session may meet: a real sshd, an SSH server that tells what it was sent, ports that are no SSH at all."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import asyncssh

from runner.sessions import trust
from runner.sessions.base import HostPort
from runner.sessions.credentials import Credentials

LOOPBACK = "127.0.0.1"
STARTED = "Server listening on"
USER = getpass.getuser()
NOBODY = 65534
PASSWORD = "mật-khẩu-của-máy"


def new_key(path: Path, kind: str = "ssh-ed25519") -> asyncssh.SSHKey:
    key = asyncssh.generate_private_key(kind)
    key.write_private_key(path)
    path.chmod(0o600)
    key.write_public_key(path.with_suffix(".pub"))
    return key


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((LOOPBACK, 0))
        port: int = sock.getsockname()[1]
        return port


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@dataclass(frozen=True)
class Sshd:
    """A running OpenSSH server. `login` is let in; `known` trusts its key."""

    folder: Path
    host: HostPort
    login: Credentials
    pid: int

    def drop(self) -> None:
        """Cut every connection that is open, without a word."""
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @property
    def line(self) -> str:
        """The line that trusts it."""
        return f"{self.host} {(self.folder / 'host.pub').read_text()}"

    def known(self) -> trust.KnownHosts:
        path = self.folder / "known_hosts"
        path.write_text(self.line)
        return trust.read(path)


@contextmanager
def sshd(folder: Path, *options: str, address: str = LOOPBACK, host_key: str = "ssh-ed25519") -> Iterator[Sshd]:
    """A real sshd that lets this test's user in with one key; `options` stand before the common ones."""
    folder.mkdir(exist_ok=True)
    new_key(folder / "host", host_key)
    new_key(folder / "user")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    host = HostPort(address, free_port())
    (folder / "config").write_text("\n".join([*options, *_common(folder, host)]))
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, "-D", "-e", "-f", folder / "config"], stderr=log)
    try:
        running = Sshd(folder, host, Credentials(USER, key=folder / "user"), server.pid)
        await_true(lambda: STARTED in running.log)
        yield running
    finally:
        server.terminate()
        server.wait()


def _common(folder: Path, host: HostPort) -> list[str]:
    return [
        f"ListenAddress [{host.address}]:{host.port}",
        f"HostKey {folder / 'host'}",
        f"AuthorizedKeysFile {folder / 'user.pub'}",
        "PidFile none",
        f"SetEnv HOME={folder}",  # what this user's own shell does at a login is not to matter
        "UsePAM no",
        "StrictModes no",
        "PermitRootLogin yes",
        "LogLevel DEBUG1",
        "MaxStartups 200",
    ]


def await_true(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)


@dataclass
class Recorder(asyncssh.SSHServer):
    """An SSH server that lets in who knows `password`, and writes down every attempt."""

    password: str
    attempts: list[str] = field(default_factory=list)
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        self.attempts.append(f"user {username}")
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, _username: str, password: str) -> bool:
        self.attempts.append(f"password {password}")
        return password == self.password

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, _username: str, key: asyncssh.SSHKey) -> bool:
        self.attempts.append(f"key {key.get_fingerprint()}")
        return False


Handler = Callable[[asyncssh.SSHServerProcess[bytes]], Awaitable[None]]


@dataclass(frozen=True)
class Peer:
    """A running `Recorder`."""

    host: HostPort
    recorder: Recorder
    line: str

    def known(self, folder: Path) -> trust.KnownHosts:
        path = folder / "known_hosts"
        path.write_text(self.line)
        return trust.read(path)


@asynccontextmanager
async def peer(handler: Handler) -> AsyncIterator[Peer]:
    """A server of our own that lets in with `PASSWORD`, and answers each session with `handler`."""
    recorder = Recorder(PASSWORD)
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        LOOPBACK,
        0,
        server_factory=lambda: recorder,
        server_host_keys=[key],
        process_factory=handler,
        encoding=None,
        line_editor=False,
    )
    host = HostPort(LOOPBACK, server.get_port())
    try:
        yield Peer(host, recorder, f"{host} {key.export_public_key('openssh').decode()}")
    finally:
        server.close()
        for connection in recorder.connections:
            connection.abort()
            await connection.wait_closed()
        await server.wait_closed()


async def real_shell(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """What was asked for, run by a real shell; as nobody where the tests run as root."""
    uid = NOBODY if os.getuid() == 0 else None
    child = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", process.command or "", stdin=-1, stdout=-1, stderr=-1, user=uid, cwd="/"
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        await asyncio.gather(
            _pump(process.stdin, child.stdin.write, child.stdin.close),
            _pump(child.stdout, process.stdout.write),
            _pump(child.stderr, process.stderr.write),
        )
        process.exit(await child.wait())
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


class Source(Protocol):
    async def read(self, n: int, /) -> bytes: ...


async def _pump(source: Source, write: Callable[[bytes], None], close: Callable[[], None] = lambda: None) -> None:
    with suppress(OSError):
        while data := await source.read(1 << 16):
            write(data)
    close()


@contextmanager
def silent() -> Iterator[HostPort]:
    """A port that takes connections and never says anything."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(8)
        yield HostPort(*listener.getsockname())


@contextmanager
def black_hole() -> Iterator[HostPort]:
    """A port that does not even take connections: its queue is full."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        try:
            yield HostPort(*listener.getsockname())
        finally:
            for sock in waiting:
                sock.close()


@contextmanager
def tar_pit(line: bytes = b"a banner without an end\r\n") -> Iterator[HostPort]:
    """A port that greets for ever and never becomes SSH."""

    def greet() -> None:
        with suppress(OSError):
            caller, _ = listener.accept()
            with caller:
                while True:
                    caller.sendall(line)
                    time.sleep(0.02)

    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(1)
        greeting = threading.Thread(target=greet)
        greeting.start()
        yield HostPort(*listener.getsockname())
    greeting.join(timeout=5)
