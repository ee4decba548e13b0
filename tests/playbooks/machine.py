"""A throw-away Debian machine with a real sshd: namespaces of its own over an overlay of this root file system.

The calling thread moves into a network namespace of its own, where only the machine can be reached; nothing is changed
on the real machine, and nothing stays when the context ends.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inventory.model import Asset, AssetKind, Inventory, Login, Settings, Site, SiteKind, System

CLONE_NEWNET = 0x40000000
AUDITOR, ADDRESS, PORT = "192.0.2.1", "192.0.2.2", 2222
NEEDED = ("unshare", "nsenter", "ip", "sshd", "sudo")

BOOT = """
set -eu
mount --make-rprivate /
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
cp -a /etc "$1/upper/"
mount -t overlay none -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc none proc
mount -t sysfs none sys
mount -t tmpfs none dev
for name in null zero full random urandom tty; do cp -a "/dev/$name" dev/; done
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 none dev/pts
mount -t tmpfs none run
mount -t tmpfs none tmp
chmod 1777 tmp
mkdir run/sshd run/old
pivot_root . run/old
umount -l run/old
hostname machine
ip link set lo up
echo up
while :; do sleep 1000 & wait $!; done
"""

SETUP = f"""
set -eu
echo '127.0.1.1 machine' >>/etc/hosts
echo 'Port {PORT}' >>/etc/ssh/sshd_config
rm -f /etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
useradd --create-home --shell /bin/bash quantri
mkdir -m 700 /home/quantri/.ssh
cat >/home/quantri/.ssh/authorized_keys
chown -R quantri:quantri /home/quantri
echo 'quantri ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/quantri
chmod 440 /etc/sudoers.d/quantri
/usr/sbin/sshd -E /var/log/sshd.log
"""


def possible() -> bool:
    """Whether namespaces can be made here."""
    return os.geteuid() == 0 and all(shutil.which(tool, path="/usr/sbin:/usr/bin") for tool in NEEDED)


@dataclass(frozen=True)
class Machine:
    """The running machine, and a workspace whose one server it is: asset `may`, login `quantri`."""

    pid: int
    inventory: Inventory

    @property
    def login(self) -> Login:
        return self.inventory.logins["quantri"]

    def run(self, script: str, stdin: str = "") -> str:
        """What `script` prints when root runs it on the machine; fails where it fails."""
        done = self.attempt(script, stdin)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def attempt(self, script: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = ["nsenter", f"--target={self.pid}", "--all", "/bin/sh", "-c", script]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, input=stdin, text=True, capture_output=True, env=environment, check=False)

    def read(self, path: str) -> str:
        return self.run(f"cat '{path}'")

    def write(self, path: str, content: str, mode: str = "644") -> None:
        self.run(f"mkdir -p \"$(dirname '{path}')\" && cat >'{path}' && chmod {mode} '{path}'", content)

    def snapshot(self) -> str:
        """A digest over /etc: contents, modes, owners and times. Equal before and after: nothing was written there."""
        return self.run("tar --sort=name -C / -cf - etc | sha256sum")


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """A machine, reachable at `ADDRESS`:`PORT` from this thread alone; `folder` becomes the workspace."""
    with _own_network():
        root = folder / "root"
        root.mkdir()
        boot = [
            "unshare",
            "--mount",
            "--net",
            "--pid",
            "--uts",
            "--ipc",
            "--fork",
            "--kill-child",
            "/bin/sh",
            "-c",
            BOOT,
        ]
        with subprocess.Popen([*boot, "sh", str(root)], stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "up\n"
                pid = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
                _connect(pid)
                yield _prepared(pid, folder)
            finally:
                process.kill()


def _prepared(pid: int, folder: Path) -> Machine:
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / "quantri"], check=True)
    made = Machine(pid, inventory(folder))
    made.run(SETUP, (keys / "quantri.pub").read_text())
    host_key = made.read("/etc/ssh/ssh_host_ed25519_key.pub")
    (folder / "known_hosts").write_text(f"[{ADDRESS}]:{PORT} {host_key}")
    _await_login(folder)
    return made


def inventory(workspace: Path, *assets: Asset, **parameters: object) -> Inventory:
    """An inventory with the machine as the asset `may`, and `assets` beside it."""
    machine_asset = Asset(
        id="may", site="tp", systems=("ht",), kind=AssetKind.SERVER, platform="debian", address=ADDRESS, port=PORT,
        parameters=parameters,
    )  # fmt: skip
    return Inventory(
        workspace=workspace,
        settings=Settings(format=1, name="Thành phố", login="quantri"),
        sites={"tp": Site(id="tp", name="Thành phố", kind=SiteKind.CITY)},
        systems={"ht": System(id="ht", name="Hệ thống", owner="tp", level=3)},
        assets={asset.id: asset for asset in (machine_asset, *assets)},
        links={},
        services={},
        logins={"quantri": Login(id="quantri", user="quantri", key="keys/quantri", sudo=True)},
        attestations=(),
        waivers=(),
        sha256="0" * 64,
    )


@contextmanager
def _own_network() -> Iterator[None]:
    """This thread, and what it starts, in a new network namespace; back in the old one afterwards."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open("rb") as old:
        assert libc.unshare(CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(old.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())


def _connect(pid: int) -> None:
    ip = ["ip", "-batch", "-"]
    here = f"link add auditor type veth peer name eth0 netns {pid}\naddr add {AUDITOR}/30 dev auditor\n"
    subprocess.run(ip, input=f"link set lo up\n{here}link set auditor up\n", text=True, check=True)
    there = f"addr add {ADDRESS}/30 dev eth0\nlink set eth0 up\n"
    subprocess.run(["nsenter", f"--target={pid}", "--net", *ip], input=there, text=True, check=True)


def ssh(workspace: Path, user: str = "quantri", key: str = "keys/quantri") -> list[str]:
    """The command line that logs in on the machine."""
    options = ("BatchMode=yes", "IdentitiesOnly=yes", f"UserKnownHostsFile={workspace}/known_hosts", "ConnectTimeout=5")
    flags = [part for option in options for part in ("-o", option)]
    return ["ssh", "-F", "/dev/null", *flags, "-i", str(workspace / key), "-p", str(PORT), f"{user}@{ADDRESS}"]


def _await_login(workspace: Path) -> None:
    for _ in range(50):
        if subprocess.run([*ssh(workspace), "true"], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError("the machine's sshd does not answer")
