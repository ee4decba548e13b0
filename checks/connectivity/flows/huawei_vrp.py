"""Flows of a Huawei device: NetStream, as VRP 5 and VRP 8 write it, and sFlow.

What it has sent is counted board by board (`display netstream statistics … slot`), and not asked: its configuration
tells whether it exports. Command references of AR (EDOC1100262560), S and CloudEngine, chapters NetStream and sFlow.
"""

from __future__ import annotations

import re

from checks.connectivity.configuration import Line, matching, starting
from checks.connectivity.facts import Flows, Reading
from checks.connectivity.state import huawei_vrp as state
from checks.reading import Host

HOST = {
    "ip netstream export host ": r"ip netstream export host (?:ipv6 )?(\S+) \d+(?: .*)?",
    "netstream export ip host ": r"netstream export ip host (?:ipv6 )?(\S+) \d+(?: .*)?",
    "netstream export host ": r"netstream export host (?:ipv6 )?(\S+) \d+(?: .*)?",
}
OBSERVES = re.compile(r"ip netstream (?:inbound|outbound)(?: .*)?|netstream (?:inbound|outbound) ip(?: .*)?")
SAMPLED = r"sflow (?:flow-|)sampling collector (\d+)(?: .*)?"


def _read_flows(host: Host) -> Flows:
    """NetStream tells every host that is named; sFlow the collector that an interface names."""
    config = state.config(host)
    ports = [(line.text.removeprefix("interface "), line) for line in starting(config, "interface ")]
    hosts = frozenset(m[1] for stem, pattern in HOST.items() for m in matching(config, stem, pattern))
    streams = frozenset(name for name, line in ports if any(OBSERVES.fullmatch(entry.text) for entry in line.below))
    collectors = {
        m[1]: m[2] for m in matching(config, "sflow collector ", r"sflow collector (\d+) ip (?:ipv6 )?(\S+)(?: .*)?")
    }
    samples = {name: chosen for name, line in ports if (chosen := _chosen(line) & collectors.keys())}
    told = frozenset(collectors[number] for chosen in samples.values() for number in chosen)
    return Flows(hosts | told, (streams if hosts else frozenset()) | samples.keys())


def _chosen(port: Line) -> set[str]:
    """The numbers of the collectors that the interface samples for."""
    stems = ("sflow flow-sampling collector ", "sflow sampling collector ")
    return {m[1] for stem in stems for m in matching(port.below, stem, SAMPLED)}


flows = Reading(lambda: state.CONFIG, _read_flows)
