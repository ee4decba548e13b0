"""Does the server write its log, keep it long enough, send it to the central store and protect it?"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from testinfra.host import Host

from checks.model import Question, Verdict, Want, asks, judged, not_applicable
from checks.protections.questions import LINUX
from checks.readers import logrotate, rsyslog
from checks.readers.files import Entry, entries
from checks.readers.processes import PROCESSES, alive
from checks.readers.rsyslog import JOURNAL, LOGGING
from checks.readers.sockets import SOCKETS, connections, established, listening
from checks.reading import LAST, expected, texts, unreadable

STUCK = 262_144  # bytes that the other end has not acknowledged: more than a burst
ROTATION = Question(f"grep -R -a . /etc/logrotate.conf /etc/logrotate.d {LAST}")
LOG_FILES = Question(f"find /var/log {LAST} -maxdepth 1 -ls")

AUTHENTICATION = ("auth", "authpriv")
RETAINED = (*AUTHENTICATION, "daemon")
PROTECTED = re.compile(r"/var/log/(?:auth|audit|syslog|messages|secure|kern|daemon|user|debug)(?:[.-][^/]*)?$")
LOG_OWNERS = {"root", "syslog"}
SPANS = {
    "": 1 / 86_400,
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1 / 86_400),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 1 / 1440),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 1 / 24),
    **dict.fromkeys(("d", "day", "days"), 1.0),
    **dict.fromkeys(("w", "week", "weeks"), 7.0),
    **dict.fromkeys(("M", "month", "months"), 30.0),
    **dict.fromkeys(("y", "year", "years"), 365.0),
}


@asks(PROCESSES, LOGGING, LOG_FILES, platforms=LINUX)
def daemon_running(host: Host, _want: Want) -> Verdict:
    """A syslog daemon lives, or the journal does and is kept on disk."""
    found = alive(host, ("rsyslogd", "syslog-ng", "systemd-journald"))
    kept = found != ["systemd-journald"] or _journal_is_kept(host)
    actual = ", ".join(found) or "–"
    return judged(bool(found) and kept, "rsyslogd | syslog-ng | systemd-journald (Storage=persistent)", actual)


@asks(PROCESSES, LOGGING, LOG_FILES, platforms=LINUX)
def authentication_logged(host: Host, _want: Want) -> Verdict:
    """What `auth` and `authpriv` report is written to a file, or to a journal that is kept."""
    expected = "auth,authpriv.* /var/log/…"
    configuration = _rsyslog(host)
    if configuration is None:
        kept = bool(alive(host, ("systemd-journald",))) and _journal_is_kept(host)
        return judged(kept, expected, "systemd-journald: persistent" if kept else "–")
    rules = [rule for rule in configuration.rules if rule.file and not rule.file.startswith("/dev/")]
    missing = [facility for facility in AUTHENTICATION if not any(rule.takes(facility) for rule in rules)]
    if missing and any("auth" in statement for statement in configuration.unread):
        raise unreadable("rsyslog: auth is logged under conditions that are not read")
    files = sorted({str(rule.file) for rule in rules for facility in AUTHENTICATION if rule.takes(facility)})
    return judged(not missing, expected, f"{', '.join(missing)}: –" if missing else ", ".join(files))


@asks(PROCESSES, LOGGING, ROTATION, LOG_FILES, platforms=LINUX)
def retention(host: Host, want: Want) -> Verdict:
    """The system's and the authentication log are kept for the demanded number of days at least."""
    demanded = want["log_retention_days"]
    configuration = _rsyslog(host)
    kept = _journal_days(host) if configuration is None else _file_days(host, configuration)
    actual = "; ".join(f"{name}: {'∞' if days == math.inf else f'{days:g} d'}" for name, days in sorted(kept.items()))
    return judged(bool(kept) and min(kept.values()) >= demanded, f"≥ {demanded} d", actual or "–")


@asks(PROCESSES, LOGGING, platforms=LINUX)
def central(host: Host, want: Want) -> Verdict:
    """Messages of every facility go to a declared collector."""
    collectors = [str(address).lower() for address in want["log_collectors"]]
    if _own(want) & {*collectors}:
        return not_applicable(f"{want.asset.address}: log_collectors")
    expected = f"*.* @@{' | '.join(collectors) or 'log_collectors: –'}"
    configuration = _rsyslog(host)
    if configuration is None:
        return judged(False, expected, "rsyslogd: –")
    rules = [rule for rule in configuration.rules if rule.target in collectors]
    missing = [facility for facility in rsyslog.FACILITIES if not any(rule.takes(facility) for rule in rules)]
    if missing and any(address in statement.lower() for statement in configuration.unread for address in collectors):
        raise unreadable("rsyslog: forwards under conditions that are not read")
    targets = sorted({f"{rule.selector or '*.*'} @@{rule.target}" for rule in configuration.rules if rule.target})
    return judged(not missing, expected, "; ".join(targets) or "–")


@asks(connections, platforms=LINUX)
def central_delivered(host: Host, want: Want) -> Verdict:
    """What the configuration says does happen: a declared collector is connected, and takes what is sent."""
    collectors = [str(address).lower() for address in want["log_collectors"]]
    if _own(want) & {*collectors}:
        return not_applicable(f"{want.asset.address}: log_collectors")
    expected = f"ESTAB {' | '.join(collectors) or 'log_collectors: –'}, Send-Q < {STUCK}"
    found = [one for one in established(host, connections(want)) if one.peer in collectors]
    actual = ", ".join(f"{one.peer}:{one.peer_port} Send-Q {one.waiting}" for one in found)
    return judged(any(one.waiting < STUCK for one in found), expected, actual or "–")


