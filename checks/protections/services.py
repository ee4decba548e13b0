"""Does the server offer only what it was declared to offer, and nothing in clear text?"""

from __future__ import annotations

from testinfra.host import Host

from checks.model import Verdict, Want, asks, judged
from checks.readers.processes import PROCESSES, alive
from checks.readers.sockets import SOCKETS, listening

DEBIAN = ("debian", "ubuntu")
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


@asks(PROCESSES, SOCKETS, platforms=DEBIAN)
def no_insecure(host: Host, _want: Want) -> Verdict:
    """No service listens that sends its data and passwords in clear text."""
    open_ = [f"{INSECURE[s.protocol, s.port]} ({s})" for s in listening(host) if (s.protocol, s.port) in INSECURE]
    found = [*open_, *alive(host, INSECURE_PROGRAMS)]
    return judged(not found, "telnet, ftp, tftp, rsh, rlogin, rexec, finger: –", ", ".join(found) or "–")


@asks(SOCKETS, platforms=DEBIAN)
def declared_only(host: Host, want: Want) -> Verdict:
    """Every port that other hosts can reach is declared in the inventory."""
    declared = {want.asset.port, *want.asset.ports}
    strange = sorted({str(socket) for socket in listening(host) if socket.port not in declared})
    return judged(not strange, f"ports: {', '.join(map(str, sorted(declared)))}", ", ".join(strange) or "OK")
