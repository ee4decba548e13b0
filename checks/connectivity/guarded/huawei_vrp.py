"""Switched ports of a Huawei device. A port that is up is one, unless it is shown to be routed.

S series command references, "Port Security Configuration Commands" and "NAC Configuration Commands" (common mode and
unified mode).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from checks.connectivity.configuration import Line, matching, starting
from checks.connectivity.facts import Reading
from checks.connectivity.guarded import few
from checks.connectivity.state import huawei_vrp as state
from checks.reading import Host

PORT = re.compile(r"(?!MEth)\w*(?:Ethernet|GE)\d[\d/]*|Eth-Trunk\d+")
ROUTED = ("undo portswitch", "ip address ", "ip binding vpn-instance ", "ipv6 enable", "pppoe-client ", "dialer ")
OF_ANOTHER = ("eth-trunk ", "xconnect ", "l2 binding ", "mpls l2vc ")


def _read_guards(host: Host) -> Mapping[str, str]:
    config = state.config(host)
    blocks = {line.text.removeprefix("interface "): line.below for line in starting(config, "interface ")}
    divided = {name.partition(".")[0] for name in blocks if "." in name}
    return {
        name: _guard(config, blocks[name])
        for name, port in state.interfaces.read(host).items()
        if port.up and PORT.fullmatch(name) and name not in divided
        if not any(starting(blocks[name], *ROUTED, *OF_ANOTHER))
    }


def _guard(config: Sequence[Line], below: Sequence[Line]) -> str:
    """Port security; 802.1X as it is switched on by port and as a whole; or a profile that names one to prove by."""
    said = {line.text for line in below}
    if "port-security enable" in said:
        limits = matching(below, "port-security max-mac-num ", r"port-security max-mac-num (\d+)")
        return few("port-security", max((int(m[1]) for m in limits), default=1))
    if "dot1x enable" in said and any(line.text == "dot1x enable" for line in config):
        return "802.1X"
    if any(starting(below, "authentication dot1x")):
        return "802.1X"
    for m in matching(below, "authentication-profile ", r"authentication-profile (\S+)"):
        profile = [e for line in config if line.text == f"authentication-profile name {m[1]}" for e in line.below]
        for stem, how in {"dot1x-access-profile ": "802.1X", "mac-access-profile ": "MAC"}.items():
            if any(starting(profile, stem)):
                return how
    return ""


port_guards = Reading(lambda: (state.CONFIG, state.BRIEF), _read_guards)
