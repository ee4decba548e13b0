"""No secret at rest: a password, a passphrase and a private key go through every verb that uses them, and through
`kill -9` in the middle of it; afterwards they are found nowhere, and no process that ran could be seen to hold them.

The machines are SSH servers of our own. One is logged into with the password, and says it aloud in its replies; one
with the key, whose passphrase opens it.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import asyncssh
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pypdf import PdfReader

from runner import evidence, kept, runs
from tests.runner import peers

PROGRAM = Path(__file__).parent.parent / "audit.py"
LOUD = b" root "  # what the loud server says its password behind
SETTINGS = """\
format: 1
name: Thành phố Mẫu
login: keyed
fix_login: keyed
"""
INVENTORY = """\
sites: [{id: "79", name: Thành phố Mẫu, kind: city}]
systems: [{id: s, name: Hệ thống, owner: "79", level: 3}]
logins:
  - {id: keyed, user: canary, key: keys/canary, passphrase: "file:keys/passphrase"}
  - {id: worded, user: canary, password: "file:keys/password"}
assets:
"""
ASSET = (
    '  - {{id: {0}, site: "79", systems: [s], kind: {1}, platform: {2}, address: 127.0.0.1, port: {3}, login: {4}}}\n'
)
SOURCES = ("canary", "password", "passphrase")  # below keys/: where the secrets themselves are kept


@dataclass(frozen=True)
class Canary:
    """Three secrets, made anew for every test."""

    password: str = field(default_factory=lambda: f"canary-{secrets.token_hex(12)}")
    passphrase: str = field(default_factory=lambda: f"canary-{secrets.token_hex(12)}")
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @cached_property
    def pem(self) -> bytes:
        """The private key as it lies in its file, under its passphrase."""
        form = serialization.PrivateFormat.OpenSSH
        locked = serialization.BestAvailableEncryption(self.passphrase.encode())
        return self.key.private_bytes(serialization.Encoding.PEM, form, locked)

    def public(self) -> asyncssh.SSHKey:
        raw = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        return asyncssh.import_public_key(self.key.public_key().public_bytes(*raw))

    @cached_property
    def traces(self) -> Mapping[str, bytes]:
        """What gives a secret away, by what it is: as it is, in hexadecimal, in base64 at any offset."""
        plain = {
            "password": self.password.encode(),
            "passphrase": self.passphrase.encode(),
            "private key": self.key.private_bytes_raw(),
        }
        found = dict(plain)
        for name, secret in plain.items():
            found[f"{name} in hexadecimal"] = secret.hex().encode()
            for shift in range(3):
                coded = base64.b64encode(b"\0" * shift + secret).rstrip(b"=")
                found[f"{name} in base64 ({shift})"] = coded[4:-2]
        return found | {f"key file, line {n}": line for n, line in enumerate(self.pem.splitlines()[1:-2])}


class Door(asyncssh.SSHServer):
    """Lets in with the one secret that is meant for it, and remembers how often."""

    def __init__(self, canary: Canary, by: str) -> None:
        self.canary, self.by, self.let_in = canary, by, 0

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002
        return True

    def password_auth_supported(self) -> bool:
        return self.by == "password"

    def validate_password(self, username: str, password: str) -> bool:  # noqa: ARG002
        return password == self.canary.password

    def public_key_auth_supported(self) -> bool:
        return self.by == "key"

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        return key == self.canary.public()

    def auth_completed(self) -> None:
        self.let_in += 1


class Servers(threading.Thread):
    """Both servers, in a thread of their own. `ports` and `doors` are by name."""

    def __init__(self, canary: Canary) -> None:
        super().__init__(daemon=True)
        self.canary = canary
        self.doors = {"quiet": Door(canary, "key"), "loud": Door(canary, "password")}
        self.ports: dict[str, int] = {}
        self._up, self._loop = threading.Event(), asyncio.new_event_loop()

    def __enter__(self) -> Self:
        self.start()
        assert self._up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.join(10)

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()

    @property
    def let_in(self) -> int:
        return sum(door.let_in for door in self.doors.values())

    async def _listen(self) -> None:
        for name, door in self.doors.items():
            listening = await asyncssh.listen(
                peers.LOOPBACK, 0, server_factory=lambda door=door: door, process_factory=self._shell(name),
                server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")], encoding=None, line_editor=False,
            )  # fmt: skip
            self.ports[name] = listening.get_port()
        self._up.set()

    def _shell(self, name: str) -> peers.Handler:
        aloud = LOUD + self.canary.password.encode() + b" "

        def said(data: bytes) -> bytes:
            return data.replace(LOUD, aloud) if name == "loud" else data

        async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
            with suppress(OSError, asyncssh.Error):
                await _shell(process, said)

        return handle


async def _shell(process: asyncssh.SSHServerProcess[bytes], said: Callable[[bytes], bytes]) -> None:
    """What was asked for, run by a real shell until it ends; one that asks for a terminal gets one."""
    on_terminal = ("script", "-q", "-e", "-c", "/bin/sh", "/dev/null")
    argv = ("/bin/sh", "-c", process.command or "") if process.get_terminal_type() is None else on_terminal
    uid = peers.NOBODY if os.getuid() == 0 else None
    child = await asyncio.create_subprocess_exec(*argv, stdin=-1, stdout=-1, stderr=-1, user=uid, cwd="/")
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    feeding = asyncio.create_task(_feed(process.stdin, child.stdin))
    await asyncio.gather(
        _tell(child.stdout, lambda data: process.stdout.write(said(data))), _tell(child.stderr, process.stderr.write)
    )
    feeding.cancel()
    process.exit(await child.wait())


async def _feed(source: asyncssh.SSHReader[bytes], to: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncssh.Error):
        while data := await source.read(1 << 16):
            to.write(data)
            await to.drain()
    to.close()


async def _tell(source: asyncio.StreamReader, to: Callable[[bytes], None]) -> None:
    while data := await source.read(1 << 16):
        to(data)


@dataclass
class Story:
    """A workspace with its secrets, the folders that the program may write to."""

    folder: Path
    canary: Canary
    servers: Servers
    seen: set[str] = field(default_factory=set)
    logins: dict[str, int] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        return self.folder / "city"

    @property
    def said(self) -> Path:
        """The file with all that the program has printed."""
        return self.folder / "said.txt"

    def make(self) -> None:
        for name in ("tmp", "home", "city/inventory", "city/keys", "elsewhere"):
            (self.folder / name).mkdir(parents=True)
        words = self.canary.password.encode(), self.canary.passphrase.encode()
        for name, secret in zip(SOURCES, (self.canary.pem, *words), strict=True):
            path = self.workspace / "keys" / name
            path.write_bytes(secret)
            path.chmod(0o600)
        ports = self.servers.ports
        assets = [
            ASSET.format("quiet", "server", "debian", ports["quiet"], "keyed"),
            ASSET.format("loud", "server", "debian", ports["loud"], "worded"),
            ASSET.format("router", "device", "frr", ports["loud"], "worded"),
        ]
        (self.workspace / "inventory/all.yaml").write_text("".join([INVENTORY, *assets]), encoding="utf-8")
        (self.workspace / "city.yaml").write_text(SETTINGS, encoding="utf-8")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        environment = {**keep, "TMPDIR": str(self.folder / "tmp"), "HOME": str(self.folder / "home")}
        argv = [sys.executable, str(PROGRAM), *words, "--workspace", str(self.workspace)]
        with self.said.open("ab") as said:
            return subprocess.Popen(
                argv, env=environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
            )

    def call(self, *words: str, status: tuple[int, ...] = (0,)) -> None:
        """A verb to its end; `status` are those that it may end with."""
        before = self.servers.let_in
        ended = self.start(*words).wait(120)
        self.logins[" ".join(words)] = self.servers.let_in - before
        assert ended in status, (words, ended, self.said.read_text(errors="replace")[-2000:])

    def kill(self, *words: str, after: float) -> None:
        """A verb that is killed `after` seconds from when a server has let it in."""
        before = self.servers.let_in
        process = self.start(*words)
        peers.await_true(lambda: self.servers.let_in > before, 60)
        time.sleep(after)
        process.kill()
        process.wait()


@contextmanager
def watching(story: Story) -> Iterator[None]:
    """Look at what any process shows of itself, all the time."""
    done = threading.Event()

    def watch() -> None:
        traces, before = story.canary.traces, set(os.listdir("/proc"))  # noqa: PTH208 - names alone, and often
        while not done.wait(0.1):
            for process in (Path("/proc", name) for name in os.listdir("/proc") if name not in before):  # noqa: PTH208
                with suppress(OSError):
                    shown = (process / "cmdline").read_bytes() + b"\n" + (process / "environ").read_bytes()
                    story.seen |= {f"{name}: {shown[:99]!r}" for name, trace in traces.items() if trace in shown}

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Every verb that uses the secrets or what came of them, to its end and killed."""
    canary, chance = Canary(), random.Random(7)  # noqa: S311 - points in time
    with Servers(canary) as servers:
        told = Story(tmp_path_factory.mktemp("s"), canary, servers)
        told.make()
        with watching(told):
            _audits(told, chance)
            _mends(told, chance)
        yield told


