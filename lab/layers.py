"""The layer that all machines of the practice city share: what they take from the machine underneath, what they hide.

Programs and libraries below /usr show through; everything that a check could read is replaced: /etc, /var, /root,
/home, /opt, /srv, /tmp and /usr/local start empty, so that no habit of the machine underneath becomes a finding.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

# What Debian's packages put into /etc that programs need and no check judges.
COPIED = (
    *("alternatives", "apt/trusted.gpg.d", "bash.bashrc", "debconf.conf", "debian_version", "default/locale", "dpkg"),
    *("gai.conf", "host.conf", "inputrc", "issue", "ld.so.cache", "ld.so.conf", "libaudit.conf"),
    *("ldap/schema", "locale.alias", "magic", "os-release", "profile", "protocols", "python3", "python3.11", "rpc"),
    *("security/access.conf", "security/limits.conf", "security/namespace.conf", "security/pam_env.conf"),
    *(
        f"init.d/{name}"
        for name in ("chrony", "clamav-daemon", "clamav-freshclam", "frr", "nslcd", "procps", "slapd", "ssh")
    ),
    *("services", "shells", "ssh/moduli", "ssl/openssl.cnf", "terminfo", "ucf.conf", "xattr.conf"),
)
KEPT = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr")
FRESH = {
    **dict.fromkeys(("boot", "dev", "etc", "home", "media", "mnt", "opt", "proc", "run", "srv", "sys", "var"), 0o755),
    "root": 0o700,
    "tmp": 0o1777,
    "usr/local": 0o755,
}
BELOW = {
    **dict.fromkeys(("usr/local/bin", "usr/local/sbin", "usr/local/lib", "usr/local/share"), 0o755),
    **dict.fromkeys(("var/backups", "var/cache/apt/archives/partial", "var/lib/apt/lists/partial"), 0o755),
    **dict.fromkeys(
        ("var/lib/apt/periodic", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"), 0o755
    ),
    **dict.fromkeys(("var/lib/pam", "var/lib/rsyslog", "var/lib/sudo", "var/log/apt", "var/spool/rsyslog"), 0o755),
    **dict.fromkeys(
        ("var/lib/misc", "var/lib/logrotate", "var/mail", "dev/pts", "dev/shm", "etc/apt/apt.conf.d"), 0o755
    ),
    **dict.fromkeys(("etc/apt/preferences.d", "etc/apt/sources.list.d", "etc/ld.so.conf.d", "etc/profile.d"), 0o755),
    **{f"etc/rc{level}.d": 0o755 for level in "0123456S"},
    **dict.fromkeys(("etc/ssh/sshd_config.d", "etc/security/limits.d", "etc/audit/plugins.d"), 0o755),
    **dict.fromkeys((f"etc/cron.{each}" for each in ("d", "hourly", "daily", "weekly", "monthly")), 0o700),
    "var/tmp": 0o1777,
}
HIDDEN = ("usr/sbin/init",)  # else tools take the machines for ones that systemd manages
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
LINKS = {
    "dev/fd": "/proc/self/fd",
    "dev/stdin": "/proc/self/fd/0",
    "dev/stdout": "/proc/self/fd/1",
    "dev/stderr": "/proc/self/fd/2",
    "dev/ptmx": "pts/ptmx",
    "etc/localtime": "/usr/share/zoneinfo/Asia/Ho_Chi_Minh",
    "etc/mtab": "/proc/self/mounts",
    "var/run": "/run",
    "var/lock": "/run/lock",
}


def build(layer: Path) -> None:
    """Make the shared layer in the empty folder `layer` (on a file system with extended attributes, as root)."""
    for name, mode in FRESH.items():
        _folder(layer / name, mode)
        os.setxattr(layer / name, "trusted.overlay.opaque", b"y")  # overlayfs: nothing of the layer below
    for name, mode in BELOW.items():
        _folder(layer / name, mode)
    (layer / "usr/sbin").mkdir()
    for name in (*_others(), *HIDDEN):
        os.mknod(layer / name, stat.S_IFCHR, os.makedev(0, 0))  # overlayfs: "not there"
    for name, target in LINKS.items():
        (layer / name).symlink_to(target)
    for name, (major, minor) in DEVICES.items():
        os.mknod(layer / "dev" / name, stat.S_IFCHR | 0o666, os.makedev(major, minor))
        (layer / "dev" / name).chmod(0o666)
    _copy_etc(layer / "etc")


def _others() -> list[str]:
    """What stands at the root of the machine underneath and is neither kept nor made afresh."""
    known = {*KEPT, *FRESH}
    return [entry.name for entry in Path("/").iterdir() if entry.name not in known]


def _folder(path: Path, mode: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)


def _copy_etc(etc: Path) -> None:
    """Copy what is in `COPIED` and exists here, in one process, with owners and modes as packages set them."""
    there = [name for name in COPIED if os.path.lexists(Path("/etc", name))]
    copier = shutil.which("cp") or "/usr/bin/cp"
    subprocess.run([copier, "-a", "--parents", *there, str(etc)], cwd="/etc", check=True)
