"""Does the server offer only what it was declared to offer, and nothing in clear text?"""

from __future__ import annotations

from collections.abc import Mapping

from testinfra.host import Host

from checks.model import Verdict, Want, asks, judged
from checks.protections.questions import LINUX
from checks.readers.processes import PROCESSES, alive
from checks.readers.sockets import SOCKETS, listening

# Services without encryption or with none but their oldest authentication. TCP 514 is left out: syslog uses it today,
# and a remote shell is known by its process.
INSECURE = {
    ("tcp", 7): "echo",
    ("udp", 7): "echo",
    ("tcp", 9): "discard",
    ("udp", 9): "discard",
    ("tcp", 13): "daytime",
    ("udp", 13): "daytime",
    ("udp", 17): "qotd",
    ("tcp", 19): "chargen",
    ("udp", 19): "chargen",
    ("tcp", 21): "ftp",
    ("tcp", 23): "telnet",
    ("udp", 69): "tftp",
    ("tcp", 79): "finger",
    ("tcp", 512): "rexec",
    ("tcp", 513): "rlogin",
    ("udp", 513): "rwho",
    ("udp", 517): "talk",
    ("udp", 518): "ntalk",
}
INSECURE_PROGRAMS = (
    *("telnetd", "in.telnetd", "utelnetd", "in.rshd", "rshd", "in.rlogind", "rlogind", "in.rexecd", "rexecd"),
    *("in.tftpd", "atftpd", "in.fingerd", "fingerd", "in.ftpd", "ftpd", "in.talkd", "ntalkd", "rwhod"),
)

# What a server of an office rarely needs; where ports are told, declaring one in the inventory says that it is needed.
SELDOM_NEEDED: Mapping[str, frozenset[int]] = {
    **dict.fromkeys(
        ("avahi-daemon", "cups-browsed", "bluetoothd", "ModemManager", "automount", "xinetd", "inetd"), frozenset()
    ),
    "cupsd": frozenset({631}),
    "rpcbind": frozenset({111}),
    "ypserv": frozenset(),
    "ypbind": frozenset(),
    "dhcpd": frozenset({67}),
    "snmpd": frozenset({161}),
    "smbd": frozenset({445}),
    "slapd": frozenset({389, 636}),
}
GRAPHICAL = ("Xorg", "Xwayland", "gdm3", "gdm", "lightdm", "sddm", "gnome-shell", "plasmashell")


@asks(PROCESSES, SOCKETS, platforms=LINUX)
def no_insecure(host: Host, _want: Want) -> Verdict:
    """No service listens that sends its data and passwords in clear text."""
    open_ = [f"{INSECURE[s.protocol, s.port]} ({s})" for s in listening(host) if (s.protocol, s.port) in INSECURE]
    found = [*open_, *alive(host, INSECURE_PROGRAMS)]
    return judged(not found, "telnet, ftp, tftp, rsh, rlogin, rexec, finger: –", ", ".join(found) or "–")


@asks(SOCKETS, platforms=LINUX)
def declared_only(host: Host, want: Want) -> Verdict:
    """Every port that other hosts can reach is declared in the inventory."""
    declared = {want.asset.port, *want.asset.ports}
    strange = sorted({str(socket) for socket in listening(host) if socket.port not in declared})
    return judged(not strange, f"ports: {', '.join(map(str, sorted(declared)))}", ", ".join(strange) or "OK")


@asks(PROCESSES, platforms=LINUX)
def no_unneeded(host: Host, want: Want) -> Verdict:
    """None of the services runs that a server rarely needs, unless the inventory declares its port."""
    declared = {want.asset.port, *want.asset.ports}
    found = [name for name in alive(host, SELDOM_NEEDED) if not SELDOM_NEEDED[name] & declared]
    return judged(not found, f"{', '.join(SELDOM_NEEDED)}: –", ", ".join(found) or "–")


@asks(PROCESSES, platforms=LINUX)
def no_graphical(host: Host, _want: Want) -> Verdict:
    """No graphical session, nor the server of one, runs."""
    found = alive(host, GRAPHICAL)
    return judged(not found, f"{', '.join(GRAPHICAL)}: –", ", ".join(found) or "–")
