"""Small live cities whose machines are ports of this one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.cities import CITY, PLACES
from tests.runner.peers import LOOPBACK, USER, free_port, new_key

LOGIN = """\
logins:
  - id: audit
    user: {user}
    key: {key}
assets:
"""
SERVER = """\
  - id: {id}
    site: "26734"
    systems: [tthc]
    kind: server
    platform: debian
    address: {address}
    port: {port}
    ports: [{port}]
"""


def live(folder: Path, ports: Mapping[str, int], key: str = "keys/audit") -> Path:
    """A workspace of servers on this machine's `ports`, logged into with `key`; a fresh key stands at keys/audit."""
    lines = [line for line in CITY.splitlines() if not line.startswith("hub:")]
    assets = "".join(SERVER.format(id=id_, address=LOOPBACK, port=port) for id_, port in ports.items())
    for name in ("inventory", "keys", "runs"):
        (folder / name).mkdir(parents=True)
    (folder / "city.yaml").write_text("\n".join(lines).replace("mode: lab", "mode: live") + "\n", encoding="utf-8")
    (folder / "inventory/places.yaml").write_text(PLACES, encoding="utf-8")
    (folder / "inventory/assets.yaml").write_text(LOGIN.format(user=USER, key=key) + assets, encoding="utf-8")
    new_key(folder / "keys/audit")
    return folder


def closed(folder: Path, count: int = 1) -> Path:
    """A workspace of servers that refuse every connection."""
    return live(folder, {f"closed-{number}": free_port() for number in range(1, count + 1)})
