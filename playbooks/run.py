"""Plays a playbook on assets of the inventory. The only module that knows ansible-runner.

Everything that Ansible needs or leaves lies in one private folder (0700, below TMPDIR), and is wiped when the play
ends, however it ends. No secret is written there: keys are used where they lie, a key with a passphrase is held by an
ssh-agent of our own, a password is typed by ansible-runner, and of our environment Ansible sees only what it needs.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ansible_runner.interface
import yaml

from inventory.model import Inventory, Login
from playbooks import access
from playbooks.outcome import PlayOutcome, Recorder

HERE = Path(__file__).parent
FORKS = 10
CONNECT_SECONDS = 10
TASK_SECONDS = 600
KEPT = ("PATH", "SSH_AUTH_SOCK")


def play(
    playbook: str,
    assets: Sequence[str],
    inventory: Inventory,
    *,
    check: bool,
    extra: Mapping[str, Mapping[str, Any]],
    login: Login,
) -> PlayOutcome:
    """Play `playbook` (`remedies/time-sync`) on `assets`, with `extra` variables by asset; with `check`, dry.

    Raises `BadInput` where the login's key or secret cannot be used. Ctrl-C and SIGTERM end the play and then take
    effect, when the private folder has been wiped.
    """
    if not assets:
        return PlayOutcome(playbook, check, ())
    recorder = Recorder()
    with (
        _postponed_signals() as received,
        _private_folder() as folder,
        access.opened(login, inventory.workspace, folder) as way_in,
    ):
        hosts = {asset: {**access.host_variables(inventory.assets[asset]), **extra.get(asset, {})} for asset in assets}
        (folder / "hosts.yml").write_text(_hosts_file(way_in.variables, hosts), encoding="utf-8")
        runner = ansible_runner.interface.init_runner(  # type: ignore[no-untyped-call]
            private_data_dir=str(folder),
            playbook=str(HERE / f"{playbook}.yml"),
            inventory=str(folder / "hosts.yml"),
            cmdline=" ".join(["--diff", *(["--check"] * check), *(["--ask-pass"] * (way_in.password is not None))]),
            passwords={r"SSH password:\s*$": way_in.password} if way_in.password is not None else {},
            envvars={"ANSIBLE_CALLBACK_PLUGINS": ""},
            forks=min(FORKS, len(assets)),
            fact_cache_type="memory",
            quiet=True,
            suppress_env_files=True,
            event_handler=recorder,
            cancel_callback=lambda: bool(received),
        )
        _confine(runner.config, folder)
        runner.run()
    return recorder.outcome(playbook, check, assets)


def _confine(config: Any, folder: Path) -> None:
    """Mend what ansible-runner prepared: without env files it reads no settings, and it hands on our environment."""
    config.command[0] = str(Path(sys.executable).with_name("ansible-playbook"))
    config.pexpect_timeout = 1
    config.suppress_output_file = True
    made = {name: value for name, value in config.env.items() if os.environ.get(name) != value}
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    config.env = {**kept, **made, **_settings(folder)}


def _settings(folder: Path) -> Mapping[str, str]:
    """Ansible's settings: none of the caller's, everything temporary in the private folder, no collections."""
    own = str(folder)
    (folder / "ansible.cfg").touch()
    return {
        "ANSIBLE_CONFIG": f"{own}/ansible.cfg",
        "ANSIBLE_HOME": own,
        "ANSIBLE_LOCAL_TEMP": f"{own}/local",
        "ANSIBLE_REMOTE_TEMP": "/tmp",  # noqa: S108  # in the login's home a dry run would leave a folder behind
        "ANSIBLE_SSH_CONTROL_PATH_DIR": own,
        "ANSIBLE_COLLECTIONS_PATH": f"{own}/collections",
        "ANSIBLE_INVENTORY_ENABLED": "yaml",
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_SSH_TRANSFER_METHOD": "piped",
        "ANSIBLE_TIMEOUT": str(CONNECT_SECONDS),
        "ANSIBLE_TASK_TIMEOUT": str(TASK_SECONDS),
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_NOCOLOR": "True",
        "HOME": own,
        "LC_ALL": "C.UTF-8",
        "TMPDIR": own,
    }


class _Plain(str):
    """Text that Ansible must take as it is: braces in an address or a parameter are no template (law 10)."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes `_Plain` with the tag that says so to Ansible."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's interface
        return True


_Dumper.add_representer(_Plain, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))


def _hosts_file(common: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]]) -> str:
    content = {"all": {"vars": _plain(common), "hosts": _plain(hosts)}}
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _Plain(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_plain(inner) for inner in value]
    return value


@contextmanager
def _postponed_signals() -> Iterator[Sequence[int]]:
    """The signals to end that came in the meantime; they take effect when the context is left."""
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda number, _: received.append(number)) for number in ends}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])


@contextmanager
def _private_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rasoat-"))
    try:
        yield folder
    finally:
        _end_stragglers(folder)
        shutil.rmtree(folder)


def _end_stragglers(folder: Path) -> None:
    """End what Ansible left running: shared connections, and workers of a play that was stopped."""
    while left := [process for process in Path("/proc").glob("[0-9]*") if _belongs(process, f"{folder}/".encode())]:
        for process in left:
            with suppress(ProcessLookupError):
                os.kill(int(process.name), signal.SIGKILL)
        time.sleep(0.01)


def _belongs(process: Path, mark: bytes) -> bool:
    """Ansible's processes have the private folder in their environment; ssh writes its socket over it, as a title."""
    try:
        known = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
    except OSError:
        return False
    return any(mark in text for text in known)
