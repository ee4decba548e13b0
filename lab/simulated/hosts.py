"""The process that is a simulated city: an SSH server on loopback for each host, answering from its recording.

Started as `python -m lab.simulated.hosts WORKSPACE CITY`. It goes into the background, prints on one line of JSON where
its hosts listen and with which keys they are met, and then lives as long as its file `lab.pid` in the workspace: that
file holds its process number and is locked while it lives. What could not be reached when it was recorded is acted out:
a port that takes no connection, a login that is refused, a host key that is not the pinned one. The city's web services
are real TLS servers, reached through the core router as a jump host, which leads nowhere else.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh

from lab import endpoints, topology
from lab import faults as planted
from lab.endpoints import Authority
from lab.simulated import acted, recordings
from lab.simulated.acted import Carrier, Doors
from lab.simulated.recordings import LOOPBACK, PID_FILE, Recorded, Said
from lab.simulated.shell import Shell
from lab.topology import CORE

KEY = "ssh-ed25519"
SHELL = re.compile(r"(?:exec )?(?:timeout -k \d+ \d+ )?(?:/bin/)?sh")
END_OF_LINE = re.compile("[\r\n]")
LOOK_SECONDS = 1.0
SERVER: Mapping[str, Any] = {
    "config": None,
    "server_version": "RaSoat_simulated",
    "encoding": "utf-8",
    "line_editor": False,
    "password_auth": False,
    "kbdint_auth": False,
    "gss_host": None,
    "agent_forwarding": False,
}
BANNER = "Máy mô phỏng của thành phố thực hành. A simulated machine of the practice city.\n"


@dataclass(frozen=True)
class Served:
    """All that is open, held so that it stays open, and what has to be told of it."""

    accounts: Mapping[str, asyncssh.SSHKey]
    ports: dict[str, int] = field(default_factory=dict)
    host_keys: dict[str, str] = field(default_factory=dict)
    held: list[Any] = field(default_factory=list)
    authority: str = ""

    def told(self) -> str:
        keys = {name: key.export_private_key("openssh").decode() for name, key in self.accounts.items()}
        return json.dumps(
            {"ports": self.ports, "host_keys": self.host_keys, "accounts": keys, "authority": self.authority}
        )


class Door(asyncssh.SSHServer):
    """Lets in who has the key of a known account; nobody where `accounts` is empty. `behind` is reached through it."""

    def __init__(self, accounts: Mapping[str, asyncssh.SSHKey], behind: Doors | None = None) -> None:
        self._accounts = accounts
        self._behind = behind or {}

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def begin_auth(self, _username: str) -> bool:
        self._connection.send_auth_banner(BANNER)
        return True

    def connection_requested(self, dest_host: str, dest_port: int, _orig_host: str, _orig_port: int) -> Carrier:
        return acted.carrier(self._behind, dest_host, dest_port)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        known = self._accounts.get(username)
        return known is not None and known.public_data == key.public_data


async def session(answers: Mapping[str, Said], process: asyncssh.SSHServerProcess[str]) -> None:
    """One command, or one shell up to the end of its input."""
    shell = Shell(answers, terminal=process.get_terminal_type() is not None)
    if process.command is not None and not SHELL.fullmatch(process.command):
        said = shell.run(process.command)
        _print(process, said)
        process.exit(said.status)
        return
    process.stdout.write(shell.prompt)
    with suppress(asyncio.IncompleteReadError, asyncssh.Error, ConnectionError):
        while (line := await _line(process)) not in ("", "exit\n"):
            _print(process, shell.take(line))
    process.exit(0)


async def _line(process: asyncssh.SSHServerProcess[str]) -> str:
    """The next line; typed on a terminal, it ends with a carriage return."""
    if process.get_terminal_type() is None:
        return await process.stdin.readline()
    typed: str = await process.stdin.readuntil(END_OF_LINE)
    return typed[:-1] + "\n"


def _print(process: asyncssh.SSHServerProcess[str], said: Said) -> None:
    process.stdout.write(said.out)
    process.stderr.write(said.err)


async def serve(recorded: Recorded, accounts: tuple[str, ...]) -> Served:
    """Every host listening, or keeping silent; the city's web services behind its core router."""
    city, authority = topology.plan(recorded.servers, recorded.wards), Authority()
    faults = (fault for fault in planted.known() if fault.id in recorded.faults)
    services = endpoints.services(city, planted.neglected(faults))
    behind = await acted.listening(services, authority)
    keys = {name: asyncssh.generate_private_key(KEY, name) for name in accounts}
    served = Served(keys, authority=authority.pem)
    for host in recorded.hosts:
        key = asyncssh.generate_private_key(KEY, host.host)
        served.host_keys[host.host] = key.export_public_key("openssh").decode().strip()
        if host.unreached == "timeout":
            sockets = silent()
            served.held.extend(sockets)
            served.ports[host.host] = sockets[0].getsockname()[1]
            continue
        if host.unreached == "host_key_changed":
            key = asyncssh.generate_private_key(KEY, host.host)
        let_in = {} if host.unreached == "auth_refused" else served.accounts
        door = await asyncssh.listen(
            LOOPBACK,
            0,
            server_factory=partial(Door, let_in, behind if host.host == CORE else {}),
            server_host_keys=[key],
            process_factory=partial(session, host.answers),
            **SERVER,
        )
        served.held.append(door)
        served.ports[host.host] = door.get_port()
    return served


def silent() -> list[socket.socket]:
    """A port that takes no connection: its queue is full for ever, so whoever knocks waits in vain.

    Where a system lets more wait than it was told to, they are connected, and meet silence.
    """
    door = socket.create_server((LOOPBACK, 0), backlog=0)
    knocking = socket.create_connection(door.getsockname())
    return [door, knocking]


async def live(file: int, serving: Callable[[], Awaitable[Served]]) -> None:
    """Serve until told to end, or until the open `file` has no name any more."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    served = await serving()
    print(served.told(), flush=True)  # noqa: T201  # what whoever started us waits for
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    while not ended.is_set() and os.fstat(file).st_nlink:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await ended.wait()


def stay(workspace: Path, serving: Callable[[], Awaitable[Served]]) -> None:
    """Go into the background, open everything, tell of it, and live as long as the workspace's file of this process."""
    if os.fork():
        os._exit(0)
    os.setsid()
    file = os.open(workspace / PID_FILE, os.O_RDWR | os.O_CREAT, 0o600)  # never closed: locked to the very end
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.truncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())
    asyncio.run(live(file, serving))


if __name__ == "__main__":
    stay(Path(sys.argv[1]), partial(serve, recordings.load(sys.argv[2]), tuple(sys.argv[3:])))
