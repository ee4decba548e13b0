"""Does the server keep time with the city's own time source?"""

from __future__ import annotations

from testinfra.host import Host

from checks.model import Verdict, Want, asks, judged, not_applicable
from checks.protections.questions import LINUX
from checks.readers.clock import CLOCK, DAEMONS, clock
from checks.readers.processes import PROCESSES, alive, processes


@asks(PROCESSES, platforms=LINUX)
def daemon_running(host: Host, _want: Want) -> Verdict:
    """A time daemon lives."""
    found = alive(host, DAEMONS)
    return judged(bool(found), " | ".join(DAEMONS), ", ".join(found) or "–")


@asks(PROCESSES, CLOCK, platforms=LINUX)
def synchronised(host: Host, want: Want) -> Verdict:
    """The clock follows a reference, heard within a day, and is not further from it than allowed."""
    allowed = want["max_time_offset_seconds"]
    expected = f"leap: normal, |offset| ≤ {allowed} s"
    if not alive(host, DAEMONS):
        return judged(False, expected, "–")
    found = clock(host)
    actual = f"offset {found.offset:+.6f} s" if found.synchronised else "leap: not synchronised"
    return judged(found.synchronised and abs(found.offset) <= allowed, expected, actual)


@asks(PROCESSES, CLOCK, platforms=LINUX)
def source_declared(host: Host, want: Want) -> Verdict:
    """Time comes from the declared sources and from no other."""
    declared = [str(source).lower() for source in want["time_sources"]]
    if want.asset.address.lower() in declared:
        return not_applicable(f"{want.asset.address}: time_sources")
    expected = ", ".join(declared) or "time_sources: –"
    if not alive(host, DAEMONS):
        return judged(False, expected, "–")
    sources = clock(host).sources
    strange = [source for source in sources if source.lower() not in declared]
    return judged(bool(sources) and not strange, expected, ", ".join(strange or sources) or "–")


@asks(PROCESSES, platforms=LINUX)
def daemon_unprivileged(host: Host, _want: Want) -> Verdict:
    """The daemon that talks with time servers does not do so as root."""
    found = [process for process in processes(host) if process.names & set(DAEMONS)]
    users = sorted({process.user for process in found})
    return judged(bool(found) and "root" not in users, "≠ root", ", ".join(users) or "–")
