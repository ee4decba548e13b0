"""How Ansible gets in: a login of the inventory as connection variables, with its secret in memory alone."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization

from inventory import secrets
from inventory.faults import BadInput
from inventory.model import Asset, Login

LONGEST_FOLDER = 78  # a socket's path has 107 bytes: Ansible needs 11 for its name, ssh 17 more while it makes it
AGENT_SECONDS = 5.0
# ssh-agent is set-group-ID: the kernel would forget whom it is to end with, had it not given up new privileges
ENDS_WITH_US = ("setpriv", "--no-new-privs", "--pdeathsig", "KILL")


@dataclass(frozen=True, slots=True)
class Access:
    """Variables for every host, and the password to answer Ansible's question with, if it is to ask."""

    variables: Mapping[str, Any]
    password: str | None = None


def host_variables(asset: Asset) -> Mapping[str, Any]:
    """Where an asset stands. Raises `BadInput` for an address that a program could take for an option."""
    if asset.address.startswith("-"):
        raise BadInput(f"asset '{asset.id}': '{asset.address}' is no address.")
    return {"ansible_host": asset.address, "ansible_port": asset.port}


@contextmanager
def opened(login: Login, workspace: Path, folder: Path) -> Iterator[Access]:
    """Access with `login`, for as long as the context lasts. Raises `BadInput` for a key that cannot be used."""
    common = {
        "ansible_user": login.user,
        "ansible_become": login.user != "root" and login.sudo,
        "ansible_become_method": "sudo",
        "ansible_become_flags": "-H -n",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_connection": "ssh",
        "rasoat_login_has_key": login.key is not None or login.password is None,
    }
    arguments = {**_host_keys(workspace), **_sharing(folder)}
    if login.key is not None and login.passphrase is not None:
        content = _unlocked(workspace / login.key, secrets.resolve(login.passphrase, workspace))
        with _agent(folder, content) as socket:
            yield Access({**common, "ansible_ssh_args": _words(arguments | _only_agent(socket))})
    elif login.key is not None:
        key = workspace / login.key
        _readable(key)
        only = {"IdentityFile": _path(key), "IdentitiesOnly": "yes", "IdentityAgent": "none"}
        yield Access({**common, "ansible_ssh_args": _words(arguments | only)})
    elif login.password is not None:
        only = {"PubkeyAuthentication": "no", "NumberOfPasswordPrompts": "1"}
        password = secrets.resolve(login.password, workspace)
        yield Access({**common, "ansible_ssh_args": _words(arguments | only)}, password)
    else:
        yield Access({**common, "ansible_ssh_args": _words(arguments | _only_agent(os.environ.get("SSH_AUTH_SOCK")))})


def _host_keys(workspace: Path) -> dict[str, str]:
    """Host keys are those pinned in the workspace and no others; nothing is learnt on the way (law 8)."""
    return {
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": _path(workspace / "known_hosts"),
        "GlobalKnownHostsFile": "/dev/null",
        "UpdateHostKeys": "no",
    }


def _sharing(folder: Path) -> dict[str, str]:
    """One connection for all tasks of a play, its socket in the private folder; none where that path is too long."""
    if len(str(folder)) > LONGEST_FOLDER:
        return {"ControlMaster": "no"}
    return {"ControlMaster": "auto", "ControlPersist": "60"}


def _only_agent(socket: str | Path | None) -> dict[str, str]:
    return {"IdentityFile": "none", "IdentityAgent": "none" if socket is None else _path(Path(socket))}


def _path(path: Path) -> str:
    """A path as ssh's configuration takes it: quoted, and no `%` read as a token."""
    return '"{}"'.format(str(path).replace("%", "%%"))


def _words(arguments: Mapping[str, str]) -> str:
    """The arguments as one text; nothing of the caller's own ssh configuration is read."""
    return shlex.join(["-F", "/dev/null", *(word for pair in arguments.items() for word in ("-o", "=".join(pair)))])


def _readable(key: Path) -> bytes:
    try:
        return key.read_bytes()
    except OSError as error:
        raise BadInput(f"key {key} cannot be read: {error.strerror}.") from error


def _unlocked(path: Path, passphrase: str) -> bytes:
    """The private key without its passphrase, to be held in memory alone."""
    content = _readable(path)
    openssh = b"BEGIN OPENSSH PRIVATE KEY" in content
    load = serialization.load_ssh_private_key if openssh else serialization.load_pem_private_key
    try:
        key = load(content, passphrase.encode())
    except (ValueError, TypeError) as error:
        raise BadInput(f"key {path} cannot be opened with its passphrase: {error}") from error
    form = serialization.PrivateFormat.OpenSSH
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


@contextmanager
def _agent(folder: Path, key: bytes) -> Iterator[Path]:
    """An ssh-agent of our own that holds `key`, ended afterwards, and at once where this program is killed."""
    place = folder / "agent"
    with subprocess.Popen([*ENDS_WITH_US, "ssh-agent", "-D", "-a", place], stdout=subprocess.DEVNULL) as agent:
        try:
            _await(place)
            environment = {**os.environ, "SSH_AUTH_SOCK": str(place)}
            subprocess.run(["ssh-add", "-q", "-"], input=key, env=environment, check=True, capture_output=True)
            yield place
        finally:
            agent.terminate()


def _await(path: Path) -> None:
    """Wait until somebody listens there: a socket is seen before it is listened to."""
    end = time.monotonic() + AGENT_SECONDS
    with socket.socket(socket.AF_UNIX) as caller:
        while caller.connect_ex(str(path)):
            if time.monotonic() > end:
                raise TimeoutError("ssh-agent did not start")
            time.sleep(0.01)
