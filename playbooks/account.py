"""Makes machines ready for audits, and takes that away again: an account with a key and the declared questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from checks import privileges
from inventory.faults import BadInput
from inventory.model import Inventory, Login
from playbooks import run
from playbooks.outcome import PlayOutcome

USER = "rasoat-audit"


def prepare(
    assets: Sequence[str],
    inventory: Inventory,
    *,
    way_in: Login,
    public_key: Path,
    sources: Sequence[str] = (),
    check: bool,
) -> PlayOutcome:
    """Make the audit account on `assets`, logged in as `way_in`. `sources`: addresses from which alone it may log in.

    Raises `BadInput` where `public_key` is no file with one OpenSSH public key.
    """
    key = _public_key(public_key)
    extra = {
        asset: {
            "rasoat_user": USER,
            "rasoat_public_key": key,
            "rasoat_sources": list(sources),
            "rasoat_commands": list(privileges.of_asset(inventory.assets[asset], inventory)),
        }
        for asset in assets
    }
    return run.play("prepare", assets, inventory, check=check, extra=extra, login=way_in)


def release(assets: Sequence[str], inventory: Inventory, *, way_in: Login, check: bool) -> PlayOutcome:
    """Take the audit account, its home and its rights away from `assets`."""
    extra = {asset: {"rasoat_user": USER} for asset in assets}
    return run.play("release", assets, inventory, check=check, extra=extra, login=way_in)


def _public_key(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the public key {path} cannot be read. Name the file that ends in .pub.") from error
    if len(lines) != 1 or not lines[0].startswith(("ssh-", "ecdsa-", "sk-")):
        raise BadInput(f"{path} holds no single OpenSSH public key. Name the file that ends in .pub.")
    return lines[0]
