"""netmiko's drivers as a read-only auditor uses them: our host keys, no waiting, nothing typed that is not listed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import asyncssh
import paramiko
from netmiko.base_connection import BaseConnection
from netmiko.cisco.cisco_ios import CiscoIosSSH
from netmiko.huawei.huawei import HuaweiSSH
from netmiko.juniper.juniper import JuniperSSH
from netmiko.linux.linux_ssh import LinuxSSH
from netmiko.mikrotik.mikrotik_ssh import MikrotikRouterOsSSH

from runner.sessions.base import HostPort, Undeclared
from runner.sessions.identity import client

PAGE = " "  # what turns the page where a device prints one at a time
SILENT = re.compile(r"(?!)")


class Careful(BaseConnection):
    """What all drivers have in common. `trusted` are the only host keys that the device may have."""

    def __init__(self, host: HostPort, trusted: Sequence[asyncssh.SSHKey], **options: Any) -> None:
        self._place = host
        self._trusted = trusted
        super().__init__(host=host.address, port=host.port, device_type="", **options)

    def prepare(self) -> None:
        """Make the device ready to be asked. Nothing is needed where we bring a shell of our own (see `wire`)."""

    def _build_ssh_client(self) -> paramiko.SSHClient:
        return client(self._place, self._trusted)

    def _try_session_preparation(self, force_data: bool = True) -> None:
        """Nothing is prepared while logging in: that has a time limit of its own."""

    def cleanup(self, command: str = "") -> None:
        """Nothing is left on the device that would have to be ended."""


class Linux(Careful, LinuxSSH):
    """A device whose command line is a POSIX shell."""


class Prompted(Careful):
    """A device that only knows its own commands, and answers them between two prompts.

    Nothing can be typed but the questions that are `allowed`, what the driver's own `setup` lists, and the empty line.
    `rejects` is how the device says that it knows no such command, `denies` that we may not give it.
    """

    setup: ClassVar[frozenset[str]] = frozenset()
    rejects: ClassVar[re.Pattern[str]] = SILENT
    denies: ClassVar[re.Pattern[str]] = SILENT
    above_prompt: ClassVar[str] = ""  # a pattern: what may stand on a line of its own above each prompt
    pages: ClassVar[bool] = False

    def __init__(
        self, host: HostPort, trusted: Sequence[asyncssh.SSHKey], allowed: frozenset[str], **options: Any
    ) -> None:
        self._may_type = {"", *allowed, *self.setup, *([PAGE] if self.pages else ())}
        super().__init__(host, trusted, **options)

    def prepare(self) -> None:
        """Find the prompt, and end paging and line folding for this session alone."""
        super().special_login_handler()
        self.write_channel(self.RETURN)
        self.session_preparation()

    def write_channel(self, out_data: str) -> None:
        """Type `out_data`. Raises `Undeclared` before anything is sent that is not listed."""
        if out_data.strip("\r\n") not in self._may_type:
            raise Undeclared(out_data)
        super().write_channel(out_data)

    def read_channel(self) -> str:
        """What has come; netmiko alone would go on waiting for a device that is gone."""
        data: str = super().read_channel()
        if not data and getattr(self.remote_conn, "closed", True):
            raise EOFError("the device closed the connection")
        return data

    def special_login_handler(self, delay_factor: float = 1.0) -> None:
        """Login questions are answered in `prepare`."""


class CiscoIos(Prompted, CiscoIosSSH):
    """IOS and IOS XE."""

    setup = frozenset({"terminal width 511", "terminal length 0"})
    rejects = re.compile(r"^\s*% ?(?:Invalid input|Unknown command|Incomplete command|Ambiguous command).*", re.M)
    denies = re.compile(r"^(?:% ?(?:Authorization failed|Permission denied)|Command authorization failed).*", re.M)


class Huawei(Prompted, HuaweiSSH):
    """VRP. `N` declines to change the password at login."""

    setup = frozenset({"screen-length 0 temporary", "N"})
    rejects = re.compile(r"^\s*(?:Error|%) ?:? ?(?:Unrecogni[sz]ed|Incomplete|Ambiguous|Wrong|Too many).*", re.M)
    denies = re.compile(r"^\s*Error: ?(?:You do not have|No) permission.*", re.M | re.I)


class Junos(Prompted, JuniperSSH):
    """Junos. `cli` leaves the shell in which root begins."""

    setup = frozenset({"cli", "set cli screen-width 511", "set cli complete-on-space off", "set cli screen-length 0"})
    rejects = re.compile(r"^\s*(?:unknown command|syntax error|missing argument|error: command is not valid).*", re.M)
    denies = re.compile(r"^\s*error: (?:permission denied|no permission).*", re.M)
    above_prompt = r"\{[a-z]+(?::[\w-]+)*\}"  # its place in a chassis


class RouterOs(Prompted, MikrotikRouterOsSSH):
    """RouterOS. `n` declines to read the licence, Ctrl-C to set a new password."""

    setup = frozenset({"n", "\x03"})
    rejects = re.compile(r"^(?:bad command name|syntax error|expected end of command|no such item).*", re.M)
    denies = re.compile(r"^not enough permissions.*", re.M)


class FortiOs(Prompted):
    """FortiOS, as it stands: netmiko's own driver would switch paging off in the configuration.

    `a` accepts the banner that stands before the first prompt. Without write access the prompt ends in `$`.
    """

    setup = frozenset({"a"})
    rejects = re.compile(r"^(?:Unknown action|command parse error|Command fail\.).*", re.M)
    denies = re.compile(r"^.*(?:Permission denied|No permission).*", re.M | re.I)
    pages = True

    def prepare(self) -> None:
        """Find the prompt; an empty line before the banner is accepted would end the session."""
        if "to accept" in self.read_until_pattern(pattern=r"to accept|[#$]\s*$"):
            self.write_channel(f"a{self.RETURN}")
            self.read_until_pattern(pattern=r"[#$]\s*$")
        self.set_base_prompt("#", "$")


DRIVERS: Mapping[str, type[Careful]] = {
    "frr": Linux,
    "cisco_ios": CiscoIos,
    "cisco_xe": CiscoIos,
    "huawei_vrp": Huawei,
    "juniper_junos": Junos,
    "mikrotik_routeros": RouterOs,
    "fortinet": FortiOs,
}
