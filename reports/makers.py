"""Who made a thing, by the first half of its hardware address: IEEE's register, where this machine has it.

Debian's package ieee-data keeps it in /usr/share/ieee-data; nothing of it is shipped here. An address that its owner
gave himself (the second lowest bit of the first byte, IEEE 802c) has no maker.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from pathlib import Path

REGISTER = Path("/usr/share/ieee-data")
FILES = {"oui.csv": 6, "mam.csv": 7, "oui36.csv": 9}  # file → hexadecimal digits that it assigns, shortest first
LOCAL = 0b10


def makers(hardware: Collection[str], folder: Path | None = None) -> Mapping[str, str]:
    """hardware address → its maker, as far as the register in `folder` tells; a longer assignment wins."""
    wanted = {one: one.replace(":", "").upper() for one in hardware if not _is_local(one)}
    found: dict[str, str] = {}
    for name, digits in FILES.items():
        file = (folder or REGISTER) / name
        if wanted and file.is_file():
            known = _read(file, {digest[:digits] for digest in wanted.values()})
            found |= {one: known[hexes[:digits]] for one, hexes in wanted.items() if hexes[:digits] in known}
    return found


def _read(file: Path, wanted: Collection[str]) -> Mapping[str, str]:
    with file.open(encoding="utf-8", errors="replace", newline="") as lines:
        rows = (row for row in csv.DictReader(lines) if row.get("Assignment") in wanted)
        return {row["Assignment"]: row["Organization Name"].strip() for row in rows}


def _is_local(hardware: str) -> bool:
    try:
        return bool(int(hardware[:2], 16) & LOCAL)
    except ValueError:
        return True
