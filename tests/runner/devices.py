"""Network devices of several makers on loopback: real SSH, their prompts and manners, and a record of what is typed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncssh

from checks.model import Question, Reply
from runner.sessions import device as sessions
from runner.sessions import trust
from runner.sessions.base import HostPort, Limits
from runner.sessions.credentials import Credentials
from tests.runner import peers

BACK = "\r          \r"
END = "quit"


@dataclass(frozen=True)
class Model:
    """How a kind of device behaves. `says` are its answers, `unknown` what it says of any other command.

    `harmless` is what an auditor may type besides questions: nothing of it is kept on the device.
    """

    platform: str
    prompt: str
    says: Mapping[str, str]
    unknown: str
    harmless: frozenset[str] = frozenset()
    greeting: str = ""
    answers_greeting: str = ""
    before_prompt: str = ""
    user: str = "audit"
    page: int = 0
    hangs_at: str | None = None
    cut: int | None = None  # so many characters of an answer and the prompts behind it are sent, and the line is cut


CISCO = Model(
    platform="cisco_ios",
    prompt="core-1#",
    says={
        "terminal width 511": "",
        "terminal length 0": "",
        "show version": "Cisco IOS Software, Version 15.2(7)E4\r\ncore-1 uptime is 9 weeks\r\n",
        "show running-config": "hostname core-1\r\nbanner motd ^C\r\ncore-1#\r\ncore-1# Ch\u00e0o ^C\r\nend\r\n",
    },
    unknown="          ^\r\n% Invalid input detected at '^' marker.\r\n\r\n",
    harmless=frozenset({"terminal width 511", "terminal length 0"}),
    greeting="\r\nAuthorised users only # >\r\n\r\n",
)
HUAWEI = Model(
    platform="huawei_vrp",
    prompt="<core-1>",
    says={"screen-length 0 temporary": "Info: OK\r\n", "display version": "VRP (R) software, Version 8.180\r\n"},
    unknown="           ^\r\nError: Unrecognized command found at '^' position.\r\n",
    harmless=frozenset({"screen-length 0 temporary", "N"}),
    greeting="Warning: The password is about to expire. Change now? [Y/N]:",
    answers_greeting="N",
)
JUNOS = Model(
    platform="juniper_junos",
    prompt="audit@core-1> ",
    says={
        "set cli screen-width 511": "Screen width set to 511\r\n",
        "set cli complete-on-space off": "Disabling complete-on-space\r\n",
        "set cli screen-length 0": "Screen length set to 0\r\n",
        "show version": "Hostname: core-1\r\nJunos: 21.4R3\r\n",
    },
    unknown="                 ^\r\nunknown command.\r\n",
    harmless=frozenset({"set cli screen-width 511", "set cli complete-on-space off", "set cli screen-length 0"}),
    greeting="--- JUNOS 21.4R3 built 2023\r\n",
    before_prompt="{master:0}\r\n",
)
ROUTEROS = Model(
    platform="mikrotik_routeros",
    prompt="[audit@core-1] > ",
    says={"/system resource print": "  version: 7.11 (stable)\r\n  uptime: 9w\r\n"},
    unknown="bad command name show (line 1 column 1)\r\n",
    greeting="  MikroTik RouterOS 7.11\r\n\r\n",
    user="audit+ct511w4098h",
)
FORTIOS = Model(
    platform="fortinet",
    prompt="FGT-1 # ",
    says={
        "get system status": "Version: FortiGate-60F v7.2.5\r\n" + "".join(f"Line {n}: x\r\n" for n in range(60)),
        "show system global": "config system global\r\n    set hostname FGT-1\r\nend\r\n",
    },
    unknown="Unknown action 0\r\n\r\n",
    harmless=frozenset({"a", " "}),
    greeting="Only for staff.\r\n(Press 'a' to accept): ",
    answers_greeting="a",
    page=20,
)
MODELS: Mapping[str, Model] = {
    model.platform: model for model in (CISCO, replace(CISCO, platform="cisco_xe"), HUAWEI, JUNOS, ROUTEROS, FORTIOS)
}


@dataclass
class Device:
    """A running device. `typed` is every line that reached it, and every single key; `users` who logged in."""

    host: HostPort
    model: Model
    line: str
    typed: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)

    def known(self, folder: Path) -> trust.KnownHosts:
        path = folder / "known_hosts"
        path.write_text(self.line)
        return trust.read(path)


class Terminal:
    """One session at a device: what is typed is echoed, answered, and followed by the prompt."""

    def __init__(self, device: Device, process: asyncssh.SSHServerProcess[str]) -> None:
        self._device = device
        self._model = device.model
        self._process = process
        self._waiting = ""
        self._left: int | None = None

    async def serve(self) -> None:
        self._say(self._model.greeting)
        if self._model.answers_greeting and await self._key() != self._model.answers_greeting:
            return self._process.exit(1)
        self._prompt()
        while (line := await self._line()) != END:
            self._say("\r\n")
            if line == self._model.hangs_at:
                await self._next()
            if line and line not in self._model.harmless:
                self._left = self._model.cut
            if line.strip():
                await self._show(self._model.says.get(line, self._model.unknown))
            self._prompt()
        return self._process.exit(0)

    def _say(self, text: str) -> None:
        self._process.stdout.write(text[: self._left])
        if self._left is not None:
            self._left -= len(text)
            if self._left <= 0:
                raise EOFError

    def _prompt(self) -> None:
        self._say(f"{self._model.before_prompt}{self._model.prompt}")

    async def _show(self, text: str) -> None:
        lines = text.splitlines(keepends=True)
        page = self._model.page or len(lines) + 1
        for number, line in enumerate(lines, 1):
            self._say(line)
            if number % page == 0 and number < len(lines):
                self._say("--More-- ")
                await self._key()
                self._say(BACK)

    async def _key(self) -> str:
        """One key, not echoed; an end of line behind it is taken with it."""
        key = await self._next()
        while self._waiting[:1] in {"\r", "\n"}:
            self._waiting = self._waiting[1:]
        self._device.typed.append(key)
        return key

    async def _line(self) -> str:
        line = ""
        while (letter := await self._next()) not in {"\r", "\n"}:
            line += letter
            self._say(letter)
        if letter == "\r" and self._waiting.startswith("\n"):
            self._waiting = self._waiting[1:]
        self._device.typed.append(line)
        return line

    async def _next(self) -> str:
        if not self._waiting:
            self._waiting = await self._process.stdin.read(1 << 12)
        if not self._waiting:
            raise EOFError
        letter, self._waiting = self._waiting[0], self._waiting[1:]
        return letter


class Door(asyncssh.SSHServer):
    """Lets in who knows `peers.PASSWORD`, under the name that the kind of device is logged in with."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._device.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        self._device.users.append(username)
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (self._device.model.user, peers.PASSWORD)


