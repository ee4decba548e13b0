"""A practice city audited by us and then by the others: every verdict of both, as plain data."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.agreement import judges
from tests.agreement.judges import RULE, Verdict
from tests.agreement.questions import Asked, Judge

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, str(ROOT / "audit.py"))
CONTENT = "/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml"
LYNIS_PROFILE = Path("/etc/lynis/default.prf")
VALUE = "xccdf_org.ssgproject.content_value_"
PROFILE = "xccdf_rasoat_profile_agreement"
# The content is written for Debian 10 and 11 and calls itself not applicable on 12: a host is made to say 11 after we
# have looked at it. Debian 11 has what is asked in the same places.
SAY_11 = (
    "cp /etc/os-release /tmp/os-release; echo 11.11 >/etc/debian_version; "
    'sed -i "s/12 (bookworm)/11 (bullseye)/; s/VERSION_ID=.*/VERSION_ID=\\"11\\"/" /etc/os-release'
)
SAY_12_AGAIN = "cat /tmp/os-release >/etc/os-release; echo 12.11 >/etc/debian_version"
TAILORING = """<?xml version="1.0" encoding="UTF-8"?>
<Tailoring xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_rasoat_tailoring_agreement">
  <version time="2026-01-01T00:00:00">1</version>
  <Profile id="{profile}"><title>Agreement</title>
{lines}
  </Profile>
</Tailoring>
"""


def heard(asked: Asked, folder: Path) -> dict[str, Any]:
    """host → `ours` (check → status and what was there) and each judge (test → verdict). The city is down again.

    A check that the host's level does not ask for is not there.
    """
    with _up(folder) as workspace:
        _call("run", "--workspace", str(workspace), "--quiet", allowed=(0, 1, 3))
        [results] = workspace.glob("runs/*/results.json")
        document = json.loads(results.read_bytes())
        with ThreadPoolExecutor(max_workers=len(asked.hosts)) as pool:
            theirs = list(pool.map(lambda host: _judged(asked, workspace, host), asked.hosts))
    ours = {host: {} for host in asked.hosts}  # type: dict[str, dict[str, Any]]
    for finding in document["findings"]:
        if finding["asset"] in ours:
            ours[finding["asset"]][finding["check"]] = [finding["status"], finding["actual"]]
    wanted = {question.check for question in asked.questions}
    return {
        host: {"ours": {check: ours[host][check] for check in sorted(wanted & ours[host].keys())}, **said}
        for host, said in zip(asked.hosts, theirs, strict=True)
    }


@contextmanager
def _up(folder: Path) -> Iterator[Path]:
    workspace = folder / "city"
    _call("lab", "up", "--workspace", str(workspace), "--quiet")
    try:
        yield workspace
    finally:
        _call("lab", "down", "--workspace", str(workspace), "--quiet")


def _judged(asked: Asked, workspace: Path, host: str) -> dict[str, dict[str, Verdict]]:
    return {
        "ssh-audit": _ssh_audit(workspace, host),
        "lynis": _lynis(asked, workspace, host),
        "oscap": _oscap(asked, workspace, host),
    }


def _oscap(asked: Asked, workspace: Path, host: str) -> dict[str, Verdict]:
    """On a host that says 11 for as long as it lasts; what it asks of is the host's own files and processes."""
    _on(workspace, host, "cat >/tmp/agreement.xml", _tailoring(asked))
    command = f"oscap xccdf eval --tailoring-file /tmp/agreement.xml --profile {PROFILE} {CONTENT}"
    said = _on(workspace, host, f"{SAY_11}; {command}; {SAY_12_AGAIN}")
    found = judges.oscap(said)
    return {rule: found.get(rule) for rule in asked.tests("oscap")}


def _tailoring(asked: Asked) -> str:
    select = [f'    <select idref="{RULE}{rule}" selected="true"/>' for rule in _all(asked, "oscap")]
    values = [f'    <set-value idref="{VALUE}{name}">{value}</set-value>' for name, value in asked.values.items()]
    return TAILORING.format(profile=PROFILE, lines="\n".join([*select, *values]))


def _all(asked: Asked, judge: Judge) -> tuple[str, ...]:
    """What the judge is to look at for its tests."""
    return (*asked.needed[judge], *asked.tests(judge))


def _lynis(asked: Asked, workspace: Path, host: str) -> dict[str, Verdict]:
    _on(workspace, host, "mkdir -p /etc/lynis/plugins; cat >/etc/lynis/default.prf", LYNIS_PROFILE.read_text("utf-8"))
    tests = " ".join(dict.fromkeys(one.partition(":")[0] for one in _all(asked, "lynis")))
    options = "--quiet --no-colors --logfile /dev/null --report-file /tmp/lynis.dat"
    _on(workspace, host, f'cd /tmp && lynis audit system {options} --tests "{tests}" >/dev/null 2>&1; rm -r /etc/lynis')
    return judges.lynis(_on(workspace, host, "cat /tmp/lynis.dat"), asked.tests("lynis"))


def _ssh_audit(workspace: Path, host: str) -> dict[str, Verdict]:
    place = next(
        one
        for one in json.loads(_call("lab", "status", "--workspace", str(workspace), "--json"))["hosts"]
        if one["name"] == host
    )
    program = str(Path(sys.executable).with_name("ssh-audit"))
    words = (program, "--json", "--port", str(place["port"]), place["address"])
    said = _call("lab", "exec", "--workspace", str(workspace), "auditor", "--", *words, allowed=(0, 2, 3))
    return judges.ssh_audit(json.loads(said))


def _on(workspace: Path, host: str, script: str, given: str = "") -> str:
    """What a script prints on a host as root, whatever it thinks of the host."""
    return _call("lab", "exec", "--workspace", str(workspace), host, "--", "sh", "-c", script, given=given, allowed=())


def _call(*words: str, given: str = "", allowed: tuple[int, ...] = (0,)) -> str:
    """What our program prints; `allowed` statuses, or any where that is empty."""
    done = subprocess.run([*PROGRAM, *words], input=given, capture_output=True, text=True, check=False, cwd=ROOT)
    if allowed and done.returncode not in allowed:
        raise RuntimeError(f"{' '.join(words)}: status {done.returncode}\n{done.stderr}")
    return done.stdout
