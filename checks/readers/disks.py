"""What the system knows of its disks (lsblk(8), `-J`), and what lies on which of them behind which layers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.model import Question
from checks.readers.kernel import Mount
from checks.reading import Host, expected, lines, stdout, unreadable

DISKS = Question("lsblk -J -o NAME,KNAME,TYPE,FSTYPE,MOUNTPOINT,MODEL,VENDOR,TRAN")
# Keys are printed as zeros (dmsetup(8), `--showkeys`).
CIPHERS = Question("dmsetup table --target crypt", root=True)
CIPHER = re.compile(r"(\S.*?): \d+ \d+ crypt (\S+) ")
NONE_THERE = "No devices found"
NO_CIPHER = "null"  # cipher_null-ecb, capi:ecb(cipher_null)-plain
CRYPT = "crypt"  # dm-crypt, and dm-verity and dm-integrity besides, which lsblk does not tell from it
OUTSIDE = re.compile(r"(?:sr|fd|loop|zram|ram)\d+$")  # media, images that lie on a file system, and memory
SWAP = "[SWAP]"
ATTACHED = frozenset({"ata", "sata", "sas", "nvme", "usb", "mmc"})
NOT_OURS = re.compile(r"(?:xvd|vd|nbd|rbd|drbd|pmem|zd)[a-z0-9]*$")
VIRTUAL = re.compile(r"qemu|virt|vmware|vbox|msft|xen\b|amazon|google|nvme_card|alibaba|openstack|nutanix", re.I)


@dataclass(frozen=True, slots=True)
class Volume:
    """A block device as one way from a disk comes to it; to what lies on several disks, each has a way.

    `holds` is what its first bytes say that it is (`ext4`, `swap`, `crypto_LUKS` …; None where nobody has looked),
    `crypts` are the layers on the way that may encrypt, `whole` whether nothing further lies on it. `attached`: the
    disk is a real one in this machine. Below a virtual one, or one that comes over a network, lies a store that is not
    seen from here.
    """

    name: str
    kernel_name: str
    holds: str | None
    mounted: str | None
    disk: str
    crypts: tuple[str, ...]
    whole: bool
    attached: bool

    @property
    def keeps(self) -> bool:
        """It can hold data when the power is off, by itself and not as an image on another."""
        return OUTSIDE.match(self.disk) is None

    def carries(self, device: str) -> bool:
        """`device` (`/dev/…`, as in /proc/mounts) is this one."""
        return device in {f"/dev/{self.kernel_name}", f"/dev/{self.name}", f"/dev/mapper/{self.name}"}


def volumes(host: Host) -> list[Volume]:
    """Every block device, from the disks down. Raises `Unknown` where the list is none."""
    told = stdout(host, DISKS)
    with expected("lsblk -J"):
        return [one for disk in json.loads(told)["blockdevices"] for one in _below(disk, disk, ())]


def places(volume: Volume, mounts: Sequence[Mount]) -> set[str]:
    """Where `volume` is mounted: lsblk names one place alone."""
    found = {mount.place for mount in mounts if volume.carries(mount.device)}
    return found | ({volume.mounted} if volume.mounted and volume.mounted != SWAP else set())


def encrypts(host: Host, volume: Volume) -> bool:
    """Whether a layer on the way to `volume` encrypts, with a cipher that is one.

    Raises `Unknown` where a layer may be one that does, and the kernel's table does not have it.
    """
    if not volume.crypts:
        return False
    known = _ciphers(host)
    if any(name in known and NO_CIPHER not in known[name] for name in volume.crypts):
        return True
    if missing := [name for name in volume.crypts if name not in known]:
        raise unreadable(CIPHERS.command, f"{missing[0]}: –")
    return False


def _ciphers(host: Host) -> Mapping[str, str]:
    """layer → its cipher; cryptsetup makes one segment of each."""
    found: dict[str, str] = {}
    for line in lines(host, CIPHERS):
        if line != NONE_THERE:
            match = CIPHER.match(line)
            if match is None:
                raise unreadable(CIPHERS.command, line)
            found[match[1]] = match[2]
    return found


def _below(node: Mapping[str, Any], disk: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Volume]:
    children = node.get("children", ())
    crypts = (*above, str(node["name"])) if node["type"] == CRYPT else above
    yield Volume(
        str(node["name"]),
        str(node["kname"]),
        node["fstype"],
        node["mountpoint"],
        str(disk["name"]),
        crypts,
        not children,
        _attached(disk),
    )
    for child in children:
        yield from _below(child, disk, crypts)


def _attached(disk: Mapping[str, Any]) -> bool:
    made_by = f"{disk['vendor'] or ''} {disk['model'] or ''}".strip()
    if NOT_OURS.match(disk["name"]) or VIRTUAL.search(made_by):
        return False
    return disk["tran"] in ATTACHED or (disk["tran"] is None and bool(made_by))
