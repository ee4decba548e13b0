"""What is said of an idle shell is what a real sshd does with it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from checks.readers.sshd import EFFECTIVE, FILES, MAIN, shell_timeout
from checks.reading import LAST

CLOSED = {
    "session:shell=1": True,
    "session:*=1": True,
    "sess*=1": True,
    "*=1": True,
    "session=1 session:shell=1": True,
    "session=1": False,
    "session:command=1": False,
    "session:shell=0 *=1": False,
    "session[:]shell=1": False,
}
LONG_ENOUGH = 4.0
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin")
KEYGEN = shutil.which("ssh-keygen") or "ssh-keygen"


@dataclass(frozen=True)
class Told:
    stdout: str
    rc: int = 0
    stderr: str = ""


class Host:
    """Answers as a host with this one file of sshd's would."""

    def __init__(self, config: Path) -> None:
        listed = "".join(f"{MAIN}:{line}\n" for line in config.read_text().splitlines())
        told = subprocess.run([str(SSHD), "-T", "-f", str(config)], capture_output=True, text=True, check=True).stdout
        self._told = {EFFECTIVE.command: Told(told), FILES.command: Told(f"{listed}{LAST}:Linux\n")}

    def run(self, command: str, /) -> Told:
        return self._told[command]


@pytest.mark.skipif(SSHD is None, reason="needs sshd")
def test_an_idle_shell_is_closed_where_it_is_said_to_be(tmp_path: Path) -> None:
    for name in ("host", "caller"):
        subprocess.run([KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    configs = {kinds: _config(tmp_path, number, kinds) for number, kinds in enumerate(CLOSED)}
    said = {kinds: shell_timeout(Host(config)) == 1 for kinds, config in configs.items()}

    async def all_() -> list[bool]:
        return await asyncio.gather(*(_is_closed(config, tmp_path / "caller") for config in configs.values()))

    assert said == CLOSED
    assert dict(zip(configs, asyncio.run(all_()), strict=True)) == CLOSED


def _config(folder: Path, number: int, kinds: str) -> Path:
    config = folder / f"sshd_config-{number}"
    lines = (
        f"HostKey {folder}/host",
        f"AuthorizedKeysFile {folder}/caller.pub",
        *("StrictModes no", "PermitRootLogin yes", "UsePAM no", "PidFile none", f"ChannelTimeout {kinds}"),
        "SetEnv SHLVL=2",  # bash then leaves its user's start-up file alone
    )
    config.write_text("\n".join(lines) + "\n")
    return config


async def _is_closed(config: Path, key: Path) -> bool:
    """A shell that says nothing is closed by an sshd of its own."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        here = socket.create_connection(door.getsockname())
        there, _ = door.accept()
    with there:
        command, end = [str(SSHD), "-i", "-f", str(config)], there.fileno()
        sshd = subprocess.Popen(command, stdin=end, stdout=end, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
    try:
        connection = await asyncssh.connect(sock=here, known_hosts=None, client_keys=[str(key)], config=[])
        async with connection:
            shell = await connection.create_process(term_type="dumb")
            await asyncio.wait_for(shell.wait_closed(), LONG_ENOUGH)
    except TimeoutError:
        return False
    finally:
        sshd.terminate()
        sshd.wait()
    return True
