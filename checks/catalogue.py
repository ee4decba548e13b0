"""The catalogue: which checks exist, which requirements of the standard they answer, which of them an asset must face.

A check's words (`checks/*/TOPIC.yaml`) stand beside its function (`checks/*/TOPIC.py`); check `TOPIC.NAME` is the
function `NAME`. The standard (`checks/standards/*.yaml`) names the checks. All of it is bound before the first login.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field

from checks.model import Ask, Cause, Function, Question, Unknown, Want
from checks.parameters import Parameter
from inventory import lines
from inventory.faults import BadInput, Fault
from inventory.fields import Identifier, Level, Record, Text, Words
from inventory.model import Asset, AssetKind, Inventory, LinkView, Service
from inventory.workspace import Workspace

HERE = Path(__file__).parent
STANDARDS = HERE / "standards"
FAMILIES = ("connectivity", "endpoints", "protections")
INTERCONNECTION = "lien-thong"


class Card(Record):
    """What a reader is told about a check. `each` binds it for every link end or service that its asset must reach.

    `each: path` binds it to one server of each site that has no device of its own.
    """

    kind: AssetKind | tuple[AssetKind, ...]
    severity: Literal["low", "medium", "high", "critical"]
    title: Words
    why: Words
    remedy: Words
    playbook: Identifier | None = None
    each: Literal["link", "service", "path"] | None = None
    counts_for: Literal["upgraded", "interconnected"] | None = None
    references: tuple[Text, ...] = ()

    def fits(self, kind: AssetKind) -> bool:
        return kind == self.kind or (isinstance(self.kind, tuple) and kind in self.kind)


Confidence = Literal["original", "agreeing", "secondary", "inferred", "unconfirmed"]


@dataclass(frozen=True)
class Probe:
    """One test of a file of the city's own (see `own`). `trouble` says why it is not run; "" where it is trusted.

    `hosts` are the patterns of asset ids that the file is for (testinfra's own `testinfra_hosts`); all where empty.
    """

    file: Path
    test: str
    sha256: str
    trouble: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """A question with the function that judges its answer; or a probe of the city's own, which is run instead."""

    id: str
    card: Card
    function: Function
    asks: tuple[Ask, ...]
    platforms: tuple[str, ...]
    probe: Probe | None = None


class Requirement(Record):
    """One requirement of a standard. `clause` is printed behind the level's chapter; `clauses` are its exceptions.

    `attested` says why a technical requirement, or a part of it, can be told by a person alone: where there are checks
    too, it takes both. `every_months` is how often a person has to look again. `suggested`: the standard offers the
    value as an example, so that a deviation needs a written reason. `confidence` says how the line is known, from a
    reading of the original to general knowledge; `verified`, whether its number was read in the standard itself.
    """

    id: Identifier
    clause: Text
    clauses: Mapping[Level, Text] = {}
    kind: Literal["technical", "management"]
    group: Identifier
    title: Words
    levels: tuple[Level, ...]
    verified: bool = False
    source: Text | None = None
    confidence: Confidence = "unconfirmed"
    suggested: bool = False
    every_months: Mapping[Level, Annotated[int, Field(ge=1)]] = {}
    checks: tuple[Text, ...] = ()
    attested: Words | None = None


class Standard(Record):
    """A ruler: versioned, never edited in place (law 9)."""

    id: Identifier
    version: Text
    title: Words
    source: Text
    chapters: Mapping[Level, Text] = {}
    parameters: Mapping[Identifier, Parameter] = {}
    requirements: tuple[Requirement, ...]

    def clause(self, requirement: Requirement, level: int) -> str:
        """The clause as printed at `level`: `7.2.2.1 a`."""
        if level in requirement.clauses:
            return requirement.clauses[level]
        chapter = self.chapters.get(level)
        return requirement.clause if chapter is None else f"{chapter}.{requirement.clause}"

    def at(self, level: int) -> Iterator[Requirement]:
        return (requirement for requirement in self.requirements if level in requirement.levels)


@dataclass(frozen=True)
class BoundCheck:
    """One check on one asset: exactly one finding will come of it."""

    check: Check
    want: Want
    requirements: tuple[str, ...]

    @property
    def id(self) -> str:
        """The check's id, and behind an `@` the link or service where it is asked once for each."""
        subject = self.want.subject
        return self.check.id if subject is None else f"{self.check.id}@{subject.id}"

    def questions(self) -> tuple[Question, ...]:
        """All that this check may send. Raises `Unknown` (unsupported_platform) where it has no question for it."""
        platform = self.want.asset.platform
        if self.check.platforms and platform not in self.check.platforms:
            raise Unknown(Cause.UNSUPPORTED_PLATFORM, platform)
        asked = (ask if isinstance(ask, Question) else ask(self.want) for ask in self.check.asks)
        return tuple(q for one in asked for q in ((one,) if isinstance(one, Question) else one))


@dataclass(frozen=True)
class Catalogue:
    """All checks, and the rulers in force: the chosen standard and the city's own target of interconnection.

    `own` are ids of the city's own probes, which no requirement asks for.
    """

    checks: Mapping[str, Check]
    standard: Standard
    interconnection: Standard
    sha256: str
    own: tuple[str, ...] = ()

    @cached_property
    def _asked(self) -> Mapping[int, Mapping[str, tuple[str, ...]]]:
        """level → check → the clauses that ask for it."""
        return {level: self._asked_at(level) for level in range(1, 6)}

    def _asked_at(self, level: int) -> Mapping[str, tuple[str, ...]]:
        clauses: dict[str, list[str]] = {check: [] for check in self.own}
        for ruler in (self.interconnection, self.standard):
            for requirement in ruler.at(level):
                for check in requirement.checks:
                    clauses.setdefault(check, []).append(ruler.clause(requirement, level))
        return {check: tuple(found) for check, found in clauses.items()}

    def bind(self, asset: Asset, inventory: Inventory) -> tuple[BoundCheck, ...]:
        """Every check that `asset` must face at its level, in a stable order."""
        level = inventory.level_of(asset)
        parameters = self._parameters(asset, inventory, level)
        want = Want(
            asset,
            level,
            parameters,
            hub=inventory.settings.hub,
            listed=inventory.addresses,
            links=tuple(inventory.links_at(asset.id)),
            owners=inventory.owners,
            plan=inventory.zone_plan,
            services=tuple(one for one in inventory.services.values() if _uses(asset, one)),
        )
        return tuple(
            BoundCheck(check, want if subject is None else replace(want, subject=subject), clauses)
            for id_, clauses in sorted(self._asked[level].items())
            if (check := self.checks[id_]).card.fits(asset.kind)
            for subject in _subjects(check, asset, inventory)
        )

    def _parameters(self, asset: Asset, inventory: Inventory, level: int) -> Mapping[str, Any]:
        demanded = self.parameters.items()
        values = {name: parameter.by_level[level] for name, parameter in demanded if level in parameter.by_level}
        given = {**inventory.settings.parameters, **asset.parameters}
        return {**values, **{name: value for name, value in given.items() if name in self._adjustable}}

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        return {**self.interconnection.parameters, **self.standard.parameters}

    @cached_property
    def _adjustable(self) -> Mapping[str, Parameter]:
        return {name: parameter for name, parameter in self.parameters.items() if parameter.adjustable}

    def adjustable(self) -> frozenset[str]:
        """Names of the parameters that a city or an asset may set."""
        return frozenset(self._adjustable)


def refuse_bad_parameters(inventory: Inventory, catalogue: Catalogue) -> None:
    """Raises `BadInput` with every value of a parameter, set by the city or for an asset, that is not of its type."""
    faults = [*_faults(None, inventory.settings.parameters, inventory.workspace, catalogue)]
    for asset in inventory.assets.values():
        faults += _faults(asset.id, asset.parameters, inventory.workspace, catalogue)
    if faults:
        raise BadInput(faults)


def _faults(asset: str | None, values: Mapping[str, Any], workspace: Path, catalogue: Catalogue) -> Iterator[Fault]:
    for name, value in values.items():
        parameter = catalogue.parameters.get(name)
        if parameter is not None and (wrong := parameter.problem(value)):
            file, line = _place(Workspace(workspace), asset, name)
            whose = "" if asset is None else f"asset '{asset}': "
            yield Fault(file, line, f"{whose}parameter '{name}': {wrong[0]}", wrong[1])


def _place(workspace: Workspace, asset: str | None, name: str) -> tuple[Path, int | None]:
    """Where the city, or an asset, sets this parameter."""
    if asset is None:
        return workspace.city_file, lines.read(workspace.city_file).line(("parameters", name))
    for file in sorted(workspace.inventory_dir.glob("*.yaml")):
        document = lines.read(file)
        for index, record in enumerate((document.data or {}).get("assets") or ()):
            if record["id"] == asset:
                return file, document.line(("assets", index, "parameters", name))
    return workspace.inventory_dir, None


def _subjects(check: Check, asset: Asset, inventory: Inventory) -> tuple[LinkView | Service | None, ...]:
    if check.card.each == "link":
        return tuple(inventory.links_at(asset.id))
    if check.card.each == "service":
        return tuple(service for service in inventory.services.values() if _uses(asset, service))
    return () if check.card.each == "path" and inventory.observer(asset.site) != asset.id else (None,)


def _uses(asset: Asset, service: Service) -> bool:
    """Everything uses a shared service; an outside end is used by the systems that it names."""
    return not service.used_by or not set(service.used_by).isdisjoint(asset.systems)


@lru_cache
def standards() -> tuple[str, ...]:
    """Ids of the standards that an inventory can be judged by."""
    return tuple(sorted(p.stem for p in STANDARDS.glob("*.yaml") if p.stem != INTERCONNECTION))


@lru_cache
def load(standard: str) -> Catalogue:
    """The catalogue under `standard`. Raises `BadInput` where a ruler names a check that does not exist."""
    if standard not in standards():
        raise BadInput(f"unknown standard '{standard}'. Choose one of: {', '.join(standards())}.")
    checks = {check.id: check for family in FAMILIES for check in _family(family)}
    rulers = [_ruler(name) for name in (standard, INTERCONNECTION)]
    for ruler in rulers:
        missing = {check for requirement in ruler.requirements for check in requirement.checks} - checks.keys()
        if missing:
            raise BadInput(f"standard '{ruler.id}' names checks that do not exist: {', '.join(sorted(missing))}.")
    return Catalogue(checks, rulers[0], rulers[1], _digest(standard))


def _digest(standard: str) -> str:
    """Of everything that can change a verdict: the code and words of all checks, and the two rulers (law 9)."""
    rulers = {STANDARDS / f"{name}.yaml" for name in (standard, INTERCONNECTION)}
    files = (path for kind in ("*.py", "*.yaml") for path in HERE.rglob(kind))
    digest = hashlib.sha256()
    for path in sorted(path for path in files if path.parent != STANDARDS or path in rulers):
        digest.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _ruler(name: str) -> Standard:
    content = (STANDARDS / f"{name}.yaml").read_bytes()
    return Standard.model_validate(yaml.load(content, Loader=yaml.CSafeLoader))


def _family(family: str) -> Iterator[Check]:
    for path in sorted((HERE / family).glob("*.yaml")):
        module = importlib.import_module(f"checks.{family}.{path.stem}")
        cards: Mapping[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        for name, card in cards.items():
            function = getattr(module, name)
            yield Check(f"{path.stem}.{name}", Card.model_validate(card), function, function.asks, function.platforms)
