"""Is what lies on the server's disks encrypted, as far as that is seen from the server?"""

from __future__ import annotations

from testinfra.host import Host

from checks.model import Cause, Unknown, Verdict, Want, asks, judged, not_applicable
from checks.protections.questions import LINUX
from checks.readers.disks import DISKS, places
from checks.readers.kernel import KERNEL, running

ZFS = "zfs"  # encrypts by data set, which only its own program tells
STACKED = frozenset({"ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs"})


@asks(DISKS, KERNEL, platforms=LINUX)
def encrypted(host: Host, want: Want) -> Verdict:
    """Every file system lies on an encrypting layer (dm-crypt, or one stacked on it).

    What a virtual disk lies on is not seen from here: the owner declares the disks that their provider encrypts, and
    answers for them.
    """
    found, mounts = places(host), running(host).mounts
    stacked = {mount.place for mount in mounts if mount.kind in STACKED}
    plain = [one for one in found if not one.encrypted and one.mounted not in stacked]
    if bare := [f"{one.mounted} ({one.disk})" for one in plain if one.attached]:
        return judged(False, "dm-crypt, LUKS", ", ".join(bare))
    unseen = {one.disk for one in plain} | {ZFS for mount in mounts if mount.kind == ZFS}
    if undeclared := sorted(unseen - set(want["provider_disks"])):
        raise Unknown(Cause.NO_TOOL, f"{', '.join(undeclared)}: what lies below it is not seen from here")
    sound = sorted({*(one.mounted for one in found if one.encrypted), *stacked})
    if not sound and not unseen:
        raise Unknown(Cause.NO_TOOL, "no disk is seen from here")
    if not sound:
        return not_applicable(f"provider_disks: {', '.join(sorted(unseen))}")
    return judged(True, "dm-crypt, LUKS", ", ".join(sound))
