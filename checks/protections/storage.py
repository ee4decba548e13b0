"""Is what lies on the server's disks encrypted, as far as that is seen from the server?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from testinfra.host import Host

from checks.model import Cause, Question, Unknown, Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.readers.disks import CIPHERS, DISKS, SWAP, Volume, encrypts, places, volumes
from checks.readers.kernel import KERNEL, NETWORK_KINDS, Mount, running
from checks.reading import closed, complete, unreadable

ZFS, POOL, BTRFS = "zfs", "zfs_member", "btrfs"
# ZFS encrypts by data set, which only its own program tells (zfs-get(8)); asked for nothing where there is none.
DATA_SETS = Question(closed("zfs get -H -t filesystem,volume -o name,value encryption"))
STACKED = frozenset({"ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs"})
SHARED = (*NETWORK_KINDS, "9p", "virtiofs", "vboxsf", "fuse.vmhgfs-fuse")  # folders of another machine
OPEN_BY_NEED = frozenset({"/boot", "/boot/efi", "/boot/firmware", "/efi"})  # read before anything can be decrypted
# What lies idle and needs no layer: it is encrypted itself, starts the machine, or is an image of packages.
NO_DATA = frozenset({"crypto_LUKS", "BitLocker", "vfat", "iso9660", "squashfs"})
EXPECTED = "dm-crypt, LUKS | zfs encryption"


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that outlives the power: where it is, on what, whether encrypted; `seen` is False where no one sees."""

    where: str
    on: str
    encrypted: bool
    seen: bool


@asks(DISKS, CIPHERS, DATA_SETS, KERNEL, platforms=LINUX)
def encrypted(host: Host, want: Want) -> Verdict:
    """Every file system and swap area, in use or not, lies on an encrypting layer, but what starts the machine.

    Such a layer is dm-crypt with a cipher, ZFS's own, or one stacked on the whole of a file system; fscrypt covers
    folders, never the whole. What a virtual disk lies on is not seen from here. Where the owner declares that its
    provider encrypts it, the finding is that this server does not: a declaration has no person behind it, and must meet
    no requirement. The plan then says `attested`, with the provider's document.
    """
    kept = _kept(host)
    plain = [one for one in kept if not one.encrypted]
    answered = set(want["provider_disks"])
    if bare := [one for one in plain if one.seen or one.on in answered]:
        told = sorted({f"{one.where} ({one.on}{'' if one.seen else ': provider_disks'})" for one in bare})
        return judged(False, EXPECTED, ", ".join(told))
    if unseen := sorted({one.on for one in plain}):
        raise Unknown(Cause.NO_TOOL, f"{', '.join(unseen)}: what lies below it is not seen from here")
    if "/" not in {one.where for one in kept}:
        raise Unknown(Cause.NO_TOOL, "what / lies on is not seen from here")
    return judged(True, EXPECTED, ", ".join(sorted({one.where for one in kept})))


def _kept(host: Host) -> list[Kept]:
    mounts, found = running(host).mounts, volumes(host)
    stacked = {mount.place for mount in mounts if mount.kind in STACKED}
    _refuse_strange(found, mounts)
    on_disks = [
        Kept(place, one.disk, place in stacked or encrypts(host, one), one.attached)
        for one in found
        if one.keeps
        for place in _held(one, mounts)
    ]
    shared = [Kept(mount.place, mount.kind, encrypted=False, seen=False) for mount in mounts if mount.kind in SHARED]
    return [*on_disks, *shared, *_zfs(host, found, mounts)]


def _held(volume: Volume, mounts: Sequence[Mount]) -> Iterator[str]:
    """What lies on `volume` itself: mounted file systems, a swap area, or what is not in use now."""
    mounted = places(volume, mounts)
    yield from sorted(mounted - OPEN_BY_NEED)
    if volume.mounted == SWAP:
        yield SWAP
    pools = {POOL} if any(mount.kind == ZFS for mount in mounts) else set()
    idle = volume.whole and not mounted and volume.mounted is None
    if idle and volume.holds is not None and volume.holds not in NO_DATA | pools:
        yield f"{volume.name}: {volume.holds}"


def _refuse_strange(found: Sequence[Volume], mounts: Sequence[Mount]) -> None:
    """Raises `Unknown` for a file system whose disk lsblk does not list, or whose further disks it does not tell."""
    named = {one.mounted for one in found}
    aliases = {mount.device for mount in mounts if mount.place in named} | {"/dev/fuse"}  # such as /dev/root
    for mount in mounts:
        carrying = [one for one in found if one.carries(mount.device)]
        if mount.device.startswith("/dev/") and not carrying and mount.device not in aliases:
            raise unreadable("lsblk", f"{mount.device}: –")
        if mount.kind == BTRFS and any(one.holds is None for one in carrying):
            raise unreadable("lsblk FSTYPE", f"{mount.device}: –")


def _zfs(host: Host, found: Sequence[Volume], mounts: Sequence[Mount]) -> Iterator[Kept]:
    """The mounted data sets, each by its own setting, or all by what the pools lie on."""
    mounted = [mount for mount in mounts if mount.kind == ZFS and mount.place not in OPEN_BY_NEED]
    if not mounted:
        return
    settings = dict(line.split("\t") for line in complete(host, DATA_SETS) if line.count("\t") == 1)
    pools = [one for one in found if one.holds == POOL]
    below = bool(pools) and all(encrypts(host, one) for one in pools)
    seen = bool(pools) and all(one.attached for one in pools)
    for mount in mounted:
        setting = settings.get(mount.device.partition("@")[0])
        if setting is None:
            raise unreadable("zfs get encryption", f"{mount.device}: –")
        yield Kept(mount.place, ZFS, below or setting.startswith("aes-"), seen)
