"""The running kernel: its settings, its access control beyond file rights, what is mounted (proc(5), sysfs(5))."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checks.model import Question
from checks.reading import LAST, Host, texts, unreadable

SYSCTL = "/proc/sys/"
HOST_NAME = "kernel/hostname"
SETTINGS = (
    "kernel/randomize_va_space",
    *(
        f"net/ipv4/conf/{scope}/{name}"
        for name in ("accept_redirects", "accept_source_route", "send_redirects", "secure_redirects", "log_martians")
        for scope in ("all", "default")
    ),
    *("net/ipv4/conf/all/rp_filter", "net/ipv4/icmp_echo_ignore_broadcasts", "net/ipv4/tcp_syncookies"),
    *("net/ipv4/icmp_ignore_bogus_error_responses", "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"),
    *(
        f"net/ipv6/conf/{scope}/{name}"
        for name in ("accept_redirects", "accept_source_route", "accept_ra")
        for scope in ("all", "default")
    ),
    *("kernel/kptr_restrict", "kernel/dmesg_restrict", "kernel/yama/ptrace_scope", "kernel/sysrq"),
    *("kernel/unprivileged_bpf_disabled", "kernel/core_pattern", "fs/suid_dumpable", HOST_NAME),
    *(f"fs/protected_{name}" for name in ("hardlinks", "symlinks", "fifos", "regular")),
)
SELINUX, SELINUX_FILE = "/sys/fs/selinux/enforce", "/etc/selinux/config"
APPARMOR = "/sys/kernel/security/apparmor/profiles"
MOUNTS = "/proc/mounts"
# As root, since some of these settings, and the profiles of AppArmor, are shown to root alone.
KERNEL = Question(
    f"/usr/bin/grep -a . {' '.join(SYSCTL + name for name in SETTINGS)} {SELINUX} {SELINUX_FILE} {APPARMOR}"
    f" {MOUNTS} {LAST}",
    root=True,
)
MOUNT_FIELDS = 4
# Kinds of file systems that another machine keeps.
NETWORK_KINDS = (
    *("nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "lustre", "beegfs"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone"),
)


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of /proc/mounts."""

    device: str
    place: str
    kind: str
    options: frozenset[str]


@dataclass(frozen=True, slots=True)
class Running:
    """`values` by the setting's path below /proc/sys; `selinux` is None where the kernel runs without it."""

    values: Mapping[str, str]
    selinux: str | None
    selinux_at_start: str | None
    profiles: Sequence[str]
    mounts: Sequence[Mount]


def running(host: Host) -> Running:
    """What the kernel says. Raises `Unknown` where it says nothing of what is mounted: every system has mounts."""
    told = texts(host, KERNEL)
    values = {path.removeprefix(SYSCTL): lines[0] for path, lines in told.items() if path.startswith(SYSCTL)}
    chosen = [line.partition("=")[2].strip() for line in told.get(SELINUX_FILE, ()) if line.startswith("SELINUX=")]
    selinux = told.get(SELINUX, [None])[0]
    mounts = [_mount(line) for line in told.get(MOUNTS, ())]
    if not mounts:
        raise unreadable(MOUNTS)
    return Running(values, selinux, chosen[-1] if chosen else None, told.get(APPARMOR, ()), mounts)


def _mount(line: str) -> Mount:
    fields = line.split(" ")
    if len(fields) < MOUNT_FIELDS:
        raise unreadable(MOUNTS, line)
    return Mount(fields[0], fields[1], fields[2], frozenset(fields[3].split(",")))