def _audits(story: Story, chance: random.Random) -> None:
    quiet, loud = (f"canary@127.0.0.1:{story.servers.ports[name]}" for name in ("quiet", "loud"))
    keyed = ("--key", str(story.workspace / "keys/canary"), "--passphrase", "file:keys/passphrase")
    elsewhere = ("--keep", str(story.folder / "elsewhere"))
    story.call("trust", "--yes")
    story.call("run", status=(1, 3))
    for _ in range(3):
        story.kill("run", after=chance.uniform(0, 0.4))
    story.call("run", "--resume", "latest", status=(1, 3))
    story.call("probe", quiet, *keyed, *elsewhere, status=(1, 3))
    story.call("probe", loud, "--password", "file:keys/password", *elsewhere, "--json", status=(1, 3))
    story.kill("probe", loud, "--password", "file:keys/password", *elsewhere, after=chance.uniform(0, 0.3))
    story.call(
        "report", "--format", "pdf", "--format", "html", "--format", "fixes", "--format", "csv", "--format", "json"
    )
    story.call("rejudge", status=(1, 3))
    story.call("verify")


def _mends(story: Story, chance: random.Random) -> None:
    dry = ("fix", "--scope", "79", "--asset", "quiet", "--check", "accounts.session_timeout")
    facts = ("collect", "--asset", "loud", "--login", "worded")
    for verb in (dry, facts):
        story.call(*verb)
        story.kill(*verb, after=chance.uniform(0, 1))


