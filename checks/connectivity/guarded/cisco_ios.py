"""Switched ports of a Cisco device. A port that is up is one, unless it is shown to be routed.

Catalyst configuration guides, "IEEE 802.1x Port-Based Authentication", "Port Security", "Interface Templates".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from checks.connectivity.configuration import Line, matching, starting
from checks.connectivity.facts import Reading
from checks.connectivity.guarded import few
from checks.connectivity.state import cisco_ios as state
from checks.reading import Host

PORT = re.compile(r"\w*(?:Ethernet|GigE)\d[\d/]*|Port-channel\d+")
ROUTED = ("no switchport", "ip address ", "ip unnumbered ", "ipv6 address ", "vrf forwarding ", "ip vrf forwarding ")
OF_ANOTHER = ("channel-group ", "pppoe enable", "pppoe-client ", "dialer ", "xconnect ", "service instance ")
ON = ("authentication port-control auto", "dot1x port-control auto", "access-session port-control auto")
NEW, CLOSED = "access-session port-control auto", "access-session closed"  # open unless told to be closed


def _read_guards(host: Host) -> Mapping[str, str]:
    config = state.config(host)
    blocks = {line.text.removeprefix("interface "): line.below for line in starting(config, "interface ")}
    divided = {name.partition(".")[0] for name in blocks if "." in name}
    found = {}
    for name, port in state.interfaces.read(host).items():
        below = blocks.get(name, [])
        if port.up and PORT.fullmatch(name) and name not in divided and not (port.addresses or _is_routed(below)):
            found[name] = _guard(config, below)
    return found


def _is_routed(below: Sequence[Line]) -> bool:
    return any(starting(below, *ROUTED, *OF_ANOTHER))


def _guard(config: Sequence[Line], below: Sequence[Line]) -> str:
    """What the port says itself, and what the templates say that it takes over."""
    lines = [*below]
    for m in matching(below, "source template ", r"source template (\S+)"):
        lines += [entry for line in config if line.text == f"template {m[1]}" for entry in line.below]
    said = {line.text for line in lines}
    if "switchport port-security" in said:
        pattern = r"switchport port-security maximum (\d+)(?: vlan.*)?"
        most = [int(m[1]) for m in matching(lines, "switchport port-security maximum ", pattern)]
        return few("port-security", max(most, default=1))
    open_ = "authentication open" in said or (NEW in said and CLOSED not in said)
    if not said.intersection(ON) or open_:
        return ""
    if "dot1x pae authenticator" in said and any(line.text == "dot1x system-auth-control" for line in config):
        return "802.1X"
    return "MAB" if any(starting(lines, "mab")) else ""


port_guards = Reading(lambda: (state.CONFIG, state.INTERFACES), _read_guards)
