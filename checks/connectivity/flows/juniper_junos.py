"""Flows of a Juniper device: `forwarding-options sampling` with a flow server (jflow, IPFIX), or sFlow of a switch.

Junos documentation, "Flow Monitoring Feature Guide" and "show services accounting flow". What was sent is counted of
the board in slot 0, which smaller models have alone; where there is none, the device says so, and nothing is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from checks.connectivity.configuration import Line, matching, starting, told
from checks.connectivity.facts import Flows, Reading
from checks.connectivity.state import juniper_junos as state
from checks.connectivity.state.juniper_junos import read_json
from checks.model import Cause, Question, Unknown
from checks.reading import Host, expected, unreadable

ACCOUNTING = Question("show services accounting flow inline-jflow fpc-slot 0 | display json")
SAMPLING, SFLOW = "set forwarding-options sampling ", "set protocols sflow "
SERVER = re.compile(
    r"set forwarding-options sampling (?:instance \S+ )?family inet6? output flow-server (\S+) port \d+"
)
UNIT = re.compile(r"set interfaces (\S+) unit (\d+) family inet6? sampling (?:input|output)")
REFUSED = re.compile(r"\s*error: .+\s*")


def _read_flows(host: Host) -> Flows:
    config = state.config(host)
    if off := [
        *starting(config, "deactivate forwarding-options", "deactivate protocols sflow", "deactivate interfaces")
    ]:
        raise unreadable("configuration", off[0].text)
    servers = frozenset(m[1] for line in starting(config, SAMPLING) if (m := SERVER.fullmatch(line.text)))
    units = frozenset(f"{m[1]}.{m[2]}" for line in config if (m := UNIT.fullmatch(line.text)))
    collectors = frozenset(m[1] for m in matching(config, f"{SFLOW}collector ", rf"{SFLOW}collector (\S+)(?: .*)?"))
    sampled = frozenset(_sampled(config)) if collectors else frozenset()
    sent = _sent(host)
    observed = (units if servers else frozenset()) | sampled
    return Flows(servers | collectors, observed, sent if servers and units else None)


def _sampled(config: Iterable[Line]) -> Iterator[str]:
    """A port that sFlow samples, told with its unit or without."""
    for m in matching(config, f"{SFLOW}interfaces ", rf"{SFLOW}interfaces (\S+?)(?:\.(\d+))?(?: .*)?"):
        yield f"{m[1]}.{m[2] or 0}"


def _sent(host: Host) -> int | None:
    """Packets to the servers; None where the device has no such board, or counts on none."""
    try:
        if REFUSED.fullmatch(told(host, ACCOUNTING.command)):
            return None
    except Unknown as unknown:
        if unknown.cause is Cause.NO_TOOL:
            return None
        raise
    with expected(ACCOUNTING.command):
        (found,) = read_json(host, ACCOUNTING, "services-accounting-information", "inline-jflow-flow-information")
        return int(found["inline-flow-packets-exported"])


flows = Reading(lambda: (state.CONFIG, state.COUNT, ACCOUNTING), _read_flows)
