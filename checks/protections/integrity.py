"""Is it noticed when somebody changes the system's files?"""

from __future__ import annotations

from testinfra.host import Host

from checks.model import Verdict, Want, asks, judged
from checks.protections.questions import BASELINES, LINUX, PLACES
from checks.readers.files import entries
from checks.readers.processes import PROCESSES, alive
from checks.readers.schedules import INTEGRITY, scheduled, schedules

OWNERS = ("root", "_aide")
AGENTS = ("wazuh-syscheckd", "ossec-syscheckd", "samhain", "osqueryd", "falcon-sensor")


@asks(PROCESSES, schedules, platforms=LINUX)
def compared_regularly(host: Host, want: Want) -> Verdict:
    """A scheduled job compares the files with their baseline, or an agent that does so lives."""
    found = [*alive(host, AGENTS), *sorted(scheduled(host, want, INTEGRITY))]
    return judged(bool(found), "aide | tripwire | samhain | agent", ", ".join(found) or "–")


@asks(PROCESSES, PLACES, platforms=LINUX)
def baseline_protected(host: Host, _want: Want) -> Verdict:
    """There is a baseline to compare with, and only root changes it (an agent keeps it on its server)."""
    agents = alive(host, AGENTS)
    found = [entry for entry in entries(host, PLACES) if entry.path in BASELINES and entry.size]
    bad = [str(entry) for entry in found if entry.owner not in OWNERS or entry.open_to_others]
    actual = ", ".join(bad or [*agents, *map(str, found)]) or "–"
    return judged(not bad and bool(found or agents), "aide.db: root, ≤ 0640", actual)
