"""The faults of a real city, planted on purpose: what is wrong where, and which findings an audit must make of it.

`faults.yaml` lists them. Planting changes plain data (a `Machine`, the pinned host keys, which cables are plugged), so
a fault that does not fit the well kept machine any more is an error and never silently absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field

from inventory.fields import Identifier, Record, Text, Words
from lab.endpoints import Neglect
from lab.machines import File, Machine
from lab.topology import City

LIST = Path(__file__).with_name("faults.yaml")


class Expectation(Record):
    """Every finding whose check fits the pattern `check` has this outcome.

    It is told of `asset`, of every asset at `site`, or with neither of the fault's own host.
    """

    asset: Identifier | None = None
    site: Identifier | None = None
    check: Text
    status: Literal["fail", "unknown"]
    cause: Text | None = None


class Step(Record):
    """One change to a machine, the fault's own or that of `host`: exactly one of the four verbs.

    `write` a file (what is not told of it stays), `replace` text in one (`old` by `new`) or in a daemon's command,
    `delete` a file; a `daemon` gets the command `content`, or is not started where there is none.
    """

    host: Identifier | None = None
    write: Text | None = None
    replace: Text | None = None
    replace_daemon: Text | None = Field(default=None, alias="replace-daemon")
    delete: Text | None = None
    daemon: Text | None = None
    content: str | None = None
    old: Text | None = None
    new: str | None = None
    mode: Text | None = None
    age_days: float | None = None


class Fault(Record):
    """One planted fault. `where` is a host, for `dark` a site, for `link_down` a link, for `service` an endpoint, for
    `rogue` a site where something is plugged in that nobody has listed.
    """

    id: Identifier
    title: Words
    where: Identifier
    kind: Literal["machine", "dark", "link_down", "host_key", "service", "rogue"] = "machine"
    steps: tuple[Step, ...] = ()
    neglect: Neglect | None = None
    expects: tuple[Expectation, ...]

    def told(self, sites: Mapping[str, str]) -> Iterator[tuple[str, Expectation]]:
        """Each asset that tells of the fault, with what it tells; `sites` says where each asset stands."""
        for expectation in self.expects:
            if expectation.site is None:
                yield expectation.asset or self.where, expectation
            else:
                yield from ((asset, expectation) for asset, site in sites.items() if site == expectation.site)

    def fits(self, city: City) -> bool:
        """The city has the place and every asset that tells of it."""
        sites = {host.name: host.site for host in city.hosts}
        sites |= {endpoint.id: endpoint.host.site for endpoint in city.endpoints}
        places = {*sites, *(cable.id for cable in city.cables), *(site.id for site in city.sites)}
        changed = {step.host for step in self.steps if step.host is not None}
        return self.where in places and sites.keys() >= {*changed, *(asset for asset, _ in self.told(sites))}


@lru_cache
def known() -> tuple[Fault, ...]:
    """All faults of the list."""
    records = yaml.load(LIST.read_bytes(), Loader=yaml.CSafeLoader)
    return tuple(Fault.model_validate(record) for record in records["faults"])


def fitting(city: City) -> tuple[Fault, ...]:
    """The faults that can be planted in `city`; a smaller one has fewer."""
    return tuple(fault for fault in known() if fault.fits(city))


def plant(machine: Machine, faults: Iterable[Fault]) -> Machine:
    """The machine with what `faults` change in it."""
    for fault in faults:
        for step in fault.steps:
            if (step.host or fault.where) == machine.host.name:
                machine = _changed(machine, step, fault)
    return machine


def neglected(faults: Iterable[Fault]) -> Mapping[str, Neglect]:
    """endpoint → what is changed in its service, by all its faults."""
    found: dict[str, Neglect] = {}
    for fault in faults:
        if fault.neglect is not None:
            changed = fault.neglect.model_dump(exclude_unset=True)
            found[fault.where] = found.get(fault.where, Neglect()).model_copy(update=changed)
    return found


def rogues(faults: Iterable[Fault]) -> tuple[str, ...]:
    """The sites where something stands that nobody has listed."""
    return tuple(fault.where for fault in faults if fault.kind == "rogue")


def unplugged(faults: Iterable[Fault]) -> set[str]:
    """The links that are down at their child's end."""
    return {fault.where for fault in faults if fault.kind == "link_down"}


def dark(faults: Iterable[Fault], city: City) -> set[str]:
    """The hosts that are not started, though their cables are plugged."""
    sites = {fault.where for fault in faults if fault.kind == "dark"}
    return {host.name for host in city.hosts if host.site in sites}


def rekeyed(faults: Iterable[Fault]) -> set[str]:
    """The hosts that show another key than the pinned one."""
    return {fault.where for fault in faults if fault.kind == "host_key"}


def _changed(machine: Machine, step: Step, fault: Fault) -> Machine:
    files, daemons = dict(machine.files), dict(machine.daemons)
    if step.write is not None:
        files[step.write] = _written(files.get(step.write, File("")), step)
    elif step.replace is not None:
        file = files[step.replace]
        files[step.replace] = replace(file, content=_swapped(file.content or "", step, fault))
    elif step.replace_daemon is not None:
        daemons[step.replace_daemon] = _swapped(daemons[step.replace_daemon], step, fault)
    elif step.delete is not None:
        del files[step.delete]
    elif step.daemon is not None:
        daemons.pop(step.daemon, None)
        if step.content is not None:
            daemons[step.daemon] = step.content
    return replace(machine, files=files, daemons=daemons)


def _written(file: File, step: Step) -> File:
    return replace(
        file,
        content=file.content if step.content is None else step.content,
        mode=file.mode if step.mode is None else int(step.mode, 8),
        age_days=file.age_days if step.age_days is None else step.age_days,
    )


def _swapped(text: str, step: Step, fault: Fault) -> str:
    old = step.old or ""
    if old not in text:
        raise ValueError(f"fault '{fault.id}': '{old}' is not there any more")
    return text.replace(old, step.new or "")
