"""What every measure works on: the practice city, auditing it, and plain ssh with the same key and the same trust."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from checks import catalogue
from checks.catalogue import Catalogue
from checks.model import Question
from inventory.load import load
from inventory.model import Asset, AssetKind, Inventory
from runner import judge, walk
from runner.outcome import State
from runner.sessions.base import HostPort, as_sent

HERE = Path(__file__).parent
PEERS = HERE / ".venv"
ACCOUNT = "rasoat-audit"
PROGRAM = "benchmark"
LEVEL = 3


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: servers of the city, rounds of ours and of the slow peers, hosts of these, fleets."""

    name: str
    servers: int
    rounds: int
    peer_hosts: int
    peer_rounds: int
    fleet: int
    small_fleet: int


SIZES = (
    Size("full", servers=30, rounds=5, peer_hosts=10, peer_rounds=3, fleet=5000, small_fleet=500),
    Size("quick", servers=30, rounds=2, peer_hosts=4, peer_rounds=1, fleet=300, small_fleet=100),
    Size("tiny", servers=5, rounds=1, peer_hosts=1, peer_rounds=1, fleet=60, small_fleet=30),
)


@dataclass(frozen=True)
class Rig:
    """The city of the workspace `city`, seen from where its auditor stands; `work` is for files of the measures."""

    city: Path
    work: Path
    size: Size
    say: Callable[[str], None]

    @cached_property
    def inventory(self) -> Inventory:
        return load(self.city, self.catalogue.adjustable())

    @cached_property
    def catalogue(self) -> Catalogue:
        return catalogue.load("tcvn-11930-2017")

    @property
    def servers(self) -> tuple[Asset, ...]:
        return tuple(asset for asset in self.inventory.assets.values() if asset.kind is AssetKind.SERVER)

    @property
    def devices(self) -> tuple[Asset, ...]:
        return tuple(asset for asset in self.inventory.assets.values() if asset.kind is AssetKind.DEVICE)

    @property
    def one(self) -> Asset:
        """A server like most others."""
        return self.servers[-1]

    @property
    def key(self) -> Path:
        return self.city / "keys" / ACCOUNT

    def probes(self, asset: Asset) -> int:
        """How many checks the asset faces."""
        return len(self.catalogue.bind(asset, self.inventory))

    def questions(self, asset: Asset) -> tuple[Question, ...]:
        """The commands that answer them, each once."""
        return judge.questions(self.catalogue.bind(asset, self.inventory))

    def commands(self, asset: Asset) -> list[str]:
        """The command lines that an audit sends to the asset."""
        return [as_sent(question, ACCOUNT) for question in self.questions(asset)]

    def audit(self, assets: Sequence[Asset], inventory: Inventory | None = None, dead: int = 0) -> None:
        """One audit of `assets`, kept as any is. Raises `RuntimeError` where more than `dead` were not reached."""
        chosen = walk.Selection(assets=tuple(asset.id for asset in assets))
        audit(inventory or self.inventory, self.catalogue, chosen, dead)

    def ssh(self, known_hosts: Path | None = None) -> list[str]:
        """Plain ssh without anybody's configuration, with our key and our pinned host keys."""
        settings = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(known_hosts or self.city / "known_hosts"),
            "GlobalKnownHostsFile": "/dev/null",
            "IdentitiesOnly": "yes",
            "UpdateHostKeys": "no",
        }
        options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        return ["ssh", "-F", "none", "-T", *options, "-i", str(self.key)]

    def variant(
        self, name: str, change: Callable[[list[dict[str, Any]]], None], trust: Sequence[HostPort]
    ) -> Inventory:
        """The city's inventory in a workspace of its own, its assets changed; `trust` all of the city's keys there."""
        path = self.work / name
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.city, path, ignore=shutil.ignore_patterns("runs", "reports", "lab*", ".lock"))
        (path / "runs").mkdir()
        edited(path / "inventory" / "assets.yaml", lambda content: change(content["assets"]))
        known = (path / "known_hosts").read_text(encoding="ascii")
        keys = [line.split(" ", 1)[1] for line in known.splitlines()]
        more = "".join(f"{place} {key}\n" for place in trust for key in keys)
        (path / "known_hosts").write_text(known + more, encoding="ascii")
        return load(path, self.catalogue.adjustable())

    def as_data(self) -> dict[str, Any]:
        return {"city": str(self.city), "work": str(self.work), "size": asdict(self.size)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any], say: Callable[[str], None]) -> Rig:
        return cls(Path(data["city"]), Path(data["work"]), Size(**data["size"]), say)


def uri(asset: Asset) -> str:
    """How ssh and testinfra are told of an asset."""
    return f"{ACCOUNT}@{asset.address}:{asset.port}"


def audit(inventory: Inventory, ruler: Catalogue, chosen: walk.Selection, dead: int = 0) -> None:
    """One audit, kept and then thrown away. Raises `RuntimeError` where more than `dead` assets were not reached."""
    states: Counter[str] = Counter()
    told = walk.audit(
        inventory, ruler, chosen, program=PROGRAM, on_event=lambda _asset, state, _counts: states.update([state])
    )
    shutil.rmtree(told.folder)
    if states[State.UNREACHED] > dead:
        raise RuntimeError(f"the audit did not reach what it should have: {dict(states)}")


class _Plain(yaml.CSafeDumper):
    """Writes every value out: a workspace has no aliases."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def edited(path: Path, change: Callable[[Any], None]) -> None:
    """Change a YAML file of a workspace."""
    content = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    change(content)
    path.write_bytes(yaml.dump(content, Dumper=_Plain, allow_unicode=True, sort_keys=False, encoding="utf-8"))


def raise_levels(city: Path) -> None:
    """Every system of the city is of the level that is measured; what is asked of its hosts stays the same commands."""

    def change(content: Any) -> None:
        for system in content["systems"]:
            system["level"] = LEVEL
            system.pop("dossier", None)

    edited(city / "inventory" / "sites.yaml", change)


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """What the measures have written so far."""
    if path.exists():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())