def test_the_secrets_were_used(story: Story) -> None:
    idle = {words for words, count in story.logins.items() if count == 0}
    assert {words.split()[0] for words in idle} == {"trust", "report", "rejudge", "verify"}
    assert all(door.let_in >= 5 for door in story.servers.doors.values())


def test_a_reply_that_says_the_password_is_kept_masked(story: Story) -> None:
    workspaces = (story.workspace, story.folder / "elsewhere")
    folders = [runs.find(workspace, run) for workspace in workspaces for run in runs.ids(workspace)]
    said = "".join(record.reply.stdout for folder in folders for record in _records(folder))
    assert said.count(" root [masked] ") > len(folders)


def _records(folder: Path) -> Iterator[evidence.Record]:
    for outcome in kept.read(folder).outcomes.values():
        if outcome.bundle is not None:
            yield from evidence.read(folder, outcome.bundle).values()


def test_they_are_found_in_nothing_that_was_said(story: Story) -> None:
    said = story.said.read_bytes()
    assert said.strip()
    assert [name for name, trace in story.canary.traces.items() if trace in said] == []


def test_no_process_showed_them(story: Story) -> None:
    assert story.seen == set()


def test_no_process_is_left_that_could_hold_them(story: Story) -> None:
    with suppress(AssertionError):
        peers.await_true(lambda: _left(story.folder) == [], 15)
    assert _left(story.folder) == []


def _left(folder: Path) -> list[bytes]:
    """Command lines of processes that were started for the story and still run.

    A connection that ssh shares is left to end by itself: it holds no secret any more.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            shown = (process / "cmdline").read_bytes()
            if b"[mux]" not in shown and str(folder).encode() in shown + (process / "environ").read_bytes():
                found.append(shown)
    return found


def test_they_lie_nowhere(story: Story) -> None:
    sources = {story.workspace / "keys" / name for name in SOURCES}
    files = [path for path in (*story.folder.rglob("*"), *Path("/dev/shm").rglob("*")) if path.is_file()]
    looked_at = {path.suffix for path in files if path not in sources}
    assert {".pdf", ".html", ".csv", ".json", ".jsonl", ".gz", ".yaml"} <= looked_at
    contents = ((path, _content(path)) for path in files if path not in sources)
    traces = story.canary.traces.items()
    assert [f"{name} in {path}" for path, said in contents for name, trace in traces if trace in said] == []


def test_the_search_would_find_them(story: Story, tmp_path: Path) -> None:
    traces = story.canary.traces
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x" + traces["password"]))
    (tmp_path / "b").write_bytes(base64.b64encode(b"user:" + traces["password"]))
    (tmp_path / "c").write_bytes(story.canary.pem)
    for name in ("a.gz", "b", "c"):
        assert any(trace in _content(tmp_path / name) for trace in traces.values()), name


def _content(path: Path) -> bytes:
    """All that a file says: unpacked, and a PDF's text too."""
    with suppress(OSError):
        content = path.read_bytes()
        if path.suffix == ".gz" or content[:2] == b"\x1f\x8b":
            return content + gzip.decompress(content)
        if path.suffix == ".pdf":
            return content + "\n".join(page.extract_text() for page in PdfReader(path).pages).encode()
        return content
    return b""