def _own(want: Want) -> set[str]:
    """The addresses by which the collector itself is known."""
    return {address.lower() for address in (want.asset.address, *want.asset.addresses)}


@asks(connections, platforms=LINUX)
def collector_receives(host: Host, want: Want) -> Verdict:
    """The collector itself: others are connected to the port on which it takes their logs."""
    if not _own(want) & {str(address).lower() for address in want["log_collectors"]}:
        return not_applicable(f"{want.asset.address} ∉ log_collectors")
    port = want["log_collector_port"]
    peers = sorted({one.peer for one in established(host, connections(want)) if one.port == port} - _own(want))
    return judged(bool(peers), f"ESTAB :{port} ≥ 1", f":{port}: {len(peers)}")


@asks(SOCKETS, platforms=LINUX)
def flow_collector(host: Host, want: Want) -> Verdict:
    """The flow collector itself: it listens at a port to which flows are sent."""
    if not _own(want) & {str(address).lower() for address in want["flow_collectors"]}:
        return not_applicable(f"{want.asset.address} ∉ flow_collectors")
    ports = frozenset(want["flow_ports"])
    open_ = sorted({str(one) for one in listening(host) if one.protocol == "udp" and one.port in ports})
    return judged(bool(open_), f"udp {' | '.join(map(str, sorted(ports)))}", ", ".join(open_) or "–")


@asks(LOG_FILES, platforms=LINUX)
def files_protected(host: Host, _want: Want) -> Verdict:
    """Only root and its log group read the system's logs, and nobody else writes them."""
    listed = _listed(host)
    logs = [entry for entry in listed if PROTECTED.match(entry.path) and entry.rights[0] in "-d"]
    if not any(entry.rights[0] == "-" for entry in logs):
        return not_applicable("/var/log: –")
    exposed = [entry for entry in logs if entry.open_to_others or entry.owner not in LOG_OWNERS]
    exposed += [entry for entry in listed if entry.path == "/var/log" and entry.rights[8] == "w"]
    return judged(not exposed, "-rw-r----- root|syslog", ", ".join(map(str, exposed)) or f"{len(logs)} OK")


def _rsyslog(host: Host) -> rsyslog.Configuration | None:
    """rsyslog's rules; None where it does not run. Raises `Unknown` where another syslog daemon does its work."""
    found = alive(host, ("rsyslogd", "syslog-ng"))
    if found == ["syslog-ng"]:
        raise unreadable("the configuration of syslog-ng is not read")
    return rsyslog.read(texts(host, LOGGING)) if found else None


def _file_days(host: Host, configuration: rsyslog.Configuration) -> Mapping[str, float]:
    """Days for which each file is kept that takes the system's or authentication messages."""
    rules = [rule for rule in configuration.rules if rule.file and any(map(rule.takes, RETAINED))]
    files = {str(rule.file) for rule in rules if not str(rule.file).startswith("/dev/")}
    if any(file.startswith("?") for file in files):
        raise unreadable("rsyslog: file names made by a template are not read")
    settings = texts(host, ROTATION)
    if "/etc/logrotate.conf" not in settings:
        raise unreadable("/etc/logrotate.conf: not there, so something else may rotate the logs")
    with expected("logrotate"):
        policies = logrotate.read(settings)
    found = {file: logrotate.policy_for(policies, file) for file in files}
    return {file: math.inf if policy is None else policy.days for file, policy in found.items()}


def _journal_days(host: Host) -> Mapping[str, float]:
    """Days for which the journal promises to keep its messages; nothing where it does not run or is not kept."""
    if not alive(host, ("systemd-journald",)) or not _journal_is_kept(host):
        return {}
    span = re.fullmatch(r"(\d+)\s*([A-Za-z]*)", _journal(host).get("MaxRetentionSec", "0"))
    if span is None or span[2] not in SPANS:
        raise unreadable("journald: MaxRetentionSec")
    return {"MaxRetentionSec": int(span[1]) * SPANS[span[2]]}


def _journal_is_kept(host: Host) -> bool:
    storage = _journal(host).get("Storage", "auto").lower()
    if storage == "auto":
        return any(entry.path == "/var/log/journal" and entry.rights[0] == "d" for entry in _listed(host))
    return storage == "persistent"


def _listed(host: Host) -> list[Entry]:
    listed = entries(host, LOG_FILES)
    if not any(entry.path == "/var/log" for entry in listed):
        raise unreadable("/var/log: not listed")
    return listed


def _journal(host: Host) -> Mapping[str, str]:
    """The journal's settings; a file of journald.conf.d outweighs journald.conf."""
    files = [(path, lines) for path, lines in texts(host, LOGGING).items() if "/journald.conf" in path]
    files.sort(key=lambda file: (file[0] != JOURNAL, PurePosixPath(file[0]).name))
    settings = [line.split("=", 1) for _, lines in files for line in lines if "=" in line and line[0] not in "#;"]
    return {name.strip(): value.strip() for name, value in settings}
