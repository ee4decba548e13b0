"""Switched ports of a Juniper device: units with a family of switching, guarded by 802.1X or a limit of addresses.

Junos documentation, "802.1X Authentication", "interface-mac-limit" (what comes beyond it is forwarded, unless an action
says otherwise) and, of switches before ELS, "mac-limit" (it is dropped, unless an action says otherwise).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from checks.connectivity.configuration import Line, starting
from checks.connectivity.facts import Reading
from checks.connectivity.guarded import few
from checks.connectivity.state import juniper_junos as state
from checks.connectivity.state.juniper_junos import listed, read_json
from checks.reading import Host, expected, unreadable

SWITCHED = ("eth-switch", "ethernet-switching", "bridge")
DOT1X = "set protocols dot1x authenticator "
SUPPLICANT = re.compile(rf"{DOT1X}interface (\S+)(?: supplicant \S+| mac-radius(?: .*)?)")
LIMIT = re.compile(r"set switch-options interface (\S+) interface-mac-limit (\d+)")
ACTION = re.compile(
    r"set switch-options interface (\S+) interface-mac-limit packet-action (?:drop|drop-and-log|shutdown)"
)
OLD = re.compile(
    r"set ethernet-switching-options secure-access-port interface (\S+) mac-limit (\d+)(?: action (?:drop|shutdown))?"
)


def _read_guards(host: Host) -> Mapping[str, str]:
    config = state.config(host)
    if off := [*starting(config, "deactivate ")]:
        raise unreadable("configuration", off[0].text)
    ports = read_json(host, state.INTERFACES, "interface-information", "physical-interface")
    found = {}
    with expected("show interfaces"):
        for port in ports:
            for unit in listed(port.get("logical-interface", [])):
                families = {one["address-family-name"] for one in listed(unit.get("address-family", []))}
                if port["oper-status"] == "up" and families.intersection(SWITCHED):
                    found[unit["name"]] = _guard(config, unit["name"])
    if not ports:
        raise unreadable("show interfaces", "none")
    return found


def _guard(config: Sequence[Line], unit: str) -> str:
    names = (unit, unit.removesuffix(".0"), "all")
    texts = [line.text for line in config]
    proving = any(text.startswith(f"{DOT1X}authentication-profile-name ") for text in texts)
    if proving and any((m := SUPPLICANT.fullmatch(text)) and m[1] in names for text in texts):
        return "802.1X"
    limits = [int(m[2]) for text in texts if (m := LIMIT.fullmatch(text)) and m[1] in names]
    if limits and any((m := ACTION.fullmatch(text)) and m[1] in names for text in texts):
        return few("interface-mac-limit", max(limits))
    limits = [int(m[2]) for text in texts if (m := OLD.fullmatch(text)) and m[1] in names]
    return few("mac-limit", max(limits)) if limits else ""


port_guards = Reading(lambda: (state.CONFIG, state.COUNT, state.INTERFACES), _read_guards)
