"""Machines out of Linux namespaces: made, entered, swept away.

Everything a city owns on this machine carries the city's id: network namespaces `rs-<id>-<host>`, and one folder
`/run/rasoat/<id>` with one memory file system mounted on it. So it can be found and removed by anybody at any time,
also after the program that made it was killed. A machine is its process 1: with that, its mounts and processes end.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab import layers

RUN = Path("/run/rasoat")
NETNS = Path("/run/netns")
INIT = "/usr/libexec/practice/init"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
PROGRAMS = (
    *(
        "ip",
        "bridge",
        "nsenter",
        "unshare",
        "mount",
        "setpriv",
        "pivot_root",
        "setsid",
        "nft",
        "sysctl",
        "sshd",
        "ssh-keygen",
    ),
    *("sudo", "rsyslogd", "chronyd", "auditd", "clamd", "vtysh", "logrotate", "nginx", "nslcd", "slapd"),
    *("softflowd", "softflowctl", "nfcapd", "dnsmasq"),
    *("/usr/lib/frr/zebra", "/usr/bin/python3"),
)
# What a machine may not do, since it shares kernel and clock with the machine underneath.
DROPPED = "-sys_time,-sys_module,-sys_rawio,-sys_boot,-syslog,-wake_alarm"
BOOT = f"""
set -e
trap "echo failed" EXIT
mount --make-rprivate /
hostname "$2"
mount -t overlay overlay -o "lowerdir=$1/layer:/,upperdir=$1/hosts/$2/upper,workdir=$1/hosts/$2/work" "$1/hosts/$2/root"
mount --all --fstab "$1/hosts/$2/fstab"
cd "$1/hosts/$2/root"
pivot_root . mnt
umount --lazy /mnt
exec env -i PATH={PATH} LANG=C.UTF-8 setpriv --bounding-set={DROPPED} {INIT}
"""
MOUNTS = """\
proc {root}/proc proc nosuid,nodev,noexec 0 0
sysfs {root}/sys sysfs ro,nosuid,nodev,noexec 0 0
tmpfs {root}/run tmpfs mode=755,size=32m,nosuid,nodev 0 0
devpts {root}/dev/pts devpts newinstance,ptmxmode=0666,mode=620,gid=5,nosuid,noexec 0 0
{root}/proc/sys/kernel {root}/proc/sys/kernel none bind,ro 0 0
{root}/proc/sys/vm {root}/proc/sys/vm none bind,ro 0 0
{root}/proc/sys/fs {root}/proc/sys/fs none bind,ro 0 0
"""


class NotStarted(Exception):
    """A machine of the city did not come up; the message holds what it said."""

    exit_status = 3


@dataclass(frozen=True, slots=True)
class Ground:
    """The names that the city of one workspace uses on this machine."""

    id: str

    @classmethod
    def of(cls, workspace: Path) -> Ground:
        return cls(hashlib.sha256(os.fsencode(workspace.resolve())).hexdigest()[:8])

    @property
    def run(self) -> Path:
        return RUN / self.id

    def namespace(self, host: str) -> str:
        """The name of the host's network namespace."""
        return f"rs-{self.id}-{host}"

    def folder(self, host: str) -> Path:
        return self.run / "hosts" / host

    def namespaces(self) -> list[str]:
        """The network namespaces that exist now."""
        return sorted(path.name for path in NETNS.glob(f"rs-{self.id}-*"))


def unavailable() -> str | None:
    """Why no real city can be had here, or None where it can."""
    if os.geteuid() != 0:
        return "the practice city needs root"
    missing = [program for program in PROGRAMS if shutil.which(program, path=PATH) is None]
    if missing:
        return f"these programs are missing: {', '.join(missing)}; lab/packages.txt names their Debian packages"
    if "\toverlay\n" not in Path("/proc/filesystems").read_text(encoding="ascii"):
        return "the kernel has no overlayfs"
    trial = subprocess.run(["unshare", "-mnpui", "--fork", "true"], capture_output=True, text=True, check=False)
    return f"the kernel allows no namespaces: {trial.stderr.strip()}" if trial.returncode else None