@asynccontextmanager
async def device(model: Model, key: asyncssh.SSHKey | None = None, **options: Any) -> AsyncIterator[Device]:
    """A device of this kind on a free port; `options` are asyncssh's, such as the algorithms that it knows."""
    key = key or asyncssh.generate_private_key("ssh-ed25519")
    made = Device(HostPort(peers.LOOPBACK, 0), model, "")

    async def serve(process: asyncssh.SSHServerProcess[str]) -> None:
        try:
            await Terminal(made, process).serve()
        except (EOFError, OSError, asyncssh.Error):
            process.exit(1)

    server = await asyncssh.listen(
        peers.LOOPBACK,
        0,
        server_factory=lambda: Door(made),
        server_host_keys=[key],
        process_factory=serve,
        line_editor=False,
        **options,
    )
    made.host = HostPort(peers.LOOPBACK, server.get_port())
    made.line = f"{made.host} {key.export_public_key('openssh').decode()}"
    try:
        yield made
    finally:
        server.close()
        for connection in made.connections:
            connection.abort()
            await connection.wait_closed()
        await server.wait_closed()


def typed_beyond(device: Device, questions: Sequence[str]) -> set[str]:
    """What was typed that is neither a question nor harmless."""
    return set(device.typed) - {"", *questions, *device.model.harmless}


LIMITS = Limits(connect=1.0, login=8.0, host=20.0, output=1 << 16)


def asked(
    model: Model, questions: Sequence[Question], folder: Path, limits: Limits = LIMITS
) -> tuple[Mapping[Question, Reply], Device]:
    """The replies of a device of this kind, and the device as it was left."""

    async def meet() -> tuple[Mapping[Question, Reply], Device]:
        async with device(model) as there:
            with ThreadPoolExecutor(1) as threads:
                login = Credentials("audit", password=peers.PASSWORD)
                terminal = sessions.Terminal(model.platform, there.host, login, limits)
                trusted = there.known(folder).keys(there.host)
                session = await sessions.connect(terminal, trusted, frozenset(questions), threads)
                try:
                    return await session.ask(questions), there
                finally:
                    await session.close()

    return asyncio.run(meet())
