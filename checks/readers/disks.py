"""What the system knows of its disks (lsblk(8), `-J`), and which file systems lie on which of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from checks.model import Question
from checks.reading import Host, expected, stdout

DISKS = Question("lsblk -J -o NAME,TYPE,MOUNTPOINT,MODEL,VENDOR,TRAN")
CRYPT = "crypt"  # dm-crypt: LUKS, plain, and what cryptsetup opens besides
NO_DATA = ("rom", "loop")  # media, and images of packages
OPEN_BY_NEED = ("/boot", "/efi")  # read before anything can be decrypted
SWAP = "[SWAP]"
ATTACHED = frozenset({"ata", "sata", "sas", "nvme", "usb", "mmc"})
NOT_OURS = re.compile(r"(?:xvd|vd|nbd|rbd|drbd|pmem)[a-z0-9]*$")
VIRTUAL = re.compile(r"qemu|virt|vmware|vbox|msft|xen\b|amazon|google|nvme_card|alibaba|openstack|nutanix", re.I)


@dataclass(frozen=True, slots=True)
class Place:
    """A file system with where it is mounted, the disk that it lies on, and whether a layer between the two encrypts.

    `attached`: the disk is a real one in this machine. Below a virtual one, or one that comes over a network, lies a
    store that is not seen from here.
    """

    mounted: str
    disk: str
    encrypted: bool
    attached: bool


def places(host: Host) -> list[Place]:
    """Every file system on a disk that can hold data. Raises `Unknown` where the list is none."""
    told = stdout(host, DISKS)
    with expected("lsblk -J"):
        return [place for disk in json.loads(told)["blockdevices"] for place in _below(disk, disk, encrypted=False)]


def _below(node: Mapping[str, Any], disk: Mapping[str, Any], *, encrypted: bool) -> Iterator[Place]:
    if node["type"] in NO_DATA:
        return
    encrypted = encrypted or node["type"] == CRYPT
    mounted = node["mountpoint"]
    if mounted and mounted != SWAP and not mounted.startswith(OPEN_BY_NEED):
        yield Place(str(mounted), str(disk["name"]), encrypted, _attached(disk))
    for child in node.get("children", ()):
        yield from _below(child, disk, encrypted=encrypted)


def _attached(disk: Mapping[str, Any]) -> bool:
    made_by = f"{disk['vendor'] or ''} {disk['model'] or ''}".strip()
    if NOT_OURS.match(disk["name"]) or VIRTUAL.search(made_by):
        return False
    return disk["tran"] in ATTACHED or (disk["tran"] is None and bool(made_by))
