"""Flows of a FortiGate: NetFlow with its counters. Of sFlow nothing is counted: where it alone is on, nobody can tell.

FortiOS Administration Guide, "NetFlow" and "NetFlow on FortiExtender and tunnel interfaces" (the counters).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from checks.connectivity.configuration import Line, blocks, setting, told, words
from checks.connectivity.facts import Flows, Reading
from checks.connectivity.state import fortinet as state
from checks.connectivity.state.fortinet import edits, name_of
from checks.model import Question
from checks.reading import Host, unreadable

NETFLOW = Question("show full-configuration system netflow")
SENT = Question("diagnose test application sflowd 3")  # shows what the exporter does, and changes nothing
NOWHERE = ("0.0.0.0", "::")  # noqa: S104  # how it says: none
HEAD = "===== Netflow Vdom Configuration ====="
PACKETS = re.compile(r"^\s*\|_ exported: Bytes:\d+, Packets:(\d+), Sessions:\d+ Flows:\d+$", re.M)
OBSERVED = re.compile(
    r"^\s*\|_+ interface:(\S+) sample_direction:(?:both|rx|tx) device_index:\d+ snmp_index:\d+\s*$", re.M
)


def _read_flows(host: Host) -> Flows:
    ports = edits(host, state.PORTS)
    targets = frozenset(_collectors(blocks(told(host, NETFLOW.command))))
    observed = frozenset(name_of(one) for one in ports if setting(one, "netflow-sampler") not in (None, "disable"))
    if not targets or not observed:
        if sampled := [name_of(one) for one in ports if setting(one, "sflow-sampler") == "enable"]:
            raise unreadable("sflow-sampler", ", ".join(sampled))
        return Flows(targets, observed if targets else frozenset())
    return Flows(targets, observed, _sent(host, observed))


def _collectors(lines: Iterable[Line]) -> Iterator[str]:
    """Every `set collector-ip`: one of the whole, or, since 7.2, one for each of the table `collectors`."""
    for line in lines:
        if line.text.startswith("set collector-ip "):
            yield from (word for word in words(line.text.removeprefix("set collector-ip ")) if word not in NOWHERE)
        yield from _collectors(line.below)


def _sent(host: Host, observed: frozenset[str]) -> int:
    """Packets to the collectors. The interfaces stand last, and all that are observed are among them."""
    text = told(host, SENT.command)
    packets, named = PACKETS.findall(text), frozenset(OBSERVED.findall(text))
    if HEAD not in text or not packets or observed - named:
        raise unreadable(SENT.command, f"nothing of {', '.join(sorted(observed - named))}" if packets else "no counter")
    return sum(map(int, packets))


flows = Reading(lambda: (state.PORTS, NETFLOW, SENT), _read_flows)
