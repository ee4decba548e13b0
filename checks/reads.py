"""What a check reads: the platforms it can be asked on, the commands sent there, the parameters it is held to."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from checks.catalogue import BoundCheck, Catalogue, Check
from checks.model import Unknown, Want
from checks.parameters import Parameter
from inventory.model import Asset, AssetKind, Link, LinkEnd, LinkView, Service
from inventory.zones import Standing, Zone, ZoneKind, ZonePlan

# A city of examples (addresses of RFC 5737), for commands that name what they are about.
_HERE = LinkEnd(asset="device", interface="eth0", address="192.0.2.1")
_THERE = LinkEnd(asset="hub", interface="eth1", address="192.0.2.2")
_LINK = LinkView(Link(id="link", child=_HERE, parent=_THERE), "child", _HERE, _THERE)
_SERVICE = Service(id="service", name="service", system="system", address="192.0.2.20", port=443)
_ZONES = (
    Zone(id="internal", name="internal", kind=ZoneKind.INTERNAL, networks=("192.0.2.0/28",)),
    Zone(id="server", name="server", kind=ZoneKind.SERVER, networks=("192.0.2.16/28",)),
)
_PLAN = ZonePlan(_ZONES, (Standing("server", True, "192.0.2.21", 22),))
_LEVEL = 3
_DECLARED = {"pages": ["/"]}  # where a city has yet to declare what may be asked


def platforms(catalogue: Catalogue) -> tuple[str, ...]:
    """Every platform that some check can be asked on."""
    return tuple(sorted({platform for check in catalogue.checks.values() for platform in commands(check, catalogue)}))


def commands(check: Check, catalogue: Catalogue) -> Mapping[str, tuple[str, ...]]:
    """platform → what is sent there at level 3, with example addresses; `sudo` stands before what is asked as root.

    What is not demanded at that level is shown at the first above it. A check that names no platform asks for facts
    that platform files tell.
    """
    values = {name: _example(one) for name, one in catalogue.parameters.items()}
    found = {platform: _questions(check, platform, values) for platform in check.platforms or _described()}
    return {platform: asked for platform, asked in found.items() if asked}


def _example(parameter: Parameter) -> object:
    value = parameter.by_level[min(parameter.by_level, key=lambda level: (level < _LEVEL, abs(level - _LEVEL)))]
    return value or _DECLARED.get(parameter.type or "", value)


def parameters_of(check: Check) -> tuple[str, ...]:
    """The parameters of the standard that a check reads, as its code has them: `want["name"]`, however deep."""
    start: list[Callable[..., object]] = [check.function, *(ask for ask in check.asks if inspect.isfunction(ask))]
    return tuple(sorted({name for function in _reached(start) for name in _wanted(function)}))


def _questions(check: Check, platform: str, parameters: Mapping[str, object]) -> tuple[str, ...]:
    kinds = check.card.kind if isinstance(check.card.kind, tuple) else (check.card.kind,)
    kind = AssetKind.DEVICE if AssetKind.DEVICE in kinds else kinds[0]
    asset = Asset(id="device", site="site", systems=("system",), kind=kind, platform=platform, address="192.0.2.1")
    subject = _LINK if check.card.each == "link" else _SERVICE if check.card.each == "service" else None
    try:
        want = Want(asset, _LEVEL, parameters, subject, _THERE, plan=_PLAN, services=(_SERVICE,))
        asked = BoundCheck(check, want, ()).questions()
    except Unknown:
        return ()
    return tuple(dict.fromkeys(f"{'sudo ' * one.root}{one.command}" for one in asked))


@cache
def _described() -> tuple[str, ...]:
    folder = Path(__file__).parent / "connectivity/platforms"
    return tuple(sorted(file.stem for file in folder.glob("*.py") if file.stem != "__init__"))


def _reached(start: list[Callable[..., object]]) -> list[Callable[..., object]]:
    """These functions and every function of this room that their code names."""
    found: list[Callable[..., object]] = []
    queue = [*start]
    while queue:
        one = queue.pop()
        if one not in found:
            found.append(one)
            queue += _named(one)
    return found


def _named(function: Callable[..., object]) -> Iterator[Callable[..., object]]:
    module = sys.modules[function.__module__]
    for node in ast.walk(_tree(function)):
        if isinstance(node, ast.Name):
            found = getattr(module, node.id, None)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found = getattr(getattr(module, node.value.id, None), node.attr, None)
        else:
            continue
        if inspect.isfunction(found) and found.__module__.startswith("checks."):
            yield found


def _wanted(function: Callable[..., object]) -> Iterator[str]:
    for node in ast.walk(_tree(function)):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and isinstance(node.slice, ast.Constant)
        ) and node.value.id == "want":
            yield str(node.slice.value)


@cache
def _tree(function: Callable[..., object]) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))
