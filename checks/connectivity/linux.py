"""What every Linux tells alike: readings that platforms of network devices and of servers take over by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date

from checks.connectivity.facts import Account, Listener, Ping, Reading, Release, TcpAnswer, TimeSync, Updates
from checks.connectivity.replies import LAST, address, bare, expected, failed, parts, printed, shell, target, unreadable
from checks.model import Cause, Question, Unknown
from checks.protections.readers import versions

NAME_UNKNOWN = re.compile(r"name resolution|Name or service not known|No address associated", re.I)
TIMED_OUT = 124

PASSWORDS = Question("/usr/bin/passwd -S -a", root=True)
KEYS = Question(
    f"/usr/bin/find /root /home {LAST} -maxdepth 3 -regex .+/authorized_keys -print -o -path {LAST} -print", root=True
)

TIME_DAEMONS = "ps -A -o comm= | grep -x -E 'chronyd|ntpd|ntpsec|systemd-timesyn'"
TRACKING_FIELDS, SOURCE_FIELDS = 14, 10  # of chronyc's lines
LEAP = ("Normal", "Insert second", "Delete second")
SECONDS_A_DAY = LONGEST_SILENCE = 86_400  # chrony asks every 17 minutes at the least often

# Installed packages beside those of the security suites in apt's own lists, joined on the device in some 20 ms.
UPDATES = (
    "(cd /var/lib/apt/lists; date +'now %s'; stat -c 'list %Y %s' *security*_Packages*;"
    " { dpkg-query -W -f 'have ${db:Status-Abbrev} ${Package} ${Version}\\n';"
    " /usr/lib/apt/apt-helper cat-file *security*_Packages* || echo failed; } | awk '"
    '$1=="have"{if($2!~/^.[cn]/){h[$3]=$4;n++};next}$1=="failed"{print}/^Package: /{p=$2}'
    '/^Version: /{m++;if(p in h&&h[p]!=$2)print "offer",p,h[p],$2}END{print "compared",n+0,m+0}\')'
)

PINGS = 5
PING_STATISTICS = re.compile(r"^(\d+) packets transmitted, (\d+) received,.* packet loss", re.M)
PING_AVERAGE = re.compile(r"^rtt min/avg/max/mdev = [\d.]+/([\d.]+)/[\d.]+/[\d.]+ ms", re.M)
NO_ROUTE = re.compile(r"network is unreachable|no route to host", re.I)
NO_LOGIN = re.compile(r"/(nologin|false|sync)$")


def _ask_ping(to: str) -> Question:
    return shell(f"LC_ALL=C ping -n -q -c {PINGS} -i 0.1 -W 1 {target(to)}")


def _read_ping(text: str) -> Ping:
    """0.4 s where all come back, 1.4 s where none does. Exit status 1: something was lost; 2: could not be sent."""
    ((output, status),) = parts(text)
    counted = PING_STATISTICS.search(output)
    if status == 2 and not counted and NO_ROUTE.search(output):  # noqa: PLR2004  # as ping(8) defines it
        return Ping(0, 0, None)
    if status not in (0, 1) or not counted:
        raise _unresolved(output) or failed(output, status)
    average = PING_AVERAGE.search(output)
    sent, received = int(counted[1]), int(counted[2])
    if sent < received or bool(received) != bool(average):
        raise unreadable("ping", counted[0])
    return Ping(sent, received, float(average[1]) if average else None)


def _ask_tcp(to: str, port: int) -> Question:
    return shell(f"LC_ALL=C timeout 2 bash -c 'exec 3<>/dev/tcp/{target(to)}/{int(port)}' 2>&1")


def _read_tcp(text: str) -> TcpAnswer:
    ((output, status),) = parts(text)
    if status == 0:
        return TcpAnswer.CONNECTED
    if status == TIMED_OUT or "Connection timed out" in output:
        return TcpAnswer.TIMEOUT
    if "Connection refused" in output:
        return TcpAnswer.REFUSED
    if NO_ROUTE.search(output):
        return TcpAnswer.UNREACHABLE
    raise _unresolved(output) or failed(output, status)


def _unresolved(output: str) -> Unknown | None:
    return Unknown(Cause.DNS, output.partition("\n")[0]) if NAME_UNKNOWN.search(output) else None


def _read_listeners(text: str) -> tuple[Listener, ...]:
    """Lines of `ss -Htuln`: protocol, state, queues, local address:port, peer."""
    listeners = tuple(_listener(line) for line in printed(text).splitlines())
    if not listeners:
        raise unreadable("no listener, not even the one that answers us")
    return listeners


def _listener(line: str) -> Listener:
    fields = line.split()
    if len(fields) != 6 or fields[0] not in ("tcp", "udp"):  # noqa: PLR2004  # the columns of `ss -Htuln`
        raise unreadable("ss", line)
    host, _, port = fields[4].rpartition(":")
    host = host.strip("[]").partition("%")[0]
    if not port.isdecimal():
        raise unreadable("ss", line)
    anywhere = host in ("*", "0.0.0.0", "::")  # noqa: S104  # read, not bound
    return Listener(fields[0], None if anywhere else address(host), int(port))


def _read_accounts(text: str, passwords: str, keys: str) -> tuple[Account, ...]:
    """Who can log in: by a shell, and by a password or by keys. Homes outside /home and /root may hold keys unseen."""
    states = {line.split()[0]: line.split()[1:2] for line in bare(passwords).splitlines() if line.strip()}
    homes = {path.rpartition("/.ssh/")[0] for path in _paths(keys)}
    return tuple(_account(line, states, homes) for line in printed(text).splitlines())


def _account(line: str, states: Mapping[str, list[str]], homes: AbstractSet[str]) -> Account:
    fields = line.split(":")
    if len(fields) != 7 or not states.get(fields[0]):  # noqa: PLR2004  # passwd(5)
        raise unreadable("passwd", line)
    name, home, login_shell = fields[0], fields[5], fields[6]
    locked = states[name] == ["L"]
    keyless = home not in homes and home.startswith(("/root", "/home/"))
    return Account(name, can_log_in=not NO_LOGIN.search(login_shell) and not (locked and keyless))


def _paths(text: str) -> list[str]:
    """The files that a `find` with `LAST` behind all others listed."""
    lines = bare(text).splitlines()
    if LAST not in lines or not all(line.startswith("/") for line in lines):
        raise unreadable("the listing of files ends early")
    return lines


def _read_release(text: str) -> Release:
    (told, status), (today, _) = parts(text, 2)
    values = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    name, version = (values.get(key, "").strip("\"'") for key in ("ID", "VERSION_ID"))
    if status != 0 or not name or not version:
        raise failed(told, status or 1)
    with expected("date"):
        return Release(f"{name}-{version}", date.fromisoformat(today))


def _read_time(text: str) -> TimeSync:
    """`chronyc -c tracking sources`: the time of the last update, the offset, the leap status; the source in use."""
    (now, _), (told, status), (daemons, _) = parts(text, 3)
    if not daemons:
        return TimeSync(running=False)
    if "chronyd" not in daemons.splitlines():
        raise Unknown(Cause.NO_TOOL, f"chronyd: {daemons}")
    rows = [line.split(",") for line in told.splitlines()]
    if status != 0 or not rows or len(rows[0]) != TRACKING_FIELDS or any(len(r) != SOURCE_FIELDS for r in rows[1:]):
        raise failed(told, status)
    with expected("chronyc"):
        fresh = 0 <= int(now) - float(rows[0][3]) + 1 <= LONGEST_SILENCE
        source = next((row[2] for row in rows[1:] if row[1] == "*"), None)
        return TimeSync(True, fresh and rows[0][-1] in LEAP, source, abs(float(rows[0][4])))


def _read_updates(text: str) -> Updates:
    """Lines `now`, `list`, `offer` and, at the end, how much was compared."""
    (told, status), *_ = parts(text)
    lines = [line.split() for line in told.splitlines()]
    if status != 0 or lines[-1:] == [] or ["failed"] in lines:
        raise failed(told, status)
    with expected("apt's lists"):
        ((_, installed, offered),) = (line for line in lines if line[0] == "compared")
        if not int(installed):
            raise unreadable("dpkg-query: no package")
        ((_, now),) = (line for line in lines if line[0] == "now")
        ages = [int(now) - int(time) for _, time, size in (r for r in lines if r[0] == "list") if int(size)]
        offers = [line[1:] for line in lines if line[0] == "offer"]
        newer = {f"{name} {have} -> {new}" for name, have, new in offers if versions.key(new) > versions.key(have)}
        age = min(ages) / SECONDS_A_DAY if ages and int(offered) else None
    return Updates(tuple(sorted(newer)), age)


ping = Reading(_ask_ping, _read_ping)
tcp_answer = Reading(_ask_tcp, _read_tcp)
listeners = Reading(lambda: shell("ss -Htuln"), _read_listeners)
accounts = Reading(lambda: (shell("grep -a . /etc/passwd"), PASSWORDS, KEYS), _read_accounts)
release = Reading(lambda: shell("cat /etc/os-release", "date -u +%F"), _read_release)
time_sync = Reading(lambda: shell("date +%s", "chronyc -N -c -m tracking sources", TIME_DAEMONS), _read_time)
updates = Reading(lambda: shell(UPDATES), _read_updates)