def make(ground: Ground, hosts: Sequence[str]) -> None:
    """Mount the run folder, build the shared layer, and make a folder for each of `hosts`."""
    ground.run.mkdir(parents=True)
    options = "size=2g,mode=755,nosuid"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "rasoat", str(ground.run)], check=True)
    (ground.run / "layer").mkdir()
    layers.build(ground.run / "layer")
    for host in hosts:
        for name in ("upper", "work", "root"):
            (ground.folder(host) / name).mkdir(parents=True)
        fstab = MOUNTS.format(root=ground.folder(host) / "root")
        (ground.folder(host) / "fstab").write_text(fstab, encoding="ascii")


def ip(lines: Sequence[str], namespace: str | None = None) -> None:
    """Carry out `lines` of ip(8), in `namespace` if given, as one batch."""
    place = [] if namespace is None else ["-n", namespace]
    subprocess.run(["ip", *place, "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)


def bridge(lines: Sequence[str], namespace: str) -> None:
    """Carry out `lines` of bridge(8) in `namespace`, as one batch."""
    subprocess.run(["bridge", "-n", namespace, "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)


def start(ground: Ground, host: str) -> None:
    """Start a machine whose upper layer is written. Returns at once; `await_ready` waits for it."""
    inside = ["nsenter", f"--net={NETNS / ground.namespace(host)}"]
    apart = ["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "sh", "-c", BOOT, "boot", str(ground.run), host]
    with (ground.folder(host) / "boot.log").open("wb") as log:
        subprocess.run(
            ["setsid", "--fork", *inside, *apart], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True
        )


def await_ready(ground: Ground, host: str, seconds: float) -> None:
    """Wait until the machine has said "ready". Raises `NotStarted` with what it said otherwise."""
    log = ground.folder(host) / "boot.log"
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        said = log.read_text(encoding="utf-8", errors="replace")
        if said.endswith("ready\n"):
            return
        if said.endswith("failed\n"):
            break
        time.sleep(0.05)
    raise NotStarted(f"the machine '{host}' did not come up. It said: {said.strip() or 'nothing'}")


def processes(ground: Ground) -> Iterator[int]:
    """All processes of the city: those in its network namespaces, and those that stand on one of its file systems."""
    places = {_number(name) for name in ground.namespaces()} - {None}
    marker = f"upperdir={ground.run}/"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            inside = (folder / "ns/net").stat().st_ino in places
            if inside or marker in (folder / "mountinfo").read_text(encoding="utf-8", errors="replace"):
                yield int(folder.name)
        except OSError:
            continue  # the process has ended, or is the kernel's own


def init_of(ground: Ground, host: str) -> int | None:
    """The process 1 of `host`, as seen from here; None where the machine does not run."""
    place = _number(ground.namespace(host))
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if place is not None and (folder / "ns/net").stat().st_ino == place and _is_first(folder):
                return int(folder.name)
        except OSError:
            continue
    return None


def _number(namespace: str) -> int | None:
    """The inode number of a network namespace; None where its name is a mere file, left over from a broken start."""
    with suppress(FileNotFoundError):
        found = (NETNS / namespace).stat()
        return found.st_ino if found.st_dev != NETNS.stat().st_dev else None
    return None


def _is_first(process: Path) -> bool:
    status = (process / "status").read_text(encoding="utf-8", errors="replace")
    numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
    return len(numbers) > 1 and numbers[-1] == "1"


def sweep(ground: Ground) -> None:
    """Remove everything that carries the city's id. Harmless where there is nothing; raises `TimeoutError` if stuck."""
    spared = _self_and_ancestors()
    deadline = time.monotonic() + 20
    while left := [process for process in processes(ground) if process not in spared]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes of the practice city do not end: {left}")
        for process in left:
            _kill(process)
        time.sleep(0.05)
    if names := ground.namespaces():
        ip([f"netns delete {name}" for name in names])
    while ground.run.is_mount():
        subprocess.run(["umount", "--lazy", str(ground.run)], check=True)
    shutil.rmtree(ground.run, ignore_errors=True)


def _self_and_ancestors() -> set[int]:
    """This process and those that started it: `lab down` may itself have been called from within the city."""
    found, process = set(), os.getpid()
    while process > 0:
        found.add(process)
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        process = int(stat.rpartition(")")[2].split()[1])
    return found


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
