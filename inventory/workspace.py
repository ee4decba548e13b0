"""The folder that keeps one city: where its files are, how a new one is made, how an existing one is opened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from inventory import lines
from inventory.faults import BadInput, Fault

FORMAT = 1
SHIPPED = Path(__file__).parent / "cities"
_BLANK = Path(__file__).parent / "blank"
OWN = "own"
_SECRETIVE = 0o700
_NOT_VERSIONED = ("keys/", "runs/", "reports/", "history.db*", ".lock", ".history.lock")


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where everything of one city is kept."""

    root: Path

    @property
    def city_file(self) -> Path:
        return self.root / "city.yaml"

    @property
    def inventory_dir(self) -> Path:
        return self.root / "inventory"

    @property
    def attestations_file(self) -> Path:
        return self.root / "attestations.yaml"

    @property
    def waivers_file(self) -> Path:
        return self.root / "waivers.yaml"

    @property
    def targets_file(self) -> Path:
        return self.root / "targets.yaml"

    @property
    def annual_file(self) -> Path:
        return self.root / "annual.yaml"

    @property
    def known_hosts(self) -> Path:
        return self.root / "known_hosts"

    @property
    def authorities(self) -> Path:
        """Certificate authorities (PEM) that the city trusts beside those of the machine that audits."""
        return self.root / "authorities"

    @property
    def probes(self) -> Path:
        """The city's own probes: testinfra test files, and which of them are trusted."""
        return self.root / "probes"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    @property
    def history(self) -> Path:
        return self.root / "history.db"

    @property
    def history_damaged(self) -> Path:
        return self.root / "history.db.damaged"

    @property
    def history_lock(self) -> Path:
        return self.root / ".history.lock"


def trees() -> tuple[str, ...]:
    """The trees that a workspace can be made with: the shipped ones, and `own`."""
    return (*sorted(path.parent.name for path in SHIPPED.glob("*/sites.yaml")), OWN)


def opened(path: Path) -> Workspace:
    """The workspace at `path`. Raises `BadInput` where there is none, or one of a newer format than this program's.

    A city.yaml that cannot be read is for `inventory.load` to report, together with all else.
    """
    workspace = Workspace(path)
    if not path.is_dir():
        raise BadInput([Fault(path, None, "there is no such folder", f"Make a workspace there: rasoat init {path}")])
    if not workspace.city_file.is_file():
        problem, mend = "is not a workspace (it has no city.yaml)", "Name a workspace, or make one: rasoat init DIR"
        raise BadInput([Fault(path, None, problem, mend)])
    _refuse_newer(workspace.city_file)
    return workspace


def _refuse_newer(file: Path) -> None:
    try:
        city = lines.read(file)
    except BadInput:
        return
    made_with = city.data.get("format") if isinstance(city.data, dict) else None
    if isinstance(made_with, int) and made_with > FORMAT:
        problem = f"this workspace has format {made_with}, this program knows formats up to {FORMAT}"
        mend = "It was made by a newer version: update the program. Nothing was changed."
        raise BadInput([city.fault(("format",), problem, mend)])


def init(path: Path, tree: str) -> None:
    """Make a commented workspace at `path` with `tree`; in an existing one, add only what is missing.

    Raises `BadInput` where `path` holds something else, or is a workspace with another tree.
    """
    if tree not in trees():
        raise BadInput(f"unknown tree '{tree}'. Choose from: {', '.join(trees())}.")
    if path.exists():
        _refuse_foreign(path, tree)
    try:
        _fill(Workspace(path), tree)
    except OSError as error:
        problem = f"the workspace cannot be written ({error.strerror})"
        raise BadInput(
            [Fault(path, None, problem, "Choose a folder that you may write, with room on its disk.")]
        ) from error


def _refuse_foreign(path: Path, tree: str) -> None:
    if not path.is_dir():
        raise BadInput([Fault(path, None, "is a file", "Name a new or an empty folder.")])
    if not any(path.iterdir()):
        return
    city = lines.read(opened(path).city_file)
    found = city.data.get("tree", OWN) if isinstance(city.data, dict) else None
    if found != tree:
        problem = f"this is already a workspace, with tree '{found}'"
        raise BadInput([city.fault(("tree",), problem, "Name another folder, or edit 'tree' in this file.")])


def _fill(workspace: Workspace, tree: str) -> None:
    workspace.root.mkdir(parents=True, exist_ok=True)
    workspace.inventory_dir.mkdir(exist_ok=True)
    workspace.reports.mkdir(exist_ok=True)
    for folder in (workspace.keys, workspace.runs):
        folder.mkdir(mode=_SECRETIVE, exist_ok=True)
    workspace.known_hosts.touch(exist_ok=True)
    words = {"tree": tree, "format": FORMAT, "name": json.dumps(_name(tree), ensure_ascii=False)}
    for blank in sorted(_BLANK.rglob("*.yaml")):
        file = workspace.root / blank.relative_to(_BLANK)
        if file.exists() or (blank.name == "sites.yaml" and tree != OWN):
            continue
        file.write_text(Template(blank.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
    ignored = workspace.root / ".gitignore"
    if not ignored.exists():
        ignored.write_text("".join(f"{name}\n" for name in _NOT_VERSIONED), encoding="utf-8")


def _name(tree: str) -> str:
    """The name of the city at the root of `tree`."""
    folder = _BLANK / "inventory" if tree == OWN else SHIPPED / tree
    sites: list[dict[str, Any]] = lines.read(folder / "sites.yaml").data["sites"]
    return str(next(site["name"] for site in sites if "parent" not in site))
