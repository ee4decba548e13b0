"""Flows of a Cisco device: Flexible NetFlow (`flow exporter`), or NetFlow as it was (`ip flow-export`).

Configuration Guides "Flexible NetFlow" and "NetFlow" of IOS 15 and IOS XE; each knows one of the two counts, or both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from checks.connectivity.configuration import Line, matching, starting, told
from checks.connectivity.facts import Flows, Reading
from checks.connectivity.state import cisco_ios as state
from checks.model import Cause, Question, Unknown
from checks.reading import Host, unreadable

STATISTICS = Question("show flow exporter statistics")
EXPORT = Question("show ip flow export")
EXPORTER = re.compile(r"^Flow Exporter (\S+):$", re.M)
SUCCESSFUL = re.compile(r"^\s+Successfully sent:\s+(\d+)\s+\(\d+ bytes\)$", re.M)
BYTES = re.compile(r"^\s+Bytes added:\s+(\d+)((?:\n\s+- (?:sent|failed to send):\s+\d+)*)", re.M)
DATAGRAMS = re.compile(r"^\s*\d+ flows exported in (\d+) udp datagrams$", re.M)
EXPORT_ENDS = re.compile(r"^\s*\d+ export packets were dropped due to encapsulation fixup failures$", re.M)
FLEXIBLE = (
    r"ip flow monitor (\S+)(?: sampler \S+)? (?:input|output)(?: .*)?|ip flow monitor (\S+) (?:multicast|unicast) .*"
)
CLASSIC = ("ip flow ingress", "ip flow egress", "ip route-cache flow")


def _read_flows(host: Host) -> Flows:
    """What interfaces observe by monitors with an exporter, or by NetFlow as it was where there are none."""
    config = state.config(host)
    exporters, counted, classic = _exporters(config), _counted(host), _classic(host, config)
    monitors = {line.text.removeprefix("flow monitor "): line for line in starting(config, "flow monitor ")}
    told_by = {
        name: [m[1] for m in matching(line.below, "exporter ", r"exporter (\S+)")] for name, line in monitors.items()
    }
    used: dict[str, list[str]] = {}
    for line in starting(config, "interface "):
        for m in matching(line.below, "ip flow monitor ", FLEXIBLE):
            names = [name for name in told_by.get(m[1] or m[2], ()) if name in exporters]
            used.setdefault(line.text.removeprefix("interface "), []).extend(names)
    through = {name for names in used.values() for name in names}
    if not through:
        return classic
    if missing := sorted(through - counted.keys()):
        raise unreadable(STATISTICS.command, f"nothing of {', '.join(missing)}")
    observed = frozenset(name for name, names in used.items() if names)
    return Flows(frozenset(exporters[name] for name in through), observed, sum(counted[name] for name in through))


def _exporters(config: Iterable[Line]) -> Mapping[str, str]:
    """Name → where it sends to."""
    found = {}
    for line in starting(config, "flow exporter "):
        for m in matching(line.below, "destination ", r"destination (\S+)(?: vrf \S+)?"):
            found[line.text.removeprefix("flow exporter ")] = m[1]
    return found


def _classic(host: Host, config: Iterable[Line]) -> Flows:
    pattern = r"ip flow-export destination (\S+) \d+(?: .*)?"
    targets = frozenset(m[1] for m in matching(config, "ip flow-export destination", pattern))
    observed = frozenset(
        line.text.removeprefix("interface ") for line in starting(config, "interface ") if line.has(*CLASSIC)
    )
    text = _known(host, EXPORT)
    if text is None:
        return Flows(frozenset(), frozenset())
    sent = DATAGRAMS.search(text)
    if sent is None or not EXPORT_ENDS.search(text):
        raise unreadable(EXPORT.command, "the reply ends early")
    return Flows(targets, observed, int(sent[1]))


def _counted(host: Host) -> Mapping[str, int]:
    """Exporter → the packets that it has sent. Whose bytes do not add up was not told to its end."""
    text = _known(host, STATISTICS)
    parts = EXPORTER.split(text or "")
    if text and parts[0].strip():
        raise unreadable(STATISTICS.command, parts[0].strip().partition("\n")[0])
    found = {}
    for name, block in zip(parts[1::2], parts[2::2], strict=True):
        sent = SUCCESSFUL.search(block)
        added = [(int(whole), sum(map(int, re.findall(r": +(\d+)", more)))) for whole, more in BYTES.findall(block)]
        if not sent or not added or len(added) != block.count("Client: ") or any(one != all_ for one, all_ in added):
            raise unreadable(STATISTICS.command, f"{name}: the reply ends early")
        found[name] = int(sent[1])
    return found


def _known(host: Host, question: Question) -> str | None:
    """The reply; None where this release does not know the question."""
    try:
        return told(host, question.command)
    except Unknown as unknown:
        if unknown.cause is not Cause.NO_TOOL:
            raise
    return None


flows = Reading(lambda: (state.CONFIG, STATISTICS, EXPORT), _read_flows)
